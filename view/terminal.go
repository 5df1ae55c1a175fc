package view

import (
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// The looks of the terminal. Nothing rests on colour alone: what is bold or coloured also has its own place or sign.
var (
	plainStyle = lipgloss.NewStyle()
	titleStyle = lipgloss.NewStyle().Bold(true)
	faintStyle = lipgloss.NewStyle().Faint(true)
	warnStyle  = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)

func renderTerminal(w io.Writer, options Options, documents []Document) error {
	width := options.Width
	if width <= 0 {
		width = DefaultWidth
	}
	var out strings.Builder
	for i, d := range documents {
		if i > 0 {
			out.WriteString("\n" + faintStyle.Render(strings.Repeat("─", min(width, DefaultWidth))) + "\n\n")
		}
		if d.Title != "" {
			out.WriteString(styled(titleStyle, Visible(d.Title), width))
		}
		if d.Subtitle != "" {
			for line := range strings.SplitSeq(d.Subtitle, "\n") {
				out.WriteString(styled(plainStyle, Visible(line), width))
			}
		}
		for j, section := range d.Sections {
			if j > 0 || d.Title != "" || d.Subtitle != "" {
				out.WriteString("\n")
			}
			terminalSection(&out, section, width)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func terminalSection(out *strings.Builder, section Section, width int) {
	if section.Heading != "" {
		out.WriteString(styled(titleStyle, Visible(section.Heading), width))
	}
	if section.Table != nil {
		out.WriteString(terminalTable(section.Table, width))
	}
	if section.Picture != nil {
		out.WriteString(strings.TrimRight(section.Picture(width), "\n") + "\n")
	}
	var tags []string
	for _, note := range section.Notes {
		if note.Brief {
			tags = append(tags, note.Tag)
			continue
		}
		out.WriteString(terminalNote(note, width))
	}
	if len(tags) > 0 {
		out.WriteString(terminalNote(Note{Text: strings.Join(tags, ", ")}, width))
	}
}

// terminalNote hangs the sentence under its tag.
func terminalNote(note Note, width int) string {
	tag, style := "  ", plainStyle
	if note.Warn {
		tag, style = "! ", warnStyle
	}
	if note.Tag != "" {
		tag += Visible(note.Tag) + ": "
	}
	text := tag + Visible(note.Text)
	lines := strings.Split(wrap(text, width-2), "\n")
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		lines[i] = style.Render(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// styled wraps text and styles each line by itself; lipgloss would pad lines to the same width.
func styled(style lipgloss.Style, text string, width int) string {
	var out strings.Builder
	for line := range strings.SplitSeq(wrap(text, width), "\n") {
		out.WriteString(style.Render(line) + "\n")
	}
	return out.String()
}

// wrap breaks text between words; a word longer than the width is broken within. The library would break words after
// their hyphens too, as in us-east-1, so those are held together meanwhile.
func wrap(text string, width int) string {
	const held = "\u2011" // a hyphen as wide as the other, after which nothing is broken
	holds := !strings.Contains(text, held)
	if holds {
		text = strings.ReplaceAll(text, "-", held)
	}
	lines := strings.Split(ansi.Wrap(text, max(width, 10), " "), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	text = strings.Join(lines, "\n")
	if holds {
		text = strings.ReplaceAll(text, held, "-")
	}
	return text
}
