package clickhouse

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// TestPartsAreLoadedAsTheyAre holds what the server reads of a folder's Parquet files to the records in them, also
// those of resources that are no MicroVMs, whose names the table makes of two columns.
func TestPartsAreLoadedAsTheyAre(t *testing.T) {
	folder, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	records := ledgertest.Records(ledgertest.Fleet{MicroVMs: 40, Tenants: 7, Days: 2, Periods: 24}.All())
	for i, resource := range []usage.Resource{
		{Kind: usage.KindImage},
		{Kind: usage.KindImage, ID: "base"},
		{Kind: usage.KindImage, ID: "(image)base"},
		{Kind: usage.KindFleet, ID: "acme/ä\t'\\"},
		{ID: "(imagine)"},
		{ID: "x\x01"},
	} {
		records[i].Resource, records[i].TenantBy, records[i].Arch = resource, usage.TenantProven, usage.ArchARM64
	}
	_, err = folder.Upsert(t.Context(), batches(records...))
	require.NoError(t, err)
	s := store(t, ledger.Options{})
	move := func() (n ledger.Changes) {
		for d := range 2 {
			day := ledgertest.FirstDay.AddDate(0, 0, d)
			parts, err := folder.Parts(t.Context(), day)
			require.NoError(t, err)
			require.NotEmpty(t, parts)
			of, err := s.UpsertParts(t.Context(), day, parts)
			require.NoError(t, err)
			n.Read, n.Added, n.Unchanged = n.Read+of.Read, n.Added+of.Added, n.Unchanged+of.Unchanged
			n.Replaced, n.Days = n.Replaced+of.Replaced, append(n.Days, of.Days...)
			for _, part := range parts {
				require.NoError(t, part.Close())
			}
		}
		return n
	}
	holds := func() {
		t.Helper()
		var want, got []usage.Record
		to := ledgertest.FirstDay.AddDate(0, 0, 9)
		for r, err := range folder.Records(t.Context(), ledgertest.FirstDay, to) {
			require.NoError(t, err)
			want = append(want, r)
		}
		for r, err := range s.Records(t.Context(), ledgertest.FirstDay, to) {
			require.NoError(t, err)
			got = append(got, r)
		}
		require.Equal(t, want, got)
	}
	n := move()
	require.Equal(t, [3]int64{int64(len(records)), int64(len(records)), 0}, [3]int64{n.Read, n.Added, n.Unchanged})
	holds()
	n = move()
	require.Equal(t, [4]int64{int64(len(records)), 0, int64(len(records)), 0}, [4]int64{n.Read, n.Added, n.Unchanged, int64(len(n.Days))})

	changed := slices.Clone(records[:5])
	for i := range changed {
		changed[i].Tenant = "another"
	}
	_, err = folder.Upsert(t.Context(), batches(changed...))
	require.NoError(t, err)
	n = move()
	require.Equal(t, int64(5), n.Replaced)
	holds()
}
