package figures

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// Settled rounds figures to a number of places so that they add up to their sum rounded half-even, which it returns as
// well. See [Settle].
func Settled(exact []decimal.Decimal, places int32) (shown []decimal.Decimal, total decimal.Decimal) {
	total = decimal.Sum(decimal.Decimal{}, exact...).RoundBank(places)
	return Settle(exact, total, places), total
}

// Settle rounds figures to a number of places so that they add up to a total that is rounded already: each down, and
// what is then left over, one unit of the last place each, to those that lost most, the earlier first where they lost
// the same. Where the total is the sum rounded either way, each is less than one unit away from the exact figure, and
// what has no more places than that stays as it is. Any other total is met all the same, by more than a unit in some.
func Settle(exact []decimal.Decimal, total decimal.Decimal, places int32) []decimal.Decimal {
	s := settling{places: places}
	each := make([]settled, len(exact))
	all := make([]int, len(exact))
	for i, figure := range exact {
		each[i], all[i] = s.down(figure), i
	}
	s.meet(each, all, s.units(total))
	out := make([]decimal.Decimal, len(exact))
	for i := range each {
		out[i] = s.figure(each[i].units)
	}
	return out
}

// settled is a figure in units of the last place that is shown.
type settled struct {
	units int64           // as shown
	floor int64           // the exact figure, rounded down
	lost  decimal.Decimal // by rounding down, at least 0 and below 1
	whole bool            // nothing was lost, so that nothing else is shown
	gain  int             // how much the square of what it is off grows where it is rounded up in place of down
}

// lossScale is the square of one unit.
const lossScale = 1_000_000

// canRise and canFall say whether the other of the two numbers of units around the exact figure is one more or less.
func (s *settled) canRise() bool { return !s.whole && s.units <= s.floor }
func (s *settled) canFall() bool { return !s.whole && s.units > s.floor }

type settling struct{ places int32 }

func (s settling) units(d decimal.Decimal) int64 { return d.Shift(s.places).IntPart() }

func (s settling) figure(units int64) decimal.Decimal { return decimal.New(units, -s.places) }

// down splits a figure in one division of whole numbers: a page has tens of thousands of them, of 24 digits each.
func (s settling) down(exact decimal.Decimal) settled {
	below := -(exact.Exponent() + s.places) // digits behind the last place
	if below <= 0 {
		units := s.units(exact)
		return settled{units: units, floor: units, whole: true, gain: lossScale}
	}
	floor, lost := new(big.Int), new(big.Int)
	floor.DivMod(exact.Coefficient(), powerOfTen(below), lost) // rounds down also below zero
	part := decimal.NewFromBigInt(lost, -below)
	return settled{
		units: floor.Int64(), floor: floor.Int64(), lost: part, whole: lost.Sign() == 0,
		gain: lossScale - 2*int(part.Shift(6).IntPart()),
	}
}

// powersOfTen are the usual ones; amounts have 20 decimals.
var powersOfTen = func() (powers [32]*big.Int) {
	for n := range powers {
		powers[n] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	}
	return powers
}()

func powerOfTen(n int32) *big.Int {
	if int(n) < len(powersOfTen) {
		return powersOfTen[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// meet raises figures, those of the given places, from rounded down until they add up to a total.
func (s settling) meet(each []settled, places []int, total int64) {
	for _, i := range places {
		total -= each[i].units
	}
	if total == 0 {
		return
	}
	order := slices.Clone(places)
	slices.SortStableFunc(order, func(a, b int) int { return each[b].lost.Cmp(each[a].lost) })
	if fractions := slices.IndexFunc(order, func(i int) bool { return each[i].whole }); fractions > 0 {
		order = order[:fractions] // at the end stand those that lost nothing, zeros among them
	}
	step := int64(cmp.Compare(total, 0))
	if step < 0 {
		slices.Reverse(order)
	}
	for n := 0; total != 0 && len(order) > 0; n++ {
		each[order[n%len(order)]].units += step
		total -= step
	}
}
