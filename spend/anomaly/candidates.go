package anomaly

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/spend"
)

// margin is by how much estimates are allowed to be off: a tenth of a cent, where rounding down makes them off by a
// millionth of a dollar for each region. It may only be too large, which costs a look at a tenant that turns out to
// be in order.
const margin spend.MicroDollars = 1000

// judged is which days are judged, and how.
type judged struct {
	first   civil.Day
	covered map[civil.Day]bool
	rule    Rule
}

// candidates are the names whose estimates may have a day that stands out, and surely all that have one.
func (j judged) candidates(estimates spend.DayEstimates) []string {
	var names []string
	for key, series := range estimates.Series {
		if j.mayStandOut(estimates, series) {
			names = append(names, key.Name(spend.ByTenant))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (j judged) mayStandOut(estimates spend.DayEstimates, series *spend.DaySeries) bool {
	k, floor := j.rule.k().Mul(madScale), j.rule.floor()
	highest := decimal.NewFromInt(int64(spend.MaxMicroDollars))
	floorMicro := spend.MicroDollars(decimal.Min(floor.Shift(6), highest).IntPart())
	on := func(d civil.Day) spend.MicroDollars {
		return max(0, series.Amounts[d-estimates.First]) // what is unknown counts as an amount of which nothing is known
	}
	for d := max(j.first, estimates.First); d < estimates.First+civil.Day(estimates.Days); d++ {
		if !j.covered[d] {
			continue
		}
		peers, _ := peers(d, series.First, j.covered)
		if len(peers) == 0 {
			continue
		}
		if on(d) >= spend.MaxMicroDollars {
			return true // the amount is cut off there, so how far from the others it is cannot be told
		}
		values := make([]spend.MicroDollars, len(peers))
		for i, peer := range peers {
			values[i] = on(peer)
		}
		middle := medianEstimate(values)
		distance := distanceOf(on(d), middle) + margin
		if distance < floorMicro {
			continue
		}
		for i := range values {
			values[i] = distanceOf(values[i], middle)
		}
		deviation := decimal.New(int64(max(0, medianEstimate(values)-margin)), -6)
		if decimal.New(int64(distance), -6).GreaterThanOrEqual(k.Mul(deviation)) {
			return true
		}
	}
	return false
}

func distanceOf(a, b spend.MicroDollars) spend.MicroDollars { return max(a-b, b-a) }

func medianEstimate(values []spend.MicroDollars) spend.MicroDollars {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
