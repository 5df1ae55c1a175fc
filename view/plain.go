package view

import (
	"cmp"
	"io"
	"strings"
)

// renderPlain writes documents for screen readers, and for terminals that can do nothing but write lines: headings,
// sentences, and tables row by row, each figure with its label and unit. There are no pictures, no rules, and no signs
// that stand for words.
func renderPlain(w io.Writer, documents []Document) error {
	var out strings.Builder
	for i, d := range documents {
		if i > 0 {
			out.WriteString("\n")
		}
		for _, text := range []string{d.Title, d.Subtitle} {
			if text != "" {
				out.WriteString(sentence(Visible(text)))
			}
		}
		for _, section := range d.Sections {
			plainSection(&out, section)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func plainSection(out *strings.Builder, section Section) {
	if section.Heading != "" {
		out.WriteString("\n" + sentence(Visible(section.Heading)))
	}
	if section.Table != nil {
		spokenTable(out, section.Table)
	}
	for _, note := range section.Notes {
		text := Visible(note.Text)
		if note.Warn {
			text = "Warning: " + text
		}
		if note.Tag != "" {
			text = Visible(note.Tag) + ": " + text
		}
		out.WriteString(sentence(text))
	}
}

// spokenTable writes a line for each row: what it is of, then its figures.
func spokenTable(out *strings.Builder, table *Table) {
	columns, rows := table.shown()
	for _, row := range rows {
		if row.kind == headingRow || row.kind == noteRow {
			out.WriteString(sentence(strings.TrimSpace(row.cells[0])))
			continue
		}
		name, figures := "", make([]string, 0, len(columns))
		for i, cell := range row.cells {
			switch cell = strings.TrimSpace(cell); {
			case cell == "", columns[i].ID == "": // nothing, or a picture
			case i == 0 && columns[i].Align == Left:
				name = cell
			default:
				figures = append(figures, columns[i].spoken(cell))
			}
		}
		if name != "" && len(figures) > 0 {
			name += ": "
		}
		out.WriteString(sentence(name + strings.Join(figures, ", ")))
	}
}

// spoken is a figure of a column with its name and unit: dollars before its digits, others behind them.
func (h Head) spoken(cell string) string {
	name, unit := cmp.Or(h.Long, h.Title), h.Unit
	if name == "" || strings.HasPrefix(name, "$") { // what stands beside it makes it plain to the eye alone
		name, unit = strings.ReplaceAll(h.ID, "_", " "), "$"
	}
	switch at := strings.IndexAny(cell, "0123456789"); {
	case at < 0 || unit == "":
		return name + " " + Spoken(cell)
	case unit == "$":
		return name + " " + Spoken(cell[:at]+"$"+cell[at:])
	default:
		return name + " " + Spoken(cell) + " " + unit
	}
}

var spoken = strings.NewReplacer(
	"≥ ",
	"at least ",
	"≤ ",
	"at most ",
	" +?",
	" or more, as a rate is not known,",
	"▲ +",
	"up ",
	"▼ -",
	"down ",
	"▲ ",
	"",
	"▼ ",
	"",
	"✓ ",
	"",
	"✗ ",
	"",
	" · ",
	", ",
	" – ",
	" to ",
)

// Spoken is a figure with words in place of its signs, as it is read aloud.
func Spoken(text string) string {
	if rest, found := strings.CutPrefix(text, "–"); found {
		if rest = strings.TrimSpace(rest); rest == "" {
			return "no figure"
		}
		return "no figure, " + rest
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "! "), "? ")
	return strings.TrimRight(spoken.Replace(text), ",")
}

// sentence is a line that ends as one does, so that a voice stops there.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, ":") || text == "" {
		return text + "\n"
	}
	return text + ".\n"
}
