package status

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const wellState = `{"version":1,"source":"cloudwatch","last":{"began":"2026-11-20T11:50:00Z","result":"done"},"targets":[]}`

func reader(t *testing.T, folder string) ledger.Reader {
	l, err := parquet.Open(folder, ledger.Options{})
	require.NoError(t, err)
	return l
}

// A last run that has left no state is known by the trace of its beginning.
func TestRunThatLeftNoState(t *testing.T) {
	for _, test := range []struct {
		reason, attempt, state string
		held                   bool
		want                   []string
	}{
		{"its state is there", `{"began":"2026-11-20T11:50:00Z"}`, wellState, false, nil},
		{
			"it was killed", `{"began":"2026-11-20T11:55:00Z"}`, wellState, false,
			[]string{"cloudwatch: the last run, of 2026-11-20T11:55:00Z, did not end: it was killed, or could not write"},
		},
		{"it goes on", `{"began":"2026-11-20T11:55:00Z"}`, wellState, true, nil},
		{
			"the disk was full", `{"began":"2026-11-20T11:55:00Z","ended":"2026-11-20T11:56:00Z","error":"no space left on device"}`,
			wellState, false,
			[]string{"cloudwatch: the last run, of 2026-11-20T11:55:00Z, failed: no space left on device"},
		},
		{
			"the first run was killed", `{"began":"2026-11-20T11:55:00Z"}`, "", false,
			[]string{"cloudwatch: the last run, of 2026-11-20T11:55:00Z, did not end: it was killed, or could not write"},
		},
		{"of a former version", "", wellState, false, nil},
		{
			"damaged", "x", wellState, false,
			[]string{"cloudwatch: when its last run began cannot be read: unexpected character 'x'"},
		},
	} {
		folder := t.TempDir()
		of := filepath.Join(folder, ".collect", "cloudwatch")
		require.NoError(t, os.MkdirAll(of, 0o700))
		for name, text := range map[string]string{"attempt": test.attempt, "status.json": test.state} {
			if text != "" {
				require.NoError(t, os.WriteFile(filepath.Join(of, name), []byte(text), 0o600))
			}
		}
		if test.held {
			w, err := parquet.OpenForWriting(folder, ledger.Options{})
			require.NoError(t, err)
			defer w.Close()
		}
		s, err := Read(t.Context(), reader(t, folder), noon, 0)
		require.NoError(t, err)
		assert.Equal(t, test.want, s.Problems(false), test.reason)
	}
}

// Damage that keeps something from being collected, or a limit from being exact, is a problem of the whole ledger.
func TestDamageIsAProblem(t *testing.T) {
	folder := t.TempDir()
	for path, text := range map[string]string{
		".collect/cloudwatch/status.json":        wellState,
		".collect/spending":                      "x\n",
		"usage/dt=2026-11-19/_manifest.json":     "{",
		"usage/dt=2026-11-18/part-00000.parquet": "",
	} {
		path = filepath.Join(folder, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	s, err := Read(t.Context(), reader(t, folder), noon, 0)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"usage/dt=2026-11-18/_manifest.json is damaged: the day has files but no manifest to check them against; run microspend " +
			"ledger check --repair; nothing is collected into 2026-11-18",
		"usage/dt=2026-11-19/_manifest.json is damaged: the manifest is not readable: unexpected EOF; run microspend ledger check " +
			"--repair; nothing is collected into 2026-11-19",
		folder + "/.collect/spending has 1 damaged line; API calls cost more than the rest of it says (UTC), which a limit per day cannot count in full",
	}, s.Problems(false))
}
