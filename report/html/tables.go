package html

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/view"
	"microspend/view/html"
)

// table is a table and what stands below it.
type table struct {
	Table template.HTML
	More  string
}

// mostBudgets and mostAnomalies bound what a page lists; how many are left out is said.
const (
	mostBudgets   = 60
	mostAnomalies = 60
)

// spendLook has coverage as finely as a page shows it.
var spendLook = report.SpendLook{CoveragePlaces: 1}

// namedLook has what was counted besides.
var namedLook = report.SpendLook{Counts: true}

// titled is columns with other titles, by id.
func titled[R any](columns []view.Column[R], titles map[string]string) []view.Column[R] {
	for i := range columns {
		if title, ok := titles[columns[i].ID]; ok {
			columns[i].Title, columns[i].Long = title, title
		}
	}
	return columns
}

// onPage shows columns that are picked, and leaves some of them out where the screen is narrow.
func onPage[R any](columns []view.Column[R], narrow ...string) []view.Column[R] {
	for i := range columns {
		columns[i].Drop, columns[i].Scope = 0, view.Everyone
		if slices.Contains(narrow, columns[i].ID) {
			columns[i].Drop = 1
		}
	}
	return columns
}

// tenantTable lists all tenants, the largest first.
func (r renderer) tenantTable() template.HTML {
	s := r.statement
	columns := view.Pick(report.SpendColumns(s.Spend, spendLook), "tenant", "amount", "amount_display", "share", "change",
		"coverage")
	columns = onPage(titled(columns, map[string]string{"amount": "spend", "share": "share"}), "share", "coverage")
	columns = slices.Insert(columns, 1, view.Column[*spend.Row]{Title: "by day"})
	coverage := columns[len(columns)-1].Value
	columns[len(columns)-1].Value = func(row *spend.Row) view.Value {
		v := coverage(row)
		return v.Or("–", !v.IsMissing())
	}
	t := view.NewTable(columns, report.SpendRows(s.Spend), nil)
	t.Add(foot(columns, report.SpendTotal(s.Spend)))
	most := zero
	for _, tenant := range s.Tenants {
		most = decimal.Max(most, tenant.Amount)
	}
	points := mostPoints
	if len(s.Tenants) > manyTenants {
		points = fewPoints
	}
	return html.Table(t, html.Options{
		Caption: "What each spent, its share of the whole, and the change in dollars. Compared: " +
			s.Compared.Sentence + "." + r.atRate(),
		Find: "Find a tenant", Sorted: "amount",
		Cell: map[string]func(int) template.HTML{
			"tenant": func(i int) template.HTML {
				link := template.HTML("<a href=#t" + strconv.Itoa(i) + ">") //nolint:gosec // a number
				if own := r.link(&s.Tenants[i]); own != "" {
					link = `<a href="` + html.Escaped(own) + `">`
				}
				return link + html.Escaped(s.Tenants[i].Name(spend.ByTenant)) + "</a>"
			},
			"by day": func(i int) template.HTML {
				tenant := &s.Tenants[i]
				return plain(`<svg class=s aria-hidden=true><path d="` + spark(r.known(tenant.Days), points) + `"/><path d="` +
					bar(share(tenant.Amount, most)*0.68) + `"/></svg>`)
			},
		},
	})
}

// foot is a row at the foot of a table.
func foot[R any](columns []view.Column[R], of R) view.Row {
	row := view.RowOf(columns, of, nil)
	row.Kind, row.Cells[0] = view.Total, view.Text("Together")
	return row
}

