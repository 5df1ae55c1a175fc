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

// TestAltTextsMatchPictures: whoever cannot see a picture of the README is told its figures, not those of an older one.
func TestAltTextsMatchPictures(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	tags := regexp.MustCompile(`<img src="([^"]+)" alt="([^"]+)">`).FindAllStringSubmatch(string(readme), -1)
	require.Len(t, tags, 2)
	for _, tag := range tags {
		picture, err := os.ReadFile(filepath.Join("../..", tag[1]))
		require.NoError(t, err)
		figures := regexp.MustCompile(`\$[\d,]*\d(\.\d+)?`).FindAllString(tag[2], -1)
		require.NotEmpty(t, figures, tag[1])
		for _, figure := range figures {
			require.True(t, strings.Contains(string(picture), strings.TrimPrefix(figure, "$")), "%s is not in %s", figure, tag[1])
		}
	}
}
