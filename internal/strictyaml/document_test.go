package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func decodeOuter(t testing.TB, text string) *Document {
	t.Helper()
	root, err := Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	return Decode("f.yaml", root, &outer{})
}

func TestFaultsArePlacedAtTheNearestParent(t *testing.T) {
	d := decodeOuter(t, "name: n\ninner:\n  kind: k\nlist:\n  - a\n  - {kind: b}\nfree: {a.b: x}\n")
	for _, tc := range []struct {
		name, reason, path string
		line, column       int
	}{
		{"a value", "it is in the file", "inner.kind", 3, 9},
		{"a key that is not there", "its mapping is", "inner.count", 3, 3},
		{"an entry", "it is in the file", "list[1]", 6, 5},
		{"below an entry", "it is in the file", "list[1].kind", 6, 12},
		{"an entry that is not there", "its list is", "list[7].kind", 5, 3},
		{"a free key with a point", "it is looked up whole", "free.a.b", 7, 13},
		{"nothing of it", "the file is there", "other.thing", 1, 1},
		{"no path", "the file as a whole", "", 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			at := d.At(tc.path, "says %s", "so")
			require.Equal(t, Fault{tc.line, tc.column, tc.path, "says so"}, at, tc.reason)
			want := fmt.Sprintf("f.yaml:%d:%d: %s: says so", tc.line, tc.column, tc.path)
			require.EqualError(t, d.Error(tc.path, "says so"), strings.Replace(want, ": : ", ": ", 1))
		})
	}
	require.NoError(t, d.Err(), "neither records a fault")
}

// TestWhatFollowsFromAFaultIsNone: a value that is at fault has been reported; its zero is not looked at again.
func TestWhatFollowsFromAFaultIsNone(t *testing.T) {
	d := decodeOuter(t, "inner: [1]\nlist: [{count: {}}, b]\n")
	for path, broken := range map[string]bool{
		"name": true, "inner": true, "inner.kind": true, "inner.kind.deeper": true,
		"list": false, "list[0]": false, "list[0].count": true, "list[0].kind": true, "list[1]": false, "list[1].kind": false,
		"free": false, "": false,
	} {
		require.Equal(t, broken, d.Broken(path), path)
		d.Fault(path, "follows")
	}
	require.Equal(t, 6, strings.Count(d.Err().Error(), "follows"), "of the paths that are sound\n%s", d.Err())

	root, err := Parse("f.yaml", []byte("- a\n"))
	require.NoError(t, err)
	list := Decode("f.yaml", root, &outer{})
	require.True(t, list.Broken("anything"), "nothing is known of a file that is not a mapping")
}

func TestDecodeKinds(t *testing.T) {
	for _, tc := range []struct{ name, reason, text, message string }{
		{"empty text", "quoted or not", `name: ""`, "1:7: name: is empty; give a value or leave the key out"},
		{"null", "YAML's word for nothing", "name: null", "1:7: name: is empty; give a value or leave the key out"},
		{"text for a flag", "YAML 1.1 took yes for true", "name: n\non: yes", "2:5: on: must be true or false"},
		{"list for a flag", "likewise", "name: n\non: [true]", "2:5: on: must be true or false"},
		{"mapping for text", "not a single value", "name: {a: 1}", "1:7: name: is a mapping; text belongs here"},
		{
			"text for a mapping", "there is no shorthand", "on",
			`1:1: is "on"; a mapping with the keys name, on, inner, list, free belongs here`,
		},
		{"long text", "a message is for reading", "name: n\nlist: " + strings.Repeat("x", 5000), `2:7: list: is "` +
			strings.Repeat("x", 40) + `"; a list belongs here`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.EqualError(t, decodeOuter(t, tc.text).Err(), "f.yaml:"+tc.message, tc.reason)
		})
	}
	require.NoError(t, decodeOuter(t, `name: "null"`).Err(), "quoted, it is a word")
	require.NoError(t, decodeOuter(t, `name: "123"`).Err(), "text may look like a number")
}

func TestLongReportsAreCut(t *testing.T) {
	faults := &Faults{File: "f.yaml"}
	for line := range maxFaults {
		faults.List = append(faults.List, Fault{Line: line + 1, Column: 1, Message: "is wrong"})
	}
	require.Len(t, strings.Split(faults.Error(), "\n"), maxFaults)
	require.NotContains(t, faults.Error(), "more")
	faults.List = append(faults.List, Fault{Message: "a"}, Fault{Message: "b"})
	lines := strings.Split(faults.Error(), "\n")
	require.Len(t, lines, maxFaults+1)
	require.Equal(t, "f.yaml: and 2 more faults", lines[maxFaults])
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"name: n\non: true\ninner: {kind: k, count: xx}\nlist: [a, {kind: b}]\nfree: {z: 1}\n",
		"", "---\n...\n", "a: &a [*a]", "? [a]: b", "\xff\xfen\x00", "\ufeffname: n", "name: !!binary AA==", "\t",
		"<<: {name: n}", "- - - -",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		start := time.Now()
		root, err := Parse("f.yaml", text)
		if err == nil {
			into := outer{}
			err = Decode("f.yaml", root, &into).Err()
			if err == nil {
				require.NotEmpty(t, into.Name, "what is required is there")
			}
		}
		require.Less(t, time.Since(start), 10*time.Second)
		if err == nil {
			return
		}
		faults, ok := err.(*Faults)
		require.True(t, ok, "%T", err)
		require.NotEmpty(t, faults.List)
		last := Fault{}
		for _, fault := range faults.List {
			require.NotEmpty(t, fault.Message)
			require.False(t, fault.Line < last.Line || (fault.Line == last.Line && fault.Column < last.Column),
				"in the order of the file")
			last = fault
		}
	})
}
