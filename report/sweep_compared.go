package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/scenarios"
	"microspend/view"
)

// comparedColumns are the alternatives that a sweep varies: what each is at a point, what it costs, and how the
// MicroVMs stand to it. Their ids in CSV start with the path of the entry; JSON has a list of them.
func comparedColumns(entries []string) []view.Column[sweepStep] {
	if len(entries) == 0 {
		return nil
	}
	columns := []view.Column[sweepStep]{
		{ID: "alternatives", Scope: view.JSONOnly, Value: func(s sweepStep) view.Value {
			if s.Unknown != "" {
				return view.Value{}
			}
			list := make([]view.Object, len(s.Compared))
			for i, c := range s.Compared {
				list[i] = append(view.Object{{ID: "entry", Value: entries[i]}}, view.ObjectOf(entryColumns, c)...)
			}
			return view.Nested(list)
		}},
	}
	for i, entry := range entries {
		for _, column := range entryColumns {
			of := column.Value
			scope := view.CSVOnly
			if column.Title != "" {
				scope |= view.People
			}
			columns = append(columns, view.Column[sweepStep]{
				ID: entry + "." + column.ID, Title: column.Title, Unit: column.Unit, Align: column.Align, Drop: column.Drop,
				Scope: scope, Value: func(s sweepStep) view.Value {
					if i >= len(s.Compared) {
						return view.Value{}
					}
					return of(s.Compared[i])
				},
			})
		}
	}
	return columns
}

var entryColumns = []view.Column[scenarios.Comparison]{
	{ID: "name", Title: "instead", Drop: 1, Value: func(c scenarios.Comparison) view.Value { return view.Text(c.Name) }},
	{ID: "monthly", Title: "it costs", Unit: "$", Value: func(c scenarios.Comparison) view.Value {
		return view.Dollars(c.Monthly).Or("unknown", known(c))
	}},
	{ID: "ratio", Title: "MicroVMs cost", Align: view.Right, Value: func(c scenarios.Comparison) view.Value {
		return view.Maybe(c.Ratio, func(r decimal.Decimal) view.Value {
			return ratio(c.Ratio).Shown(times(r).String())
		}).Or("", known(c))
	}},
	{ID: "unknown", Value: func(c scenarios.Comparison) view.Value { return view.Text(c.Unknown()).OmitEmpty() }},
	{ID: "able", Value: func(c scenarios.Comparison) view.Value { return view.Bool(len(c.Unable()) == 0) }},
	{ID: "unable_because", Value: func(c scenarios.Comparison) view.Value {
		return view.Text(strings.Join(c.Unable(), "; ")).OmitEmpty()
	}},
}

// comparedDoubts say of the alternatives at a point why their price is not known, and why they cannot do the job.
func comparedDoubts(p scenarios.SweepPoint) (doubts []string) {
	for _, c := range p.Compared {
		if !known(c) {
			doubts = append(doubts, c.Unknown())
		}
		if why := c.Unable(); len(why) > 0 {
			doubts = append(doubts, c.Name+" cannot do the job, because "+strings.Join(why, "; "))
		}
	}
	return doubts
}
