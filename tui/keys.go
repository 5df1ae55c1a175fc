package tui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/tui/draw"
	"microspend/tui/view/help"
)

// keyMap is every key that does something. The line at the foot, the help and docs/dash.md are made from it.
type keyMap struct {
	Views                                   []key.Binding
	Up, Down, Left, Right, PageUp, PageDown key.Binding
	Top, Bottom, NextPanel, PreviousPanel   key.Binding
	Open, Back, Explain, WhatIf             key.Binding
	Dismiss, Undo                           key.Binding // of what to change
	Filter, Sort, Reverse, Group            key.Binding
	Period, TypePeriod, Earlier, Later      key.Binding
	Refresh, Pause, Export, Help, Quit      key.Binding
	Suspend, Redraw                         key.Binding
	Command, Columns                        key.Binding
	Mark, Copy, CopyRows                    key.Binding
	ChooseItem, Take, Run                   key.Binding // of a menu, and of the command line
	Interrupt                               key.Binding // quits whatever else keys go to
	Accept, Clear, Complete, CompleteBack   key.Binding // while something is typed, as those that follow
	CursorLeft, CursorRight                 key.Binding
	CursorHome, CursorEnd, Older, Newer     key.Binding
	Erase, EraseNext, EraseWord             key.Binding
	EraseAll, EraseRest                     key.Binding
	Turn, CSV, JSON, ScrollKeys, ChooseKnob key.Binding
}

func bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

func newKeyMap() *keyMap {
	return &keyMap{
		Views: viewKeys(),

		Up:            bind("↑ k", "up", "up", "k"),
		Down:          bind("↓ j", "down", "down", "j"),
		Left:          bind("← h", "left: columns, or the previous value", "left", "h"),
		Right:         bind("→ l", "right: columns, or the next value", "right", "l"),
		PageUp:        bind("PgUp ^b", "page up", "pgup", "ctrl+b", "ctrl+u"),
		PageDown:      bind("PgDn ^f", "page down", "pgdown", "ctrl+f", "ctrl+d"),
		Top:           bind("g Home", "first row", "g", "home"),
		Bottom:        bind("G End", "last row", "G", "end"),
		NextPanel:     bind("Tab", "next panel: of the overview", "tab"),
		PreviousPanel: bind("⇧Tab", "previous panel: of the overview", "shift+tab"),

		Open:    bind("↵", "open: what is inside, down to the bill", "enter"),
		Back:    bind("Esc", "back: close what is typed, then the filter, then what was opened; never quits", "esc"),
		Explain: bind("x", "explain: quantity × rate, sources, assumptions", "x"),
		WhatIf:  bind("w", "what if: another timeout, size, region, platform", "w"),

		Dismiss: bind("d", "dismiss: of what to change, for everybody", "d"),
		Undo:    bind("u", "undo: take back what was dismissed last", "u"),

		Filter:  bind("/", "filter: text, amount > 10, share >= 5%", "/"),
		Sort:    bind("s", "sort: choose the column; the same one again reverses", "s"),
		Reverse: bind("S", "reverse: ascending or descending", "S"),
		Group:   bind("b", "group: by another dimension", "b"),

		Period:     bind("t", "period: month, today, 7 days, custom", "t"),
		TypePeriod: bind("T", "type a period: days, a month, 30d", "T"),
		Earlier:    bind("[", "earlier: the previous period", "["),
		Later:      bind("]", "later: the next period", "]"),

		Refresh: bind("r", "refresh: read again, and collect", "r"),
		Pause:   bind("p", "pause: stop refreshing and collecting", "p"),
		Export:  bind("e", "export: what is shown, as CSV or JSON", "e"),
		Help:    bind("?", "help", "?", "f1"),
		Quit:    bind("q", "quit", "q"),
		Suspend: bind("^z", "suspend: back to the shell, until fg", "ctrl+z"),
		Redraw:  bind("^l", "redraw: the whole screen", "ctrl+l"),
		Command: bind(":", "command: type what to do, with Tab to complete and ↑ for the last ones", ":"),

		Columns:  bind("c", "columns: choose which are shown", "c"),
		Mark:     bind("Space", "mark: the row, to add up, copy or export what is marked", "space"),
		Copy:     bind("y", "copy: the name, or the figure", "y"),
		CopyRows: bind("Y", "copy rows: as a table, with tabs", "Y"),

		ChooseItem: bind("↑ ↓", "choose", "up", "down"),
		Take:       bind("↵", "take", "enter", "space"),
		Run:        bind("↵", "run", "enter"),

		Interrupt:    bind("^c", "quit", "ctrl+c"),
		Accept:       bind("↵", "keep", "enter"),
		Clear:        bind("Esc", "clear", "esc", "ctrl+g"),
		Complete:     bind("Tab", "complete: the next word that fits", "tab"),
		CompleteBack: bind("⇧Tab", "complete: the word before", "shift+tab"),
		CursorLeft:   bind("←", "left", "left", "ctrl+b"),
		CursorRight:  bind("→", "right", "right", "ctrl+f"),
		CursorHome:   bind("Home ^a", "to the beginning", "home", "ctrl+a"),
		CursorEnd:    bind("End ^e", "to the end", "end", "ctrl+e"),
		Older:        bind("↑", "what was typed before", "up", "ctrl+p"),
		Newer:        bind("↓", "what was typed after it", "down", "ctrl+n"),
		Erase:        bind("⌫", "erase", "backspace", "ctrl+h"),
		EraseNext:    bind("Del", "erase what follows", "delete", "ctrl+d"),
		EraseWord:    bind("^w", "erase a word", "ctrl+w", "alt+backspace"),
		EraseAll:     bind("^u", "erase what is before", "ctrl+u"),
		EraseRest:    bind("^k", "erase what is behind", "ctrl+k"),

		Turn:       bind("← →", "change", "left", "right"),
		CSV:        bind("c", "CSV", "c"),
		JSON:       bind("j", "JSON", "j"),
		ScrollKeys: bind("↑ ↓", "scroll", "up", "down"),
		ChooseKnob: bind("↑ ↓", "choose", "up", "down"),
	}
}

