package pricing

import "github.com/shopspring/decimal"

// UnitCost is what one unit of something cost, such as a launch or an hour: an amount divided by how many there were,
// half-even at [AmountPlaces]. What was counted is in parts of a unit, of which per make one: milliseconds, say. It is
// nil where nothing was counted, as that has no cost that could be named.
func UnitCost(amount, counted, per decimal.Decimal) *decimal.Decimal {
	if counted.IsZero() {
		return nil
	}
	cost := Divide(amount.Mul(per), counted, AmountPlaces)
	return &cost
}
