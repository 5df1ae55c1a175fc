package parquet

import (
	"os"
	"path/filepath"
	"testing"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// TestQueriesAgreeOnDamage damages one column after the other: every query leaves the same file out and says so,
// whether it reads the column or not.
func TestQueriesAgreeOnDamage(t *testing.T) {
	dir := t.TempDir()
	records := generation(0)
	w := openWriter(t, dir)
	w.sizes = defaultSizes
	upsert(t, w, records)
	require.NoError(t, w.Close())
	file := filepath.Join(dir, usageFolder, dayPrefix+dayOf(firstDay).String(), "part-00000.parquet")
	intact, err := os.ReadFile(file)
	require.NoError(t, err)
	reader, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	opened := reader.openDay(t.Context(), dayOf(firstDay))
	t.Cleanup(opened.close)
	require.Len(t, opened.parts, 1)
	queries := []ledger.Query{
		{By: []ledger.Field{ledger.FieldDay}, Sums: ledger.SumOf(usage.Running)},
		{By: []ledger.Field{ledger.FieldTenant}},
		{By: []ledger.Field{ledger.FieldResource}},
		{By: []ledger.Field{ledger.FieldRegion, ledger.FieldAccount}, Sums: ledger.SumBilled},
		{Sums: ledger.SumOf(usage.Launches)},
	}
	for place := range opened.parts[0].columns() {
		column := columnNames[layouts[opened.parts[0].version][place]]
		from, length := opened.parts[0].parsed.ChunkRange(0, place)
		content := append([]byte{}, intact...)
		content[from+length/2] ^= 1
		require.NoError(t, os.WriteFile(file, content, 0o644))
		for _, q := range queries {
			q.From, q.To = firstDay, firstDay.AddDate(0, 0, 1)
			reader, err := Open(dir, ledger.Options{})
			require.NoError(t, err)
			result, err := reader.Aggregate(t.Context(), q)
			require.NoError(t, err)
			assert.Empty(t, result.Groups, column)
			require.Len(t, result.Damaged, 1, column)
			assert.Contains(t, result.Damaged[0].Reason, "the checksum of column "+column+" in row group 0", column)
		}
	}
	// What was proven is proven anew once it has changed.
	require.NoError(t, os.WriteFile(file, intact, 0o644))
	q := queries[0]
	q.From, q.To = firstDay, firstDay.AddDate(0, 0, 1)
	for range 2 {
		result, err := reader.Aggregate(t.Context(), q)
		require.NoError(t, err)
		require.Empty(t, result.Damaged)
	}
	intact[len(intact)/3] ^= 1
	require.NoError(t, os.WriteFile(file, intact, 0o644))
	result, err := reader.Aggregate(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, result.Damaged, 1)
}