// viewKeys are the numbers of the views.
func viewKeys() []key.Binding {
	var keys []key.Binding
	for i, view := range views() {
		number := strconv.Itoa(i + 1)
		keys = append(keys, bind(number, view.title, number))
	}
	return keys
}

// groups are the keys under their headings, for the help.
func (k *keyMap) groups() []help.Group {
	return []help.Group{
		{Title: "views", Keys: append(slices.Clone(k.Views), k.Command, k.Help, k.Suspend, k.Redraw, k.Quit)},
		{Title: "inspect", Keys: []key.Binding{
			k.Open, k.Back, k.Explain, k.WhatIf, k.Dismiss, k.Undo, k.Export, k.Copy, k.CopyRows,
		}},
		{Title: "move", Keys: k.moves()},
		{Title: "rows", Keys: []key.Binding{k.Filter, k.Sort, k.Reverse, k.Columns, k.Group, k.Mark}},
		{Title: "time and data", Keys: []key.Binding{k.Period, k.TypePeriod, k.Earlier, k.Later, k.Refresh, k.Pause}},
		{Title: "filters", Notes: []string{
			"All terms must hold: acme (a name contains it), -acme (no name does), \"two words\", image = base, amount > 10, " +
				"share >= 5%, change < 0, change > 20%, coverage < 100%. Columns may be abbreviated: am > 10.",
		}},
		{Title: "commands", Keys: k.typed()},
		{Title: "symbols", Notes: []string{
			"▲ ▼ sorted ascending or descending; +? part of the usage has no known rate; unknown: none of it has; " +
				"– nothing there; · a day without data; … cut off.",
		}},
	}
}

// typed are the commands that take something, as entries of the help.
func (k *keyMap) typed() []key.Binding {
	var entries []key.Binding
	for _, c := range k.ownCommands() {
		entries = append(entries, key.NewBinding(key.WithHelp(strings.TrimSpace(":"+c.name+" "+c.takes), c.does)))
	}
	return append(entries, key.NewBinding(key.WithHelp(":42", "to the row of that number")))
}

// named are the keys that the command line knows by what they do.
func (k *keyMap) named() []key.Binding {
	others := slices.Concat(k.Views, k.moves(), []key.Binding{k.Command, k.TypePeriod})
	return slices.DeleteFunc(k.all(), func(b key.Binding) bool {
		return len(b.Keys()) == 0 ||
			slices.ContainsFunc(others, func(other key.Binding) bool { return other.Help() == b.Help() })
	})
}

// moves are the keys that move a cursor.
func (k *keyMap) moves() []key.Binding {
	return []key.Binding{
		k.Up, k.Down, k.Left, k.Right, k.PageUp, k.PageDown, k.Top, k.Bottom, k.NextPanel, k.PreviousPanel,
	}
}

// brief is a key with a word or two in place of its sentence, for the line at the foot.
func brief(b key.Binding) key.Binding {
	short, _, _ := strings.Cut(b.Help().Desc, ":")
	return bind(b.Help().Key, short, b.Keys()...)
}

// unavailable says of a key that nothing answers why that is.
func (k *keyMap) unavailable(pressed tea.KeyPressMsg) string {
	for _, reason := range []struct {
		keys []key.Binding
		text string
	}{
		{[]key.Binding{k.Filter, k.Sort, k.Reverse, k.Columns, k.Group, k.Mark}, "is for tables, such as that of the tenants: 2"},
		{[]key.Binding{k.NextPanel, k.PreviousPanel}, "is for the panels of the overview: 1"},
		{[]key.Binding{k.Open, k.Explain, k.WhatIf}, "needs a row or a figure to be about"},
		{[]key.Binding{k.Back}, "has nothing to close here; q quits"},
	} {
		for _, binding := range reason.keys {
			if key.Matches(pressed, binding) {
				return brief(binding).Help().Desc + " " + reason.text
			}
		}
	}
	return draw.Cut(draw.Name(pressed.String()), 20) + " does nothing here; ? lists the keys"
}

// all are all keys of the help.
func (k *keyMap) all() []key.Binding {
	var all []key.Binding
	for _, group := range k.groups() {
		all = append(all, group.Keys...)
	}
	return all
}

// farthest is farther than any list is long.
const farthest = 1 << 20

// steps is by how many rows a key moves, given the rows of a page. It reports whether the key moves at all.
func (k *keyMap) steps(pressed tea.KeyPressMsg, page int) (by int, moves bool) {
	switch {
	case key.Matches(pressed, k.Up):
		return -1, true
	case key.Matches(pressed, k.Down):
		return 1, true
	case key.Matches(pressed, k.PageUp):
		return -page, true
	case key.Matches(pressed, k.PageDown):
		return page, true
	case key.Matches(pressed, k.Top):
		return -farthest, true
	case key.Matches(pressed, k.Bottom):
		return farthest, true
	default:
		return 0, false
	}
}
