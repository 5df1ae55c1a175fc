package pricing_test

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// contest is a MicroVM's line against an alternative, with the break-even that was found. Everything is checked by
// evaluating the two curves only.
type contest struct {
	own, other pricing.Curve
	limit      decimal.Decimal
	found      pricing.BreakEven
}

func drawContest(t *rapid.T) contest {
	c := contest{other: drawCurve(t)}
	// Sometimes a multiple of the alternative's own figures, so that the curves meet at knees and steps.
	if rapid.Bool().Draw(t, "round") {
		c.own.Fixed = whole(rapid.Int64Range(0, 20).Draw(t, "own fixed"))
		c.own.Rate = whole(60 * rapid.Int64Range(1, 8).Draw(t, "own dollars a minute"))
	} else {
		c.own.Fixed = decimals(0, 20_000, 3).Draw(t, "own fixed")
		c.own.Rate = decimals(1, 500_000, 3).Draw(t, "own dollars an hour")
	}
	// Against steps at the same price an hour, the sides may change for ever, which no list can hold.
	stepped := c.other.Stretches.IsPositive() && c.other.Step.IsPositive()
	apart := c.own.Rate.Sub(c.other.Rate).Abs()
	if stepped && apart.LessThan(dec("0.5")) {
		c.own.Rate = c.other.Rate.Add(dec("0.5"))
	}
	if rapid.Bool().Draw(t, "limited") {
		c.limit = whole(rapid.Int64Range(1, 3600).Draw(t, "limit"))
	}
	c.found = pricing.FindBreakEven(c.own, c.other, c.limit)
	return c
}

// gap is own − other at a running time.
func (c contest) gap(seconds decimal.Decimal) decimal.Decimal {
	return c.own.At(seconds).Sub(c.other.At(seconds))
}

// cheaper reads a gap, to the rounding of the two costs.
func cheaper(gap decimal.Decimal) pricing.Side {
	switch {
	case gap.Abs().LessThan(dec("0.000000000000001")):
		return pricing.Neither
	case gap.IsNegative():
		return pricing.MicroVMs
	default:
		return pricing.Other
	}
}

// all are the crossings within the limit and the first beyond it: everything that is known up to the last of them.
func (c contest) all() []pricing.Crossing {
	all := slices.Clone(c.found.Crossings)
	if c.found.Beyond != nil {
		all = append(all, *c.found.Beyond)
	}
	return all
}

// horizon is how far the found crossings claim to tell the whole story.
func (c contest) horizon() decimal.Decimal {
	if c.found.Beyond != nil {
		return c.found.Beyond.Seconds
	}
	// No crossing was found beyond the last: look twice as far, and past whatever the alternative's shape can hold.
	far := whole(20_000)
	if all := c.all(); len(all) > 0 {
		far = decimal.Max(far, all[len(all)-1].Seconds.Mul(whole(2)))
	}
	return far
}

func TestBreakEvenCrossings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawContest(t)
		side := c.found.Below
		previous := decimal.Decimal{}
		for _, crossing := range c.all() {
			require.True(t, crossing.Seconds.GreaterThan(previous), "in order, and above zero")
			require.NotEqual(t, side, crossing.After, "at a crossing the cheaper side changes")
			gap := c.gap(crossing.Seconds)
			if crossing.Equal {
				require.True(t, gap.Abs().LessThanOrEqual(dec("0.000000001")), "at %s they differ by %s", crossing.Seconds, gap)
			} else {
				require.True(t, gap.IsPositive(), "the alternative jumps just after %s, from below the line", crossing.Seconds)
			}
			side, previous = crossing.After, crossing.Seconds
		}
		for _, crossing := range c.found.Crossings {
			require.False(t, c.limit.IsPositive() && crossing.Seconds.GreaterThan(c.limit), "no crossing above the limit")
		}
		if c.found.Beyond != nil {
			require.True(t, c.limit.IsPositive() && c.found.Beyond.Seconds.GreaterThan(c.limit), "beyond is above the limit")
		}
		unlimited := pricing.FindBreakEven(c.own, c.other, decimal.Decimal{})
		require.GreaterOrEqual(t, len(unlimited.Crossings), len(c.all()))
		require.Equal(t, crossingsOf(unlimited.Crossings[:len(c.all())]), crossingsOf(c.all()),
			"a limit hides crossings, it moves none")
		if c.limit.IsPositive() && c.found.Beyond == nil {
			require.Len(t, unlimited.Crossings, len(c.found.Crossings), "beyond is set when there is one")
		}
	})
}

