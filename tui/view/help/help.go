// Package help draws the keys and what they do, from the one keymap. It is the program's own and promises nothing.
package help

import (
	"charm.land/bubbles/v2/key"

	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Group is keys under a heading.
type Group struct {
	Title string
	Keys  []key.Binding
	Notes []string // sentences below
}

// Lines are the lines of the help, in as many columns as there is room for.
func Lines(t *theme.Theme, groups []Group, width int) []string {
	columns := max(1, min(3, width/44))
	each := (width - (columns-1)*2) / columns
	blocks := make([][]string, len(groups))
	total := 0
	for i, group := range groups {
		blocks[i] = lines(t, group, each)
		total += len(blocks[i])
	}
	filled := make([][]string, columns)
	at := 0
	for _, block := range blocks {
		if at < columns-1 && len(filled[at]) > 0 && len(filled[at])+len(block)/2 > (total+columns-1)/columns {
			at++
		}
		filled[at] = append(filled[at], block...)
	}
	all := filled[0]
	for i := 1; i < columns; i++ {
		all = draw.Beside(all, i*(each+2), filled[i])
	}
	return all
}

func lines(t *theme.Theme, group Group, width int) []string {
	lines := []string{draw.Heading(t, group.Title, "", width)}
	keys := 10
	for _, binding := range group.Keys {
		keys = max(keys, draw.Width(binding.Help().Key))
	}
	for _, binding := range group.Keys {
		help := binding.Help()
		for i, line := range draw.Wrap(help.Desc, width-keys-4) {
			name := help.Key
			if i > 0 {
				name = ""
			}
			lines = append(lines, " "+t.Strong.Text(draw.Left(name, keys))+"  "+line)
		}
	}
	for _, note := range group.Notes {
		lines = append(lines, draw.Paragraph(note, " ", width-2, t.Muted)...)
	}
	return append(lines, "")
}
