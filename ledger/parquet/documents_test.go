package parquet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A document that a dead writer had begun is none.
func TestTemporaryFilesAreNoDocuments(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	require.NoError(t, w.PutDocument(t.Context(), "bills/a.json", []byte("{}")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bills", ".c.json.0.microspend.tmp"), nil, 0o600))
	names, err := w.ListDocuments(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []string{"bills/a.json"}, names)
}
