package pricing

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// Side is one of the two things compared.
type Side uint8

// The sides of a comparison. Neither means that both cost the same.
const (
	Neither Side = iota
	MicroVMs
	Other
)

// String is the side in words.
func (s Side) String() string { return figures.Word("side", sideNames[:], s) }

var sideNames = [...]string{Neither: "neither", MicroVMs: "MicroVMs", Other: "other"}

// MarshalText writes what String does.
func (s Side) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// BreakEven says at which running times two cost curves meet.
type BreakEven struct {
	// Crossings are the running times, in order, at which the cheaper side changes; none where one side always wins.
	Crossings []Crossing
	// Below is the cheaper side before the first crossing, or everywhere if there is none.
	Below Side
	// More says that there are further crossings than were looked for. It happens only where an alternative that bills
	// in steps costs almost the same per hour as the MicroVMs, so that the two keep changing places.
	More bool
	// Beyond is the first crossing past the longest running time that was asked about, where there is one.
	Beyond *Crossing
}

// Crossing is a running time at which the cheaper side changes.
type Crossing struct {
	Seconds decimal.Decimal // of running time a month, all users together; half-even at AmountPlaces
	After   Side            // the cheaper side just after it
	// Equal says that both cost the same there. It is false where an alternative that bills in steps jumps over the
	// MicroVM's cost.
	Equal bool
}

// LastEqual is the index of the last crossing at which both sides cost the same, and false where there is none.
func (b BreakEven) LastEqual() (int, bool) {
	for i := len(b.Crossings) - 1; i >= 0; i-- {
		if b.Crossings[i].Equal {
			return i, true
		}
	}
	return 0, false
}

// maxPlateaus bounds how many billing steps are looked at one by one. It is reached only where a stepped alternative
// costs the same per hour as the MicroVM to six digits.
const maxPlateaus = 10_000

// FindBreakEven returns every running time above zero, up to limit seconds, at which microvm and other cost the same
// or change places. A limit of zero means none. The curve microvm must be a straight line: it has neither steps,
// minimum nor free seconds, as [Workload.Curve] makes it. The arithmetic is rational, so the crossings are exact until
// they are rounded for the result.
func FindBreakEven(microvm, other Curve, limit decimal.Decimal) BreakEven {
	line, alt := newRatCurve(microvm), newRatCurve(other)
	result := BreakEven{Below: cheaperNearZero(line, alt)}
	var all []Crossing
	if alt.step.Sign() > 0 {
		all, result.More = steppedCrossings(line, alt, limit.Rat())
	} else {
		all = smoothCrossings(line, alt)
	}
	for _, c := range all {
		if limit.IsPositive() && c.Seconds.GreaterThan(limit) {
			result.Beyond = &c
			break
		}
		result.Crossings = append(result.Crossings, c)
	}
	return result
}

// ratCurve is a Curve in rationals, by second of running time.
type ratCurve struct {
	fixed, perSecond *big.Rat
	least, free      *big.Rat // seconds in all
	step             *big.Rat // of all stretches together
}

func newRatCurve(c Curve) ratCurve {
	least := c
	least.Free = decimal.Decimal{}
	return ratCurve{
		fixed:     c.Fixed.Rat(),
		perSecond: new(big.Rat).Quo(c.Rate.Rat(), c.unit().Rat()),
		least:     least.Billed(decimal.Decimal{}).Rat(),
		free:      c.Free.Rat(),
		step:      c.Stretches.Mul(c.Step).Rat(),
	}
}

// at is the cost where every second is billed as it is, without steps.
func (c ratCurve) at(seconds *big.Rat) *big.Rat {
	billed := new(big.Rat).Sub(maxRat(seconds, c.least), c.free)
	if billed.Sign() < 0 {
		billed.SetInt64(0)
	}
	return billed.Mul(billed, c.perSecond).Add(billed, c.fixed)
}

// plateau is the cost of k whole steps.
func (c ratCurve) plateau(k *big.Int) *big.Rat {
	return c.at(new(big.Rat).Mul(c.step, new(big.Rat).SetInt(k)))
}

