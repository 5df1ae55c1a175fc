package parquet

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger/audit"
	"microspend/usage"
)

// filesOf gives a checksum of each file below a folder, but for the lock's.
func filesOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == audit.Folder {
			return fs.SkipDir // which tells when, and by whom
		}
		if err != nil || entry.IsDir() || entry.Name() == lockName {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	}))
	return files
}

// Names never become paths.
func TestNamesStayInsideFiles(t *testing.T) {
	dir := t.TempDir()
	r := fleet{microVMs: 1, tenants: 1, days: 1, periods: 1}.record(0)
	evil := "../../dt=2026-01-01/part-00000.parquet"
	r.Resource.ID, r.Tenant, r.Image, r.Source, r.Region, r.Account = evil, evil, evil, evil, evil, evil
	upsert(t, openWriter(t, dir), []usage.Record{r})
	assert.Equal(t, []usage.Record{r}, content(t, dir))
	for name := range filesOf(t, dir) {
		assert.Regexp(t, `^/usage/dt=2026-10-01/(_manifest\.json|part-00000\.parquet)$`, filepath.ToSlash(name))
	}
}
