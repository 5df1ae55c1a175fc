package nearest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/nearest"
)

func TestNearest(t *testing.T) {
	providers := []string{"modal", "e2b", "daytona"}
	for _, tc := range []struct{ text, name, near, reason string }{
		{"e3b", "e2b", "e2b", "one letter of three"},
		{"daytonna", "daytona", "daytona", "a letter twice"},
		{"E2B", "e2b", "", "two letters of three: another name"},
		{"acme", "e2b", "", "four changes to e2b and to modal, which is nothing like it"},
		{"", "e2b", "", "nothing was written"},
	} {
		require.Equal(t, tc.name, nearest.Name(tc.text, providers), tc.reason)
		require.Equal(t, tc.near, nearest.Near(tc.text, providers), tc.reason)
	}
	require.Empty(t, nearest.Name("e2b", nil))
	require.Empty(t, nearest.Near("e2b", nil))
	require.Equal(t, "a", nearest.Name("x", []string{"b", "a"}), "the first in order of equally near ones")
}
