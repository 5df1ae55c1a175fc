package strictyaml

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, reason, text, message string }{
		{"nothing", "an empty file is a mistake, not an empty workload", "", "f.yaml:1:1: is empty"},
		{"only a comment", "likewise", "# to do\n", "f.yaml:1:1: is empty"},
		{
			"two documents", "only the first would be read", "a: 1\n---\na: 2\n",
			"f.yaml:2:1: holds more than one YAML document; write one per file",
		},
		{
			"after a marker at the top", "the first marker begins the first document", "---\na: 1\nb: |\n  ---\n...\n---\n",
			"f.yaml:5:1: holds more than one YAML document; write one per file",
		},
		{
			"NUL", "a file with holes, or not a text at all", "a: 1\nb: x\x00y\n",
			"f.yaml:2:5: is not valid YAML: the control character U+0000 is not allowed",
		},
		{
			"escape sequence of a terminal", "likewise", "a: é\x1b[31m\n",
			"f.yaml:1:5: is not valid YAML: the control character U+001B is not allowed",
		},
		{
			"Latin-1", "saved by an old editor; in a comment too", "a: 1\n# caf\xe9\n",
			"f.yaml:2:6: is not valid YAML: byte 0xE9 is not UTF-8",
		},
		{
			"repeated key", "the second would silently win", "a: 1\nb: {c: 2, c: 3}\n",
			"f.yaml:2:11: b.c: is given twice; the first is in line 2",
		},
		{
			"alias", "expansion makes small files huge", "a: &x 1\nb: *x\n",
			"f.yaml:1:4: a: anchors and aliases are not supported; write the value out\n" +
				"f.yaml:2:4: b: anchors and aliases are not supported; write the value out",
		},
		{
			"deep nesting", "depth costs stack", strings.Repeat("[", 5000),
			"f.yaml:1:33: is not valid YAML: nests deeper than 32 levels",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(test.text))
			require.EqualError(t, err, test.message, test.reason)
		})
	}
}

func TestParseRefusesHugeInputQuickly(t *testing.T) {
	for name, text := range map[string]string{
		"large file":     "a: " + strings.Repeat("x", 100<<20),
		"open brackets":  strings.Repeat("[", MaxBytes),
		"open braces":    strings.Repeat("{a: ", MaxBytes/4),
		"one deep block": strings.Repeat("- ", MaxBytes/2),
		"many keys":      strings.Repeat("a: 1\n", MaxBytes/5),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("f.yaml", []byte(text))
			require.Error(t, err)
			require.Less(t, len(err.Error()), 10_000, "a report is for reading")
			require.Less(t, time.Since(start), 5*time.Second)
		})
	}
}

type inner struct {
	Kind  string `yaml:"kind,required,shorthand"`
	Count *count `yaml:"count"`
}

type count int

func (c *count) ParseScalar(text string) error {
	*c = count(len(text))
	return nil
}

type outer struct {
	Name  string     `yaml:"name,required"`
	On    bool       `yaml:"on"`
	Inner *inner     `yaml:"inner"`
	List  []inner    `yaml:"list"`
	Free  Map[count] `yaml:"free"`
}

func TestDecode(t *testing.T) {
	root, err := Parse("f.yaml",
		[]byte("name: n\non: true\ninner: {kind: k, count: xx}\nlist: [a, {kind: b}]\nfree: {z: 1, a: 22}\n"))
	require.NoError(t, err)
	var got outer
	require.NoError(t, Decode("f.yaml", root, &got).Err())
	two := count(2)
	require.Equal(t, outer{
		Name: "n", On: true, Inner: &inner{"k", &two}, List: []inner{{Kind: "a"}, {Kind: "b"}},
		Free: Map[count]{{"z", 1}, {"a", 2}},
	}, got)
}

func TestDecodeReportsEveryFaultInOrder(t *testing.T) {
	root, err := Parse("f.yaml", []byte("on: maybe\ninner: {count: [1], color: red}\nlist: 3\nfree: x\nextra: 1\nname:\n"))
	require.NoError(t, err)
	d := Decode("f.yaml", root, &outer{})
	d.Fault("inner.count", "is odd, as its zero would be")
	d.Fault("inner.kind.first", "lies in what is missing")
	d.Fault("inner.other", "has no place of its own, so its parent's is named")
	require.EqualError(t, d.Err(), strings.Join([]string{
		"f.yaml:1:5: on: must be true or false",
		"f.yaml:2:8: inner.kind: is missing",
		"f.yaml:2:8: inner.other: has no place of its own, so its parent's is named",
		"f.yaml:2:16: inner.count: is a list; a single value belongs here",
		"f.yaml:2:21: inner.color: unknown key; allowed here: kind, count",
		`f.yaml:3:7: list: is "3"; a list belongs here`,
		`f.yaml:4:7: free: is "x"; a mapping belongs here`,
		"f.yaml:5:1: extra: unknown key; allowed here: name, on, inner, list, free",
		"f.yaml:6:6: name: is empty; give a value or leave the key out",
	}, "\n"))
}
