package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"microspend/report"
	"microspend/tui/data"
	"microspend/tui/view/explain"
	"microspend/tui/view/whatif"
	"microspend/view"
)

// export writes what is shown into a file of its own, in the formats of the command line: the same documents by the same
// renderers.
func (m *Model) export(format string) tea.Cmd {
	document, name, rows, ok := m.document()
	if !ok {
		m.say("there is nothing to export yet", false)
		return nil
	}
	period := m.period.From.In(m.location()).Format("2006-01-02")
	folder, base := m.options.ExportDir, fmt.Sprintf("microspend-%s-%s", name, period)
	return func() tea.Msg {
		var out bytes.Buffer
		if err := view.Render(&out, view.Options{Format: view.Format(format)}, document); err != nil {
			return exportedMsg{err: err}
		}
		path, err := writeNew(folder, base, format, out.Bytes())
		return exportedMsg{path, rows, err}
	}
}

func (m *Model) exported(msg exportedMsg) {
	if msg.err != nil {
		m.say("not exported: "+faultText(msg.err), true)
		return
	}
	noun := "rows"
	if msg.rows == 1 {
		noun = "row"
	}
	m.say(fmt.Sprintf("%d %s are in %s", msg.rows, noun, msg.path), false)
}

// writeNew writes a file that was not there: nothing is ever replaced.
func writeNew(folder, base, format string, text []byte) (string, error) {
	for n := 1; n < 1000; n++ {
		name := base + "." + format
		if n > 1 {
			name = fmt.Sprintf("%s-%d.%s", base, n, format)
		}
		path := filepath.Join(folder, name)
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(text)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			_ = os.Remove(path)
			return "", err
		}
		return path, nil
	}
	return "", fmt.Errorf("%s has a thousand exports of this name already", folder)
}

// document is what is shown, ready to be rendered.
func (m *Model) document() (d view.Document, name string, rows int, ok bool) {
	switch p := m.shown().(type) {
	case *listingPage:
		l := p.state.Listing
		if l == nil {
			return d, "", 0, false
		}
		places := make([]int, 0, p.state.Table.Shown())
		for _, row := range p.state.Table.Rows() {
			places = append(places, int(row))
		}
		return report.Spend(l.Spend.Only(places)), strings.ReplaceAll(strings.ToLower(p.group().Noun), " ", "-"), len(places), true
	case *overviewPage:
		if p.state.Tenants == nil {
			return d, "", 0, false
		}
		return report.Spend(p.state.Tenants.Spend), "tenants", len(p.state.Tenants.Spend.Rows), true
	case *explainPage:
		d = explainDocument(p.state)
		return d, "explain", len(d.CSV) - 1, p.state.Usage != nil || len(p.state.Steps) > 0
	case *whatIfPage:
		if p.state.Outcome == nil {
			return d, "", 0, false
		}
		d = whatIfDocument(p.state)
		return d, "what-if", len(d.CSV) - 1, true
	}
	return d, "", 0, false
}

// explainJSON is the document microspend.explain/v1.
type explainJSON struct {
	Schema  string            `json:"schema"`
	Title   string            `json:"title"`
	From    string            `json:"from,omitempty"`
	To      string            `json:"to,omitempty"`
	Lines   []explainLineJSON `json:"lines"`
	Shared  string            `json:"shared,omitempty"`
	Total   string            `json:"total,omitempty"`
	Unknown []string          `json:"unknown,omitempty"`
	Steps   []stepJSON        `json:"steps,omitempty"`
	Assumed []noteJSON        `json:"assumptions"`
}

type explainLineJSON struct {
	Region    string  `json:"region"`
	Component string  `json:"component"`
	Quantity  string  `json:"quantity"`
	Unit      string  `json:"unit"`
	Rate      *string `json:"rate"`
	Per       int64   `json:"per"` // units that the rate is for
	Amount    *string `json:"amount"`
	Source    string  `json:"source"`
	ReadOn    string  `json:"read_on"`
	Formula   string  `json:"formula"`
}

type stepJSON struct {
	Label  string `json:"label"`
	Value  string `json:"value"`
	Remark string `json:"remark"`
}

