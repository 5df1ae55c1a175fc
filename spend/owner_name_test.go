package spend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/spend"
)

// TestNoTwoOwnersAreWrittenAlike: not even where a tenant is called as another one who is called like a label is
// written.
func TestNoTwoOwnersAreWrittenAlike(t *testing.T) {
	for _, test := range []struct {
		name string
		kind spend.Kind
		want string
	}{
		{"acme", spend.KindTenant, "acme"},
		{"tenant acme", spend.KindTenant, "tenant acme"},
		{spend.Unallocated, spend.KindUnallocated, "(unallocated)"},
		{spend.Unallocated, spend.KindTenant, "tenant (unallocated)"},
		{"tenant (unallocated)", spend.KindTenant, "tenant tenant (unallocated)"},
		{spend.Other, spend.KindTenant, "tenant (other)"},
		{spend.Shared, spend.KindShared, "(shared)"},
	} {
		require.Equal(t, test.want, spend.OwnerName(test.name, test.kind))
	}
}
