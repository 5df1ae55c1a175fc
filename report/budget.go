package report

import (
	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/view"
)

// Budget makes the document of how budgets stand.
func Budget(b budget.Report) view.Document {
	table := view.NewTable(BudgetColumns(b), b.Lines, func(line budget.Line) view.Look {
		look := view.Look{Warn: line.Exceeded || line.Status == budget.Over || line.Status == budget.Warning}
		if line.Total {
			look.Kind = view.Total
		}
		return look
	})
	d := view.Document{
		Title:    "Budgets of " + b.From.In(b.Location).Format("January 2006"),
		Sections: []view.Section{{Table: table}, {Notes: budgetNotes(b)}},
	}
	asOf := view.Value{}
	if !b.AsOf.IsZero() {
		asOf, d.Subtitle = view.Moment(b.AsOf), "data until "+b.AsOf.In(b.Location).Format("2006-01-02 15:04 MST")
	}
	d.JSON = withDamaged(view.Object{
		{ID: "schema", Value: "microspend.budget/v1"},
		{ID: "from", Value: view.Moment(b.From)},
		{ID: "to", Value: view.Moment(b.To)},
		{ID: "as_of", Value: asOf},
		{ID: "currency", Value: "USD"},
		{ID: "budgets", Value: view.Records{Table: table}},
	}, b.Damaged)
	return d
}

// BudgetColumns describes how budgets stand.
func BudgetColumns(b budget.Report) []view.Column[budget.Line] {
	type line = budget.Line
	ofBudget := func(of func(budget.Budget) view.Value, none string) func(line) view.Value {
		return func(l line) view.Value {
			if l.Budget == nil {
				return view.Missing(none)
			}
			return of(*l.Budget)
		}
	}
	return []view.Column[line]{
		{ID: "tenant", Title: "tenant", Shrink: true, Value: func(l line) view.Value {
			if l.Total {
				return view.Text(l.Tenant).Shown("total")
			}
			return view.Text(l.Tenant)
		}},
		{ID: "budget", Title: "budget", Unit: "$", Align: view.Decimal, Value: ofBudget(func(b budget.Budget) view.Value {
			return view.Dollars(b.Monthly)
		}, "–")},
		{ID: "threshold", Scope: view.Data, Value: ofBudget(func(b budget.Budget) view.Value {
			if b.Threshold.IsZero() {
				return view.Exact(decimal.NewFromInt(1))
			}
			return view.Exact(b.Threshold)
		}, "")},
		{ID: "spent", Title: "spent", Unit: "$", Align: view.Decimal, Value: func(l line) view.Value {
			return amountOf(l.Spent)
		}},
		{ID: "used", Title: "used", Align: view.Right, Value: func(l line) view.Value {
			return view.Maybe(l.Used, func(d decimal.Decimal) view.Value { return view.Percent(d, 0) })
		}},
		{ID: "burn_per_hour_last_day", Title: "$/h", Align: view.Decimal, Drop: 3, Value: func(l line) view.Value {
			return view.Maybe(l.BurnDay, func(d decimal.Decimal) view.Value { return view.Number(d, 4) })
		}},
		{ID: "burn_per_hour_month", Scope: view.Data, Value: func(l line) view.Value {
			return view.Maybe(l.BurnMonth, view.Exact)
		}},
		{ID: "forecast", Title: "forecast", Unit: "$", Align: view.Decimal, Value: func(l line) view.Value {
			return view.Maybe(l.Forecast, view.Dollars)
		}},
		{ID: "method", Scope: view.Data, Value: func(l line) view.Value { return view.Text(l.Method.String()) }},
		{ID: "runs_out", Title: "runs out", Drop: 1, Value: func(l line) view.Value {
			if l.RunsOut == nil {
				return view.Value{}
			}
			return view.Day(*l.RunsOut, b.Location)
		}},
		{ID: "exceeded", Scope: view.Data, Value: func(l line) view.Value { return view.Bool(l.Exceeded) }},
		{ID: "status", Title: "status", Value: func(l line) view.Value {
			return view.Text(l.Status.String()).Shown(budgetSigns[l.Status])
		}},
		{ID: "unknown", Scope: view.JSONOnly, Value: func(l line) view.Value {
			return view.List(unknownTexts(l.Spent)).OmitEmpty()
		}},
		{MinWidth: 100, Drop: 4, Value: func(l line) view.Value {
			return view.Maybe(l.Used, func(used decimal.Decimal) view.Value {
				return view.Missing(bar(decimal.Min(used, one), one, budgetBarWidth))
			})
		}},
	}
}

