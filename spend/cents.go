package spend

import (
	"math/big"

	"github.com/shopspring/decimal"
)

// Cents rounds amounts for showing so that the column adds up to its total as shown: the total half-even to cents, the
// amounts down, and the cents that are then left over one each to the amounts that lost most, the earlier first where
// they lost the same. A shown amount is less than one cent away from the exact one.
func Cents(amounts []decimal.Decimal) (shown []decimal.Decimal, total decimal.Decimal) {
	sum, below := decimal.Decimal{}, decimal.Decimal{}
	shown, rests, finest := make([]decimal.Decimal, len(amounts)), make([]*big.Int, len(amounts)), int32(2)
	for _, amount := range amounts {
		sum = sum.Add(amount)
		finest = max(finest, -amount.Exponent())
	}
	for i, amount := range amounts {
		shown[i] = amount.Shift(2).Floor().Shift(-2)
		below = below.Add(shown[i])
		rests[i] = scaled(amount.Sub(shown[i]), finest)
	}
	total = sum.RoundBank(2)
	left := total.Sub(below).Shift(2).IntPart()
	for _, i := range byLargest(rests)[:left] {
		shown[i] = shown[i].Add(decimal.New(1, -2))
	}
	return shown, total
}
