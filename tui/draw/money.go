package draw

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/spend"
)

// Dollars writes an amount to the cent.
func Dollars(d decimal.Decimal) string { return "$" + figures.Fixed(d, 2) }

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

// Cost writes a cost to the cent.
func Cost(c spend.Cost) string { return Figure(Dollars(c.Amount), c.Known(), c.Complete()) }
