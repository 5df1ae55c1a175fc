package report

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/closing"
	"microspend/view"
)

// Closed makes the document of closed months.
func Closed(months []closing.Closing) view.Document {
	columns := []view.Column[closing.Closing]{
		{ID: "month", Title: "month", Value: func(c closing.Closing) view.Value { return view.Text(c.Month) }},
		{ID: "time_zone", Title: "days as in", Drop: 2, Value: func(c closing.Closing) view.Value {
			return view.Text(c.TimeZone)
		}},
		{ID: "total", Title: "total", Unit: "$", Align: view.Decimal, Value: func(c closing.Closing) view.Value {
			return view.Dollars(c.Total)
		}},
		{ID: "closed_at", Title: "closed", Value: func(c closing.Closing) view.Value { return view.Moment(c.ClosedAt) }},
		{ID: "closed_by", Title: "by", Value: func(c closing.Closing) view.Value { return view.Text(c.ClosedBy) }},
		{ID: "version", Scope: view.Data, Value: func(c closing.Closing) view.Value { return view.Text(c.Version) }},
		{ID: "records", Title: "records", Align: view.Right, Drop: 1, Value: func(c closing.Closing) view.Value {
			return view.Count(int(c.Usage.Records))
		}},
		{ID: "usage_sha256", Scope: view.Data, Value: func(c closing.Closing) view.Value {
			return view.Text(c.Usage.SHA256)
		}},
		{ID: "incomplete", Scope: view.Data, Value: func(c closing.Closing) view.Value { return view.List(c.Incomplete) }},
	}
	table := view.NewTable(columns, months, func(c closing.Closing) view.Look { return view.Look{Notes: c.Incomplete} })
	d := view.Document{Data: table, JSON: view.Object{
		{ID: "schema", Value: "microspend.closed/v1"},
		{ID: "months", Value: view.Records{Table: table}},
	}}
	if len(months) > 0 {
		d.Add(view.Section{Table: table})
	}
	return d
}

// restatementColumns describe what has to be added to rows of closed months, by the dimensions of the report.
func restatementColumns(by []spend.Dimension) []view.Column[spend.Restatement] {
	type row = spend.Restatement
	columns := []view.Column[row]{
		{ID: "closed_month", Title: "closed month", Value: func(r row) view.Value { return view.Text(r.Month) }},
		{ID: "cause", Title: "cause", Value: func(r row) view.Value { return view.Text(r.Reason()) }},
	}
	for _, d := range by {
		columns = append(columns, view.Column[row]{
			ID: d.String(), Title: d.String(), Shrink: true, Value: func(r row) view.Value { return view.Text(r.Value(d)) },
		})
	}
	columns = append(columns, []view.Column[row]{
		{ID: "amount", Title: "restated by", Unit: "$", Align: view.Decimal, Value: func(r row) view.Value {
			return view.Signed(r.Amount, view.CentPlaces)
		}},
		{ID: "list_amount", Scope: view.Data, Value: func(r row) view.Value { return view.Exact(r.List) }},
	}...)
	for _, q := range pricing.BilledQuantities() {
		columns = append(columns, view.Column[row]{
			ID: q.Column(), Scope: view.Data, Value: func(r row) view.Value { return view.Exact(r.Used[q]) },
		})
	}
	return columns
}

// RestatementNotes say which months of a report are closed, and what the changes since come to.
func RestatementNotes(s spend.Spend) []view.Note {
	var notes []view.Note
	for _, m := range s.Closed {
		text := m.Month + " is closed: figures are as of " + m.At.Format("2006-01-02")
		if m.By != "" {
			text += ", when " + m.By + " closed it"
		}
		notes = append(notes, view.Note{Text: text + "."})
	}
	if len(s.Restatements) == 0 {
		return notes
	}
	return append(notes, view.Note{Warn: true, Text: "What has changed since comes to " +
		signedDollars(s.Restated().Sub(s.Total.Amount)) + ", so the total is " + dollars(s.Restated()) + " by now."})
}

// CauseNotes say what each cause makes of a closed month, for where there is no table of it.
func CauseNotes(s spend.Spend) []view.Note {
	var notes []view.Note
	for i := 0; i < len(s.Restatements); {
		month, cause, sum := s.Restatements[i].Month, s.Restatements[i].Reason(), decimal.Decimal{}
		for i < len(s.Restatements) && s.Restatements[i].Month == month && s.Restatements[i].Reason() == cause {
			sum = sum.Add(s.Restatements[i].Amount)
			i++
		}
		notes = append(notes, view.Note{Text: month + ", " + cause + ": " + signedDollars(sum) + "."})
	}
	return notes
}

func signedDollars(d decimal.Decimal) string {
	sign := "+"
	if d.IsNegative() {
		sign = "\u2212"
	}
	return sign + "$" + figures.Fixed(d.Abs(), view.CentPlaces)
}

// withRestatements adds closed months, and what has changed in them, to a document.
func withRestatements(o view.Object, s spend.Spend) view.Object {
	o = o.With(len(s.Closed) > 0, "closed", view.Records{Table: view.NewTable(closedColumns, s.Closed, nil)})
	o = o.With(len(s.Restatements) > 0, "restatements",
		view.Records{Table: view.NewTable(restatementColumns(s.By), s.Restatements, nil)})
	return o.With(len(s.Restatements) > 0, "restated_total", view.Exact(s.Restated()))
}

var closedColumns = []view.Column[spend.ClosedMonth]{
	{ID: "month", Value: func(m spend.ClosedMonth) view.Value { return view.Text(m.Month) }},
	{ID: "from", Value: func(m spend.ClosedMonth) view.Value { return view.Moment(m.From) }},
	{ID: "to", Value: func(m spend.ClosedMonth) view.Value { return view.Moment(m.To) }},
	{ID: "closed_at", Value: func(m spend.ClosedMonth) view.Value { return view.Moment(m.At) }},
	{ID: "closed_by", Value: func(m spend.ClosedMonth) view.Value { return view.Text(m.By) }},
}

// restatedData are the rows for CSV where closed months have changed: those of the report, and behind them one for each
// restatement, told by its closed_month and cause. The former are what was closed; all together are what it comes to
// now.
func restatedData(columns []spendColumn, s spend.Spend) *view.Table {
	rows, of := SpendRows(s), map[*spend.Row]*spend.Restatement{}
	for i := range s.Restatements {
		r := &s.Restatements[i]
		row := &spend.Row{Key: r.Key}
		row.Amount, row.List, row.Unknown = r.Amount, r.List, r.Unknown
		rows, of[row] = append(rows, row), r
	}
	columns = slices.Clone(columns)
	for i, c := range columns {
		for _, q := range pricing.BilledQuantities() {
			if c.ID == q.Column() {
				columns[i].Value = func(r *spend.Row) view.Value {
					if restated := of[r]; restated != nil {
						return view.Exact(restated.Used[q])
					}
					return c.Value(r)
				}
			}
		}
	}
	text := func(id string, value func(*spend.Restatement) string) spendColumn {
		return spendColumn{ID: id, Scope: view.Data, Value: func(r *spend.Row) view.Value {
			if restated := of[r]; restated != nil {
				return view.Text(value(restated))
			}
			return view.Text("")
		}}
	}
	columns = append(columns,
		text("closed_month", func(r *spend.Restatement) string { return r.Month }),
		text("cause", func(r *spend.Restatement) string { return r.Reason() }))
	return view.NewTable(columns, rows, nil)
}
