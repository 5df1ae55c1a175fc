//go:build unix

package collector

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

// TestNothingIsKeptBehindALink has somebody lead the folder of all sources, or that of one, elsewhere.
func TestNothingIsKeptBehindALink(t *testing.T) {
	target := Target{Account: "111122223333", Region: "eu-west-1"}
	for _, below := range []string{"", "logs"} {
		for name, do := range map[string]func(l ledger.Store, folder string) error{
			"journal": func(_ ledger.Store, folder string) error {
				_, err := openJournal(filepath.Join(folder, journalName))
				return err
			},
			"checkpoint": func(l ledger.Store, _ string) error { return (&checkpoint{}).save(t.Context(), l, "logs", target) },
			"attempt": func(_ ledger.Store, folder string) error {
				return overwrite(filepath.Join(folder, attemptName), []byte("{}"))
			},
			"spending": func(l ledger.Store, folder string) error {
				if below != "" { // it lies above
					return nil
				}
				_, err := openSpending(t.Context(), In(l.Name(), ""), filepath.Dir(folder), l, noon)
				return err
			},
		} {
			dir, elsewhere := t.TempDir(), t.TempDir()
			l, err := In(dir, "").OpenForWriting(t.Context(), ledger.Options{})
			require.NoError(t, err)
			at := filepath.Join(dir, collectFolder, below)
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
			require.NoError(t, os.MkdirAll(filepath.Join(elsewhere, "logs"), 0o700))
			require.NoError(t, os.Symlink(elsewhere, at))
			err = do(l, filepath.Join(dir, collectFolder, "logs"))
			if name != "spending" || below == "" {
				require.ErrorContains(t, err, at+" is a symbolic link", name)
			}
			require.NoError(t, l.Close())
			for folder, want := range map[string]int{elsewhere: 1, filepath.Join(elsewhere, "logs"): 0} {
				left, err := os.ReadDir(folder)
				require.NoError(t, err)
				require.Len(t, left, want, name)
			}
		}
	}
}
