//go:build unix

package collector

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNothingIsKeptBehindALink has somebody lead the folder of all sources, or that of one, elsewhere.
func TestNothingIsKeptBehindALink(t *testing.T) {
	target := Target{Account: "111122223333", Region: "eu-west-1"}
	for _, below := range []string{"", "logs"} {
		for name, do := range map[string]func(ledger, folder string) error{
			"journal":    func(_, folder string) error { _, err := openJournal(filepath.Join(folder, journalName)); return err },
			"checkpoint": func(_, folder string) error { return (&checkpoint{}).save(folder, target) },
			"attempt":    func(_, folder string) error { return overwrite(filepath.Join(folder, attemptName), []byte("{}")) },
			"spending": func(ledger, _ string) error {
				if below != "" { // it lies above
					return nil
				}
				_, err := openSpending(ledger, noon)
				return err
			},
		} {
			ledger, elsewhere := t.TempDir(), t.TempDir()
			at := filepath.Join(collectFolder(ledger), below)
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
			require.NoError(t, os.MkdirAll(filepath.Join(elsewhere, "logs"), 0o700))
			require.NoError(t, os.Symlink(elsewhere, at))
			err := do(ledger, filepath.Join(collectFolder(ledger), "logs"))
			if name != "spending" || below == "" {
				require.ErrorContains(t, err, at+" is a symbolic link", name)
			}
			for folder, want := range map[string]int{elsewhere: 1, filepath.Join(elsewhere, "logs"): 0} {
				left, err := os.ReadDir(folder)
				require.NoError(t, err)
				require.Len(t, left, want, name)
			}
		}
	}
}
