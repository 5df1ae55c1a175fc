package report

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/view"
)

// Budget makes the document of how budgets stand.
func Budget(b budget.Report) view.Document {
	table := view.NewTable(BudgetColumns(b), b.Lines, func(line budget.Line) view.Look {
		look := view.Look{Warn: line.Exceeded}
		switch line.Status {
		case budget.Over, budget.Warning, budget.AtRisk:
			look.Warn = true
		}
		if line.Scope == budget.Everything {
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
	asserted := slices.ContainsFunc(b.Lines, assertedLine)
	json := view.Object{
		{ID: "schema", Value: "microspend.budget/v1"},
		{ID: "from", Value: view.Moment(b.From)},
		{ID: "to", Value: view.Moment(b.To)},
		{ID: "as_of", Value: asOf},
		{ID: "currency", Value: "USD"},
		{ID: "budgets", Value: view.Records{Table: table}},
	}
	json = json.With(asserted, "assumptions", noteRecords([]pricing.Note{assumption.TenantAsserted.Note()}))
	d.JSON = withDamaged(json, b.Damaged)
	return d
}

func assertedLine(l budget.Line) bool { return l.TenantAsserted }

// BudgetColumns describes how budgets stand.
func BudgetColumns(b budget.Report) []view.Column[budget.Line] {
	return slices.Concat(budgetSubjects(b), budgetSpent, budgetOutlook(b), []view.Column[budget.Line]{
		{ID: "exceeded", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Bool(l.Exceeded) }},
		{ID: "status", Title: "status", Value: func(l budget.Line) view.Value {
			return view.Text(l.Status.String()).Shown(budgetSign(l))
		}},
		{
			ID:    "assumptions",
			Scope: view.When(slices.ContainsFunc(b.Lines, assertedLine), view.Data),
			Value: func(l budget.Line) view.Value {
				return assumedOf(l.TenantAsserted)
			},
		},
		{ID: "missing", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Text(l.Missing).OmitEmpty() }},
		{ID: "unknown", Scope: view.JSONOnly, Value: func(l budget.Line) view.Value {
			return view.List(unknownTexts(l.Spent)).OmitEmpty()
		}},
		{MinWidth: 100, Drop: 4, Value: func(l budget.Line) view.Value {
			return view.Maybe(l.Used, func(used decimal.Decimal) view.Value {
				return view.Missing(bar(decimal.Min(used, one), one, budgetBarWidth)).Or("", l.State != pricing.NotMeasured)
			})
		}},
	})
}

// budgetSubjects say what a budget is for. People are told the period where it is not the month for all.
func budgetSubjects(b budget.Report) []view.Column[budget.Line] {
	period := view.Data
	if slices.ContainsFunc(b.Lines, func(l budget.Line) bool { return l.Period != budget.Month }) {
		period = view.Everyone
	}
	return []view.Column[budget.Line]{
		{ID: "tenant", Scope: view.Data, Value: func(l budget.Line) view.Value {
			if l.Scope != budget.Tenant {
				return view.Text("")
			}
			return view.Text(l.Name)
		}},
		{ID: "of", Title: "budget of", Shrink: true, Scope: view.People, Value: func(l budget.Line) view.Value {
			return view.Text(l.Subject.String())
		}},
		{ID: "scope", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Text(l.Scope.String()) }},
		{ID: "name", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Text(l.Name) }},
		{ID: "period", Title: "period", Scope: period, Value: func(l budget.Line) view.Value {
			return view.Text(l.Period.String())
		}},
		{ID: "period_from", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Moment(l.From) }},
		{ID: "period_to", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Moment(l.To) }},
		{ID: "budget", Title: "budget", Unit: "$", Align: view.Decimal, Value: func(l budget.Line) view.Value {
			if l.Budget == nil {
				return view.Missing("–")
			}
			return view.Dollars(l.Budget.Amount)
		}},
		{ID: "threshold", Scope: view.Data, Value: func(l budget.Line) view.Value {
			switch {
			case l.Budget == nil:
				return view.Value{}
			case l.Budget.Threshold.IsZero():
				return view.Exact(one)
			default:
				return view.Exact(l.Budget.Threshold)
			}
		}},
	}
}

