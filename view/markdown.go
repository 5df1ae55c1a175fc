package view

import (
	"io"
	"strings"
)

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
		markdownTable(out, section.Table)
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

func markdownTable(out *strings.Builder, table *Table) {
	columns, rows := table.shown()
	cells, rule := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		cells[i], rule[i] = markdownText(column.Heading()), "---"
		if column.Align != Left {
			rule[i] = "---:"
		}
	}
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n| " + strings.Join(rule, " | ") + " |\n")
	for _, row := range rows {
		if row.kind == noteRow {
			continue
		}
		for i, cell := range row.cells {
			cells[i] = markdownText(strings.TrimSpace(cell))
			if row.kind != Line && cells[i] != "" {
				cells[i] = "**" + cells[i] + "**"
			}
		}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}

var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;",
	"[", `\[`, "]", `\]`, "#", `\#`, "~", `\~`,
)

func markdownText(s string) string { return markdownEscaper.Replace(Visible(s)) }
