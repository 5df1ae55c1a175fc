package chart

import (
	"fmt"
	"maps"
	"slices"
	"sort"
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

// fit cuts a clean label to a number of terminal cells.
func fit(label string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(label, width, "…")
}

// apart cuts labels to a room so that no two that differ read alike: where they would with their ends cut off, they
// lose their middle instead, and where they still would, they are numbered. Width measures a label.
func apart(labels []string, room float64, width func(string) float64) []string {
	short := make([]string, len(labels))
	for i, label := range labels {
		short[i] = cutTo(label, room, width, false)
	}
	for i, label := range alike(labels, short) {
		short[i] = cutTo(label, room, width, true)
	}
	same := alike(labels, short)
	for n, i := range slices.Sorted(maps.Keys(same)) {
		mark := fmt.Sprintf(" (%d)", n+1)
		short[i] = cutTo(same[i], max(room-width(mark), 0), width, false) + mark
	}
	return short
}

// alike are the labels, by their place, that are shown as another one is, though they differ.
func alike(labels, short []string) map[int]string {
	found := map[int]string{}
	first := map[string]int{}
	for i, label := range labels {
		at, seen := first[short[i]]
		if !seen {
			first[short[i]] = i
		} else if labels[at] != label {
			found[at], found[i] = labels[at], label
		}
	}
	return found
}

// cutTo cuts a label at its end, or in its middle.
func cutTo(label string, room float64, width func(string) float64, inMiddle bool) string {
	if width(label) <= room {
		return label
	}
	runes := []rune(label)
	kept := func(n int) string {
		if !inMiddle {
			return string(runes[:n]) + "…"
		}
		return string(runes[:(n+1)/2]) + "…" + string(runes[len(runes)-n/2:])
	}
	n := sort.Search(len(runes), func(n int) bool { return width(kept(n)) > room })
	if n == 0 {
		return ""
	}
	return kept(n - 1)
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

// flowWithin flows as many items as the given lines hold, and says how many it leaves out.
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
