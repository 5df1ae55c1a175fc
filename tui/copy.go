package tui

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/internal/figures"
	"microspend/report"
	"microspend/tui/draw"
	"microspend/tui/view/overview"
	"microspend/view"
)

// mostCopied is how many bytes are copied at most: xterm and others drop a longer sequence without a word.
const mostCopied = 74_000

// clipboard puts a text on the clipboard of the terminal, by OSC 52, also where tmux or screen stands between.
func (m *Model) clipboard(text, what string) tea.Cmd {
	switch {
	case text == "":
		m.say("there is nothing to copy here", false)
		return nil
	case len(text) > mostCopied:
		m.say(fmt.Sprintf("%d kB are more than terminals copy (%d kB); export it", len(text)/1000, mostCopied/1000), true)
		return nil
	}
	m.say("copied "+what, false)
	copied := tea.SetClipboard(text)
	sequence := ansi.SetSystemClipboard(text)
	switch {
	case m.environ.Getenv("TMUX") != "": // which may keep the sequence to itself
		return tea.Batch(copied, tea.Raw(ansi.TmuxPassthrough(sequence)))
	case m.environ.Getenv("STY") != "":
		return tea.Raw(ansi.ScreenPassthrough(sequence, screenLimit))
	}
	return copied
}

// screenLimit is how long GNU Screen lets a sequence be.
const screenLimit = 768

// copyNames copies the names of the rows that are marked, else that under the cursor; of other pages, the figure.
func (m *Model) copyNames() tea.Cmd {
	switch p := m.shown().(type) {
	case *listingPage:
		names := p.copied()
		if len(names) == 1 {
			return m.clipboard(names[0], draw.Cut(names[0], 60))
		}
		return m.clipboard(strings.Join(names, "\n"), figures.Count(len(names), "name"))
	case *livePage:
		names := p.copied()
		if len(names) == 1 {
			return m.clipboard(names[0], draw.Cut(names[0], 60))
		}
		return m.clipboard(strings.Join(names, "\n"), figures.Count(len(names), "name"))
	case *microVMPage:
		return m.clipboard(draw.Name(p.was.ID), draw.Cut(draw.Name(p.was.ID), 60))
	case *overviewPage:
		text := p.copied(m)
		return m.clipboard(text, draw.Cut(text, 60))
	case *explainPage:
		if p.state.Usage != nil && p.state.Usage.Total.Known() {
			total := p.state.Usage.Sum().String()
			return m.clipboard(total, "the exact total, "+total)
		}
	case *whatIfPage:
		if o := p.state.Outcome; o != nil && o.ThenComplete {
			return m.clipboard(o.Then.String(), "the exact total of the what-if, "+o.Then.String())
		}
	}
	return m.clipboard("", "")
}

// copyRows copies rows with their headings: in a table those that are marked, else that under the cursor.
func (m *Model) copyRows(format string) tea.Cmd {
	document, _, rows := m.document()
	if p, ok := m.shown().(*listingPage); ok && document != nil {
		places := p.chosen()
		d := report.Spend(p.state.Listing.Spend.Only(places))
		document, rows = &d, len(places)
	}
	if document == nil || rows == 0 {
		return m.clipboard("", "")
	}
	var out bytes.Buffer
	rendered := view.Format("csv")
	if format == "json" {
		rendered = view.FormatJSON
	}
	if err := view.Render(&out, view.Options{Format: rendered}, *document); err != nil {
		m.say("not copied: "+faultText(err), true)
		return nil
	}
	text := out.String()
	if format == "tsv" {
		text = tabbed(text)
	}
	return m.clipboard(text, figures.Count(rows, "row")+" as "+strings.ToUpper(format))
}

// tabbed is CSV with tabs, which spreadsheets paste into cells.
func tabbed(text string) string {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return text
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	w.Comma = '\t'
	_ = w.WriteAll(records) // to a builder
	return out.String()
}

// chosen are the rows that are marked, else that under the cursor.
func (p *listingPage) chosen() []int {
	t := p.state.Table
	var places []int
	for _, row := range t.Marks() {
		places = append(places, int(row))
	}
	if row := t.Row(); len(places) == 0 && row >= 0 {
		places = append(places, row)
	}
	return places
}

// copied are the names of the chosen rows, safe to paste.
func (p *listingPage) copied() []string {
	var names []string
	if p.state.Listing == nil {
		return nil
	}
	for _, row := range p.chosen() {
		var parts []string
		for _, d := range p.state.Listing.Query.By {
			parts = append(parts, draw.Name(p.state.Listing.Spend.Rows[row].Name(d)))
		}
		names = append(names, strings.Join(parts, "\t"))
	}
	return names
}

// copied is the tenant or the figure under the cursor.
func (p *overviewPage) copied(m *Model) string {
	if p.state.Focus.Panel == overview.Figures {
		s := p.state
		s.Theme, s.Location = m.theme, m.location()
		return s.Figure(p.state.Focus.Index)
	}
	_, tenant, page := p.under(m)
	switch {
	case tenant != nil:
		return draw.Name(*tenant)
	case page != nil:
		return page.state.Title
	}
	return ""
}

func runCopy(m *Model, argument string) (tea.Cmd, error) {
	formats := words("name", "tsv", "json")(m)
	if argument == "" {
		argument = formats[0]
	}
	at, err := oneOf(formats, argument)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; copy takes name, tsv or json", err)
	case at == 0:
		return m.copyNames(), nil
	default:
		return m.copyRows(formats[at]), nil
	}
}
