package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/internal/figures"
	"microspend/tui/data"
)

// command is something that the command line does.
type command struct {
	name, takes string // what it takes is for the help; "" takes nothing
	does        string
	words       func(m *Model) []string // that it may take; nil for none in particular
	run         func(m *Model, argument string) (tea.Cmd, error)
}

// commands are all that the command line knows: what takes an argument, the views by their names, and every other key
// by what it does, so that one that is added can be typed too.
func (k *keyMap) commands() []command {
	all := k.ownCommands()
	add := func(name, does string, run func(m *Model) tea.Cmd) {
		if !slices.ContainsFunc(all, func(c command) bool { return c.name == name }) {
			all = append(all, command{name: name, does: does, run: func(m *Model, argument string) (tea.Cmd, error) {
				if argument != "" {
					return nil, fmt.Errorf("%s takes nothing; %q is too much", name, argument)
				}
				return run(m), nil
			}})
		}
	}
	for view, name := range Views() {
		add(name, "shows "+name, func(m *Model) tea.Cmd { return m.show(view) })
	}
	for _, binding := range k.named() {
		name := strings.ReplaceAll(strings.ToLower(brief(binding).Help().Desc), " ", "-")
		add(name, binding.Help().Desc, func(m *Model) tea.Cmd { return m.pressed(press(binding)) })
	}
	return all
}

// press is a key of a binding, as if it was pressed.
func press(binding key.Binding) tea.KeyPressMsg { return tea.KeyPressMsg{Text: binding.Keys()[0]} }

// ownCommands are those that do what no key does alone.
func (k *keyMap) ownCommands() []command {
	return []command{
		{"period", "…", "month, last-week, 30d, 2026-10 or 2026-10-01..2026-10-15", words(kinds()...), runPeriod},
		{"group", "…", "group by one of the view's dimensions", onTable(nouns), runGroup},
		{"sort", "…", "sort by a column; asc or desc behind it", onTable(columnWords), runSort},
		{"columns", "", "choose which columns are shown", nil, runColumns},
		{"filter", "…", "filter by what follows, or by a saved filter's name", (*Model).savedNames, runFilter},
		{"save", "NAME", "save the filter by a name", (*Model).savedNames, runSave},
		{"forget", "NAME", "forget a saved filter", (*Model).savedNames, runForget},
		{"export", "…", "write what is shown, or what is marked: csv or json", words("csv", "json"), runExport},
		{"copy", "…", "copy names, or rows as tsv or json", words("name", "tsv", "json"), runCopy},
		{"mark", "", "mark all rows that the filter leaves", nil, runMark},
		{"unmark", "", "take all marks away", nil, runUnmark},
		{"theme", "…", "dark, light or auto: as the terminal says", words("dark", "light", "auto"), runTheme},
	}
}

func words(words ...string) func(*Model) []string { return func(*Model) []string { return words } }

func kinds() []string {
	var names []string
	for kind := range data.Custom {
		names = append(names, kind.String())
	}
	return names
}

// tabled is the page with a table that is shown, nil where that is something else.
func (m *Model) tabled() tablePage {
	p, _ := m.shown().(tablePage)
	return p
}

func onTable(words func(p tablePage) []string) func(*Model) []string {
	return func(m *Model) []string {
		if p := m.tabled(); p != nil {
			return words(p)
		}
		return nil
	}
}

func nouns(p tablePage) []string {
	_, groups, _ := p.kept()
	return groups
}

func columnWords(p tablePage) []string {
	var names []string
	for _, choice := range p.table().Content.Choices() {
		names = append(names, choice.Word)
	}
	return names
}

// find is the command of a name, or of a beginning that no other has.
func find(commands []command, name string) (command, error) {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.name
	}
	at, err := oneOf(names, name)
	if err != nil {
		return command{}, fmt.Errorf("%w; Tab lists the commands", err)
	}
	return commands[at], nil
}

// oneOf is the place of the word that is a text, or that alone begins with it.
func oneOf(words []string, text string) (int, error) {
	text = strings.ToLower(text)
	var similar []string
	found := -1
	for i, word := range words {
		lower := strings.ToLower(word)
		if lower == text {
			return i, nil
		}
		if strings.HasPrefix(lower, text) {
			similar, found = append(similar, word), i
		}
	}
	switch len(similar) {
	case 0:
		return -1, fmt.Errorf("unknown: %.40q", text)
	case 1:
		return found, nil
	default:
		return -1, fmt.Errorf("%.40q is ambiguous: %s", text, strings.Join(similar, ", "))
	}
}

// commandPrompt asks for a command.
func commandPrompt(m *Model) *prompt {
	return &prompt{
		label: "command", history: &m.commands,
		accept: func(m *Model, text string) (tea.Cmd, error) { return m.command(text) },
		complete: func(m *Model, text string) (before string, words []string) {
			return m.completeCommand(text)
		},
		keys: []key.Binding{m.keys.Run, m.keys.Complete, m.keys.Clear},
	}
}

// command does what was typed. As in vi, a number goes to the row, and an exclamation mark behind a command is let
// pass.
func (m *Model) command(text string) (tea.Cmd, error) {
	name, argument, _ := strings.Cut(strings.TrimLeft(text, " :"), " ")
	name, argument = strings.TrimSuffix(name, "!"), strings.TrimSpace(argument)
	if name == "" {
		return nil, nil
	}
	if row, err := strconv.Atoi(name); err == nil {
		return nil, m.toRow(row)
	}
	c, err := find(m.keys.commands(), name)
	if err != nil {
		return nil, err
	}
	return c.run(m, argument)
}

