package html

import (
	"html/template"

	"microspend/report"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
	"microspend/view/html"
)

// groupTable is what each group of tenants spent, with the sums of the groups above; "" where there are no groups.
func (r renderer) groupTable() template.HTML {
	s := r.statement.Groups
	if s == nil {
		return ""
	}
	t := report.GroupTable(*s, func(columns []view.Column[*spend.Row]) []view.Column[*spend.Row] {
		columns = view.Pick(columns, "group", "amount", "amount_display", "share", "change", "per_running_hour", "per_launch")
		return onPage(titled(columns, map[string]string{"amount": "spend"}), "share", "per_running_hour", "per_launch")
	})
	return html.Table(t, html.Options{
		Caption: "What each group of tenants spent: the sum of all below it, and below that its parts." + r.atRate(),
		Class: func(i int) string {
			if t.Row(i).Kind == view.Group {
				return "sub"
			}
			return ""
		},
	})
}

// atRate is the end of the caption of a table with amounts in another currency, which says at which rate.
func (r renderer) atRate() string {
	if r.statement.Currency == nil {
		return ""
	}
	return " " + report.CurrencyWords(*r.statement.Currency) + "."
}

// unitTiles are what a running hour and a launch cost, and the total in another currency.
func (r renderer) unitTiles() (tiles []tile) {
	s := r.statement
	total := report.SpendTotal(s.Spend)
	columns := report.SpendColumns(s.Spend, report.SpendLook{Counts: true})
	value := func(id string) view.Value { return view.Pick(columns, id)[0].Value(total) }
	dollars := func(id string) string {
		v := value(id)
		if _, ok := v.Number(); !ok {
			return v.String()
		}
		return "$" + html.Text(v)
	}
	if s.Total.Known() && !s.Total.Sum.Amounts[usage.Running].IsZero() {
		t := tile{Name: "Per running hour", Figure: dollars("per_running_hour")}
		if !s.Total.Sum.Amounts[usage.Launches].IsZero() {
			t.Words = dollars("per_launch") + " per launch"
		}
		tiles = append(tiles, t)
	}
	if s.Currency != nil {
		amount := html.Text(value("amount_display"))
		tiles = append(tiles, tile{"In " + s.Currency.Code, amount, report.CurrencyWords(*s.Currency)})
	}
	return tiles
}
