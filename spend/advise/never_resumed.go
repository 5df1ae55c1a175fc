package advise

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

// wholeMinute is what a suspended duration is rounded up to, in milliseconds.
const wholeMinute = 60_000

// neverResumed ends suspended MicroVMs once they have been away for longer than any that came back: what is stored
// after that was never read again. Where none ever came back, nothing is suspended at all.
func (f *fleet) neverResumed() (all []found) {
	if err := f.survey.err; err != nil {
		f.cannot(NeverResumed, err.Error(), "")
		return nil
	}
	for _, c := range f.cells {
		facts, ran := whatif.FactsOf(&c.part.Sum)
		if !ran || !facts.State.IsPositive() || f.survey.pausing != nil {
			continue
		}
		held, longest := c.held()
		now, then := held, (longest+wholeMinute-1)/wholeMinute*60
		var d delta
		count := int64(0)
		for i := range c.launched.lives {
			l := &c.launched.lives[i]
			over := l.trailing - then*1000
			if !l.over || l.trailing == 0 || over <= 0 {
				continue
			}
			count++
			d.add(usage.Suspended, decimal.NewFromInt(-over))
			d.add(usage.Measure(pricing.SnapshotStorage), storedFor(facts.State, -over))
			if then == 0 {
				d.add(usage.Suspends, decimal.NewFromInt(-1))
				d.add(usage.Measure(pricing.SnapshotWrite), facts.State.Neg())
			}
		}
		if count == 0 || now > 0 && then >= now {
			continue
		}
		one := found{edits: []edit{{cell: c, delta: d}}, key: c.key()}
		one.Subject, one.Region = c.subject(), c.region
		one.From, one.To = "not recorded", fmt.Sprintf("%d s", then)
		if now > 0 {
			one.From = fmt.Sprintf("%d s", now)
		}
		one.RestsOn = []pricing.Note{assumption.SuspendMinimum.Clause(), assumption.StateAverage.Clause()}
		one.Risk = fmt.Sprintf("%s suspended MicroVMs a month end sooner; all that were resumed were resumed within %s s",
			f.monthly(decimal.NewFromInt(count)), figures.Int(then))
		if then == 0 {
			one.Risk = fmt.Sprintf("%s MicroVMs a month end in place of being suspended; none was ever resumed",
				f.monthly(decimal.NewFromInt(count)))
		}
		one.How = fmt.Sprintf("RunMicrovm with idlePolicy.suspendedDurationSeconds: %d", then)
		all = append(all, one)
	}
	return all
}

// held is the longest suspension that MicroVMs of a cell were launched with, in seconds, 0 where none is recorded; and
// the longest that a resume ended, in milliseconds.
func (c *cell) held() (seconds, longestMS int64) {
	for i := range c.launched.lives {
		seconds = max(seconds, c.launched.lives[i].held)
	}
	for _, group := range c.launched.groups {
		longestMS = max(longestMS, group.paused.LongestMS())
	}
	return seconds, longestMS
}

// storedFor are bytes that are stored for some milliseconds.
func storedFor(bytes decimal.Decimal, ms int64) decimal.Decimal {
	return bytes.Mul(decimal.New(ms, -3))
}
