package xlsx

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// spendColumns are the columns that the sheets of spend have in common, after what they are by.
func spendColumns(s spend.Spend) []column {
	columns := []column{numeric("amount $", 13), numeric("amount $, exact", 28)}
	if s.Negotiated {
		columns = append(columns, numeric("list $", 13), numeric("list $, exact", 28))
	}
	if s.SharedOut != nil {
		columns = append(columns, numeric("of it shared cost $", 13), numeric("of it shared cost $, exact", 28))
	}
	return append(columns, numeric("share of total", 10))
}

func quantityColumns() []column {
	return []column{
		numeric("vCPU-seconds", 16),
		numeric("GB-seconds", 16),
		numeric("GB read", 13),
		numeric("GB written", 13),
		numeric("GB-hours stored", 14),
		numeric("coverage", 10),
		words("rates not known", 30),
	}
}

// amounts are the cells of spendColumns.
func (b *book) amounts(s spend.Spend, row *spend.Row) []any {
	shown, exact := b.dollars(known(row.Cost, row.Amount))
	cells := []any{shown, exact}
	if s.Negotiated {
		list, exactList := b.dollars(known(row.Cost, row.List))
		cells = append(cells, list, exactList)
	}
	var share *decimal.Decimal
	if s.Total.Amount.IsPositive() && row.Known() {
		part := pricing.Divide(row.Amount, s.Total.Amount, pricing.RatioPlaces)
		share = &part
	}
	if s.SharedOut != nil {
		shared, exactShared := b.dollars(&row.Shared)
		cells = append(cells, shared, exactShared)
	}
	return append(cells, number(b.styles.percent, share))
}

// known is an amount, nil where nothing of it could be priced.
func known(cost spend.Cost, amount decimal.Decimal) *decimal.Decimal {
	if !cost.Known() {
		return nil
	}
	return &amount
}

// quantities are the cells of quantityColumns.
func (b *book) quantities(cost spend.Cost, sum *usage.Sum) []any {
	var cells []any
	used := spend.Quantities(sum)
	for _, q := range pricing.BilledQuantities() {
		cells = append(cells, number(b.styles.quantity, &used[q]))
	}
	cells = append(cells, number(b.styles.percent, spend.Coverage(sum)))
	var unknown []string
	for _, u := range cost.Unknown {
		unknown = append(unknown, u.Quantity.Name()+" in "+u.Region)
	}
	if len(unknown) == 0 {
		return append(cells, nil)
	}
	return append(cells, text(strings.Join(unknown, ", ")))
}

func (b *book) tenants(r Report) error {
	s := r.Tenants
	columns := append([]column{words("tenant", 28)}, spendColumns(s)...)
	before := s.Total.Previous != nil
	if before {
		columns = append(columns, numeric("period before $", 13), numeric("period before $, exact", 28),
			numeric("change $", 13), numeric("change $, exact", 28), numeric("change", 10))
	}
	t, err := b.table(tenantsSheet, "tenants", append(columns, quantityColumns()...))
	if err != nil {
		return err
	}
	err = t.addAll(len(s.Rows), func(i int) []any {
		row := &s.Rows[i]
		cells := append([]any{text(row.Tenant)}, b.amounts(s, row)...)
		if before {
			cells = append(cells, b.previous(row.Previous)...)
		}
		return append(cells, b.quantities(row.Cost, &row.Sum)...)
	})
	if err != nil {
		return err
	}
	return t.finish()
}

// previous are the cells of the period before. A change is empty where one of the two is not known.
func (b *book) previous(p *spend.Comparison) []any {
	if p == nil {
		return []any{nil, nil, nil, nil, nil}
	}
	shown, exact := b.dollars(known(p.Cost, p.Amount))
	cells := []any{shown, exact, nil, nil}
	if p.Change != nil {
		cells[2], cells[3] = b.dollars(p.Change)
	}
	var percent *decimal.Decimal
	if p.Percent != nil {
		fraction := p.Percent.Shift(-2)
		percent = &fraction
	}
	return append(cells, number(b.styles.percent, percent))
}

func (b *book) tenantDays(r Report) error {
	s := r.TenantDays
	columns := append([]column{words("tenant", 28), words("day", 12)}, spendColumns(s)...)
	t, err := b.table(tenantDaysSheet, "tenant_days", append(columns, quantityColumns()...))
	if err != nil {
		return err
	}
	err = t.addAll(len(s.Rows), func(i int) []any {
		row := &s.Rows[i]
		if row.Day == "" { // a tenant that is listed and spent nothing
			return nil
		}
		cells := append([]any{text(row.Tenant), b.day(row.Day)}, b.amounts(s, row)...)
		return append(cells, b.quantities(row.Cost, &row.Sum)...)
	})
	if err != nil {
		return err
	}
	return t.finish()
}

// day is a real date, or text where rows were folded into one.
func (b *book) day(written string) any {
	day, err := time.Parse(time.DateOnly, written)
	if err != nil {
		return text(written)
	}
	// Spreadsheets count days from 30 December 1899.
	return excelize.Cell{StyleID: b.styles.day, Value: int(day.Sub(time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))}
}
