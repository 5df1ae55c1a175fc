package usage_test

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/usage"
)

func TestParseResource(t *testing.T) {
	for name, want := range map[string]usage.Resource{
		"":                        {},
		"microvm-1":               {ID: "microvm-1"},
		"(im":                     {ID: "(im"},
		"(image) base":            {Kind: usage.KindImage, ID: "base"},
		"(image)  base ":          {Kind: usage.KindImage, ID: " base "},
		"(image)":                 {Kind: usage.KindImage},
		"(image) ":                {Kind: usage.KindImage, ID: "(image) "},
		"(image)base":             {Kind: usage.KindImage, ID: "(image)base"},
		"(image) (image) x":       {Kind: usage.KindImage, ID: "(image) (image) x"},
		"(fleet) acme/web":        {Kind: usage.KindFleet, ID: "acme/web"},
		"(fleet) (image) strange": {Kind: usage.KindFleet, ID: "(image) strange"},
	} {
		assert.Equal(t, want, usage.ParseResource(name), name)
		assert.Equal(t, name, want.String())
	}
}

// Names and resources stand for each other, and sort alike.
func TestResourceNames(t *testing.T) {
	names := rapid.OneOf(rapid.StringMatching(`(\(image\)|\(fleet\)| |a){0,4}`), rapid.StringMatching(`[!-~]{0,12}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		of, other := usage.ParseResource(a), usage.ParseResource(b)
		require.Equal(t, a, of.String())
		require.Equal(t, a == b, of == other)
		require.Equal(t, cmp.Compare(a, b), of.Compare(other))
	})
}

func TestParseKind(t *testing.T) {
	for _, kind := range []usage.ResourceKind{usage.KindMicroVM, usage.KindImage, usage.KindFleet} {
		got, err := usage.ParseKind(kind.String())
		require.NoError(t, err)
		assert.Equal(t, kind, got)
	}
	_, err := usage.ParseKind("vm")
	assert.EqualError(t, err, `unknown kind of resource "vm"; kinds are microvm, image and fleet`)
}
