package draw_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/tui/draw"
)

func TestFiguresAreFittedAndNeverCut(t *testing.T) {
	for _, tc := range []struct {
		reason, in string
		width      int
		want       string
	}{
		{"it fits", "20,483,944.12", 13, "20,483,944.12"},
		{"without cents", "20,483,944.12", 12, "20,483,944"},
		{"with three digits", "20,483,944.12", 9, "20.5 M"},
		{"no room", "20,483,944.12", 5, "#####"},
		{"a lower bound stays one", "≥ $20,483,944.12", 9, "≥ $20.4 M"},
		{"its blank gives way first", "≥ $20,483,944.12", 8, "≥$20.4 M"},
		{"without cents, a lower bound stays one, too", "≥ 20,483,944.99", 13, "≥ 20,483,944"},
		{"what lacks a rate says so", "$20,483,944.12 +?", 12, "$20.5 M +?"},
		{"a rate of spending", "$12,345.67 /h", 11, "$12,346 /h"},
		{"percent", "+123,456.7 %", 8, "+123 k %"},
		{"a fall", "-20,483,944.12", 8, "-20.5 M"},
		{"a small figure keeps its cents", "98.44", 4, "98.4"},
		{"a word is cut", "unknown", 5, "unkn…"},
		{"a dash fits", "–", 1, "–"},
		{"what is no figure and has digits is not cut", "2 of 3", 4, "####"},
	} {
		require.Equal(t, tc.want, draw.Fit(tc.in, tc.width), "%s in %d: %s", tc.in, tc.width, tc.reason)
	}
	require.Equal(t, "no data…", draw.CutWords("no data before 12 Oct", 12))
	require.Equal(t, "no data before…", draw.CutWords("no data before 12 Oct", 18), "not behind a figure")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(≥ )?[+-]?\$?[1-9][0-9]{0,2}(,[0-9]{3}){0,9}(\.[0-9]{2})?( %| /h)?( \+\?)?`).
			Draw(t, "text")
		width := rapid.IntRange(1, 40).Draw(t, "width")
		fitted := draw.Fit(text, width)
		require.LessOrEqual(t, draw.Width(fitted), width)
		require.NotContains(t, fitted, "…")
		if fitted != strings.Repeat("#", width) {
			require.Equal(t, strings.HasPrefix(text, "≥"), strings.HasPrefix(fitted, "≥"))
			require.Equal(t, strings.HasSuffix(text, "+?"), strings.HasSuffix(fitted, "+?"))
		}
		if width >= 16 { // with both marks, which no figure has, and a unit
			require.NotContains(t, fitted, "#", "%s in %d", text, width)
		}
	})
}

// TestPartsHavePatterns: no two billed quantities look the same without colour.
func TestPartsHavePatterns(t *testing.T) {
	seen := map[string]bool{}
	for part := range int(pricing.QuantityCount) {
		glyph := draw.PartGlyph(part)
		require.Equal(t, 1, draw.Width(glyph))
		require.False(t, seen[glyph], glyph)
		seen[glyph] = true
	}
}

// TestASCII: as many cells, and nothing else; paint stays.
func TestASCII(t *testing.T) {
	require.Equal(t, "\x1b[1m>=$1.00\x1b[m | #%|/. _.-=+*## ^v ~ ?????",
		draw.ASCII("\x1b[1m≥ $1.00\x1b[m │ █▚▌▞▖ ▁▂▃▄▅▆▇█ ▲▼ … 宽é👍"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab ≥·…–×━█▲▸✓é宽👍↵⇧[m"))).Draw(t, "text")
		ascii := draw.ASCII(text)
		require.Equal(t, draw.Width(text), draw.Width(ascii), "%q is %q", text, ascii)
		for _, r := range ascii {
			require.Less(t, r, rune(0x80))
		}
	})
}
