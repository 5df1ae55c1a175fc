package draw

import (
	"strings"

	"microspend/tui/theme"
)

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
