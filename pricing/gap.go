package pricing

import (
	"errors"
	"math/big"

	"github.com/shopspring/decimal"
)

// GapPrices are what the time between two requests costs, by how it is spent, as whole multiples of one small part of
// a dollar. They serve to weigh millions of policies against each other exactly and fast; what a policy costs in
// dollars is [Workload.Bill]'s to say. The integers must not be changed.
type GapPrices struct {
	Running   *big.Int // a millisecond in state RUNNING, at the baseline
	Suspended *big.Int // a millisecond in state SUSPENDED
	Cycle     *big.Int // a suspend, which writes the state, and the resume that reads it
	Launch    *big.Int // a start, which reads the image
	PerDollar *big.Int // how many of the small parts make up a dollar
}

// GapPrices takes the prices of a gap from a card, for MicroVMs of one size with the given GB of state and image. Rates
// that are published per hour or per month are not divided: the small part of a dollar is chosen so that everything is
// whole. A rate that the card does not have is an [UnknownRateError]; all of them are reported together.
func (c RateCard) GapPrices(size Size, stateGB, imageGB decimal.Decimal) (GapPrices, error) {
	var unknown []error
	per := decimal.NewFromInt(1) // what all rates are published per, multiplied together
	for _, q := range BilledQuantities() {
		if !c.Rate(q).Known() {
			unknown = append(unknown, c.unknownRate(q))
			continue
		}
		per = per.Mul(decimal.NewFromInt(int64(c.Rate(q).Per)))
	}
	if len(unknown) > 0 {
		return GapPrices{}, errors.Join(unknown...)
	}
	rate := func(q BilledQuantity) decimal.Decimal { // in parts of 1 / per of a dollar
		whole, _ := per.QuoRem(decimal.NewFromInt(int64(c.Rate(q).Per)), 0) // per is a multiple of it
		return c.Charged(q).Figure.Mul(whole)
	}
	msPerHour := decimal.NewFromInt(SecondsPerHour * 1000)
	msPerSecond := decimal.NewFromInt(1000)
	// In parts of 1 / (per × msPerHour) of a dollar.
	running := rate(VCPU).Mul(size.VCPU()).Add(rate(Memory).Mul(size.GB())).Mul(secondsPerHour)
	suspended := rate(SnapshotStorage).Mul(stateGB)
	cycle := rate(SnapshotWrite).Add(rate(SnapshotRead)).Mul(stateGB).Mul(msPerSecond).Mul(secondsPerHour)
	launch := rate(SnapshotRead).Mul(imageGB).Mul(msPerSecond).Mul(secondsPerHour)
	return wholeGapPrices(running, suspended, cycle, launch, per.Mul(msPerHour)), nil
}

// wholeGapPrices multiplies everything until it is whole, and divides by what it has in common.
func wholeGapPrices(prices ...decimal.Decimal) GapPrices {
	exponent := int32(0)
	for _, p := range prices {
		exponent = min(exponent, p.Exponent())
	}
	whole := make([]*big.Int, len(prices))
	common := new(big.Int)
	for i, p := range prices {
		whole[i] = p.Shift(-exponent).BigInt()
		common.GCD(nil, nil, common, whole[i])
	}
	for _, w := range whole {
		if common.Sign() > 0 {
			w.Quo(w, common)
		}
	}
	return GapPrices{whole[0], whole[1], whole[2], whole[3], whole[4]}
}

// BreakEvenSeconds is the gap at which suspending at once costs as much as not suspending, in seconds, half-even at
// RatioPlaces: the cost of a cycle over what a second running costs more than a second suspended. It reports false
// where a second suspended costs as much or more, so that suspending never pays.
func (p GapPrices) BreakEvenSeconds() (decimal.Decimal, bool) {
	if p.Running == nil { // the zero value, without prices
		return decimal.Decimal{}, false
	}
	saved := new(big.Int).Sub(p.Running, p.Suspended)
	if saved.Sign() <= 0 {
		return decimal.Decimal{}, false
	}
	saved.Mul(saved, big.NewInt(1000))
	return Divide(decimal.NewFromBigInt(p.Cycle, 0), decimal.NewFromBigInt(saved, 0), RatioPlaces), true
}

// RandomisedCost is what a randomised wait costs on average that is drawn for each gap between 0 and the break-even B
// with the density e^(x/B) / (B(e − 1)): of every gap it costs e/(e − 1) times what hindsight pays above having been
// suspended throughout. Integrating over the density gives that for each gap exactly, whatever its length, so only the
// two sums are needed. The result is rounded half-even at AmountPlaces.
//
// Source: Karlin, Manasse, McGeoch and Owicki, Competitive Randomized Algorithms for Nonuniform Problems, 1994.
func RandomisedCost(hindsight, suspendedThroughout decimal.Decimal) decimal.Decimal {
	above := hindsight.Sub(suspendedThroughout).Mul(randomisedFactor)
	return Divide(suspendedThroughout.Add(above), one, AmountPlaces)
}

// randomisedFactor is e/(e − 1) to 50 decimals.
var randomisedFactor = decimal.RequireFromString("1.58197670686932642438500200510901155854686930107540")
