package report

import (
	"cmp"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/view"
)

// displayColumns are the amount in the display currency, beside dollars. There are none without such a currency.
func displayColumns(s spend.Spend, look SpendLook) []spendColumn {
	c := s.Currency
	if c == nil {
		return nil
	}
	places := c.Places() + cmp.Or(look.Places, view.CentPlaces) - view.CentPlaces
	shown := settled(s, look, places, func(r *spend.Row) decimal.Decimal { return c.Of(r.Amount) })
	return []spendColumn{
		{
			ID: "amount_display", Title: "in", Long: "amount in", Unit: c.Code, Align: view.Decimal,
			Value: func(r *spend.Row) view.Value {
				return view.Number(c.Of(r.Amount), places).SettledBy(shown(r)).In(r.State()).Or("unknown", r.Known())
			},
		},
		// CSV has no place but its columns to say at which rate.
		{ID: "display_currency", Scope: view.CSVOnly, Value: func(*spend.Row) view.Value { return view.Text(c.String()) }},
	}
}

// CurrencyWords say at which rate amounts are shown in another currency.
func CurrencyWords(c pricing.Currency) string {
	text := c.Code + " at " + c.PerUSD.String() + " to the dollar, the rate of " + c.AsOf.String()
	if c.Source != "" {
		text += " (" + c.Source + ")"
	}
	return text
}

// withCurrency adds the display currency and the total in it to a document, where there is one.
func withCurrency(o view.Object, s spend.Spend) view.Object {
	c := s.Currency
	if c == nil {
		return o
	}
	return append(o, view.Object{
		{ID: "display_currency", Value: view.Object{
			{ID: "code", Value: c.Code},
			{ID: "per_usd", Value: c.PerUSD},
			{ID: "as_of", Value: c.AsOf.String()},
		}.With(c.Source != "", "source", c.Source)},
		{ID: "total_display", Value: view.Exact(c.Of(s.Total.Amount)).Or("unknown", s.Total.Known()).In(s.Total.State())},
	}...)
}
