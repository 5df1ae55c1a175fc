package parquet

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDocuments(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	upsert(t, w, fleet{microVMs: 2, tenants: 1, days: 1, periods: 2}.all())
	put := func(name, content string) { require.NoError(t, w.PutDocument(t.Context(), name, []byte(content))) }
	put("bills/b.json", "one")
	put("bills/a.json", "two")
	put(".collect/logs/eu-west-1.json", "three")
	put("bills/b.json", "four")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bills", ".c.json.0.microspend.tmp"), nil, 0o600))

	names, err := w.ListDocuments(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []string{".collect/logs/eu-west-1.json", "bills/a.json", "bills/b.json"}, names)
	names, err = w.ListDocuments(t.Context(), "bills")
	require.NoError(t, err)
	assert.Equal(t, []string{"bills/a.json", "bills/b.json"}, names)
	names, err = w.ListDocuments(t.Context(), "closed")
	require.NoError(t, err)
	assert.Empty(t, names)

	content, err := w.Document(t.Context(), "bills/b.json")
	require.NoError(t, err)
	assert.Equal(t, "four", string(content))
	require.NoError(t, w.RemoveDocument(t.Context(), "bills/b.json"))
	require.NoError(t, w.RemoveDocument(t.Context(), "bills/b.json"))
	_, err = w.Document(t.Context(), "bills/b.json")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestNamesThatAreNoDocuments(t *testing.T) {
	w := openWriter(t, t.TempDir())
	upsert(t, w, fleet{microVMs: 2, tenants: 1, days: 1, periods: 2}.all())
	for _, name := range []string{
		"", ".", "..", "../x", "/etc/passwd", "a/../b", "a//b", "usage/x", "audit/log", "writer.lock", ".staging/x",
	} {
		require.ErrorIs(t, w.PutDocument(t.Context(), name, []byte("x")), fs.ErrInvalid, name)
		require.ErrorIs(t, w.RemoveDocument(t.Context(), name), fs.ErrInvalid, name)
		_, err := w.Document(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
}
