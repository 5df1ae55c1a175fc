package draw

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/spend"
	"microspend/view"
)

// Dollars writes an amount to the cent, its sign before the currency.
func Dollars(d decimal.Decimal) string {
	sign, digits := "", figures.Fixed(d, 2)
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	return sign + "$" + digits
}

// Figure is a figure as far as it is known: unknown where nothing of it could be priced, with a mark where part of it
// could not.
func Figure(text string, known, complete bool) string {
	switch {
	case !known:
		return "unknown"
	case !complete:
		return text + " +?"
	default:
		return text
	}
}

// Total writes what was spent to the cent, with what it rests on: a dash where nothing was measured.
func Total(t *spend.Total) string {
	return view.Text(Dollars(t.Amount)).In(t.State()).Or("unknown", t.Known()).String()
}

// Cost writes a cost to the cent.
func Cost(c spend.Cost) string { return Figure(Dollars(c.Amount), c.Known(), c.Complete()) }