func maxRat(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// cheaperNearZero tells which side is cheaper for the shortest running times.
func cheaperNearZero(line, alt ratCurve) Side {
	start := alt.at(new(big.Rat))
	if alt.step.Sign() > 0 {
		start = alt.plateau(big.NewInt(1))
	}
	if order := line.fixed.Cmp(start); order != 0 {
		return sideOf(order)
	}
	// Equal at zero: the slope decides.
	slope := new(big.Rat)
	if alt.step.Sign() == 0 && alt.least.Sign() == 0 && alt.free.Sign() == 0 {
		slope = alt.perSecond
	}
	return sideOf(line.perSecond.Cmp(slope))
}

// sideOf reads the sign of (MicroVM cost − other cost).
func sideOf(sign int) Side {
	switch {
	case sign < 0:
		return MicroVMs
	case sign > 0:
		return Other
	default:
		return Neither
	}
}

// smoothCrossings solves against an alternative without steps: a constant up to its knee, a straight line after it.
func smoothCrossings(line, alt ratCurve) []Crossing {
	var found []Crossing
	for _, root := range roots(line, alt) {
		found = append(found, Crossing{toDecimal(root.seconds), root.after, true})
	}
	return found
}

type root struct {
	seconds *big.Rat
	after   Side
}

// roots returns the running times above zero at which the line and the unstepped alternative meet and change places.
func roots(line, alt ratCurve) []root {
	knee := maxRat(alt.least, alt.free)
	var found []root
	flat := alt.at(new(big.Rat))
	// Below the knee the alternative costs the same throughout, and the line can only rise through it.
	if line.perSecond.Sign() > 0 {
		x := new(big.Rat).Sub(flat, line.fixed)
		x.Quo(x, line.perSecond)
		if x.Sign() > 0 && x.Cmp(knee) < 0 {
			found = append(found, root{x, Other})
		}
	}
	// From the knee on it is flat + perSecond × (x − knee).
	slope := new(big.Rat).Sub(line.perSecond, alt.perSecond)
	if slope.Sign() == 0 {
		return found
	}
	x := new(big.Rat).Sub(alt.at(knee), new(big.Rat).Mul(alt.perSecond, knee))
	x.Sub(x, line.fixed)
	x.Quo(x, slope)
	after := sideOf(slope.Sign())
	onKnee := x.Cmp(knee) == 0
	// A touch at the knee changes sides only if the line rose through the flat part before it.
	if x.Sign() > 0 && (x.Cmp(knee) > 0 || (onKnee && after == Other)) {
		found = append(found, root{x, after})
	}
	return found
}

// steppedCrossings solves against an alternative that bills whole steps. Its cost lies between two unstepped curves a
// step apart, so only the stretches in which the line runs between those two are looked at step by step.
func steppedCrossings(line, alt ratCurve, limit *big.Rat) (found []Crossing, more bool) {
	ahead := func(x *big.Rat) *big.Rat { return alt.at(new(big.Rat).Add(x, alt.step)) }
	shifted := alt
	shifted.least = maxRat(new(big.Rat).Sub(alt.least, alt.step), new(big.Rat))
	shifted.free = new(big.Rat).Sub(alt.free, alt.step)
	if shifted.free.Sign() < 0 {
		// Free seconds below zero are seconds that are always charged for.
		always := new(big.Rat).Neg(shifted.free)
		shifted.fixed = new(big.Rat).Add(alt.fixed, always.Mul(always, alt.perSecond))
		shifted.free = new(big.Rat)
	}
	marks := []*big.Rat{new(big.Rat)}
	for _, r := range append(roots(line, alt), roots(line, shifted)...) {
		marks = append(marks, r.seconds)
	}
	slices.SortFunc(marks, (*big.Rat).Cmp)
	if line.perSecond.Cmp(alt.perSecond) == 0 {
		// Side by side for ever: the two change places once a step, and there is no last mark.
		endless := new(big.Rat).Mul(alt.step, big.NewRat(maxPlateaus, 1))
		marks = append(marks, endless.Add(endless, marks[len(marks)-1]))
	}

	walk := plateauWalk{line: line, alt: alt, limit: limit, left: maxPlateaus}
	for i := 0; i+1 < len(marks) && !walk.done(); i++ {
		middle := new(big.Rat).Add(marks[i], marks[i+1])
		middle.Quo(middle, big.NewRat(2, 1))
		if cost := line.at(middle); cost.Cmp(alt.at(middle)) >= 0 && cost.Cmp(ahead(middle)) <= 0 {
			walk.between(marks[i], marks[i+1])
		}
	}
	slices.SortStableFunc(walk.found, func(a, b Crossing) int { return a.Seconds.Cmp(b.Seconds) })
	distinct := slices.CompactFunc(walk.found, func(a, b Crossing) bool {
		return cmp.Or(a.Seconds.Cmp(b.Seconds), cmp.Compare(a.After, b.After)) == 0
	})
	return distinct, walk.left <= 0
}

// plateauWalk looks at billing steps one by one.
type plateauWalk struct {
	line, alt ratCurve
	limit     *big.Rat // seconds beyond which one crossing is enough; zero for none
	left      int      // steps that may still be looked at
	found     []Crossing
	beyond    bool // a crossing past the limit has been found
}

func (w *plateauWalk) done() bool { return w.beyond || w.left <= 0 }

func (w *plateauWalk) add(seconds *big.Rat, after Side, equal bool) {
	w.found = append(w.found, Crossing{toDecimal(seconds), after, equal})
	w.beyond = w.beyond || (w.limit.Sign() > 0 && seconds.Cmp(w.limit) > 0)
}

// between walks the steps from one running time to another. Within a step the line can only rise through the constant
// cost; between two steps the alternative can only jump over the line.
func (w *plateauWalk) between(from, to *big.Rat) {
	first := new(big.Rat).Quo(from, w.alt.step)
	k := new(big.Int).Quo(first.Num(), first.Denom())
	last := new(big.Rat).Quo(to, w.alt.step)
	for ; !w.done() && new(big.Rat).SetInt(k).Cmp(last) <= 0; w.left-- {
		start := new(big.Rat).Mul(w.alt.step, new(big.Rat).SetInt(k))
		next := new(big.Int).Add(k, big.NewInt(1))
		end := new(big.Rat).Mul(w.alt.step, new(big.Rat).SetInt(next))
		level, atStart, atEnd := w.alt.plateau(next), w.line.at(start), w.line.at(end)

		if k.Sign() > 0 {
			before := w.alt.plateau(k)
			switch {
			case atStart.Cmp(before) > 0 && atStart.Cmp(level) < 0:
				w.add(start, MicroVMs, false)
			case atStart.Cmp(before) == 0 && atStart.Cmp(level) == 0 && w.line.perSecond.Sign() > 0:
				// Two steps that cost the same, within a minimum or free seconds, and the line rises through where
				// they meet.
				w.add(start, Other, true)
			}
		}
		if atStart.Cmp(level) < 0 && atEnd.Cmp(level) > 0 {
			x := new(big.Rat).Sub(level, w.line.fixed)
			w.add(x.Quo(x, w.line.perSecond), Other, true)
		}
		k = next
	}
}

func toDecimal(r *big.Rat) decimal.Decimal {
	return Divide(decimal.NewFromBigInt(r.Num(), 0), decimal.NewFromBigInt(r.Denom(), 0), AmountPlaces)
}
