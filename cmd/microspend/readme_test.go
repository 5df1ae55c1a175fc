package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")
	fileBlock    = regexp.MustCompile("(?s)```yaml\n# (\\S+\\.yaml)\n(.*?)```")
)

// TestReadme runs the commands that the README shows and compares what they print: its output is real. With -update it
// is rewritten.
func TestReadme(t *testing.T) {
	readme, err := filepath.Abs("../../README.md")
	require.NoError(t, err)
	t.Chdir("../..")
	runConsoleBlocks(t, readme)
}

// TestPagesWithExamples does the same with pages that show the files which their commands read: a block of YAML whose
// first line is a comment with its name.
func TestPagesWithExamples(t *testing.T) {
	for _, page := range []string{"compare.md"} {
		t.Run(page, func(t *testing.T) {
			path, err := filepath.Abs("../../docs/" + page)
			require.NoError(t, err)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			t.Chdir(t.TempDir())
			for _, block := range fileBlock.FindAllStringSubmatch(string(text), -1) {
				require.NoError(t, os.WriteFile(block[1], []byte(block[2]), 0o644))
			}
			runConsoleBlocks(t, path)
		})
	}
}

// runConsoleBlocks runs the commands of a page's console blocks in the current folder.
func runConsoleBlocks(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	blocks := 0
	want := consoleBlock.ReplaceAllStringFunc(string(text), func(block string) string {
		blocks++
		command, _, _ := strings.Cut(strings.TrimPrefix(block, "```console\n"), "\n")
		arguments, ok := strings.CutPrefix(command, "$ microspend ")
		require.True(t, ok, "a console block starts with a command of microspend: %s", command)
		var out, errs bytes.Buffer
		code := run(context.Background(), strings.Fields(arguments), process{
			in: strings.NewReader(""), out: &out, err: &errs, now: func() time.Time { return scriptDay },
		})
		require.Zero(t, code, errs.String())
		return "```console\n" + command + "\n" + out.String() + "```"
	})
	require.Positive(t, blocks)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text))
}
