// Package frametest holds what a view of the dashboard draws to a golden file, at small, usual and large sizes and in
// all the ways that a terminal can paint.
package frametest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// Sizes are the sizes at which every view is drawn: the least one, the usual one and a large one.
var Sizes = [...][2]int{{40, 10}, {80, 24}, {120, 40}}

// The numbers of colours, in the order of package theme.
const (
	none = iota
	sixteen
	many
)

var update = flag.Bool("update", false, "rewrite the golden frames of this package")

// Check draws a view and compares it with testdata/NAME.txt: the text at every size, and its paint at the usual size.
// No frame may be wider or higher than the terminal, a terminal without colours gets none, and with colours dark and
// light differ in paint alone.
func Check(t *testing.T, name string, draw func(dark bool, colors, width, height int) string) {
	t.Helper()
	var got strings.Builder
	for _, size := range Sizes {
		width, height := size[0], size[1]
		plain := draw(true, none, width, height)
		require.False(t, color.MatchString(plain), "%s has a colour where there is none", name)
		fmt.Fprintf(&got, "== %d×%d\n%s", width, height, trimmed(ansi.Strip(plain)))
		painted := ansi.Strip(draw(true, many, width, height))
		for _, colors := range []int{none, sixteen, many} {
			for _, dark := range []bool{true, false} {
				frame := draw(dark, colors, width, height)
				fits(t, name, frame, width, height)
				if colors != none {
					require.Equal(t, painted, ansi.Strip(frame), "%s: colours change no text", name)
				}
			}
		}
	}
	for _, dark := range []bool{true, false} {
		frame := strings.ReplaceAll(draw(dark, many, Sizes[1][0], Sizes[1][1]), "\x1b", "␛")
		fmt.Fprintf(&got, "== dark %v\n%s", dark, trimmed(frame))
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got.String()), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run this test with -update")
	require.Equal(t, string(want), got.String(), file)
}

// color is an escape sequence that sets a foreground or a background.
var color = regexp.MustCompile(`\x1b\[(\d+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`)

func fits(t *testing.T, name, frame string, width, height int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	require.Len(t, lines, height, "%s at %d×%d", name, width, height)
	for i, line := range lines {
		require.LessOrEqual(t, ansi.StringWidth(line), width, "%s at %d×%d, line %d: %q", name, width, height, i, line)
	}
}

// trimmed takes the blanks at the ends of lines off, which editors do too, and the empty lines at the end.
func trimmed(frame string) string {
	lines := strings.Split(frame, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}
