package draw_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// TestWidthIsThatOfTheLibrary holds the quick count to the whole one.
func TestWidthIsThatOfTheLibrary(t *testing.T) {
	for _, text := range []string{
		"", "plain", "\x1b[1;38;2;1;2;3mred\x1b[m", "━━╸──", "▁▂▃▄▅▆▇█", "Ünïcödé", "宽", "e\u0301", "é\u0301", "a\tb",
		"\x1b]0;x\x07", "\x1b[2K", "✓ ok", "✗ over",
		"± $", "… ‹ ›", "▸▲▼", "×\ufe0f", "▲\ufe0f", "\xff", "\xc3", "\x1b", "\x1b[", "\x1b[1", "👍🏽",
	} {
		require.Equal(t, ansi.StringWidth(text), draw.Width(text), "%q", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab ·…–×━█▲▸✓é宽\u0301\u200d\ufe0f👍\x1b[m1;")))
		s := text.Draw(t, "text")
		require.Equal(t, ansi.StringWidth(s), draw.Width(s), "%q", s)
	})
}

// TestNameIsSafe holds shown names to what a cell can take.
func TestNameIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := draw.Name(rapid.String().Draw(t, "name"))
		require.Equal(t, ansi.StringWidth(name), ansi.StringWidthWc(name), "terminals agree on %q", name)
		require.Equal(t, name, ansi.Strip(name), "there is nothing to strip")
		require.NotContains(t, name, "\n")
		require.Equal(t, ansi.StringWidth(name)+2, ansi.StringWidth("|"+name+"|"), "it combines with nothing beside it: %q",
			name)
	})
	for in, out := range map[string]string{
		"acme": "acme", "a\x1b[31mb": "a␛[31mb", "a\nb": "a␊b", "\u202eabc": "<U+202E>abc", "宽": "宽", "❤️": "❤", "👍🏽": "👍",
		"café": "café",
	} {
		require.Equal(t, out, draw.Name(in))
	}
}

func TestFitting(t *testing.T) {
	require.Equal(t, "abc  ", draw.Left("abc", 5))
	require.Equal(t, "  abc", draw.Right("abc", 5))
	require.Equal(t, "ab…", draw.Left("abcdef", 3))
	require.Equal(t, "宽 ", draw.Left("宽", 3))
	require.Equal(t, "", draw.Cut("abc", 0))
	require.Equal(t, "a      b", draw.Ends("a", "b", 8))
	require.Equal(t, "abcdefgh", draw.Ends("abcdefgh", "b", 8), "the right gives way")
	require.Equal(t, []string{"one two", "three"}, draw.Wrap("one two three", 8))
	require.Equal(t, []string{"abcd", "efgh", "ij"}, draw.Wrap("abcdefghij", 4))
	require.Equal(t, []string{"2026-10-01 is", "one word"}, draw.Wrap("2026-10-01 is one word", 14),
		"a date is not broken")
	require.Equal(t, []string{""}, draw.Wrap("", 4))
	require.Equal(t, "a\nb\n", draw.Frame([]string{"a", "b"}, 5, 3))
	require.Equal(t, []string{"a    x", "b"}, draw.Beside([]string{"a", "b"}, 5, []string{"x"}))
}

func TestPictures(t *testing.T) {
	none := theme.Paint{}
	require.Equal(t, "━━╸──", draw.Bar(0.5, 5, none, none))
	require.Equal(t, "━━━━━", draw.Bar(1.78, 5, none, none), "full beyond the whole")
	require.Equal(t, "╸────", draw.Bar(0.0001, 5, none, none), "what is above zero shows")
	require.Equal(t, "─────", draw.Bar(0, 5, none, none))
	require.Equal(t, "─────", draw.Bar(-1, 5, none, none))
	require.Equal(t, "", draw.Bar(1, 0, none, none))
	require.Equal(t, "▁▄▇·", draw.Spark([]float32{0, 5, 10, draw.Missing()}, 4), "what is missing is not zero")
	require.Equal(t, "▁?▇·", draw.Spark([]float32{0, draw.Unknown(), 10, draw.Missing()}, 4), "nor is what is unknown")
	require.Equal(t, "▁▁", draw.Spark([]float32{0, 0}, 2))
	require.Equal(t, " ▄▇", draw.Spark([]float32{4, 5, 10, 8}, 3), "neighbours share a cell, and the latest are there")
	require.Equal(t, "   ", draw.Spark(nil, 3))

	plain := theme.New(true, theme.None)
	stacks := []draw.Stack{
		{Parts: [pricing.QuantityCount]float64{8}},
		{Parts: [pricing.QuantityCount]float64{2, 2}},
		{Missing: true},
		{},
	}
	lines := draw.Stacks(stacks, 8, 2, 2, 1, plain)
	require.Equal(t, []string{"██         ", "██ ██ ·· ▁▁"}, stripAll(lines))
	for _, colors := range []theme.Colors{theme.None, theme.Sixteen, theme.Many} {
		for _, line := range draw.Stacks(stacks, 8, 5, 3, 0, theme.New(false, colors)) {
			require.Equal(t, 12, draw.Width(line))
		}
	}
	require.True(t, strings.HasPrefix(ansi.Strip(draw.Heading(plain, "title", "note", 20)), "title ──"))
	require.Equal(t, 20, draw.Width(draw.Heading(plain, "title", "note", 20)))
	require.Equal(t, 6, draw.Width(draw.Heading(plain, "a long title", "note", 6)))
}

func stripAll(lines []string) []string {
	for i := range lines {
		lines[i] = ansi.Strip(lines[i])
	}
	return lines
}
