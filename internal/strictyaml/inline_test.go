package strictyaml

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type part struct {
	Name string `yaml:"name,required"`
	Size string `yaml:"size"`
}

type whole struct {
	part2        // has no tag, so its keys are not the file's
	Part  part   `yaml:",inline"`
	Color string `yaml:"color"`
}

type part2 struct {
	Weight string `yaml:"weight"`
}

func TestInline(t *testing.T) {
	for _, test := range []struct{ name, reason, text, want string }{
		{"all", "the keys of an inlined struct stand beside the others", "{color: red, name: a, size: b}", ""},
		{"required", "what a part requires the whole requires", "{color: red}", "f.yaml:1:1: name: is missing"},
		{
			"unknown", "the keys of both are listed", "{name: a, shape: b}",
			"f.yaml:1:11: shape: unknown key; allowed here: name, size, color",
		},
		{
			"untagged", "a struct without a tag is no part", "{name: a, weight: b}",
			"f.yaml:1:11: weight: unknown key; allowed here: name, size, color",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, err := Parse("f.yaml", []byte(test.text))
			require.NoError(t, err)
			var got whole
			err = Decode("f.yaml", root, &got).Err()
			if test.want != "" {
				require.EqualError(t, err, test.want, test.reason)
				return
			}
			require.NoError(t, err, test.reason)
			require.Equal(t, whole{Part: part{"a", "b"}, Color: "red"}, got, test.reason)
		})
	}
}

func TestKeysOfRunTime(t *testing.T) {
	type inner struct {
		Keys `yaml:",inline"`
	}
	type outer struct {
		Name  string `yaml:"name"`
		inner `yaml:",inline"`
	}
	for _, test := range []struct{ reason, text, want string }{
		{"they are decoded into what they point to", "{name: a, sizes: [b, c], part: {name: d}}", ""},
		{"they are listed with the others", "{shape: a}", "f.yaml:1:2: shape: unknown key; allowed here: name, sizes, part"},
		{"what they require is required", "{part: {size: a}}", "f.yaml:1:8: part.name: is missing"},
	} {
		root, err := Parse("f.yaml", []byte(test.text))
		require.NoError(t, err)
		var sizes []string
		var of part
		got := outer{inner: inner{Keys{{Name: "sizes", Into: &sizes}, {Name: "part", Into: &of}}}}
		err = Decode("f.yaml", root, &got).Err()
		if test.want != "" {
			require.EqualError(t, err, test.want, test.reason)
			continue
		}
		require.NoError(t, err, test.reason)
		require.Equal(t, "a", got.Name)
		require.Equal(t, []string{"b", "c"}, sizes)
		require.Equal(t, "d", of.Name)
	}
}
