package tui

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"microspend/tui/data"
	"microspend/tui/table"
)

// remember notes how a view is sorted and filtered, and saves it. What was opened from a view is not remembered.
func (m *Model) remember(p tablePage) tea.Cmd {
	view, groups, at := p.kept()
	if view == "" {
		return nil
	}
	t := p.table()
	now := viewMemory{groups[*at], t.Sort, t.Down, t.Text, t.Hidden}
	if reflect.DeepEqual(m.remembered[view], now) {
		return nil
	}
	m.remembered[view] = now
	return m.save(func(kept *memory) { kept.Views[view] = now })
}

// tablePage is a page with a table.
type tablePage interface {
	page
	table() *table.State
	// kept is what the page is remembered by, "" where it is not; what its rows can be; and which of these they are.
	kept() (view string, groups []string, at *int)
	// groupBy shows other rows.
	groupBy(m *Model, at int) tea.Cmd
}

// recall opens the views as they were left. A file that is not there, is damaged or of another version is ignored.
func (m *Model) recall() {
	was, err := m.memory.read()
	if err != nil {
		m.say("the view settings cannot be read: "+faultText(err), true)
		return
	}
	for _, pages := range m.pages {
		if p, ok := pages[0].(tablePage); ok {
			m.recallTable(p, was)
		}
	}
	for kind := range data.Custom {
		if was.Period == kind.String() && m.options.Period == nil {
			m.period = m.periodNow(kind)
		}
	}
}

// recallTable opens a view that is a table as it was left.
func (m *Model) recallTable(p tablePage, was memory) {
	view, groups, of := p.kept()
	seen, ok := was.Views[view]
	at := slices.Index(groups, seen.Group)
	if !ok || at < 0 || len(seen.Filter) > longest {
		return
	}
	given := m.options.Filter != "" && m.pages[m.view][0] == page(p)
	if given && at != 0 {
		return // the filter is of MicroVMs, and not of what was last grouped by
	}
	*of = at
	p.table().Hidden = seen.Hidden
	p.table().SetSort(seen.Sort, seen.Down)
	if !given {
		p.table().SetFilter(seen.Filter)
	}
	m.remembered[view] = seen
}

// save writes a change of what is remembered.
func (m *Model) save(change func(*memory)) tea.Cmd {
	m.memory.change(change)
	return m.flush
}

// flush writes what is not written yet.
func (m *Model) flush() tea.Msg {
	kept, err := m.memory.flush()
	return savedMsg{kept, err}
}

func (m *Model) saved(msg savedMsg) {
	switch {
	case msg.err != nil:
		m.say("the view settings could not be saved: "+faultText(msg.err), true)
	case msg.kept != "":
		m.say("the view settings were damaged; what they were is kept in "+msg.kept, true)
	}
}

// The bounds of saved filters.
const (
	mostFilters  = 100
	longestNamed = 40 // characters of a name
)

// savedFilters are those that this or another dashboard has saved, by their names.
func (m *Model) savedFilters() map[string]string { return m.memory.current().Filters }

func (m *Model) savedNames() []string { return slices.Sorted(maps.Keys(m.savedFilters())) }

func runSave(m *Model, name string) (tea.Cmd, error) {
	p, err := m.table("save")
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(p.table().Text)
	switch {
	case name == "":
		return nil, errors.New("save needs a name")
	case len([]rune(name)) > longestNamed || strings.ContainsFunc(name, unsafe):
		return nil, fmt.Errorf("a name has at most %d letters, and no control characters", longestNamed)
	case text == "":
		return nil, errors.New("there is no filter to save; / filters")
	case len(m.savedFilters()) >= mostFilters && m.savedFilters()[name] == "":
		return nil, fmt.Errorf("there are %d saved filters already; :forget one", mostFilters)
	}
	m.say(fmt.Sprintf("saved; :filter %s brings it back", name), false)
	return m.save(func(kept *memory) { kept.Filters[name] = text }), nil
}

// unsafe reports whether a character has no place in a name: it does not print, or hides or reorders others.
func unsafe(r rune) bool { return !unicode.IsPrint(r) }

func runForget(m *Model, name string) (tea.Cmd, error) {
	if _, ok := m.savedFilters()[name]; !ok {
		return nil, fmt.Errorf("no filter is saved as %.40q", name)
	}
	m.say("forgot the filter "+name, false)
	return m.save(func(kept *memory) { delete(kept.Filters, name) }), nil
}
