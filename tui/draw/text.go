// Package draw puts text and small pictures of numbers into terminal cells: fitting, bars, sparklines, columns, panels.
// It is the program's own and promises nothing.
//
// Widths are counted in cells. What is drawn rounds to cells and to eighths of them; figures to be read come in as text
// that is already formatted. No money flows through here.
package draw

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"microspend/tui/theme"
	"microspend/view"
)

// Width is how many cells a text takes; paint takes none.
func Width(s string) int {
	if width, ok := quickWidth(s); ok {
		return width
	}
	return ansi.StringWidth(s)
}

// quickWidth counts what almost all text on the screen consists of: ASCII, paint, and the signs and blocks that are
// drawn with, each of which is one cell wide and combines with nothing. It gives up at anything else.
func quickWidth(s string) (width int, ok bool) {
	for at := 0; at < len(s); {
		switch c := s[at]; {
		case c >= 0x20 && c < 0x7f:
			width++
			at++
		case c == 0x1b && at+1 < len(s) && s[at+1] == '[':
			end := strings.IndexByte(s[at:], 'm')
			if end < 0 || strings.Trim(s[at+2:at+end], "0123456789;:") != "" {
				return 0, false
			}
			at += end + 1
		case c >= 0xc2:
			r, size := utf8.DecodeRuneInString(s[at:])
			if !oneCell(r) {
				return 0, false
			}
			width++
			at += size
		default:
			return 0, false
		}
	}
	return width, true
}

func oneCell(r rune) bool {
	switch {
	case r >= 0x2500 && r <= 0x259f: // lines and blocks
		return true
	case r >= 0xc0 && r <= 0x24f: // letters of Latin alphabets
		return true
	default:
		return strings.ContainsRune("·…–×‹›▲▼▸▏✓✗±", r)
	}
}

var spaces = strings.Repeat(" ", 112)

// Blank is a run of n blanks.
func Blank(n int) string {
	switch {
	case n <= 0:
		return ""
	case n <= len(spaces):
		return spaces[:n]
	default:
		return strings.Repeat(" ", n)
	}
}

// Cut shortens a text to width cells, with an ellipsis in place of what does not fit.
func Cut(s string, width int) string {
	switch {
	case width <= 0:
		return ""
	case Width(s) <= width:
		return s
	default:
		return ansi.Truncate(s, width, "…")
	}
}

// Tail is the end of a text, in at most width cells.
func Tail(s string, width int) string {
	if over := Width(s) - width; over > 0 {
		return ansi.TruncateLeft(s, over, "")
	}
	return s
}

// Left fits a text into exactly width cells, from the left.
func Left(s string, width int) string {
	s = Cut(s, width)
	return s + Blank(width-Width(s))
}

// Right fits a text into exactly width cells, against the right.
func Right(s string, width int) string {
	s = Cut(s, width)
	return Blank(width-Width(s)) + s
}

// Ends puts one text at the left and one at the right of a line of exactly width cells. Where both do not fit with
// two blanks between them, the right one gives way.
func Ends(left, right string, width int) string {
	if room := width - Width(left) - Width(right); room >= 2 && right != "" {
		return left + Blank(room) + right
	}
	return Left(left, width)
}

// Wrap breaks a text between words into lines of at most width cells. A word that is longer is broken within.
func Wrap(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		size := Width(word)
		if used > 0 && used+1+size <= width {
			line, used = line+" "+word, used+1+size
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for size > width {
			head := ansi.Truncate(word, width, "")
			if head == "" { // a character wider than the line
				head = string([]rune(word)[:1])
			}
			lines = append(lines, head)
			word = word[len(head):]
			size = Width(word)
		}
		line, used = word, size
	}
	if used > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// Name makes a name from outside safe to show in one line: control characters and what reorders or hides text become
// visible, and what terminals disagree on the width of is simplified until they agree.
func Name(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	visible := view.Visible(s)
	if agreed(visible) {
		return visible
	}
	// Some terminals count characters, some what characters combine to. What they disagree on loses what varies it: a
	// colour of skin, a joiner, a vowel sign.
	var out strings.Builder
	for rest := visible; rest != ""; {
		cluster, _ := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		rest = rest[len(cluster):]
		if agreed(cluster) {
			out.WriteString(cluster)
			continue
		}
		out.WriteString(string([]rune(cluster)[:1]))
	}
	if agreed(out.String()) {
		return out.String()
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) || !agreed(string(r)) {
			return '·'
		}
		return r
	}, visible)
}

// agreed reports whether all terminals take a text to be of the same width, also where blanks stand around it, which a
// vowel sign at its beginning would combine with.
func agreed(s string) bool {
	padded := " " + s + " "
	return ansi.StringWidth(padded) == ansi.StringWidthWc(padded) && ansi.StringWidth(padded) == ansi.StringWidth(s)+2
}

// Frame fits lines into exactly height lines of at most width cells each, joined.
func Frame(lines []string, width, height int) string {
	var out strings.Builder
	for i := range max(height, 0) {
		if i > 0 {
			out.WriteByte('\n')
		}
		if i < len(lines) {
			out.WriteString(Cut(lines[i], width))
		}
	}
	return out.String()
}

// Beside puts the lines of the right beside those of the left, which are filled up to width cells.
func Beside(left []string, leftWidth int, right []string) []string {
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		if r == "" {
			lines[i] = Cut(l, leftWidth)
		} else {
			lines[i] = Left(l, leftWidth) + r
		}
	}
	return lines
}

// Scrolled is a [Frame] of a text from a line on, but never so far that there would be room below its end.
func Scrolled(lines []string, from, width, height int) string {
	return Frame(lines[max(0, min(from, len(lines)-height)):], width, height)
}

// Paragraph wraps a text into lines of at most width cells, each painted and behind an indentation.
func Paragraph(text, indent string, width int, paint theme.Paint) []string {
	lines := Wrap(text, width)
	for i := range lines {
		lines[i] = indent + paint.Text(lines[i])
	}
	return lines
}

// Heading is a panel's first line: its title, a note at the right, and a rule between them.
func Heading(t *theme.Theme, title, note string, width int) string {
	title = Cut(title, width)
	used := Width(title)
	if note != "" && used+Width(note)+4 > width {
		note = ""
	}
	rule := width - used - 1
	if note != "" {
		rule -= Width(note) + 1
	}
	line := t.Accent.Text(title)
	if rule > 0 {
		line += " " + t.Track.Text(strings.Repeat("─", rule))
	}
	if note != "" {
		line += " " + t.Muted.Text(note)
	}
	return line
}
