package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/scenarios"
)

// docsFolder makes the folder in which the documentation's samples run, as a user's: with a workload, traces and
// a configuration, and a demo's ledger where theirs is by default. It takes most of a second: make one for many tests.
func docsFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	demo := filepath.Join(folder, "data", "microspend")
	code, _, errs := inDocsFolder(folder, "demo", "--no-dash", "--tenants", "4", "--output", demo)
	require.Equal(t, exitDone, code, errs)
	for _, name := range []string{"microspend.yaml", "tenants.csv"} {
		require.NoError(t, os.Rename(filepath.Join(demo, name), filepath.Join(folder, name)))
	}
	config := filepath.Join(folder, "microspend.yaml")
	text, err := os.ReadFile(config)
	require.NoError(t, err)
	own := strings.Replace(string(text), "ledger: ledger\n", "", 1) // the user's own needs no name
	require.NoError(t, os.WriteFile(config, []byte(own), 0o600))
	card, err := os.ReadFile(filepath.Join(repositoryRoot, "pricing", "rates", "eu-west-1.yaml"))
	require.NoError(t, err)
	starter := string(scenarios.Starter("workload"))
	for name, text := range map[string]string{
		"workload.yaml":     starter,
		"a.yaml":            starter,
		"b.yaml":            strings.Replace(starter, "memory: 4GB", "memory: 8GB", 1),
		"private.yaml":      string(card),
		"private-2027.yaml": string(card),
		"tenant.key":        strings.Repeat("0f", 32) + "\n",
		"gaps.csv":          "gap_seconds\n30\n600\n4000\n",
		"requests.csv":      docsRequests,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	require.NoError(t, os.Symlink(absolute(filepath.Join(repositoryRoot, "testdata")), filepath.Join(folder, "testdata")))
	require.NoError(t, os.Symlink(filepath.Join(demo, "ledger"), filepath.Join(folder, "ledger")))
	return folder
}

// docsRequests are requests of two days.
const docsRequests = `time,microvm_id,tenant,duration_seconds
2026-11-16T09:00:00Z,mvm-1,acme,20
2026-11-16T09:04:00Z,mvm-1,acme,5
2026-11-16T11:30:00Z,mvm-1,acme,60
2026-11-17T08:00:00Z,mvm-2,bravo,10
2026-11-17T09:10:00Z,mvm-2,bravo,10
`

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		panic(err) // there is no current folder
	}
	return full
}

// inDocsFolder runs a command line as the user whose folder it is.
func inDocsFolder(folder string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, process{
		in: strings.NewReader(""), out: &stdout, err: &stderr, now: func() time.Time { return scriptDay },
		environ: []string{"HOME=" + folder, "XDG_DATA_HOME=" + filepath.Join(folder, "data"), "COLUMNS=80"},
	})
	return code, stdout.String(), stderr.String()
}

// enterDocs makes a page's own folder the current one: the shared one's files, and those that the page's blocks of YAML
// say that they are.
func enterDocs(t *testing.T, shared string, page documentPage) (folder string) {
	t.Helper()
	folder = t.TempDir()
	entries, err := os.ReadDir(shared)
	require.NoError(t, err)
	for _, entry := range entries {
		require.NoError(t, os.Symlink(filepath.Join(shared, entry.Name()), filepath.Join(folder, entry.Name())))
	}
	for _, block := range page.blocks {
		if name := block.fileName(); name != "" && name != "microspend.yaml" {
			path := filepath.Join(folder, name)
			require.NoError(t, os.RemoveAll(path)) // a link into the shared folder, not what it leads to
			require.NoError(t, os.WriteFile(path, []byte(block.text), 0o600))
		}
	}
	t.Chdir(folder)
	return folder
}