// budgetTable is how budgets stand; nil where there are none.
func (r renderer) budgetTable() *table {
	b := r.statement.Budgets
	var lines []budget.Line
	left := 0
	for _, line := range b.Lines {
		if line.Budget == nil {
			continue
		}
		// Those that need a look come first where there are too many to list.
		if len(lines) >= mostBudgets && line.Scope != budget.Everything && line.Status == budget.OK {
			left++
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	ids := []string{"of", "budget", "spent", "used", "forecast", "range", "runs_out", "status"}
	caption := "How the month stands, and how it is expected to end"
	if b.Over {
		ids, caption = slices.Delete(ids, 4, 6), "How the month ended"
	}
	if slices.ContainsFunc(lines, func(l budget.Line) bool { return l.Period != budget.Month }) {
		ids, caption = slices.Insert(ids, 1, "period"), strings.ReplaceAll(caption, "month", "period")
	}
	columns := onPage(view.Pick(report.BudgetColumns(b.Report), ids...), "budget", "forecast", "range", "runs_out")
	columns = titled(columns, map[string]string{"runs_out": "used up on"})
	text := func(id string, i int) string { return html.Text(view.Pick(columns, id)[0].Value(lines[i])) }
	t := &table{Table: html.Table(view.NewTable(columns, lines, nil), html.Options{
		Caption: caption,
		Class: func(i int) string {
			class := strings.ReplaceAll(lines[i].Status.String(), " ", "-")
			if lines[i].Status == budget.OK && !lines[i].Complete() {
				class = "incomplete" // ok as far as is known, which is nothing to be green about
			}
			if lines[i].Scope == budget.Everything {
				return `"` + class + ` total"`
			}
			return class
		},
		Cell: map[string]func(int) template.HTML{
			"used": func(i int) template.HTML {
				path := ""
				if u := lines[i].Used; u != nil {
					path = usedBar(*u)
				}
				return html.Escaped(text("used", i)) + plain(`<svg class=bar aria-hidden=true><path d="`+path+`"/></svg>`)
			},
			"status": func(i int) template.HTML {
				if line := lines[i]; line.Exceeded && line.Status == budget.Warning {
					return html.Escaped("! above " + figures.Grouped(line.Budget.Threshold.Shift(2)) + " %")
				}
				return html.Escaped(text("status", i))
			},
		},
	})}
	if left > 0 {
		t.More = "and " + figures.Count(left, "budget") + " more that " + isAre(left) + " kept to"
	}
	return t
}

// anomalyTable is the days that stand out; nil where none does.
func (r renderer) anomalyTable() *table {
	all := r.statement.Anomalies
	if len(all) == 0 {
		return nil
	}
	ids := []string{"day", "tenant", "amount", "expected", "direction", "component", "moved"}
	if r.alone() {
		ids = slices.Delete(ids, 1, 2)
	}
	columns := onPage(view.Pick(report.AnomalyColumns, ids...), "component", "moved")
	shown := all[:min(len(all), mostAnomalies)]
	t := &table{Table: html.Table(view.NewTable(columns, shown, nil), html.Options{
		Caption: "Days on which own spend left its usual range, and the component that moved most",
	})}
	if left := len(all) - len(shown); left > 0 {
		t.More = "and " + figures.Count(left, "day") + " more"
	}
	return t
}

// costOf is a figure that is shown as cents which are settled already, and as a dash where nothing is recorded.
func costOf(f statement.Figure, cents decimal.Decimal, recorded bool) view.Value {
	switch {
	case !recorded:
		return view.Missing("–")
	case !f.Known():
		return view.Missing("unknown")
	}
	return view.Dollars(f.Amount).SettledBy(func() decimal.Decimal { return cents }).In(f.State())
}

// dayTable is every day of the period, its amounts by component adding up along the row and down the column.
func (r renderer) dayTable() template.HTML {
	type row struct {
		*statement.Day
		shownDay
	}
	days := r.over(r.statement.Days)
	rows := make([]row, len(days))
	total := &r.statement.Total
	sum := statement.Day{Recorded: true, Figure: totalOf(total), Sum: total.Sum}
	for i := range days {
		rows[i] = row{&days[i], r.cents.days[i]}
		for q, part := range days[i].Parts {
			sum.Parts[q].Cost = sum.Parts[q].Plus(part.Cost)
			if days[i].Recorded {
				sum.Parts[q].Measured = max(sum.Parts[q].Measured, part.Measured)
			}
		}
	}
	columns := []view.Column[row]{{Title: "day", Value: func(d row) view.Value { return view.Date(d.Day.Day) }}}
	for _, q := range pricing.BilledQuantities() {
		columns = append(
			columns,
			view.Column[row]{Title: q.Name(), Align: view.Decimal, Drop: 1, Value: func(d row) view.Value {
				part := d.Parts[q]
				v := costOf(part, d.parts[q], d.Recorded)
				if d.Recorded && part.State() == pricing.Exact && part.Amount.IsZero() {
					return v.Shown("0")
				}
				return v
			}},
		)
	}
	columns = append(columns, []view.Column[row]{
		{Title: "spend", Unit: "$", Align: view.Decimal, Value: func(d row) view.Value {
			return costOf(d.Figure, d.amount, d.Recorded)
		}},
		{Title: "coverage", Align: view.Decimal, Drop: 1, Value: func(d row) view.Value {
			return view.Text(coverageText(&d.Sum))
		}},
	}...)
	t := view.NewTable(columns, rows, nil)
	t.Add(foot(columns, row{&sum, shownDay{r.cents.total, r.cents.parts}}))
	return html.Table(t, html.Options{
		Caption: "Dollars of each day by component. A dash is a day of which the ledger has nothing.", Years: len(days) > 360,
	})
}

// priced is a line with its cents, which add up to those of the others.
type priced struct {
	*statement.Line
	cents decimal.Decimal
}

func lineColumns() []view.Column[priced] {
	discount := func(l priced) string {
		if l.Discount.IsZero() {
			return ""
		}
		return " less " + figures.Grouped(l.Discount.Shift(2)) + "\u00a0%"
	}
	return []view.Column[priced]{
		{ID: "region", Title: "region", Value: func(l priced) view.Value { return view.Text(l.Region) }},
		{
			ID:    "component",
			Title: "component",
			Value: func(l priced) view.Value { return view.Text(l.Quantity.On(l.Arch).Name()) },
		},
		{ID: "quantity", Title: "quantity", Align: view.Decimal, Drop: 1, Value: func(l priced) view.Value {
			return view.UpTo(l.Used, 3)
		}},
		{ID: "unit", Title: "unit", Drop: 1, Value: func(l priced) view.Value {
			return view.Text(l.Quantity.Unit())
		}},
		{ID: "rate", Title: "rate", Align: view.Decimal, Drop: 1, Value: func(l priced) view.Value {
			text := "unknown"
			if l.Rate.Known() {
				text = "$" + figures.Grouped(l.Rate.Figure) + " per " + l.Quantity.PublishedUnit(l.Rate.Per)
			}
			if l.Shared.IsPositive() {
				text += ", and $" + figures.Fixed(l.Shared, 2) + " of shared cost"
			}
			return view.Text(text + discount(l))
		}},
		{ID: "figure", Title: "rate", Unit: "$", Align: view.Decimal, Drop: 1, Value: func(l priced) view.Value {
			if !l.Rate.Known() {
				return view.Missing("unknown")
			}
			return view.Text(figures.Grouped(l.Rate.Figure) + discount(l))
		}},
		{ID: "amount", Title: "amount", Unit: "$", Align: view.Decimal, Value: func(l priced) view.Value {
			return costOf(l.Figure, l.cents, true)
		}},
	}
}

// lineTable is each billed quantity times its rate, shown as the cents beside it. A foot has their sum, if there is
// one.
func lineTable(lines []statement.Line, cents []decimal.Decimal, foot *statement.Figure, ids ...string) template.HTML {
	rows, total := make([]priced, len(lines)), zero
	for i := range lines {
		total = total.Add(cents[i])
		rows[i] = priced{&lines[i], cents[i]}
	}
	columns := view.Pick(lineColumns(), ids...)
	t := view.NewTable(columns, rows, nil)
	if foot != nil {
		cells := make([]view.Value, len(columns))
		cells[0], cells[len(cells)-1] = view.Text("Together"), costOf(*foot, total, true)
		t.Add(view.Row{Look: view.Look{Kind: view.Total}, Cells: cells})
	}
	return html.Table(t, html.Options{Caption: "Each billed quantity times its rate"})
}

// detailLines are those of one tenant, which say in which region where there are several.
func detailLines(lines []statement.Line, cents []decimal.Decimal) template.HTML {
	if len(lines) == 0 {
		return ""
	}
	ids := []string{"component", "quantity", "figure", "amount"}
	if slices.ContainsFunc(lines, func(l statement.Line) bool { return l.Region != lines[0].Region }) {
		ids = append([]string{"region"}, ids...)
	}
	return lineTable(lines, cents, nil, ids...)
}

// namedTable is the most costly images or MicroVMs of a tenant, which add up to what the tenant's row shows with what
// stands behind them and with the tenant's share of shared cost.
func (r renderer) namedTable(
	tenant int, rows []spend.Row, rest statement.Rest, by spend.Dimension, noun string, ids ...string,
) table {
	exact := make([]decimal.Decimal, len(rows), len(rows)+2)
	for i := range rows {
		exact[i] = rows[i].Amount
	}
	exact = append(exact, rest.Amount, r.statement.Tenants[tenant].Shared)
	cents := figures.Settle(exact, r.cents.tenants[tenant].amount, 2)
	s := spend.Spend{By: []spend.Dimension{by}, Rows: rows}
	columns := onPage(view.Pick(report.SpendColumns(s, namedLook), ids...), "launches")
	name := columns[0].Value
	columns[0].Value = func(row *spend.Row) view.Value {
		if v := name(row); v.String() != "" {
			return v
		}
		return view.Text("(not known)")
	}
	columns = titled(columns, map[string]string{by.String(): noun, "amount": ""})
	t := table{Table: html.Table(view.NewTable(columns, report.SpendRows(s), nil), html.Options{
		Caption: "The most costly " + figures.Plural(noun),
		Cell: map[string]func(int) template.HTML{"amount": func(i int) template.HTML {
			return html.Escaped(html.Text(costOf(totalOf(&rows[i].Total), cents[i], true)))
		}},
	})}
	if rest.Count > 0 {
		t.More = "and " + figures.Count(rest.Count, noun) + " more, " + amount(rest.Figure, cents[len(rows)]) + " together"
	}
	return t
}

// rateTable is the rates of the regions that were used, with where each was read.
func (r renderer) rateTable() template.HTML {
	type rate struct {
		statement.RegionRates
		of pricing.BilledQuantity
	}
	var rows []rate
	for _, region := range r.statement.Rates {
		for _, rated := range pricing.AllRated() {
			region.Card = region.Card.For(rated.Arch)
			rows = append(rows, rate{region, rated.Quantity})
		}
	}
	if len(rows) == 0 {
		return ""
	}
	per := func(r rate, of pricing.Rate) string { return r.of.PublishedUnit(of.Per) }
	return html.Table(view.NewTable([]view.Column[rate]{
		{Title: "region", Value: func(r rate) view.Value {
			if r.Card.Location != "" {
				return view.Text(r.Region + ", " + r.Card.Location)
			}
			return view.Text(r.Region)
		}},
		{Title: "rate of", Value: func(r rate) view.Value { return view.Text(r.of.On(r.Card.Arch()).Name()) }},
		{Unit: "$", Align: view.Decimal, Value: func(r rate) view.Value {
			if figure := r.Card.Rate(r.of); figure.Known() {
				return view.Text(figures.Grouped(figure.Figure))
			}
			return view.Missing("unknown")
		}},
		{Title: "per", Value: func(r rate) view.Value {
			if figure := r.Card.Rate(r.of); figure.Known() {
				return view.Text(per(r, figure))
			}
			return view.Text(r.of.PublishedUnit(pricing.PerUnit))
		}},
		{Title: "read on", Value: func(r rate) view.Value { return view.Text(r.Card.Rate(r.of).ReadOn.String()) }},
		{Title: "source", Value: func(r rate) view.Value {
			figure, list, text := r.Card.Rate(r.of), r.Card.ListRate(r.of), r.Card.Rate(r.of).Source
			if r.NoCard {
				text = "there is no rate card for the region"
			}
			if figure.Known() && list.Known() && !list.Equal(figure) {
				text += "; list price " + figures.Grouped(list.Figure) + " per " + per(r, list)
			}
			if discount := r.Card.Discounts[r.of]; !discount.IsZero() && figure.Known() {
				text += "; less " + figures.Grouped(discount.Shift(2)) + " %"
			}
			return view.Text(text)
		}},
	}, rows, nil), html.Options{Caption: "The rates used, with where and when they were read"})
}

// usedBar is the path of a bar of what is used of a budget.
func usedBar(used decimal.Decimal) string {
	part := share(used, one)
	if part <= 0 {
		return ""
	}
	return strings.Replace(bar(part*0.9), "10h", "5h", 1)
}
