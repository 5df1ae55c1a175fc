package html

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
)

// cents are the amounts of a statement as the page shows them, settled once for all its tables, so that each of them
// adds up in every direction it is printed in, and so that the same figure is the same in each: as package report shows
// it in a report by the same dimensions.
type cents struct {
	total   decimal.Decimal
	tenants []shownTenant // beside the statement's
	days    []shownDay    // beside the statement's
	lines   []decimal.Decimal
	parts   [pricing.QuantityCount]decimal.Decimal // of all days together
}

type shownTenant struct {
	amount      decimal.Decimal
	days, lines []decimal.Decimal
}

type shownDay struct {
	amount decimal.Decimal
	parts  [pricing.QuantityCount]decimal.Decimal
}

func settle(s *statement.Statement) cents {
	c := cents{tenants: make([]shownTenant, len(s.Tenants)), days: make([]shownDay, len(s.Days))}
	var amounts []decimal.Decimal
	amounts, c.total = s.Cents(spend.AmountOf)
	byDay := spend.Spend{By: []spend.Dimension{spend.ByTenant, spend.ByDay}}
	for i, t := range s.Tenants {
		c.tenants[i].amount = amounts[i]
		for _, day := range t.Days {
			byDay.Rows = append(byDay.Rows, rowOf(spend.Key{Kind: t.Kind, Tenant: t.Tenant, Day: day.Day}, day.Cost))
		}
	}
	shown, _ := byDay.Cents(spend.AmountOf)
	for i := range c.tenants {
		n := len(s.Tenants[i].Days)
		c.tenants[i].days, shown = shown[:n], shown[n:]
		c.tenants[i].lines = c.linesOf(s.Tenants[i].Lines, amounts[i])
	}
	c.settleDays(s.Days)
	c.lines = c.settleLines(s.Lines)
	return c
}

func rowOf(key spend.Key, cost spend.Cost) spend.Row {
	return spend.Row{Key: key, Total: spend.Total{Cost: cost}}
}

func (c *cents) settleDays(days []statement.Day) {
	parts := spend.Spend{By: []spend.Dimension{spend.ByDay, spend.ByComponent}}
	for _, day := range days {
		for q, part := range day.Parts {
			key := spend.Key{Day: day.Day, Component: pricing.BilledQuantity(q).String()}
			parts.Rows = append(parts.Rows, rowOf(key, part.Cost))
		}
	}
	shown, _ := parts.Cents(spend.AmountOf)
	for i := range days {
		for q := range c.days[i].parts {
			part := shown[i*pricing.QuantityCount+q]
			c.days[i].parts[q] = part
			c.days[i].amount = c.days[i].amount.Add(part)
			c.parts[q] = c.parts[q].Add(part)
		}
	}
}

// settleLines are the lines of the whole statement.
func (c *cents) settleLines(lines []statement.Line) []decimal.Decimal {
	s := spend.Spend{By: []spend.Dimension{spend.ByRegion, spend.ByComponent}}
	for _, line := range lines {
		s.Rows = append(s.Rows, rowOf(spend.Key{Region: line.Region, Component: line.Quantity.String()}, line.Cost))
	}
	shown, _ := s.Cents(spend.AmountOf)
	return shown
}

// linesOf are a tenant's lines, which add up to what the tenant's row shows.
func (c *cents) linesOf(lines []statement.Line, total decimal.Decimal) []decimal.Decimal {
	exact := make([]decimal.Decimal, len(lines))
	for i := range lines {
		exact[i] = lines[i].Amount
	}
	return figures.Settle(exact, total, 2)
}
