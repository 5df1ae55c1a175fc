package tui

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"

	tea "charm.land/bubbletea/v2"

	"microspend/internal/ownfile"
	"microspend/tui/data"
	"microspend/tui/table"
)

// memory is what is remembered from one session to the next.
type memory struct {
	Version int                   `json:"version"`
	Period  string                `json:"period,omitempty"` // month, today or week
	Views   map[string]viewMemory `json:"views"`
}

type viewMemory struct {
	Group  string `json:"group"` // what its rows are
	Sort   string `json:"sort"`
	Down   bool   `json:"down"`
	Filter string `json:"filter,omitempty"`
}

const (
	memoryVersion = 1
	maxMemory     = 64 << 10
)

// remember notes how a view is sorted and filtered, and saves it. What was opened from a view is not remembered.
func (m *Model) remember(p tablePage) tea.Cmd {
	view, groups, at := p.kept()
	if view == "" {
		return nil
	}
	t := p.table()
	m.memory.Views[view] = viewMemory{groups[*at], t.Sort, t.Down, t.Text}
	return m.save()
}

// tablePage is a page with a table.
type tablePage interface {
	page
	table() *table.State
	// kept is what the page is remembered by, "" where it is not; what its rows can be; and which of these they are.
	kept() (view string, groups []string, at *int)
}

// recall opens the views as they were left. A file that is not there, is broken or of another version is ignored.
func (m *Model) recall() {
	file, err := ownfile.Open(m.options.StateFile)
	if err != nil {
		return
	}
	defer file.Close()
	text := make([]byte, maxMemory+1)
	n, _ := file.Read(text)
	var was memory
	if n > maxMemory || json.Unmarshal(text[:n], &was) != nil || was.Version != memoryVersion {
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
			m.memory.Period = was.Period
		}
	}
	m.memoryAt = m.memoryText()
}

// recallTable opens a view that is a table as it was left.
func (m *Model) recallTable(p tablePage, was memory) {
	view, groups, of := p.kept()
	seen, ok := was.Views[view]
	at := slices.Index(groups, seen.Group)
	if !ok || at < 0 || len(seen.Filter) > longest {
		return
	}
	*of = at
	p.table().SetSort(seen.Sort, seen.Down)
	p.table().SetFilter(seen.Filter)
	m.memory.Views[view] = seen
}

func (m *Model) memoryText() string {
	m.memory.Version = memoryVersion
	text, err := json.MarshalIndent(m.memory, "", "  ")
	if err != nil {
		return ""
	}
	return string(text) + "\n"
}

// save writes what is remembered, if it has changed.
func (m *Model) save() tea.Cmd {
	text := m.memoryText()
	if m.options.StateFile == "" || text == m.memoryAt || text == "" {
		return nil
	}
	m.memoryAt = text
	path := m.options.StateFile
	return func() tea.Msg { return savedMsg{writePrivate(path, []byte(text))} }
}

// writePrivate replaces a file that only its owner may read, and creates its folder.
func writePrivate(path string, text []byte) error {
	place := ownfile.Place(filepath.Dir(path))
	if err := place.Folder(filepath.Dir(path)); err != nil {
		return err
	}
	return place.Export(path, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err })
}