// budgetSpent say what was spent, and how fast.
var budgetSpent = []view.Column[budget.Line]{
	{ID: "spent", Title: "spent", Unit: "$", Align: view.Decimal, Value: func(l budget.Line) view.Value {
		return view.Dollars(l.Spent.Amount).SettledBy(func() decimal.Decimal { return l.SpentShown }).In(l.State).
			Or("unknown", l.Spent.Known())
	}},
	{ID: "state", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Text(l.State.String()) }},
	{ID: "used", Title: "used", Align: view.Right, Value: func(l budget.Line) view.Value {
		return view.Maybe(l.Used, func(d decimal.Decimal) view.Value {
			return view.Percent(d, 0).In(l.State).Or("unknown", l.Spent.Known())
		})
	}},
	{ID: "burn_per_hour_last_day", Title: "$/h", Align: view.Decimal, Drop: 3, Value: func(l budget.Line) view.Value {
		return view.Maybe(l.BurnDay, func(d decimal.Decimal) view.Value { return view.Number(d, 4).In(l.BurnDayState) })
	}},
	{ID: "burn_per_hour_month", Scope: view.Data, Value: func(l budget.Line) view.Value {
		return view.Maybe(l.BurnPeriod, func(d decimal.Decimal) view.Value { return view.Exact(d).In(l.State) })
	}},
}

// budgetOutlook say what the period is expected to come to.
func budgetOutlook(b budget.Report) []view.Column[budget.Line] {
	bound := func(of func(budget.Line) *decimal.Decimal) func(budget.Line) view.Value {
		return func(l budget.Line) view.Value { return view.Maybe(of(l), view.Dollars) }
	}
	return []view.Column[budget.Line]{
		{ID: "forecast", Title: "forecast", Unit: "$", Align: view.Decimal, Value: func(l budget.Line) view.Value {
			return view.Maybe(l.Forecast, func(d decimal.Decimal) view.Value { return view.Dollars(d).In(l.ForecastState()) })
		}},
		{ID: "forecast_low", Scope: view.Data, Value: bound(func(l budget.Line) *decimal.Decimal { return l.Low })},
		{ID: "forecast_high", Scope: view.Data, Value: bound(func(l budget.Line) *decimal.Decimal { return l.High })},
		{
			ID:    "range",
			Title: "range",
			Unit:  "$",
			Align: view.Right,
			Drop:  2,
			Scope: view.People,
			Value: func(l budget.Line) view.Value {
				if l.Low == nil {
					return view.Value{}
				}
				return view.Text(view.Dollars(*l.Low).String() + " – " + view.Dollars(*l.High).String())
			},
		},
		{ID: "method", Scope: view.Data, Value: func(l budget.Line) view.Value { return view.Text(l.Method.String()) }},
		{ID: "runs_out", Title: "runs out", Drop: 1, Value: func(l budget.Line) view.Value {
			if l.RunsOut == nil {
				return view.Value{}
			}
			return view.Day(*l.RunsOut, b.Location)
		}},
	}
}

// budgetSigns mark a status without colour.
var budgetSigns = map[budget.Status]string{
	budget.NoBudget: "–", budget.OK: "✓ ok", budget.AtRisk: "! at risk", budget.Warning: "! warning",
	budget.Over: "✗ over", budget.Unknown: "? unknown",
}

// budgetSign is the sign of a line's status. Where figures are incomplete ok is what is known, and no promise.
func budgetSign(l budget.Line) string {
	if l.Status == budget.OK && !l.Complete() {
		return l.Status.String()
	}
	return budgetSigns[l.Status]
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
	if slices.ContainsFunc(b.Lines, assertedLine) {
		list = append(list, view.Note{Text: assumption.TenantAsserted.Note().String()})
	}
	unseen := map[string]bool{}
	for _, line := range b.Lines {
		if line.State == pricing.NotMeasured && line.Missing != "" && !unseen[line.Missing] {
			unseen[line.Missing] = true
			list = append(list, view.Note{Warn: true, Text: "Budget of " + line.Subject.String() + ": " + line.Missing + "."})
		}
	}
	for _, period := range []budget.Period{budget.Month, budget.Quarter, budget.Year} {
		if i := slices.IndexFunc(b.Lines, func(l budget.Line) bool {
			return l.Period == period && l.Missing != "" && l.State != pricing.NotMeasured
		}); i >= 0 {
			list = append(list, view.Note{
				Warn: true, Text: "What was spent this " + period.String() + " is incomplete: " + b.Lines[i].Missing + ".",
			})
		}
	}
	if !budgets {
		list = append(list, view.Note{Text: "No budget is set; give budgets in microspend.yaml."})
	}
	for _, line := range b.Lines {
		if line.Scope == budget.Everything && line.Period == budget.Month {
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
		Title:    "Days that stand out, " + civil.Between(a.From, a.To).Label(a.Location),
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
		return view.Text(n.Tenant).Shown(n.Name())
	}},
	{ID: "day", Title: "day", Value: func(n anomaly.Anomaly) view.Value { return view.Date(n.Day) }},
	{ID: "amount", Unit: "$", Long: "amount", Align: view.Decimal, Value: func(n anomaly.Anomaly) view.Value {
		return view.Dollars(n.Amount).In(n.State)
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
	{ID: "state", Scope: view.Data, Value: func(n anomaly.Anomaly) view.Value { return view.Text(n.State.String()) }},
}
