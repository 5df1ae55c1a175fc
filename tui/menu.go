package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/tui/draw"
	"microspend/tui/table"
)

// menu is a list of things to choose from, over the page that they are for.
type menu struct {
	items []string
	on    []bool // those that are in force, which have a mark
	at    int    // the cursor
}

// menuPrompt asks for one of the items of a menu.
func menuPrompt(m *Model, label string, list *menu, choose func(m *Model, at int) tea.Cmd) *prompt {
	return &prompt{
		label: label, menu: list, keys: []key.Binding{m.keys.ChooseItem, m.keys.Take, m.keys.Clear},
		other: func(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
			if by, moves := m.keys.steps(k, 10); moves {
				list.at = max(0, min(list.at+by, len(list.items)-1))
				return nil, true
			}
			if key.Matches(k, m.keys.Take) {
				return choose(m, list.at), true
			}
			return nil, false
		},
	}
}

// sortMenu asks for the column to sort by: the one that is sorted by already is sorted the other way around.
func sortMenu(m *Model, p tablePage) *prompt {
	t := p.table()
	list := &menu{}
	choices := t.Content.Choices()
	for i, choice := range choices {
		sorted := choice == t.Sorted()
		glyph := ""
		if sorted {
			list.at, glyph = i, " ▲"
			if t.Down {
				glyph = " ▼"
			}
		}
		list.items, list.on = append(list.items, choice.Title+glyph), append(list.on, sorted)
	}
	return menuPrompt(m, "sort by", list, func(m *Model, at int) tea.Cmd {
		m.prompt = nil
		t.SortBy(choices[at].ID)
		return m.remember(p)
	})
}

// columnsMenu asks which columns are shown. It stays until it is closed.
func columnsMenu(m *Model, p tablePage) *prompt {
	t := p.table()
	list := &menu{}
	var choices []table.Choice
	for i, choice := range t.Content.Choices() {
		if i > 0 { // the first names the rows
			choices = append(choices, choice)
			list.items, list.on = append(list.items, choice.Title), append(list.on, !t.Hides(choice.ID))
		}
	}
	return menuPrompt(m, "columns", list, func(m *Model, at int) tea.Cmd {
		t.ToggleColumn(choices[at].ID)
		list.on[at] = !t.Hides(choices[at].ID)
		return m.remember(p)
	})
}

// place is where the menu stands over the right side of a page of width cells: how wide it is inside, how many items
// it shows, and the first of them.
func (list *menu) place(label string, width, height int) (left, inside, rows, from int) {
	rows = max(1, min(len(list.items), height-2))
	inside = draw.Width(label) + 3
	for _, item := range list.items {
		inside = max(inside, draw.Width(item)+4)
	}
	inside = min(inside, width-4)
	return width - inside - 2, inside, rows, max(0, min(list.at-rows/2, len(list.items)-rows))
}

// over draws the menu over a page.
func (list *menu) over(m *Model, page []string, label string) []string {
	t := m.theme
	left, inside, rows, from := list.place(label, m.width, len(page))
	edge := func(begin, text, end string) string {
		text = draw.Cut(text, inside)
		return t.Accent.Text(begin + text + strings.Repeat("─", inside-draw.Width(text)) + end)
	}
	box := []string{edge("╭", " "+label+" ", "╮")}
	for i := from; i < min(from+rows, len(list.items)); i++ {
		cursor, mark, paint := " ", " ", t.Plain
		if list.on[i] {
			mark = "✓"
		}
		if i == list.at {
			cursor, paint = "▸", t.Marked
		}
		line := draw.Left(cursor+mark+" "+draw.Name(list.items[i]), inside)
		box = append(box, t.Accent.Text("│")+paint.Text(line)+t.Accent.Text("│"))
	}
	below := ""
	if rows < len(list.items) {
		below = " " + place(list.at, len(list.items)) + " "
	}
	for i, line := range append(box, edge("╰", below, "╯")) {
		if i < len(page) {
			page[i] = draw.Left(page[i], left) + line
		}
	}
	return page
}
