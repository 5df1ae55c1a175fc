package chart

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// longestLabel bounds a label in characters, however little room they take.
const longestLabel = 400

// clean makes a label safe to draw: one line, no control characters, nothing that reorders or hides text, nothing that
// XML can't hold, and no towers of combining marks.
func clean(label string) string {
	var out strings.Builder
	marks, written := 0, 0
	for _, r := range label {
		if written == longestLabel {
			out.WriteRune('…')
			break
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > 2 {
				continue
			}
		} else {
			marks = 0
		}
		if r = visible(r); r >= 0 {
			out.WriteRune(r)
			written++
		}
	}
	return strings.TrimSpace(out.String())
}

// visible is what to draw in place of a character; negative for nothing.
func visible(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85, unicode.Is(unicode.Z, r):
		return ' '
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return '␡'
	case unicode.Is(unicode.Cf, r):
		return -1
	case !unicode.IsGraphic(r):
		return unicode.ReplacementChar
	}
	return r
}

// fit cuts a clean label to so many terminal cells.
func fit(label string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(label, width, "…")
}

func padLeft(label string, width int) string {
	return strings.Repeat(" ", max(width-ansi.StringWidth(label), 0)) + label
}

func padRight(label string, width int) string {
	return label + strings.Repeat(" ", max(width-ansi.StringWidth(label), 0))
}

// flow sets items side by side, a gap apart, on as many lines as they need. An item wider than a line is cut.
func flow(items []string, width int) []string {
	const gap = 3
	var lines []string
	used := 0
	for _, item := range items {
		item = fit(item, width)
		w := ansi.StringWidth(item)
		if len(lines) > 0 && used+gap+w <= width {
			lines[len(lines)-1] += strings.Repeat(" ", gap) + item
			used += gap + w
			continue
		}
		lines = append(lines, item)
		used = w
	}
	return lines
}

// flowWithin flows as many items as so many lines hold, and says how many it leaves out.
func flowWithin(items []string, width, most int) []string {
	for n := len(items); n > 0; n-- {
		shown := items[:n:n]
		if left := len(items) - n; left > 0 {
			shown = append(shown, fmt.Sprintf("(%d more)", left))
		}
		if lines := flow(shown, width); len(lines) <= most {
			return lines
		}
	}
	return nil
}

// wrapped breaks a clean text between words.
func wrapped(text string, width int) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(ansi.Wrap(text, width, " "), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return lines
}

// finished joins the lines of a picture, none wider than the width or with blanks at its end.
func finished(lines []string, width int) string {
	for i, line := range lines {
		lines[i] = strings.TrimRight(fit(line, width), " ")
	}
	return strings.Join(lines, "\n")
}
