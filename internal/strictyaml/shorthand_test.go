package strictyaml_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
)

func TestShorthand(t *testing.T) {
	type machine struct {
		Size string `yaml:"size,required,shorthand"`
		Arch string `yaml:"arch"`
	}
	type file struct {
		Name    string    `yaml:"name"`
		Machine *machine  `yaml:"machine"`
		List    []machine `yaml:"list"`
	}
	for _, tc := range []struct{ path, key, reason string }{
		{"machine", "size", "through a pointer"},
		{"list[3]", "size", "an entry of a list"},
		{"list", "", "the list itself has no keys"},
		{"list[0][1]", "", "nor has what lies in an entry"},
		{"name", "", "a plain value is nothing but itself"},
		{"machine.arch", "", "likewise"},
		{"machine.size.x", "", "there is nothing below a value"},
		{"other", "", "there is no such path"},
		{"", "", "nor an empty one"},
	} {
		require.Equal(t, tc.key, strictyaml.Shorthand(file{}, tc.path), "%s: %s", tc.path, tc.reason)
	}
}