// budgetSigns mark a status without colour.
var budgetSigns = map[budget.Status]string{
	budget.NoBudget: "–", budget.OK: "✓ ok", budget.Warning: "! warning", budget.Over: "✗ over",
	budget.Unknown: "? unknown",
}

const budgetBarWidth = 20

func noteOf(id assumption.ID) view.Note {
	note := id.Note()
	return view.Note{Tag: note.ID, Text: note.Text}
}

func budgetNotes(b budget.Report) []view.Note {
	var list []view.Note
	methods, budgets := map[budget.Method]bool{}, false
	for _, line := range b.Lines {
		methods[line.Method] = true
		budgets = budgets || line.Budget != nil
	}
	if methods[budget.RunRate] {
		list = append(list, noteOf(assumption.RunRate))
	}
	if methods[budget.WeekdayMean] {
		list = append(list, noteOf(assumption.WeekdayMean))
	}
	if !budgets {
		list = append(list, view.Note{Text: "No budget is set; give budgets in microspend.yaml."})
	}
	for _, line := range b.Lines {
		if line.Total {
			list = append(list, unknownNotes(line.Spent)...)
		}
	}
	return append(list, damagedNotes(b.Damaged)...)
}

// Anomalies makes the document of the days that stand out.
func Anomalies(a anomaly.Report) view.Document {
	data := view.NewTable(AnomalyColumns, a.Anomalies, nil)
	table := view.NewTable(view.First(AnomalyColumns, "day"), a.Anomalies, func(n anomaly.Anomaly) view.Look {
		return view.Look{Warn: n.Up}
	})
	d := view.Document{
		Title:    "Days that stand out",
		Sections: []view.Section{{Table: table}, {Notes: damagedNotes(a.Damaged)}},
		Data:     data,
		JSON: withDamaged(view.Object{
			{ID: "schema", Value: "microspend.anomalies/v1"},
			{ID: "currency", Value: "USD"},
			{ID: "anomalies", Value: view.Records{Table: data}},
		}, a.Damaged),
	}
	if len(a.Anomalies) == 0 {
		d.Sections = []view.Section{{Notes: append([]view.Note{{Text: "No day stands out."}}, damagedNotes(a.Damaged)...)}}
	}
	return d
}

// AnomalyColumns describes days that stand out.
var AnomalyColumns = []view.Column[anomaly.Anomaly]{
	{ID: "tenant", Title: "tenant", Shrink: true, Value: func(n anomaly.Anomaly) view.Value {
		return view.Text(n.Tenant)
	}},
	{ID: "day", Title: "day", Value: func(n anomaly.Anomaly) view.Value { return view.Date(n.Day) }},
	{ID: "amount", Unit: "$", Long: "amount", Align: view.Decimal, Value: func(n anomaly.Anomaly) view.Value {
		if n.Incomplete {
			return view.Dollars(n.Amount).In(pricing.UnknownRates)
		}
		return view.Dollars(n.Amount)
	}},
	{ID: "expected", Title: "usual", Unit: "$", Align: view.Decimal, Value: func(n anomaly.Anomaly) view.Value {
		return view.Dollars(n.Expected)
	}},
	{ID: "low", Scope: view.Data, Value: func(n anomaly.Anomaly) view.Value { return view.Exact(n.Low) }},
	{ID: "high", Scope: view.Data, Value: func(n anomaly.Anomaly) view.Value { return view.Exact(n.High) }},
	{ID: "direction", Long: "range", Value: func(n anomaly.Anomaly) view.Value {
		if n.Up {
			return view.Text("up").Shown("▲ up")
		}
		return view.Text("down").Shown("▼ down")
	}},
	{ID: "component", Title: "moved most", Drop: 1, Value: func(n anomaly.Anomaly) view.Value {
		return view.Text(n.Component.String()).Shown(n.Component.Name())
	}},
	{ID: "moved", Title: "by", Unit: "$", Align: view.Decimal, Drop: 1, Value: func(n anomaly.Anomaly) view.Value {
		return view.Signed(n.Moved, view.CentPlaces)
	}},
	{ID: "compared_with", Scope: view.Data, Value: func(n anomaly.Anomaly) view.Value {
		if n.SameWeekday {
			return view.Text("same weekday")
		}
		return view.Text("all days")
	}},
	{ID: "days", Scope: view.Data, Value: func(n anomaly.Anomaly) view.Value { return view.Count(n.Days) }},
}
