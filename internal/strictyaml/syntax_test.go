package strictyaml

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the library says of a slip is about its own states; the message says what to write.
func TestSyntaxFaults(t *testing.T) {
	const pre = "is not valid YAML: "
	for _, test := range []struct{ name, text, message string }{
		{"bracket", "a: [1, 2\nb: 3\n", "2:2: " + pre + "the list opened with [ in line 1 needs a comma or its closing ]"},
		{"no comma", "a: [1 2\n", "2:1: " + pre + "the list opened with [ in line 1 needs a comma or its closing ]"},
		{"brace", "a: {x: 1\nb: 3\n", "2:2: " + pre + "the mapping opened with { in line 1 needs a comma or its closing }"},
		{"double quote", "a: \"x\nb: 2\n", "3:1: " + pre + "the quote opened in line 1 is never closed"},
		{"single quote", "a: 1\nb: 'x\n", "3:1: " + pre + "the quote opened in line 2 is never closed"},
		{"apostrophe", "a: 'it's'\n", "1:8: " + pre + "text after the end of a value; put quotes around all of the value"},
		{"tab", "a:\n\tb: 1\n", "2:1: " + pre + "indent with spaces, not with tabs"},
		{"tab after spaces", "a:\n  b: 1\n  \tc: 2\n", "3:3: " + pre + "indent with spaces, not with tabs"},
		{"tab in a text", "a: >\n\tx\n", "2:1: " + pre + "indent with spaces, not with tabs"},
		{
			"further in", "a:\n  b: 1\n   c: 2\n",
			"3:5: " + pre + "this line is indented further than the lines above it allow",
		},
		{"further out", "a:\n    b: 1\n  c: 2\n", "3:3: " + pre + "this line's indentation fits none of the lines above it"},
		{"colon in a value", "a: b: c\n", "1:5: " + pre + `a value that contains ": " must be in quotes`},
		{"no space after a colon", "a:1\nb: 2\n", "2:2: " + pre + `the line above lacks ": " between key and value`},
		{"no colon", "a: 1\nb\n", "2:1: " + pre + `a key needs ": " and its value`},
		{"item among keys", "a: 1\n- x\n", "2:1: " + pre + "a list item among keys; indent it below the key that it belongs to"},
		{
			"key among items", "- x\na: 1\n",
			"2:1: " + pre + `a key among list items; start the line with "- ", or indent it below its item`,
		},
		{"list on the key's line", "a: - b\n", "1:4: " + pre + `a list starts on the line below its key, each item after "- "`},
		{"at sign", "a: @x\n", "1:4: " + pre + "a value cannot start with @; put it in quotes"},
		{"asterisk", "a: *\n", "1:5: " + pre + "a value cannot start with *; put it in quotes"},
		{"bracket alone", "a: ]\n", "1:4: " + pre + "a value cannot start with ]; put it in quotes"},
		{
			"escape", "a: 1\nb: \"x\\qy\"\n",
			"2:6: " + pre + `unknown escape in double quotes; write \\ for a backslash, or use single quotes`,
		},
		{"opened at the end", "a: {", "2:1: " + pre + "the file ends in the middle of a value"},
		{"what nobody writes", "a: !<x\n", "1:7: is not valid YAML here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(test.text))
			require.EqualError(t, err, "f.yaml:"+test.message)
		})
	}
}