type noteJSON struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func explainDocument(s explain.State) view.Document {
	out := explainJSON{Schema: "microspend.explain/v1", Title: s.Title, Lines: []explainLineJSON{}, Assumed: []noteJSON{}}
	d := view.Document{CSV: [][]string{{"region", "component", "quantity", "unit", "rate", "per", "amount", "source", "read_on", "formula"}}}
	for _, step := range s.Steps {
		out.Steps = append(out.Steps, stepJSON(step))
	}
	notes := s.Notes
	if e := s.Usage; e != nil {
		out.From, out.To = e.From.UTC().Format("2006-01-02T15:04:05Z"), e.To.UTC().Format("2006-01-02T15:04:05Z")
		for _, line := range e.Lines {
			row := explainRow(line)
			out.Lines = append(out.Lines, row)
			d.CSV = append(d.CSV, []string{
				row.Region, row.Component, row.Quantity, row.Unit, orEmpty(row.Rate), fmt.Sprint(row.Per), orEmpty(row.Amount), row.Source,
				row.ReadOn, row.Formula,
			})
		}
		if !e.Shared.IsZero() {
			out.Shared = e.Shared.String()
			d.CSV = append(d.CSV, []string{"", "shared", "", "", "", "", e.Shared.String(), "", "", "share of shared cost"})
		}
		if e.Total.Known() {
			out.Total = e.Sum().String()
		}
		for _, unknown := range e.Total.Unknown {
			out.Unknown = append(out.Unknown, unknown.String())
		}
		notes = append(slices.Clone(notes), e.Notes...)
	}
	for _, note := range notes {
		out.Assumed = append(out.Assumed, noteJSON{note.ID, note.Text})
	}
	if s.Usage == nil { // worked out of other figures: the steps are what there is
		d.CSV = [][]string{{"label", "value", "remark"}}
		for _, step := range s.Steps {
			d.CSV = append(d.CSV, []string{step.Label, step.Value, step.Remark})
		}
	}
	d.JSON = out
	return d
}

func explainRow(line data.Line) explainLineJSON {
	row := explainLineJSON{
		Region: line.Region, Component: line.Of.String(), Quantity: line.Quantity.String(), Unit: line.Of.Unit(), Per: int64(line.Rate.Per),
		Source: line.Rate.Source, ReadOn: line.Rate.ReadOn.String(), Formula: line.Formula,
	}
	if line.Known {
		rate, amount := line.Rate.Figure.String(), line.Amount.String()
		row.Rate, row.Amount = &rate, &amount
	}
	return row
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// whatIfJSON is the document microspend.whatif/v1.
type whatIfJSON struct {
	Schema   string            `json:"schema"`
	Tenant   string            `json:"tenant"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Choice   map[string]string `json:"choice"`
	Lines    []whatIfLineJSON  `json:"lines"`
	Total    *string           `json:"total"`
	Then     *string           `json:"total_what_if"`
	Month    *string           `json:"month"`
	MonthIf  *string           `json:"month_what_if"`
	Unknown  []string          `json:"unknown,omitempty"`
	Assumed  []noteJSON        `json:"assumptions"`
	Sentence string            `json:"break_even,omitempty"`
}

type whatIfLineJSON struct {
	Component string  `json:"component"`
	Unit      string  `json:"unit"`
	Quantity  string  `json:"quantity"`
	Then      string  `json:"quantity_what_if"`
	Amount    *string `json:"amount"`
	ThenCost  *string `json:"amount_what_if"`
}

func whatIfDocument(s whatif.State) view.Document {
	o := s.Outcome
	known := func(text string, is bool) *string {
		if !is {
			return nil
		}
		return &text
	}
	out := whatIfJSON{
		Schema: "microspend.whatif/v1", Tenant: s.Tenant, From: s.From.UTC().Format("2006-01-02T15:04:05Z"),
		To: s.To.UTC().Format("2006-01-02T15:04:05Z"), Choice: s.Values(), Lines: []whatIfLineJSON{},
		Total: known(o.Total.String(), o.Complete), Then: known(o.Then.String(), o.ThenComplete),
		Month: known(o.Month.String(), o.Complete), MonthIf: known(o.ThenMonth.String(), o.ThenComplete),
		Unknown: o.Unknown, Assumed: []noteJSON{},
	}
	if o.Alternative != nil {
		out.Sentence = o.Alternative.Sentence
	}
	d := view.Document{CSV: [][]string{{"component", "unit", "quantity", "quantity_what_if", "amount", "amount_what_if"}}}
	for _, line := range o.Lines {
		row := whatIfLineJSON{
			line.Of.String(), line.Of.Unit(), line.Quantity.String(), line.Then.String(), known(line.Amount.String(), line.Known),
			known(line.ThenAmount.String(), line.ThenKnown && o.Alternative == nil),
		}
		out.Lines = append(out.Lines, row)
		d.CSV = append(d.CSV, []string{row.Component, row.Unit, row.Quantity, row.Then, orEmpty(row.Amount), orEmpty(row.ThenCost)})
	}
	d.CSV = append(d.CSV,
		[]string{"total", "", "", "", orEmpty(out.Total), orEmpty(out.Then)},
		[]string{"month at this pace", "", "", "", orEmpty(out.Month), orEmpty(out.MonthIf)})
	for _, note := range o.Notes {
		out.Assumed = append(out.Assumed, noteJSON{note.ID, note.Text})
	}
	d.JSON = out
	return d
}
