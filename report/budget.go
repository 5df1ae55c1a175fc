package report

import (
	"fmt"

	"microspend/spend/anomaly"
	"microspend/spend/budget"

	"github.com/shopspring/decimal"
)

// budgetJSON is the document microspend.budget/v1.
type budgetJSON struct {
	Schema   string            `json:"schema"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	AsOf     *string           `json:"as_of"`
	Currency string            `json:"currency"`
	Budgets  []budgetLineJSON  `json:"budgets"`
	Damaged  []damagedFileJSON `json:"damaged,omitempty"`
}

type budgetLineJSON struct {
	Tenant    string   `json:"tenant"` // "" for everything together
	Budget    *string  `json:"budget"`
	Threshold *string  `json:"threshold"`
	Spent     *string  `json:"spent"`
	Used      *string  `json:"used"`
	BurnDay   *string  `json:"burn_per_hour_last_day"`
	BurnMonth *string  `json:"burn_per_hour_month"`
	Forecast  *string  `json:"forecast"`
	Method    string   `json:"method"`
	RunsOut   *string  `json:"runs_out"`
	Exceeded  bool     `json:"exceeded"`
	Status    string   `json:"status"`
	Unknown   []string `json:"unknown,omitempty"`
}

// Budget makes the document of how budgets stand.
func Budget(b budget.Report) Document {
	out := budgetJSON{
		Schema: "microspend.budget/v1", From: moment(b.From), To: moment(b.To), Currency: "USD",
		Budgets: []budgetLineJSON{}, Damaged: damagedJSON(b.Damaged),
	}
	d := Document{
		Title: "Budgets of " + b.From.In(b.Location).Format("January 2006"),
		CSV: [][]string{{
			"tenant", "budget", "threshold", "spent", "used", "burn_per_hour_last_day", "burn_per_hour_month", "forecast", "method",
			"runs_out", "exceeded", "status",
		}},
	}
	if !b.AsOf.IsZero() {
		text := moment(b.AsOf)
		out.AsOf, d.Subtitle = &text, "data until "+b.AsOf.In(b.Location).Format("2006-01-02 15:04 MST")
	}
	t := &Table{Columns: []Column{
		{Title: "tenant", Shrink: true},
		{Title: "budget $", Align: Decimal},
		{Title: "spent $", Align: Decimal},
		{Title: "used", Align: Right},
		{Title: "$/h", Align: Decimal, Drop: 3},
		{Title: "forecast $", Align: Decimal},
		{Title: "runs out", Drop: 1},
		{Title: "status"},
		{Title: "", MinWidth: 100, Drop: 4},
	}}
	methods := map[string]bool{}
	for _, line := range b.Lines {
		row := newBudgetLineJSON(b, line)
		out.Budgets = append(out.Budgets, row)
		d.CSV = append(d.CSV, []string{
			row.Tenant, orEmpty(row.Budget), orEmpty(row.Threshold), orEmpty(row.Spent), orEmpty(row.Used), orEmpty(row.BurnDay),
			orEmpty(row.BurnMonth), orEmpty(row.Forecast), row.Method, orEmpty(row.RunsOut), fmt.Sprint(row.Exceeded), row.Status,
		})
		methods[row.Method] = true
		t.Rows = append(t.Rows, budgetRow(line, row))
	}
	d.JSON = out
	section := Section{}
	if methods["run-rate"] {
		section.Notes = append(section.Notes, Note{Tag: "run-rate", Text: "the forecast goes on at the month's average, as there are fewer than two weeks of data."})
	}
	if methods["weekday-mean"] {
		section.Notes = append(section.Notes, Note{Tag: "weekday-mean", Text: "the forecast takes each remaining day for the mean of its weekday over the last eight weeks."})
	}
	if len(b.Lines) == 0 || (len(b.Lines) == 1 && b.Lines[0].Budget == nil) {
		section.Notes = append(section.Notes, Note{Text: "No budget is set; give budgets in microspend.yaml."})
	}
	for _, line := range b.Lines {
		for _, unknown := range unknownTexts(line.Spent) {
			if line.Total {
				section.Notes = append(section.Notes, Note{Warn: true, Text: unknown + "."})
			}
		}
	}
	section.Notes = append(section.Notes, damagedNotes(b.Damaged)...)
	d.Sections = []Section{{Table: t}, section}
	return d
}

func newBudgetLineJSON(b budget.Report, line budget.Line) budgetLineJSON {
	row := budgetLineJSON{
		Tenant: line.Tenant, Spent: knownAmount(line.Spent), Used: ratio(line.Used), BurnDay: optional(line.BurnDay),
		BurnMonth: optional(line.BurnMonth), Forecast: optional(line.Forecast), Method: line.Method.String(), Exceeded: line.Exceeded,
		Status: line.Status.String(), Unknown: unknownTexts(line.Spent),
	}
	if line.Budget != nil {
		monthly, threshold := line.Budget.Monthly.String(), line.Budget.Threshold
		if threshold.IsZero() {
			threshold = decimal.NewFromInt(1)
		}
		part := threshold.String()
		row.Budget, row.Threshold = &monthly, &part
	}
	if line.RunsOut != nil {
		text := line.RunsOut.In(b.Location).Format("2006-01-02")
		row.RunsOut = &text
	}
	return row
}

func budgetRow(line budget.Line, row budgetLineJSON) Row {
	name, kind := line.Tenant, Line
	if line.Total {
		name, kind = "total", Total
	}
	limit, used, bar := "–", "", ""
	if line.Budget != nil {
		limit = fixed(line.Budget.Monthly, centPlaces)
	}
	if line.Used != nil {
		used = fixed(line.Used.Shift(2), 0) + " %"
		bar = progress(*line.Used, budgetBarWidth)
	}
	spent := "unknown"
	if line.Spent.Known() {
		spent = fixed(line.Spent.Amount, centPlaces)
	}
	return Row{
		Kind: kind, Warn: line.Exceeded || line.Status == budget.Over || line.Status == budget.Warning,
		Cells: []string{
			name, limit, spent, used, fixedOrBlank(line.BurnDay, 4), fixedOrBlank(line.Forecast, centPlaces), orEmpty(row.RunsOut),
			budgetSign(line), bar,
		},
	}
}

// budgetSign marks a status without colour.
func budgetSign(line budget.Line) string {
	switch line.Status {
	case budget.OK:
		return "✓ ok"
	case budget.Warning:
		return "! warning"
	case budget.Over:
		return "✗ over"
	case budget.Unknown:
		return "? unknown"
	default:
		return "–"
	}
}

const budgetBarWidth = 20

// progress draws a part of one, full at and beyond it.
func progress(part decimal.Decimal, width int64) string {
	one := decimal.NewFromInt(1)
	return bar(decimal.Min(part, one), one, width)
}

func fixedOrBlank(d *decimal.Decimal, places int32) string {
	if d == nil {
		return ""
	}
	return fixed(*d, places)
}

// anomalyJSON is one entry of the document microspend.anomalies/v1.
type anomalyJSON struct {
	Tenant    string `json:"tenant"`
	Day       string `json:"day"`
	Amount    string `json:"amount"`
	Expected  string `json:"expected"`
	Low       string `json:"low"`
	High      string `json:"high"`
	Direction string `json:"direction"`
	Component string `json:"component"`
	Moved     string `json:"moved"`
	Compared  string `json:"compared_with"`
	Days      int    `json:"days"`
}

// Anomalies makes the document of the days that stand out.
func Anomalies(a anomaly.Report) Document {
	out := struct {
		Schema    string            `json:"schema"`
		Currency  string            `json:"currency"`
		Anomalies []anomalyJSON     `json:"anomalies"`
		Damaged   []damagedFileJSON `json:"damaged,omitempty"`
	}{"microspend.anomalies/v1", "USD", []anomalyJSON{}, damagedJSON(a.Damaged)}
	d := Document{
		Title: "Days that stand out",
		CSV: [][]string{{
			"tenant", "day", "amount", "expected", "low", "high", "direction", "component", "moved", "compared_with", "days",
		}},
	}
	t := &Table{Columns: []Column{
		{Title: "day"},
		{Title: "tenant", Shrink: true},
		{Title: "$", Align: Decimal},
		{Title: "usual $", Align: Decimal},
		{Title: "", Align: Left},
		{Title: "moved most", Drop: 1},
		{Title: "by $", Align: Decimal, Drop: 1},
	}}
	for _, n := range a.Anomalies {
		row := anomalyJSON{
			Tenant: n.Tenant, Day: n.Day, Amount: n.Amount.String(), Expected: n.Expected.String(), Low: n.Low.String(),
			High: n.High.String(), Direction: "down", Component: n.Component.String(), Moved: n.Moved.String(),
			Compared: "all days", Days: n.Days,
		}
		sign := "▼"
		if n.Up {
			row.Direction, sign = "up", "▲"
		}
		if n.SameWeekday {
			row.Compared = "same weekday"
		}
		out.Anomalies = append(out.Anomalies, row)
		d.CSV = append(d.CSV, []string{
			row.Tenant, row.Day, row.Amount, row.Expected, row.Low, row.High, row.Direction, row.Component, row.Moved, row.Compared,
			fmt.Sprint(row.Days),
		})
		t.Rows = append(t.Rows, Row{Warn: n.Up, Cells: []string{
			n.Day, n.Tenant, fixed(n.Amount, centPlaces), fixed(n.Expected, centPlaces), sign + " " + row.Direction,
			n.Component.Name(), signed(n.Moved, centPlaces),
		}})
	}
	d.JSON = out
	if len(a.Anomalies) == 0 {
		d.Sections = []Section{{Notes: append([]Note{{Text: "No day stands out."}}, damagedNotes(a.Damaged)...)}}
		return d
	}
	d.Sections = []Section{{Table: t}, {Notes: damagedNotes(a.Damaged)}}
	return d
}
