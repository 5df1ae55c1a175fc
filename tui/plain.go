package tui

import (
	"context"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"microspend/report"
	"microspend/view"
)

// Plain reads everything that a view shows, as documents to be read line by line: those that the command line and the
// exports are made of. An error of reading is an error.
func Plain(ctx context.Context, options Options) ([]view.Document, error) {
	m, err := readOnce(ctx, options, leastWidth, lowScreen)
	if err != nil {
		return nil, err
	}
	defer m.stop()
	var documents []view.Document
	head := view.Document{Title: "microspend, " + views()[m.view].title + ", " + m.period.Label(m.location())}
	head.Subtitle = ansi.Strip(strings.ReplaceAll(m.age(false), " · ", ", "))
	var notes []view.Note
	for _, text := range m.banners() {
		notes = append(notes, view.Note{Warn: true, Text: view.Spoken(text)})
	}
	head.Add(view.Section{Notes: notes})
	if shown, ok := m.shown().(*overviewPage); ok {
		head.Add(view.Section{Notes: shown.sentences(m)})
		if s := &shown.state; s.Budgets != nil && s.Anomalies != nil {
			documents = append(documents, report.Budget(*s.Budgets), report.Anomalies(*s.Anomalies))
		}
	}
	if d, _, _ := m.document(); d != nil {
		documents = append(documents, *d)
	}
	return append([]view.Document{head}, documents...), nil
}

// sentences are the figures of the overview that no other document has.
func (p *overviewPage) sentences(m *Model) []view.Note {
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	var notes []view.Note
	for _, text := range s.Sentences() {
		notes = append(notes, view.Note{Text: text})
	}
	return notes
}
