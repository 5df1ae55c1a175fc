package advise

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

// reuses resumes a MicroVM of the same tenant and image that has ended shortly before, in place of launching one: that
// one would have been suspended at its end, which writes the state, and read it in place of the image. Only where it
// was certainly free and certainly young enough does it count, so that what is found is the least there is.
func (f *fleet) reuses() (all []found) {
	if err := f.survey.err; err != nil {
		f.cannot(Reuse, err.Error(), "")
		return nil
	}
	for _, c := range f.cells {
		facts, ran := whatif.FactsOf(&c.part.Sum)
		image := c.imageBytes()
		if !ran || !image.IsPositive() || len(c.launched.lives) < 2 {
			continue
		}
		state, notes := facts.State, []pricing.Note{assumption.StateAverage.Clause()}
		if !state.IsPositive() {
			state, notes = facts.Size.GB().Mul(bytesPerGB), []pricing.Note{assumption.StateSize.Measured()}
		}
		gb := func(bytes decimal.Decimal) decimal.Decimal {
			return pricing.Divide(bytes, bytesPerGB, pricing.AmountPlaces)
		}
		prices, err := c.part.Card.GapPrices(facts.Size, gb(state), gb(image))
		if err != nil {
			f.cannot(Reuse, err.Error(), c.subject())
			continue
		}
		count, waitedMS := reused(c.launched.lives, prices)
		if count == 0 {
			continue
		}
		n := decimal.NewFromInt(count)
		var d delta
		d[usage.Launches], d[usage.Suspends], d[usage.Resumes] = n.Neg(), n, n
		d[usage.Suspended] = decimal.NewFromInt(waitedMS)
		d[pricing.SnapshotWrite] = n.Mul(state)
		d[pricing.SnapshotRead] = n.Mul(state.Sub(image))
		d[pricing.SnapshotStorage] = storedFor(state, waitedMS)
		one := found{edits: []edit{{cell: c, delta: d}}, key: c.key()}
		one.Subject, one.Region = c.subject(), c.region
		one.From, one.To = "launch each time", "suspend and resume"
		one.RestsOn = append(notes, assumption.LaunchRead.Measured(), assumption.SuspendMinimum.Clause())
		one.Risk = fmt.Sprintf("%s resumes a month in place of launches find what was left in memory by the work before",
			f.monthly(n))
		one.How = "SuspendMicrovm at the end of the work, and ResumeMicrovm of the same tenant's for the next, in place of " +
			"TerminateMicrovm and RunMicrovm"
		all = append(all, one)
	}
	return all
}

// ended is a MicroVM that has ended, with the moment at which it was first launched, in Unix milliseconds.
type ended struct{ at, launched int64 }

// mostLookedAt bounds how many MicroVMs that have ended are tried for a launch: those that ended last first.
const mostLookedAt = 16

// reused counts the launches that a MicroVM which has ended could take, each at most once, where that costs less; and
// how long those would have been suspended at the most, in milliseconds.
func reused(lives []life, prices pricing.GapPrices) (count, waitedMS int64) {
	saved := new(big.Int).Sub(prices.Launch, prices.Cycle)
	if saved.Sign() <= 0 {
		return 0, 0
	}
	byAccount := map[string][]*life{}
	for i := range lives {
		l := &lives[i]
		byAccount[l.account] = append(byAccount[l.account], l)
	}
	for _, own := range byAccount {
		ends := slices.Clone(own)
		slices.SortStableFunc(ends, func(a, b *life) int {
			return cmp.Or(cmp.Compare(a.endUntil, b.endUntil), cmp.Compare(a.startFrom, b.startFrom))
		})
		var free []ended
		origin, next := map[*life]int64{}, 0
		for _, l := range own {
			for ; next < len(ends) && ends[next].endUntil <= l.startFrom; next++ {
				if e := ends[next]; e.trailing == 0 && e.over {
					free = append(free, ended{e.endFrom, cmp.Or(origin[e], e.startFrom)})
				}
			}
			if !l.began {
				continue
			}
			for i := len(free) - 1; i >= max(0, len(free)-mostLookedAt); i-- {
				waited := l.startUntil - free[i].at
				storage := new(big.Int).Mul(prices.Suspended, big.NewInt(waited))
				if l.endUntil-free[i].launched > pricing.MaxLifeSeconds*1000 || storage.Cmp(saved) >= 0 {
					continue
				}
				count, waitedMS, origin[l] = count+1, waitedMS+waited, free[i].launched
				free = slices.Delete(free, i, i+1)
				break
			}
		}
	}
	return count, waitedMS
}
