package parquet

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/conformance"
	"microspend/usage"
)

// smallRolledSizes give every day a rollup, so that the promises hold of these, too.
var smallRolledSizes = sizes{
	partRows: smallSizes.partRows, groupRows: smallSizes.groupRows, stageRows: smallSizes.stageRows, rollupFrom: 1,
}

// folders are ledgers of small files, so that few records fill several.
var folders = conformance.Stores{
	New: func(t testing.TB) string { return t.TempDir() },
	Open: func(_ context.Context, name string, options ledger.Options) (ledger.Reader, error) {
		return Open(name, options)
	},
	OpenForWriting: func(_ context.Context, name string, options ledger.Options) (ledger.Store, error) {
		w, err := OpenForWriting(name, options)
		if err != nil {
			return nil, err
		}
		w.sizes, w.codec = smallRolledSizes, sharedCodec
		return w, nil
	},
	Steps: []string{"staged", "audited", "ready", "switched", "renamed"},
	At:    func(w ledger.Store, passed func(string)) { w.(*Writer).step = passed },
	Damage: func(t testing.TB, name string, day time.Time) {
		for _, file := range []string{"part-00000.parquet", rollupName} { // else the rollup answers
			path := filepath.Join(name, usageFolder, dayPrefix+dayOf(day).String(), file)
			data, err := os.ReadFile(path)
			if file == rollupName && errors.Is(err, os.ErrNotExist) {
				continue
			}
			require.NoError(t, err)
			data[len(data)/2] ^= 1
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}
	},
	Check: func(t testing.TB, name string) {
		l, err := Open(name, ledger.Options{})
		require.NoError(t, err)
		result, err := l.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, result.Damaged)
		require.Empty(t, result.BadRollups)
		for file := range filesOf(t, name) {
			assert.NotContains(t, file, ".new", "the next writer leaves nothing half done")
			assert.NotContains(t, file, ".tmp")
			assert.NotContains(t, file, stagingFolder)
		}
		if info, err := l.Info(t.Context()); assert.NoError(t, err) && info.Rows > 0 && info.Rows < 1000 {
			sameBytes(t, l)
		}
	},
}

// sameBytes fails the test unless a ledger has the bytes that its records make in any other.
func sameBytes(t testing.TB, l *Ledger) {
	var records []usage.Record
	for r, err := range l.Records(t.Context(), firstDay.AddDate(-6, 0, 0), firstDay.AddDate(70, 0, 0)) {
		require.NoError(t, err)
		records = append(records, r)
	}
	dir, name := t.TempDir(), l.Dir()
	w := openWriter(t, dir)
	w.sizes = smallRolledSizes
	upsert(t, w, records)
	require.NoError(t, w.Close())
	made := filesOf(t, name)
	maps.DeleteFunc(made, func(file, _ string) bool {
		return !strings.HasPrefix(file, string(filepath.Separator)+usageFolder) || emptied(t, name+file)
	})
	require.Equal(t, filesOf(t, dir), made)
}

// emptied reports whether a file is the manifest of a day whose records were all withdrawn.
func emptied(t testing.TB, path string) bool {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return filepath.Base(path) == manifestName && strings.Contains(string(text), `"rows":0`)
}

func TestMain(m *testing.M) {
	conformance.Child(folders)
	os.Exit(m.Run())
}

func TestPromises(t *testing.T) { conformance.Run(t, folders) }
