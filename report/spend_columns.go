package report

import (
	"cmp"
	"sync"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// SpendLook says how figures of spend are shown. The zero value is how the command line shows them.
type SpendLook struct {
	Places         int32 // decimals of amounts; 0 stands for cents, which add up to the total as shown
	CoveragePlaces int32 // decimals of coverage in percent
	Counts         bool  // launches and the like were counted: see [spend.Request.Counts]
}

type spendColumn = view.Column[*spend.Row]

// SpendColumns describes a listing of spend, in the order of a workbook. The command line, CSV, JSON, the workbook, the
// page and the dashboard show these columns, so that one more is an entry here. [view.First] and [view.Pick] put them
// into another order; [SpendTotal] is the row of the total.
func SpendColumns(s spend.Spend, look SpendLook) []view.Column[*spend.Row] {
	type row = *spend.Row
	places := cmp.Or(look.Places, view.CentPlaces)
	amount := inCents(s, look, func(c spend.Cost) decimal.Decimal { return c.Amount })
	list := inCents(s, look, func(c spend.Cost) decimal.Decimal { return c.List })
	compared := view.When(s.Total.Previous != nil, view.Everyone)
	columns := append(dimensionColumns(s.By), []spendColumn{
		{ID: "amount", Long: "amount", Unit: "$", Align: view.Decimal, Value: func(r row) view.Value {
			return figureOf(view.Number(r.Amount, places), &r.Total, func() string { return amount(r) })
		}},
		{
			ID: "list_amount", Title: "list", Unit: "$", Align: view.Decimal, Drop: 1,
			Scope: view.When(s.Negotiated, view.Everyone),
			Value: func(r row) view.Value {
				return figureOf(view.Number(r.List, places), &r.Total, func() string { return list(r) })
			},
		},
		{
			ID: "shared", Title: sharedTitle(s), Long: "of it shared cost", Unit: "$", Align: view.Decimal, Scope: view.Data,
			Value: func(r row) view.Value { return view.Number(r.Shared, places).OmitEmpty() },
		},
		{
			ID: "share", Title: "share", Long: "share of total", Align: view.Decimal, Drop: 2, Scope: view.People,
			Value: func(r row) view.Value {
				if !r.Known() || !s.Total.Amount.IsPositive() {
					return view.Value{}
				}
				return view.Percent(pricing.Divide(r.Amount, s.Total.Amount, pricing.RatioPlaces), 1)
			},
		},
		{
			ID: "previous", Title: "before", Long: "period before", Unit: "$", Align: view.Decimal, Drop: 1, Scope: compared,
			Value: ofPrevious(func(p spend.Comparison) view.Value {
				return view.Number(p.Amount, places).Or("unknown", p.Known()).In(p.State())
			}),
		},
		{
			ID: "change", Title: "change", Unit: "$", Align: view.Decimal, Scope: compared,
			Value: ofPrevious(func(p spend.Comparison) view.Value {
				switch change := view.Maybe(p.Change, func(d decimal.Decimal) view.Value { return view.Signed(d, places) }); {
				case p.New:
					return change.Shown("new")
				default:
					return change.OrDash()
				}
			}),
		},
		{
			ID: "change_percent", Title: "change", Align: view.Decimal, Scope: view.When(s.Total.Previous != nil, view.Data),
			Value: ofPrevious(func(p spend.Comparison) view.Value {
				return view.Maybe(p.Percent, func(d decimal.Decimal) view.Value { return view.SignedPercent(d, 1) })
			}),
		},
		{
			ID: "change_reason", Title: "why no percentage", Scope: view.When(s.Total.Previous != nil, view.Data),
			Value: ofPrevious(func(p spend.Comparison) view.Value {
				if p.New {
					return view.Text("new")
				}
				return view.Text(p.Reason).OmitEmpty()
			}),
		},
		{
			ID: "running_hours", Title: "running", Unit: "h", Align: view.Decimal, Drop: 3, Scope: view.People,
			Value: hoursOf(usage.Running),
		},
	}...)
	columns = append(columns, countColumns(look.Counts)...)
	for _, q := range pricing.BilledQuantities() {
		columns = append(columns, spendColumn{
			ID: q.Column(), Title: cmp.Or(quantityTitles[q].short, q.Name()), Long: quantityTitles[q].full,
			Align: view.Decimal, Scope: view.Data,
			Value: func(r row) view.Value { return view.UpTo(spend.Quantity(&r.Sum, q), 3) },
		})
	}
	return append(columns, []spendColumn{
		{ID: "coverage", Title: "coverage", Align: view.Right, Drop: 4, Value: func(r row) view.Value {
			return view.Maybe(spend.Coverage(&r.Sum), func(d decimal.Decimal) view.Value {
				return view.PercentDown(d, look.CoveragePlaces)
			})
		}},
		{ID: "state", Title: "state", Scope: view.Data, Value: func(r row) view.Value {
			return view.Text(r.State().String())
		}},
		{ID: "unknown", Title: "rates not known", Scope: view.Data, Value: func(r row) view.Value {
			if r.Complete() {
				return view.List(nil).OmitEmpty()
			}
			return view.List(unknownTexts(r.Cost)).ShownBy(func() string { return unknownNames(r.Cost) })
		}},
		{ID: "folded", Scope: view.JSONOnly, Value: func(r row) view.Value { return view.Count(r.Folded).OmitEmpty() }},
	}...)
}

// sharedTitle is empty where there is no shared cost, so that only programs have the column.
func sharedTitle(s spend.Spend) string {
	if s.SharedOut == nil && s.Total.Shared.IsZero() {
		return ""
	}
	return "shared"
}

// countColumns are what a report has where it was asked to count.
func countColumns(counted bool) []spendColumn {
	if !counted {
		return nil
	}
	columns := []spendColumn{{
		ID: "suspended_hours", Title: "suspended", Unit: "h", Align: view.Decimal, Scope: view.Data,
		Value: hoursOf(usage.Suspended),
	}}
	for _, m := range []usage.Measure{usage.Launches, usage.Suspends, usage.Resumes} {
		columns = append(columns, spendColumn{
			ID: m.Column(), Title: m.Column(), Align: view.Decimal, Scope: view.Data,
			Value: func(r *spend.Row) view.Value { return view.Number(r.Sum.Amounts[m].Decimal(), 0) },
		})
	}
	return columns
}

// quantityTitles head columns of billed quantities, where room is scarce and where it is not.
var quantityTitles = [pricing.QuantityCount]struct{ short, full string }{
	pricing.VCPU:            {"vCPU-s", "vCPU-seconds"},
	pricing.Memory:          {"GB-s", "GB-seconds"},
	pricing.SnapshotRead:    {"read GB", "GB read"},
	pricing.SnapshotWrite:   {"write GB", "GB written"},
	pricing.SnapshotStorage: {"stored GB-h", "GB-hours stored"},
}

// dimensionColumns are the columns of what rows are by. A report by nothing has one row, "all", which programs need no
// column for.
func dimensionColumns(by []spend.Dimension) []spendColumn {
	if len(by) == 0 {
		return []spendColumn{{Scope: view.People, Value: func(*spend.Row) view.Value { return view.Text("all") }}}
	}
	columns := make([]spendColumn, len(by))
	for i, d := range by {
		columns[i] = spendColumn{
			ID: d.String(), Title: d.String(), Shrink: d == spend.ByImage || d == spend.ByMicroVM || d == spend.ByTenant,
			Value: func(r *spend.Row) view.Value {
				if d == spend.ByDay {
					return view.Date(r.Value(d))
				}
				return view.Text(r.Value(d))
			},
		}
	}
	return columns
}

// inCents returns what writes an amount of a row. Cents add up to the total as shown, so no row.s can be told without
// those of all others; they are settled when the first is asked for, as programs want exact amounts and never do.
func inCents(s spend.Spend, look SpendLook, of func(spend.Cost) decimal.Decimal) func(*spend.Row) string {
	settle := sync.OnceValue(func() map[*spend.Row]decimal.Decimal {
		amounts := make([]decimal.Decimal, len(s.Rows))
		for i := range s.Rows {
			amounts[i] = of(s.Rows[i].Cost)
		}
		cents, _ := spend.Cents(amounts)
		settled := make(map[*spend.Row]decimal.Decimal, len(cents))
		for i := range cents {
			settled[&s.Rows[i]] = cents[i]
		}
		return settled
	})
	return func(r *spend.Row) string {
		if look.Places != 0 {
			return figures.Fixed(of(r.Cost), look.Places)
		}
		if cents, ok := settle()[r]; ok {
			return figures.Fixed(cents, view.CentPlaces)
		}
		return figures.Fixed(of(r.Cost), view.CentPlaces) // the total
	}
}

// figureOf is an amount of a cost with its state. The words are made when they are asked for.
func figureOf(v view.Value, of *spend.Total, words func() string) view.Value {
	if of.State() == pricing.NotMeasured {
		return v.In(pricing.NotMeasured)
	}
	return v.ShownBy(func() string { return view.Text(words()).In(of.State()).String() }).Or("unknown", of.Known())
}

func ofPrevious(of func(spend.Comparison) view.Value) func(*spend.Row) view.Value {
	return func(r *spend.Row) view.Value { return view.Maybe(r.Previous, of) }
}

// hoursOf is time in hours, empty where there was none.
func hoursOf(m usage.Measure) func(*spend.Row) view.Value {
	return func(r *spend.Row) view.Value {
		ms := r.Sum.Amounts[m]
		if ms.IsZero() {
			return view.Value{}
		}
		return view.Number(pricing.Divide(ms.Decimal(), msPerHour, 4), 1)
	}
}

var msPerHour = decimal.NewFromInt(3_600_000)

// SpendTotal is the total as a row of a listing.
func SpendTotal(s spend.Spend) *spend.Row {
	return &spend.Row{Total: s.Total}
}

// SpendRows are the rows of a report as its columns take them.
func SpendRows(s spend.Spend) []*spend.Row {
	rows := make([]*spend.Row, len(s.Rows))
	for i := range s.Rows {
		rows[i] = &s.Rows[i]
	}
	return rows
}
