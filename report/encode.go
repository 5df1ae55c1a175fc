package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

func renderJSON(w io.Writer, documents []Document) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if len(documents) == 1 {
		return out.Encode(documents[0].JSON)
	}
	values := make([]any, len(documents))
	for i, d := range documents {
		values[i] = d.JSON
	}
	return out.Encode(values)
}

func renderCSV(w io.Writer, documents []Document) error {
	out := csv.NewWriter(w)
	for _, row := range csvRows(documents) {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = csvCell(cell)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvRows puts the rows of all documents under one header. Where headers differ, it is the first one's and, after it, the
// columns that only others have; a document leaves cells empty that it has no column for.
func csvRows(documents []Document) [][]string {
	documents = slices.DeleteFunc(slices.Clone(documents), func(d Document) bool { return len(d.CSV) == 0 })
	if len(documents) == 0 {
		return nil
	}
	header, same := slices.Clone(documents[0].CSV[0]), true
	for _, d := range documents[1:] {
		same = same && slices.Equal(d.CSV[0], documents[0].CSV[0])
		for _, name := range d.CSV[0] {
			if !slices.Contains(header, name) {
				header = append(header, name)
			}
		}
	}
	rows := [][]string{header}
	for _, d := range documents {
		for _, row := range d.CSV[1:] {
			if !same {
				row = underHeader(header, d.CSV[0], row)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// underHeader puts the cells of a row that has its own header under another.
func underHeader(header, own, row []string) []string {
	cells := make([]string, len(header))
	for i, cell := range row {
		cells[slices.Index(header, own[i])] = cell
	}
	return cells
}

// SafeCell is a text as the CSV renderer writes it, for others that write CSV.
func SafeCell(cell string) string { return csvCell(cell) }

// csvCell keeps spreadsheets from taking text for a formula: what begins with = + - @, a tab or a return gets an
// apostrophe before it. Numbers below zero stay numbers. Control characters become visible, as a CSV file is shown in
// terminals too.
func csvCell(cell string) string {
	cell = Visible(cell)
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || isNumber(cell) {
		return cell
	}
	return "'" + cell
}

func isNumber(cell string) bool {
	digits := strings.TrimPrefix(cell, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	return whole != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

func renderMarkdown(w io.Writer, documents []Document) error {
	var out strings.Builder
	for i, d := range documents {
		if i > 0 {
			out.WriteString("\n")
		}
		if d.Title != "" {
			out.WriteString("## " + markdownText(d.Title) + "\n\n")
		}
		if d.Subtitle != "" {
			out.WriteString(markdownText(strings.ReplaceAll(d.Subtitle, "\n", "; ")) + "\n\n")
		}
		for _, section := range d.Sections {
			markdownSection(&out, section)
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(out.String(), "\n")+"\n")
	return err
}

func markdownSection(out *strings.Builder, section Section) {
	if section.Heading != "" {
		out.WriteString("### " + markdownText(section.Heading) + "\n\n")
	}
	if section.Table != nil {
		markdownTable(out, *section.Table)
		out.WriteString("\n")
	}
	if section.Picture != nil {
		out.WriteString("```text\n" + strings.TrimRight(section.Picture(DefaultWidth), "\n") + "\n```\n\n")
	}
	for _, note := range section.Notes {
		tag := ""
		if note.Tag != "" {
			tag = "**" + markdownText(note.Tag) + "** "
		}
		out.WriteString("- " + tag + markdownText(note.Text) + "\n")
	}
	if len(section.Notes) > 0 {
		out.WriteString("\n")
	}
}

func markdownTable(out *strings.Builder, table Table) {
	cells := make([]string, len(table.Columns))
	rule := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		cells[i], rule[i] = markdownText(column.Title), "---"
		if column.Align != Left {
			rule[i] = "---:"
		}
	}
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n| " + strings.Join(rule, " | ") + " |\n")
	for _, row := range table.Rows {
		if row.Kind == Footnote {
			continue
		}
		for i := range cells {
			cells[i] = ""
			if i < len(row.Cells) {
				cells[i] = markdownText(strings.TrimSpace(row.Cells[i]))
			}
			if (row.Kind == Group || row.Kind == Heading || row.Kind == Total) && cells[i] != "" {
				cells[i] = "**" + cells[i] + "**"
			}
		}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}

var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "#", `\#`, "~", `\~`,
)

func markdownText(s string) string { return markdownEscaper.Replace(Visible(s)) }
