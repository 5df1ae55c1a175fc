package parquet

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// Parts that were opened stay what they were while the day is rewritten, and are not given where they are damaged.
func TestPartsAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	records := reference(generation(0))
	upsert(t, w, records)
	parts, err := w.Parts(t.Context(), firstDay)
	require.NoError(t, err)
	require.Len(t, parts, 2, "72 records in files of 40")
	upsert(t, w, generation(1))
	var got []usage.Record
	for _, part := range parts {
		content, err := io.ReadAll(io.NewSectionReader(part, 0, part.Size()))
		require.NoError(t, err)
		read, _, err := readParquet(content, ParquetOptions{})
		require.NoError(t, err)
		got = append(got, read...)
		require.NoError(t, part.Close())
	}
	require.Equal(t, records[:72], got)

	none, err := w.Parts(t.Context(), firstDay.AddDate(1, 0, 0))
	require.NoError(t, err)
	require.Empty(t, none)
	folders.Damage(t, dir, firstDay)
	none, err = w.Parts(t.Context(), firstDay)
	require.NoError(t, err)
	require.Empty(t, none, "Records names what is damaged")
}
