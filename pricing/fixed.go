package pricing

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// FixedAmount is an amount as a whole number of the smallest part of a dollar at which amounts are kept, 10^-AmountPlaces, in
// 128 bits. It is for reports of very many rows, which are added up and ranked before a few of them are shown: the
// amounts are those of [Count.Amounts] to the last place, without the memory that each decimal takes. The
// zero value is nothing.
type FixedAmount struct{ hi, lo uint64 }

// fixedBits bounds an amount of [FixedRates.Amounts], at about $792 million. A sum of 2^32 of them cannot overflow, so
// that [FixedAmount.Plus] needs no error.
const fixedBits = 96

// Plus returns f + g.
func (f FixedAmount) Plus(g FixedAmount) FixedAmount {
	lo, carry := bits.Add64(f.lo, g.lo, 0)
	hi, over := bits.Add64(f.hi, g.hi, carry)
	if over != 0 {
		panic("pricing: a sum does not fit into 128 bits")
	}
	return FixedAmount{hi, lo}
}

// Compare returns -1 where f is less than g, 0 where they are equal, and 1 where it is more.
func (f FixedAmount) Compare(g FixedAmount) int {
	return cmp.Or(cmp.Compare(f.hi, g.hi), cmp.Compare(f.lo, g.lo))
}

// Decimal returns the same amount with AmountPlaces decimals.
func (f FixedAmount) Decimal() decimal.Decimal {
	n := new(big.Int).SetUint64(f.lo)
	if f.hi != 0 {
		n.Or(n, new(big.Int).Lsh(new(big.Int).SetUint64(f.hi), 64))
	}
	return decimal.NewFromBigInt(n, -AmountPlaces)
}

// FixedRates are the rates of a card for usage that is counted in whole small units.
type FixedRates [QuantityCount]struct{ charged, listed fixedRate }

// fixedRate is times / by, what one small unit costs in parts of a dollar; by is zero where it is not known.
type fixedRate struct{ times, by uint64 }

// FixedRates returns the card's rates in fixed point. It reports false where one of them does not fit into 64 bits, as
// one with a discount of many decimals may not.
func (c RateCard) FixedRates() (rates FixedRates, ok bool) {
	for _, q := range BilledQuantities() {
		if !c.Rate(q).Known() {
			continue
		}
		per := q.Counted().PerUnit
		charged, fits := fixedRateOf(c.Charged(q), per)
		listed, listFits := fixedRateOf(c.ListRate(q), per)
		if !fits || !listFits {
			return FixedRates{}, false
		}
		rates[q].charged, rates[q].listed = charged, listed
	}
	return rates, true
}

// fixedRateOf is what [Rate.price] multiplies and divides by, as one fraction in lowest terms: a quotient, and how it
// is rounded, depend on the fraction alone.
func fixedRateOf(r Rate, per int64) (fixedRate, bool) {
	times, by := r.Figure.Coefficient(), new(big.Int).Mul(big.NewInt(int64(r.Per)), big.NewInt(per))
	exact := by.IsUint64() && by.Uint64() == 1 // then nothing is divided, nor rounded
	if scale := int(r.Figure.Exponent()) + AmountPlaces; scale >= 0 {
		times.Mul(times, powerOfTen(scale))
	} else {
		by.Mul(by, powerOfTen(-scale))
	}
	if divisor := new(big.Int).GCD(nil, nil, times, by); divisor.Sign() > 0 {
		times.Quo(times, divisor)
		by.Quo(by, divisor)
	}
	fits := times.Sign() >= 0 && times.IsUint64() && by.IsUint64() && (!exact || by.Uint64() == 1)
	return fixedRate{times.Uint64(), by.Uint64()}, fits
}

// Amounts are what hi × 2^64 + lo small units of a quantity cost, after the discount, and what they would at list. Known
// is false where the rate is not known, and ok where an amount is $792 million or more: those are for decimals.
func (r *FixedRates) Amounts(q BilledQuantity, hi, lo uint64) (amount, list FixedAmount, known, ok bool) {
	rate := &r[q]
	if rate.charged.by == 0 {
		return FixedAmount{}, FixedAmount{}, false, true
	}
	amount, ok = rate.charged.price(hi, lo)
	if rate.listed == rate.charged {
		return amount, amount, true, ok
	}
	list, listOK := rate.listed.price(hi, lo)
	return amount, list, true, ok && listOK
}

// price is units × times / by, half-even.
func (r fixedRate) price(hi, lo uint64) (FixedAmount, bool) {
	// The product has 192 bits: a2, a1, a0.
	a1, a0 := bits.Mul64(lo, r.times)
	a2, middle := bits.Mul64(hi, r.times)
	a1, carry := bits.Add64(a1, middle, 0)
	a2 += carry
	if a2 >= r.by {
		return FixedAmount{}, false // the quotient has more than 128 bits
	}
	q1, rest := bits.Div64(a2, a1, r.by)
	q0, rest := bits.Div64(rest, a0, r.by)
	if q1>>(fixedBits-64) != 0 {
		return FixedAmount{}, false
	}
	if up := r.by - rest; rest > up || rest == up && q0&1 == 1 { // a rest above one half, or one half of an odd quotient
		q0, carry = bits.Add64(q0, 1, 0)
		q1 += carry
	}
	return FixedAmount{q1, q0}, true
}
