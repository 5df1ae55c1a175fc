package html

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/view"
)

// budgetTable is how budgets stand.
type budgetTable struct {
	Month string
	Over  bool // the month is over
	Rows  []budgetRow
	More  string
}

type budgetRow struct {
	Class                                                   string
	Name, Budget, Spent, Used, Bar, Forecast, RunsOut, Sign string
	Total                                                   bool
}

// mostBudgets and mostAnomalies bound what a page lists; how many are left out is said.
const (
	mostBudgets   = 60
	mostAnomalies = 60
)

func (r renderer) budgetTable() *budgetTable {
	b := r.statement.Budgets
	t := &budgetTable{Month: b.From.In(r.statement.Location).Format("January 2006"), Over: b.Over}
	left := 0
	for _, line := range b.Lines {
		if line.Budget == nil {
			continue
		}
		// Those that need a look come first where there are too many to list.
		if len(t.Rows) >= mostBudgets && !line.Total && line.Status == budget.OK {
			left++
			continue
		}
		t.Rows = append(t.Rows, r.budgetRow(line))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	if left > 0 {
		t.More = "and " + figures.Count(left, "budget") + " more that " + isAre(left) + " kept to"
	}
	return t
}

func (r renderer) budgetRow(line budget.Line) budgetRow {
	row := budgetRow{
		Class: line.Status.String(), Name: view.Visible(line.Tenant), Budget: fixed(line.Budget.Monthly, 2), Spent: amount(line.Spent),
		Total: line.Total, Sign: "✓ within",
	}
	if line.Total {
		row.Name = "Everything"
	}
	if line.Used != nil {
		row.Used = fixed(line.Used.Shift(2), 0) + " %"
		if part := share(*line.Used, one); part > 0 {
			row.Bar = strings.Replace(bar(part*0.9), "10h", "5h", 1)
		}
	}
	over := r.statement.Budgets.Over
	if line.Forecast != nil && !over {
		row.Forecast = fixed(*line.Forecast, 2)
	}
	if line.RunsOut != nil {
		row.RunsOut = line.RunsOut.In(r.statement.Location).Format("2 January")
	}
	switch {
	case line.Status == budget.Over:
		row.Sign = "✗ over"
	case line.Status == budget.Unknown:
		row.Sign = "? not known"
	case line.Exceeded:
		row.Sign = "! above " + figures.Grouped(line.Budget.Threshold.Shift(2)) + " %"
	case line.Status == budget.Warning && !over:
		row.Sign = "! will not do"
	}
	return row
}

// anomalyTable is the days that stand out.
type anomalyTable struct {
	Rows []anomalyRow
	More string
}

type anomalyRow struct{ Day, Key, Name, Amount, Usual, Sign, Moved string }

func (r renderer) anomalyTable() *anomalyTable {
	t := &anomalyTable{}
	for i, a := range r.statement.Anomalies {
		if i == mostAnomalies {
			t.More = "and " + figures.Count(len(r.statement.Anomalies)-i, "day") + " more"
			break
		}
		sign := "▲ above"
		if !a.Up {
			sign = "▼ below"
		}
		row := anomalyRow{
			Day: dated(a.Day).Format("Mon 2 Jan"), Key: a.Day, Name: view.Visible(a.Tenant), Amount: fixed(a.Amount, 2), Usual: fixed(a.Expected, 2),
			Sign: sign, Moved: upper(a.Component.Name()) + " " + signed(a.Moved, 2),
		}
		if a.Incomplete {
			row.Amount += " +?"
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// dayTable is every day of the period, its amounts by component adding up along the row and down the column.
type dayTable struct {
	Heads []string
	Rows  []dayRow
	Total dayRow
}

type dayRow struct {
	Day, Key string
	Cells    []string
	Sum      string
	Coverage string
}

func (r renderer) dayTable(days []statement.Day) dayTable {
	days = r.over(days)
	t := dayTable{}
	for _, q := range pricing.BilledQuantities() {
		t.Heads = append(t.Heads, upper(q.Name()))
	}
	cents, total := dayCents(days)
	sums := [5]decimal.Decimal{}
	for i := range days {
		d := &days[i]
		day := dated(d.Day)
		row := dayRow{Day: day.Format("Mon 2 Jan"), Key: d.Day, Sum: "–", Coverage: coverageText(&d.Sum)}
		if len(days) > 360 {
			row.Day = day.Format("Mon 2 Jan 2006")
		}
		for q, part := range d.Parts {
			sums[q] = sums[q].Add(part.Amount)
			row.Cells = append(row.Cells, partText(d, part))
		}
		if d.Recorded {
			row.Sum = shown(d.Cost, cents[i])
		}
		t.Rows = append(t.Rows, row)
	}
	t.Total = dayRow{Day: "Together", Sum: shown(r.statement.Total.Cost, total), Coverage: coverageText(&r.statement.Total.Sum)}
	for _, sum := range sums {
		t.Total.Cells = append(t.Total.Cells, fixed(sum, 2))
	}
	return t
}

func partText(d *statement.Day, part spend.Cost) string {
	switch {
	case !d.Recorded:
		return "–"
	case part.Known() && part.Amount.IsZero():
		return "0"
	default:
		return amount(part)
	}
}
