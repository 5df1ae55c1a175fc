package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/shopspring/decimal"

	"microspend/fleet"
	"microspend/internal/atomicfile"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/tui/view/explain"
	"microspend/tui/view/whatif"
	"microspend/view"
)

// export writes what is shown into a file of its own, in the formats of the command line: the same documents by the
// same renderers.
func (m *Model) export(format string) tea.Cmd {
	document, name, rows := m.document()
	if document == nil {
		m.say("there is nothing to export yet", false)
		return nil
	}
	period := m.period.From.In(m.location()).Format("2006-01-02")
	folder, base := m.options.ExportDir, fmt.Sprintf("microspend-%s-%s", name, period)
	return func() tea.Msg {
		var out bytes.Buffer
		if err := view.Render(&out, view.Options{Format: view.Format(format)}, *document); err != nil {
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
	m.say(figures.Count(msg.rows, "row")+" written to "+msg.path, false)
}

// writeNew writes a file that was not there: nothing is ever replaced.
func writeNew(folder, base, format string, text []byte) (string, error) {
	for n := 1; n < 1000; n++ {
		name := base + "." + format
		if n > 1 {
			name = fmt.Sprintf("%s-%d.%s", base, n, format)
		}
		path := filepath.Join(folder, name)
		err := atomicfile.Create(path, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err })
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
	return "", fmt.Errorf("%s has a thousand exports of this name already", folder)
}

// document is what is shown, ready to be rendered. It is nil where there is nothing yet.
func (m *Model) document() (d *view.Document, name string, rows int) {
	switch p := m.shown().(type) {
	case *listingPage:
		if l := p.state.Listing; l != nil {
			rows := p.state.Table.Marks()
			if len(rows) == 0 {
				rows = p.state.Table.Rows()
			}
			places := make([]int, 0, len(rows))
			for _, row := range rows {
				places = append(places, int(row))
			}
			d := report.Spend(l.Spend.Only(places))
			return &d, strings.ReplaceAll(strings.ToLower(p.group().Noun), " ", "-"), len(places)
		}
	case *overviewPage:
		if l := p.state.Tenants; l != nil {
			d := report.Spend(l.Spend)
			return &d, "tenants", len(l.Spend.Rows)
		}
	case *livePage:
		if s := p.state.Snapshot; s != nil {
			chosen := p.chosen()
			d := report.Top(s, chosen)
			return &d, "live", len(chosen)
		}
	case *microVMPage:
		d := report.Top(m.livePage().state.Snapshot, []*fleet.MicroVM{p.now(m)})
		return &d, "live", 1
	case *explainPage:
		if p.state.Usage != nil || len(p.state.Steps) > 0 {
			d := explainDocument(p.state)
			return &d, "explain", d.Data.Len()
		}
	case *whatIfPage:
		if p.state.Outcome != nil {
			d := whatIfDocument(p.state)
			return &d, "what-if", d.Data.Len()
		}
	}
	return nil, "", 0
}

// dataTable is a table for programs alone: the values of its rows in the order of the ids, missing where a row ends
// early.
func dataTable(rows [][]view.Value, ids ...string) *view.Table {
	columns := make([]view.Column[[]view.Value], len(ids))
	for i, id := range ids {
		columns[i] = view.Column[[]view.Value]{ID: id, Value: func(row []view.Value) view.Value {
			if i >= len(row) {
				return view.Value{}
			}
			return row[i]
		}}
	}
	return view.NewTable(columns, rows, nil)
}

func assumptions(notes []pricing.Note) view.Records {
	var rows [][]view.Value
	for _, note := range notes {
		rows = append(rows, []view.Value{view.Text(note.ID), view.Text(note.Text)})
	}
	return view.Records{Table: dataTable(rows, "id", "text")}
}

func known(d decimal.Decimal, known bool) view.Value { return view.Exact(d).Or("", known) }

// explainDocument is the document microspend.explain/v1. Its CSV has the lines of the bill or, where a figure was
// derived from others, the steps.
func explainDocument(s explain.State) view.Document {
	var lines, steps [][]view.Value
	for _, step := range s.Steps {
		steps = append(steps, []view.Value{view.Text(step.Label), view.Text(step.Value), view.Text(step.Remark)})
	}
	table := func(lines [][]view.Value) *view.Table {
		return dataTable(lines,
			"region", "component", "quantity", "unit", "rate", "per", "amount", "source", "read_on", "formula")
	}
	stepTable := dataTable(steps, "label", "value", "remark")
	json := view.Object{{ID: "schema", Value: "microspend.explain/v1"}, {ID: "title", Value: s.Title}}
	e := s.Usage
	if e == nil {
		json = append(json, view.Field{ID: "lines", Value: view.Records{Table: table(nil)}}).
			With(len(steps) > 0, "steps", view.Records{Table: stepTable}).
			With(true, "assumptions", assumptions(s.Notes))
		return view.Document{JSON: json, Data: stepTable}
	}
	for _, line := range e.Lines {
		lines = append(lines, []view.Value{
			view.Text(line.Region), view.Text(line.Of.String()), view.Exact(line.Quantity), view.Text(line.Of.Unit()),
			known(line.Rate.Figure, line.Known), view.Count(int64(line.Rate.Per)), known(line.Amount, line.Known),
			view.Text(line.Rate.Source), view.Text(line.Rate.ReadOn.String()), view.Text(line.Formula),
		})
	}
	var unknown []string
	for _, u := range e.Total.Unknown {
		unknown = append(unknown, u.String())
	}
	json = append(json,
		view.Field{ID: "from", Value: view.Moment(e.From)},
		view.Field{ID: "to", Value: view.Moment(e.To)},
		view.Field{ID: "lines", Value: view.Records{Table: table(slices.Clone(lines))}},
		view.Field{ID: "shared", Value: view.Exact(e.Shared).OmitEmpty()},
	).
		With(e.Total.Known(), "total", view.Exact(e.Sum())).
		With(len(unknown) > 0, "unknown", unknown).
		With(len(steps) > 0, "steps", view.Records{Table: stepTable}).
		With(true, "assumptions", assumptions(slices.Concat(s.Notes, e.Notes)))
	if !e.Shared.IsZero() {
		none := view.Value{}
		lines = append(lines, []view.Value{
			none, view.Text("shared"), none, none, none, none, view.Exact(e.Shared), none, none,
			view.Text("share of shared cost"),
		})
	}
	return view.Document{JSON: json, Data: table(lines)}
}

// whatIfDocument is the document microspend.whatif/v1.
func whatIfDocument(s whatif.State) view.Document {
	o := s.Outcome
	var lines [][]view.Value
	for _, line := range o.Lines {
		lines = append(lines, []view.Value{
			view.Text(line.Of.String()), view.Text(line.Of.Unit()), view.Exact(line.Quantity), view.Exact(line.Then),
			known(line.Amount, line.Known), known(line.ThenAmount, line.ThenKnown && o.Alternative == nil),
		})
	}
	table := func(lines [][]view.Value) *view.Table {
		return dataTable(lines, "component", "unit", "quantity", "quantity_what_if", "amount", "amount_what_if")
	}
	total, then := known(o.Total, o.Complete), known(o.Then, o.ThenComplete)
	month, thenMonth := known(o.Month, o.Complete), known(o.ThenMonth, o.ThenComplete)
	json := view.Object{
		{ID: "schema", Value: "microspend.whatif/v1"},
		{ID: "tenant", Value: s.Tenant},
		{ID: "from", Value: view.Moment(s.From)},
		{ID: "to", Value: view.Moment(s.To)},
		{ID: "choice", Value: s.Values()},
		{ID: "lines", Value: view.Records{Table: table(slices.Clone(lines))}},
		{ID: "total", Value: total},
		{ID: "state", Value: s.StateOf(o.Complete).String()},
		{ID: "total_what_if", Value: then},
		{ID: "state_what_if", Value: s.StateOf(o.ThenComplete).String()},
		{ID: "month", Value: month},
		{ID: "month_what_if", Value: thenMonth},
	}
	present := s.Present()
	json = json.With(present.Recorded > 0, "timeout_now_source", present.String()).
		With(len(o.Unknown) > 0, "unknown", o.Unknown).
		With(true, "assumptions", assumptions(o.Notes))
	if alt := o.Alternative; alt != nil {
		json = json.With(alt.Sentence != "", "break_even", alt.Sentence)
	}
	none := view.Value{}
	lines = append(lines,
		[]view.Value{view.Text("total"), none, none, none, total, then},
		[]view.Value{view.Text("month at this pace"), none, none, none, month, thenMonth})
	return view.Document{JSON: json, Data: table(lines)}
}
