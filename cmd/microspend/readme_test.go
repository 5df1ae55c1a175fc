package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")

// TestReadme runs the commands that the README shows and compares what they print: its output is real. With -update it
// is rewritten.
func TestReadme(t *testing.T) {
	const path = "../../README.md"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	t.Chdir("../..")

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
		require.NoError(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text))
}
