package report

import (
	"cmp"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// SpendLook says how figures of spend are shown. The zero value is how the command line shows them.
type SpendLook struct {
	Places         int32 // decimals of amounts; 0 stands for cents, which add up to the total as shown
	CoveragePlaces int32 // decimals of coverage in percent
	Counts         bool  // launches and the like were counted: see [spend.Request.Counts]

	Groups []spend.Subtotal // sums of groups that stand among the rows
}

type spendColumn = view.Column[*spend.Row]

// SpendColumns describes a listing of spend, in the order of a workbook. The command line, CSV, JSON, the workbook, the
// page and the dashboard show these columns, so that one more is an entry here. [view.First] and [view.Pick] put them
// into another order; [SpendTotal] is the row of the total.
func SpendColumns(s spend.Spend, look SpendLook) []view.Column[*spend.Row] {
	type row = *spend.Row
	places := cmp.Or(look.Places, view.CentPlaces)
	amount := settled(s, look, view.CentPlaces, spend.AmountOf)
	list := settled(s, look, view.CentPlaces, func(r row) decimal.Decimal { return r.List })
	before := settled(s, look, view.CentPlaces, func(r row) decimal.Decimal {
		if r.Previous == nil {
			return decimal.Decimal{}
		}
		return r.Previous.Amount
	})
	part := shares(s, look)
	compared := view.When(s.Total.Previous != nil, view.Everyone)
	columns := append(dimensionColumns(s.By), spendColumn{
		ID: "amount", Long: "amount", Unit: "$", Align: view.Decimal,
		Value: func(r row) view.Value {
			return view.Number(r.Amount, places).SettledBy(amount(r)).In(r.State()).Or("unknown", r.Known())
		},
	})
	columns = append(columns, displayColumns(s, look)...)
	columns = append(columns, []spendColumn{
		{
			ID: "list_amount", Title: "list", Unit: "$", Align: view.Decimal, Drop: 1,
			Scope: view.When(s.Negotiated, view.Everyone),
			Value: func(r row) view.Value {
				return view.Number(r.List, places).SettledBy(list(r)).In(r.State()).Or("unknown", r.Known())
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
				return view.Percent(partOf(r.Amount, s.Total.Amount), 1).SettledBy(part(r))
			},
		},
		{
			ID: "previous", Title: "before", Long: "period before", Unit: "$", Align: view.Decimal, Drop: 1, Scope: compared,
			Value: ofPrevious(func(r row, p spend.Comparison) view.Value {
				return view.Number(p.Amount, places).SettledBy(before(r)).In(p.State()).Or("unknown", p.Known())
			}),
		},
		{
			ID: "change", Title: "change", Unit: "$", Align: view.Decimal, Scope: compared,
			Value: ofPrevious(func(r row, p spend.Comparison) view.Value {
				change := view.Maybe(p.Change, func(d decimal.Decimal) view.Value {
					// The difference of what is shown on the left of it, which a reader would work out.
					return view.Signed(d, places).SettledBy(func() decimal.Decimal { return amount(r)().Sub(before(r)()) })
				})
				if p.New {
					return change.Shown("new")
				}
				return change.OrDash()
			}),
		},
		{
			ID: "change_percent", Title: "change", Align: view.Decimal, Scope: view.When(s.Total.Previous != nil, view.Data),
			Value: ofPrevious(func(_ row, p spend.Comparison) view.Value {
				return view.Maybe(p.Percent, func(d decimal.Decimal) view.Value { return view.SignedPercent(d, 1) })
			}),
		},
		{
			ID: "change_reason", Title: "why no percentage", Scope: view.When(s.Total.Previous != nil, view.Data),
			Value: ofPrevious(func(_ row, p spend.Comparison) view.Value {
				if p.New {
					return view.Text("new")
				}
				return view.Text(p.Reason).OmitEmpty()
			}),
		},
		{
			ID: "running_hours", Title: "running", Unit: "h", Align: view.Decimal, Drop: 3,
			Scope: runningScope(look),
			Value: hoursOf(usage.Running),
		},
	}...)
	columns = append(columns, countColumns(look.Counts)...)
	for _, q := range pricing.BilledQuantities() {
		columns = append(columns, spendColumn{
			ID: q.Column(), Title: cmp.Or(quantityTitles[q].short, q.Name()), Long: quantityTitles[q].full,
			Align: view.Decimal, Scope: view.Data,
			Value: func(r row) view.Value { return measured(r, view.UpTo(spend.Quantity(&r.Sum, q), 3)) },
		})
	}
	return append(columns, []spendColumn{
		{ID: "coverage", Title: "coverage", Align: view.Right, Drop: 4, Value: func(r row) view.Value {
			return view.Maybe(spend.Coverage(&r.Sum), func(d decimal.Decimal) view.Value {
				return view.PercentDown(d, look.CoveragePlaces)
			})
		}},
		{ID: "kind", Title: "kind", Scope: view.When(labelsCollide(s), view.Data), Value: func(r row) view.Value {
			return view.Text(r.Kind.String())
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
		{ID: "assumptions", Title: "assumptions", Scope: view.When(s.TenantAsserted, view.Data), Value: func(r row) view.Value {
			return assumedOf(r.TenantAsserted)
		}},
		{ID: "folded", Scope: view.JSONOnly, Value: func(r row) view.Value { return view.Count(r.Folded).OmitEmpty() }},
	}...)
}

// assumedOf lists the assumptions that a figure rests on, by their ids, and that not every figure does.
func assumedOf(asserted bool) view.Value {
	if !asserted {
		return view.List(nil).OmitEmpty()
	}
	return view.List([]string{string(assumption.TenantAsserted)}).OmitEmpty()
}

// sharedTitle is empty where there is no shared cost, so that only programs have the column.
func sharedTitle(s spend.Spend) string {
	if s.SharedOut == nil && s.Total.Shared.IsZero() {
		return ""
	}
	return "shared"
}

// runningScope gives programs the hours where they are given what one of them cost.
func runningScope(look SpendLook) view.Scope {
	if look.Counts {
		return view.Everyone
	}
	return view.People
}

// countColumns are what a report has where it was asked to count, and what one of what was counted cost.
func countColumns(counted bool) []spendColumn {
	if !counted {
		return nil
	}
	columns := []spendColumn{{
		ID: "suspended_hours", Title: "suspended", Unit: "h", Align: view.Decimal, Scope: view.Data,
		Value: hoursOf(usage.Suspended),
	}}
	for _, m := range []usage.Measure{usage.Launches, usage.Suspends, usage.Resumes} {
		scope := view.Data
		if m == usage.Launches {
			scope = view.Everyone
		}
		columns = append(columns, spendColumn{
			ID: m.Column(), Title: m.Column(), Align: view.Decimal, Drop: 3, Scope: scope,
			Value: func(r *spend.Row) view.Value {
				return measured(r, view.Number(r.Sum.Amounts[m].Decimal(), 0)).Or("–", spend.Counted(&r.Sum, m))
			},
		})
	}
	// Where some of the time was not measured, the amount lacks it and so does what it is divided by. Their ratio is that
	// of what was measured, and may as well be above the true one: the mark of a lower bound would be wrong.
	stateOf := func(r *spend.Row) pricing.State {
		if state := r.State(); state != pricing.AtLeast {
			return state
		}
		return pricing.Exact
	}
	unit := func(id, title string, m usage.Measure, per decimal.Decimal) spendColumn {
		return spendColumn{
			ID: id, Title: title, Unit: "$", Align: view.Decimal, Drop: 2,
			Value: func(r *spend.Row) view.Value {
				cost := pricing.UnitCost(r.Amount, r.Sum.Amounts[m].Decimal(), per)
				return view.Maybe(cost, func(d decimal.Decimal) view.Value {
					return view.Number(d, unitCostPlaces).In(stateOf(r)).Or("unknown", r.Known())
				}).OrDash()
			},
		}
	}
	return append(columns, unit("per_launch", "per launch", usage.Launches, one),
		unit("per_running_hour", "per running hour", usage.Running, msPerHour))
}

// unitCostPlaces are the decimals of what a launch or an hour costs, which is cents or less.
const unitCostPlaces = 4

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
				if d == spend.ByTenant && r.NamedLikeLabel() {
					return view.Text(r.Value(d)).Shown(r.Name(d))
				}
				if r.Value(d) == "" && !r.Sum.Empty() && (d == spend.ByImage || d == spend.ByAccount || d == spend.ByArch) {
					return view.Text("").Shown("(unknown)")
				}
				return view.Text(r.Value(d))
			},
		}
	}
	return columns
}

