package draw

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/spend"
)

// Dollars writes an amount to the cent.
func Dollars(d decimal.Decimal) string { return "$" + figures.Fixed(d, 2) }

// Cost writes a cost to the cent, and says where it lacks something.
func Cost(c spend.Cost) string {
	switch {
	case !c.Known():
		return "unknown"
	case !c.Complete():
		return Dollars(c.Amount) + " +?"
	default:
		return Dollars(c.Amount)
	}
}
