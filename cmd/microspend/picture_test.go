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

	"microspend/internal/framesvg"
)

// TestEstimatePicture holds the README's picture of an estimate to what the command prints; -update rewrites it.
func TestEstimatePicture(t *testing.T) {
	t.Chdir("../..")
	const command = "microspend estimate testdata/team-sandboxes.yaml"
	var out, errs bytes.Buffer
	code := run(context.Background(), strings.Fields(command)[1:], process{
		in: strings.NewReader(""), out: &out, err: &errs, now: func() time.Time { return scriptDay },
		environ: []string{"CLICOLOR_FORCE=1", "TERM=xterm-256color"}, // as in a terminal
	})
	require.Zero(t, code, errs.String())
	frame := "$ " + command + "\n\n" + strings.TrimRight(out.String(), "\n")
	for look, dark := range map[string]bool{"dark": true, "light": false} {
		file := filepath.Join("docs", "images", "estimate-"+look+".svg")
		got := framesvg.SVG(frame, "An estimate: each line with its quantity and rate, and what the alternatives cost", dark)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, string(want) == got, "%s is stale: run go test ./cmd/microspend -run Picture -update", file)
	}
}
