// Package theme has the looks of the dashboard: what kinds of text there are, and how each is painted on a dark or a
// light terminal, in many colours, in sixteen, or in none. It is the program's own and promises nothing.
//
// Colour never carries a meaning alone. What is selected also has a mark, what is sorted a glyph, what is wrong a sign
// and a word, and the parts of a bar have patterns of their own. Text and marks have a contrast of 3:1 at least with
// what is behind them, on the backgrounds that terminals usually have.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/pricing"
)

// Paint is how a text looks: the escape sequence before it. The zero value leaves text as it is.
type Paint struct{ on string }

// Text paints a text, which must not contain a line break or other paint.
func (p Paint) Text(s string) string {
	if p.on == "" || s == "" {
		return s
	}
	return p.on + s + ansi.ResetStyle
}

// paint makes a Paint of a foreground, a background, either of which may be nil, and attributes.
func paint(foreground, background color.Color, attributes ...func(ansi.Style) ansi.Style) Paint {
	style := ansi.Style{}
	for _, attribute := range attributes {
		style = attribute(style)
	}
	if foreground != nil {
		style = style.ForegroundColor(foreground)
	}
	if background != nil {
		style = style.BackgroundColor(background)
	}
	if len(style) == 0 {
		return Paint{}
	}
	return Paint{style.String()}
}

func bold(s ansi.Style) ansi.Style    { return s.Bold() }
func faint(s ansi.Style) ansi.Style   { return s.Faint() }
func reverse(s ansi.Style) ansi.Style { return s.Reverse(true) }

// Colors is how many colours there are.
type Colors uint8

// The numbers of colours.
const (
	None Colors = iota
	Sixteen
	Many
)

// Theme is a paint for each kind of text.
type Theme struct {
	Plain   Paint // ordinary text
	Strong  Paint // figures and names that matter
	Muted   Paint // labels, units, rules
	Accent  Paint // headings and keys
	Good    Paint
	Warn    Paint
	Bad     Paint
	Up      Paint // spend that rose
	Down    Paint // spend that fell
	Track   Paint // the empty part of a bar, and rules
	Spark   Paint // a series in one line
	Marked  Paint // the selected row
	Sorted  Paint // the heading of the sorted column
	Tab     Paint // a view that is not shown
	Current Paint // the view that is shown
	Banner  Paint // what is wrong with the data
	Input   Paint // the line that is typed into

	Components [pricing.QuantityCount]Paint // of the billed quantities, in their order
}

// New makes a theme for a terminal.
func New(dark bool, colors Colors) *Theme {
	switch colors {
	case None:
		return plain()
	case Sixteen:
		return sixteen(dark)
	default:
		return many(dark)
	}
}

// plain has no colour: weight and reverse video only.
func plain() *Theme {
	strong, faded, turned := paint(nil, nil, bold), paint(nil, nil, faint), paint(nil, nil, reverse)
	t := &Theme{
		Strong: strong, Accent: strong, Warn: strong, Bad: strong, Muted: faded, Track: faded, Spark: faded,
		Marked: turned, Sorted: turned, Current: turned, Banner: turned,
	}
	return t
}

// sixteen uses the terminal's own palette, which its owner chose to be readable.
func sixteen(dark bool) *Theme {
	var (
		pick   = lipgloss.LightDark(dark)
		accent = pick(lipgloss.Blue, lipgloss.BrightCyan)
		good   = pick(lipgloss.Blue, lipgloss.BrightGreen) // green is too pale on white in many palettes
		warn   = pick(lipgloss.Magenta, lipgloss.BrightYellow)
		bad    = pick(lipgloss.Red, lipgloss.BrightRed)
	)
	t := plain()
	t.Accent = paint(accent, nil, bold)
	t.Good, t.Warn, t.Bad = paint(good, nil), paint(warn, nil), paint(bad, nil, bold)
	t.Up, t.Down = paint(warn, nil), paint(good, nil)
	t.Banner = paint(warn, nil, reverse)
	t.Input = paint(accent, nil)
	t.colored([pricing.QuantityCount]color.Color{
		pricing.VCPU: pick(lipgloss.Blue, lipgloss.BrightBlue), pricing.Memory: pick(lipgloss.Magenta, lipgloss.BrightYellow),
		pricing.SnapshotRead:    pick(lipgloss.Red, lipgloss.BrightMagenta),
		pricing.SnapshotWrite:   pick(lipgloss.Black, lipgloss.BrightCyan),
		pricing.SnapshotStorage: pick(lipgloss.BrightBlack, lipgloss.BrightGreen),
	})
	return t
}

// colored gives the billed quantities their colours.
func (t *Theme) colored(colors [pricing.QuantityCount]color.Color) {
	for q, c := range colors {
		t.Components[q] = paint(c, nil)
	}
}

// many has colours of its own, chosen for contrast on black and on white.
func many(dark bool) *Theme {
	light := lipgloss.LightDark(dark)
	pick := func(onLight, onDark string) color.Color {
		return light(lipgloss.Color(onLight), lipgloss.Color(onDark))
	}
	var (
		muted  = pick("#64707d", "#8b949e")
		accent = pick("#0550ae", "#79c0ff")
		good   = pick("#116329", "#56d364")
		warn   = pick("#7d4e00", "#e3b341")
		bad    = pick("#a40e26", "#ff7b72")
		ink    = pick("#ffffff", "#0d1117")
	)
	t := plain()
	t.Strong = paint(pick("#0a0c10", "#f0f6fc"), nil, bold)
	t.Muted, t.Accent = paint(muted, nil), paint(accent, nil, bold)
	t.Good, t.Warn, t.Bad = paint(good, nil), paint(warn, nil), paint(bad, nil, bold)
	t.Up, t.Down = paint(warn, nil), paint(good, nil)
	t.Track, t.Spark = paint(pick("#7d8793", "#737c86"), nil), paint(pick("#6e7b8a", "#8796a8"), nil)
	t.Marked = paint(pick("#0a0c10", "#f0f6fc"), pick("#cfe3ff", "#1f3a5f"), bold)
	t.Tab = paint(muted, nil)
	t.Current = paint(ink, accent, bold)
	t.Banner = paint(ink, warn, bold)
	t.Input = paint(accent, nil)
	t.colored([pricing.QuantityCount]color.Color{ // blue and orange are told apart by almost everybody
		pricing.VCPU: pick("#1f6feb", "#58a6ff"), pricing.Memory: pick("#7a2e00", "#f0883e"),
		pricing.SnapshotRead: pick("#8250df", "#bc8cff"), pricing.SnapshotWrite: pick("#0a7d8c", "#39c5cf"),
		pricing.SnapshotStorage: pick("#4d7c0f", "#a3c55f"),
	})
	return t
}