// Between two crossings the side that is said to be cheaper is cheaper everywhere, or at most equal in a touch.
func TestBreakEvenSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawContest(t)
		from, side := decimal.Decimal{}, c.found.Below
		within := func(to decimal.Decimal) {
			strictly := false
			for _, part := range []string{"0.000001", "0.01", "0.1", "0.3183", "0.5", "0.7071", "0.9", "0.99", "0.999999"} {
				x := from.Add(to.Sub(from).Mul(dec(part)))
				got := cheaper(c.gap(x))
				require.Contains(t, []pricing.Side{side, pricing.Neither}, got, "at %s, between %s and %s", x, from, to)
				strictly = strictly || got == side
			}
			require.True(t, strictly, "between %s and %s", from, to)
		}
		for _, crossing := range c.all() {
			within(crossing.Seconds)
			from, side = crossing.Seconds, crossing.After
		}
		if c.found.Beyond == nil {
			within(c.horizon())
		}
	})
}

// An oracle that knows nothing of knees and steps: scan a grid, and wherever the sign of own − other differs between
// two neighbours, bisect. Each such change has its crossing, and neighbours of the same sign have an even number of
// them.
func TestBreakEvenAgainstBisection(t *testing.T) {
	const points = 300
	rapid.Check(t, func(t *rapid.T) {
		c := drawContest(t)
		all, horizon := c.all(), c.horizon()
		before, beforeSide := decimal.Decimal{}, pricing.Neither
		for i := range int64(points) {
			// Off the round numbers, on which curves touch and jump.
			x := pricing.Divide(horizon.Mul(whole(i).Add(dec("0.4142135"))), whole(points), 12)
			side := cheaper(c.gap(x))
			if side == pricing.Neither {
				continue
			}
			if beforeSide != pricing.Neither {
				between := 0
				for _, crossing := range all {
					if crossing.Seconds.GreaterThan(before) && crossing.Seconds.LessThanOrEqual(x) {
						between++
					}
				}
				require.Equal(t, beforeSide != side, between%2 == 1, "between %s and %s", before, x)
				if beforeSide != side {
					at := c.bisect(before, x, beforeSide)
					require.True(t, slices.ContainsFunc(all, func(crossing pricing.Crossing) bool {
						return crossing.Seconds.Sub(at).Abs().LessThan(dec("0.00001"))
					}), "bisection finds a change at %s, which is not reported", at)
				}
			}
			before, beforeSide = x, side
		}
	})
}

// bisect narrows down a change of sides between two running times to a millionth of a second.
func (c contest) bisect(low, high decimal.Decimal, lowSide pricing.Side) decimal.Decimal {
	for high.Sub(low).GreaterThan(dec("0.000001")) {
		middle := low.Add(high).Mul(dec("0.5")).Truncate(9)
		if side := cheaper(c.gap(middle)); side == lowSide || side == pricing.Neither {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// Cents or dollars: only the ratio of the costs matters.
func TestBreakEvenDoesNotDependOnScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawContest(t)
		k := decimals(1, 100_000, 3).Draw(t, "k")
		scale := func(curve pricing.Curve) pricing.Curve {
			curve.Fixed, curve.Rate = curve.Fixed.Mul(k), curve.Rate.Mul(k)
			return curve
		}
		scaled := pricing.FindBreakEven(scale(c.own), scale(c.other), c.limit)
		require.Equal(t, c.found.Below, scaled.Below)
		require.Equal(t, crossingsOf(c.found.Crossings), crossingsOf(scaled.Crossings))
	})
}
