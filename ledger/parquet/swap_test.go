//go:build unix

package parquet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/ledger/audit"
	"microspend/ledger/doubt"
	"microspend/ledger/lifecycle"
	"microspend/usage"
)

// TestAFolderSwappedForALinkIsNotWrittenTo has somebody replace a folder of the ledger by a link to one of the user's,
// before a write or between its steps.
func TestAFolderSwappedForALinkIsNotWrittenTo(t *testing.T) {
	day := filepath.Join(usageFolder, dayPrefix+firstDay.Format("2006-01-02"))
	record := fleet{microVMs: 1, tenants: 1, days: 1, periods: 24}.record(0)
	changed := record
	changed.Amounts[usage.Launches]++
	again := func(w *Writer) error {
		_, err := w.Upsert(t.Context(), batches([]usage.Record{changed}, 1))
		return err
	}
	for _, tc := range []struct {
		name, folder, at string // at is the step before which it is swapped, "" for before the write
		do               func(w *Writer) error
	}{
		{"all usage", usageFolder, "", again},
		{"a day", day, "", again},
		{"a day, once the import is staged", day, "staged", again},
		{"a day, once its entry is made", day, "audited", again},
		{"a day, once its files wait", day, "ready", again},
		{"a day, once its manifest is switched", day, "switched", again},
		{"the staging folder, once the import is staged", stagingFolder, "staged", again},
		{"the audit log", audit.Folder, "", func(w *Writer) error { return w.Audit(audit.Entry{Action: "test"}, nil) }},
		{"doubts", "doubts", "", func(w *Writer) error {
			return doubt.Write(t.Context(), w, firstDay, []doubt.Doubt{{Kind: doubt.BeyondQuota, From: firstDay, To: firstDay}})
		}},
		{"doubts that are removed", "doubts", "", func(w *Writer) error { return doubt.Write(t.Context(), w, firstDay, nil) }},
		{"MicroVMs", "microvms", "", func(w *Writer) error {
			return lifecycle.Write(t.Context(), w, []lifecycle.MicroVM{{ID: "m", Region: "eu-west-1", Account: "1", StartedAt: firstDay}})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), t.TempDir()
			w := openWriter(t, dir)
			upsert(t, w, []usage.Record{record})
			at := filepath.Join(dir, tc.folder)
			var before map[string]string
			swap := func(passed string) {
				if passed != tc.at {
					return
				}
				require.NoError(t, os.MkdirAll(at, 0o700))
				require.NoError(t, os.CopyFS(filepath.Join(elsewhere, "theirs"), os.DirFS(at)))
				require.NoError(t, os.Rename(at, at+".kept"))
				require.NoError(t, os.Symlink(filepath.Join(elsewhere, "theirs"), at))
				before = filesOf(t, elsewhere)
			}
			swap("")
			w.step = swap
			require.ErrorContains(t, tc.do(w), at+" is a symbolic link")
			require.Equal(t, before, filesOf(t, elsewhere))
		})
	}
}