func (m *Model) toRow(row int) error {
	p := m.tabled()
	if p == nil {
		return errors.New("there are no rows here")
	}
	t := p.table()
	if row < 1 || row > t.Shown() {
		return fmt.Errorf("there are rows 1 to %s", figures.Int(t.Shown()))
	}
	t.Move(row - 1 - t.Cursor)
	return nil
}

// completeCommand completes the command's name, then what it takes.
func (m *Model) completeCommand(text string) (before string, fit []string) {
	start := len(text) - len(strings.TrimLeft(text, " :"))
	name, argument, taking := strings.Cut(text[start:], " ")
	commands := m.keys.commands()
	if !taking {
		var names []string
		for _, c := range commands {
			names = append(names, c.name)
		}
		return text[:start], beginning(names, name)
	}
	c, err := find(commands, name)
	if err != nil || c.words == nil {
		return text, nil
	}
	before = text[:len(text)-len(argument)]
	if fit = beginning(c.words(m), argument); len(fit) == 0 && c.name == "filter" && m.tabled() != nil {
		rest, words := m.tabled().table().Content.Complete(argument)
		return before + rest, words
	}
	return before, fit
}

func beginning(words []string, start string) []string {
	var fit []string
	for _, word := range words {
		if strings.HasPrefix(strings.ToLower(word), strings.ToLower(start)) {
			fit = append(fit, word)
		}
	}
	return fit
}

// table is the page with a table that a command is for.
func (m *Model) table(name string) (tablePage, error) {
	if p := m.tabled(); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s is for tables, such as that of the tenants: 2", name)
}

func runPeriod(m *Model, argument string) (tea.Cmd, error) {
	period, err := data.ParsePeriod(argument, m.options.Now(), m.location())
	if err != nil {
		return nil, err
	}
	if period.Kind == data.Custom {
		m.custom = &period
	}
	return m.setPeriod(period), nil
}

func runGroup(m *Model, argument string) (tea.Cmd, error) {
	p, err := m.table("group")
	if err != nil {
		return nil, err
	}
	at, err := oneOf(nouns(p), argument)
	if err != nil {
		return nil, fmt.Errorf("%w; %s groups by %s", err, p.name(), strings.Join(nouns(p), ", "))
	}
	return p.groupBy(m, at), nil
}

func runSort(m *Model, argument string) (tea.Cmd, error) {
	p, err := m.table("sort")
	if err != nil {
		return nil, err
	}
	t := p.table()
	if t.Content.Len() == 0 {
		return nil, errors.New("there are no columns to sort by yet")
	}
	name, way, _ := strings.Cut(argument, " ")
	id, err := t.Content.Named(name)
	if err != nil {
		return nil, err
	}
	switch way = strings.TrimSpace(way); way {
	case "":
		t.SortBy(id)
	case "asc", "desc":
		t.SetSort(id, way == "desc")
	default:
		return nil, fmt.Errorf("%.40q is neither asc nor desc", way)
	}
	return m.remember(p), nil
}

func runColumns(m *Model, _ string) (tea.Cmd, error) {
	p, err := m.table("columns")
	switch {
	case err != nil:
	case p.table().Content.Len() == 0:
		err = errors.New("there are no columns yet")
	default:
		m.prompt = columnsMenu(m, p)
	}
	return nil, err
}

func runFilter(m *Model, argument string) (tea.Cmd, error) {
	p, err := m.table("filter")
	if err != nil {
		return nil, err
	}
	if saved, ok := m.savedFilters()[argument]; ok {
		argument = saved
	}
	p.table().SetFilter(argument)
	return m.remember(p), nil
}

func runExport(m *Model, argument string) (tea.Cmd, error) {
	if argument == "" {
		m.prompt = exportPrompt(m)
		return nil, nil
	}
	at, err := oneOf(words("csv", "json")(m), argument)
	if err != nil {
		return nil, fmt.Errorf("%w; formats are csv and json", err)
	}
	return m.export(words("csv", "json")(m)[at]), nil
}

func runMark(m *Model, _ string) (tea.Cmd, error) {
	p, err := m.table("mark")
	if err == nil {
		p.table().MarkShown()
	}
	return nil, err
}

func runUnmark(m *Model, _ string) (tea.Cmd, error) {
	p, err := m.table("unmark")
	if err == nil && !p.table().Unmark() {
		err = errors.New("nothing is marked")
	}
	return nil, err
}

// runTheme chooses the colours for a background that the terminal does not tell, or tells wrongly.
func runTheme(m *Model, argument string) (tea.Cmd, error) {
	switch argument {
	case "auto":
		m.themed = false
		return tea.RequestBackgroundColor, nil
	case "dark", "light":
		m.themed = true
		m.setTheme(argument == "dark", m.colors)
		return nil, nil
	default:
		return nil, fmt.Errorf("unknown theme %.40q; valid themes: dark, light, auto", argument)
	}
}

// place is where a cursor is, as in 42/10,314.
func place(at, of int) string { return figures.Int(at+1) + "/" + figures.Int(of) }