// settled returns what makes an amount of a row as it is shown. Cents add up to the total as shown, so no row's can be
// told without those of all others; they are settled when the first is asked for, as programs want exact amounts and
// never do.
func settled(
	s spend.Spend, look SpendLook, places int32, of func(*spend.Row) decimal.Decimal,
) func(*spend.Row) func() decimal.Decimal {
	cents := sync.OnceValue(func() map[*spend.Row]decimal.Decimal {
		cents, _ := s.Settled(of, places)
		return besideRows(s, look, cents)
	})
	return func(r *spend.Row) func() decimal.Decimal {
		return func() decimal.Decimal {
			if look.Places != 0 {
				return of(r)
			}
			if cents, ok := cents()[r]; ok {
				return cents
			}
			return of(r).RoundBank(places) // the total
		}
	}
}

// besideRows gives figures to their rows, and their sums to the groups among these.
func besideRows(s spend.Spend, look SpendLook, figures []decimal.Decimal) map[*spend.Row]decimal.Decimal {
	of := make(map[*spend.Row]decimal.Decimal, len(figures)+len(look.Groups))
	for i := range figures {
		of[&s.Rows[i]] = figures[i]
	}
	for i := range look.Groups {
		sum := decimal.Decimal{}
		for _, place := range look.Groups[i].All {
			sum = sum.Add(figures[place])
		}
		of[&look.Groups[i].Row] = sum
	}
	return of
}

// shares returns what makes a row's part of the total as it is shown, in tenths of a percent that add up to 100.
func shares(s spend.Spend, look SpendLook) func(*spend.Row) func() decimal.Decimal {
	parts := sync.OnceValue(func() map[*spend.Row]decimal.Decimal { return besideRows(s, look, s.Shares()) })
	return func(r *spend.Row) func() decimal.Decimal {
		return func() decimal.Decimal {
			if part, ok := parts()[r]; ok {
				return part
			}
			return decimal.NewFromInt(1) // the total
		}
	}
}

func partOf(amount, of decimal.Decimal) decimal.Decimal {
	return pricing.Divide(amount, of, pricing.RatioPlaces)
}

// labelsCollide reports whether a tenant is named like the label of a row that is no tenant's, in which case programs
// have a column that tells them apart. There is none otherwise, as hardly anybody needs it.
func labelsCollide(s spend.Spend) bool {
	return slices.Contains(s.By, spend.ByTenant) &&
		slices.ContainsFunc(s.Rows, func(r spend.Row) bool { return r.NamedLikeLabel() })
}

// measured is a quantity of a row, and a dash where nothing was measured.
func measured(r *spend.Row, v view.Value) view.Value {
	return v.Or("–", r.Measured != pricing.NotMeasured)
}

func ofPrevious(of func(*spend.Row, spend.Comparison) view.Value) func(*spend.Row) view.Value {
	return func(r *spend.Row) view.Value {
		return view.Maybe(r.Previous, func(p spend.Comparison) view.Value { return of(r, p) })
	}
}

// hoursOf is time in hours, empty where there was none.
func hoursOf(m usage.Measure) func(*spend.Row) view.Value {
	return func(r *spend.Row) view.Value {
		ms := r.Sum.Amounts[m]
		if !spend.Counted(&r.Sum, m) {
			return view.Missing("–")
		}
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
