package advise

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

// model is what a cell's pauses cost at the rates that hold last.
func (c *cell) model(f whatif.Facts, imageGB decimal.Decimal) (idle.Model, error) {
	state := pricing.Divide(f.State, bytesPerGB, pricing.AmountPlaces)
	return idle.NewModel(*c.part.Card, f.Size, state, imageGB)
}

var bytesPerGB = decimal.NewFromInt(1 << 30)

// effect is an edit of a cell by another idle timeout.
func (c *cell) effect(f whatif.Facts, e whatif.Effect) edit {
	before := c.part.Sum.Measured()
	var d delta
	for q, then := range e.On(before, f) {
		d[q] = then.Units.Sub(before[q].Units)
	}
	d[usage.Running], d[usage.Suspended] = e.Running.Shift(3), e.Suspended.Shift(3)
	d[usage.Suspends], d[usage.Resumes] = e.Suspends, e.Suspends
	return edit{cell: c, delta: d}
}

// idleTimeouts compares the idle timeout in force with a longer one, of which the single suspensions tell everything,
// and with the one at which waiting has cost as much as suspending and resuming does. That one never costs more than
// twice what somebody would pay who knew each pause beforehand, however long pauses turn out to be, which the cheapest
// of an estimate could.
func (f *fleet) idleTimeouts() (all []found) {
	if f.survey.pausing != nil {
		f.cannot(IdleTimeout, f.survey.pausing.Error(), "")
		return nil
	}
	for _, c := range f.cells {
		facts, ran := whatif.FactsOf(&c.part.Sum)
		if !ran || !facts.Suspends.IsPositive() || !facts.State.IsPositive() {
			continue
		}
		model, err := c.model(facts, decimal.Decimal{})
		if err != nil {
			f.cannot(IdleTimeout, err.Error(), c.subject())
			continue
		}
		for n, timeout := range c.timeouts() {
			now, group := timeout, c.launched.groups[timeout]
			assumed := now == 0 && f.request.IdleTimeout > 0
			if assumed {
				now = f.request.IdleTimeout
			}
			one := idleCase{fleet: f, cell: c, facts: facts, model: model, group: group, now: now, assumed: assumed}
			if found, ok := one.judge(); ok {
				if found.key = c.key(); n > 0 {
					found.key = append(found.key, fmt.Sprint(timeout))
				}
				all = append(all, found)
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return slices.Compare(a.key, b.key) })
	return all
}

// timeouts are those that a cell's MicroVMs were launched with, that of most suspensions first.
func (c *cell) timeouts() []int64 {
	groups := c.launched.groups
	return slices.SortedFunc(maps.Keys(groups), func(a, b int64) int {
		return cmp.Or(cmp.Compare(groups[b].suspends, groups[a].suspends), cmp.Compare(a, b))
	})
}

// idleCase is a cell's MicroVMs that were launched with one idle timeout.
type idleCase struct {
	fleet   *fleet
	cell    *cell
	facts   whatif.Facts
	model   idle.Model
	group   *timeoutGroup
	now     int64 // the timeout in force, in seconds; 0 where nobody knows
	assumed bool  // it is not recorded: somebody has said so
}

const notRecorded = "the idle timeout in force is not recorded; " +
	"collect from the MicroVM API, or give it with --idle-timeout"

func (i idleCase) judge() (found, bool) {
	extra := i.model.Best(i.group.paused, 0).TimeoutSeconds()
	if i.group.paused.Gaps() > 0 && extra > 0 {
		return i.longer(extra)
	}
	breakEven, pays := i.model.BreakEvenSeconds()
	least := max(idle.LeastTimeout, breakEven.Ceil().IntPart())
	if !pays || i.now > 0 && least >= i.now {
		return found{}, false // it is best as it is
	}
	if i.now == 0 {
		i.fleet.cannot(IdleTimeout, notRecorded, i.cell.subject())
		return found{}, false
	}
	return i.shorter(least)
}

// longer runs through the pauses that would have been over by then.
func (i idleCase) longer(extra int64) (found, bool) {
	at := func(seconds int64) edit {
		fixed := i.group.paused.At(seconds * 1000)
		running := decimal.New(fixed.Use.RunningMS, -3)
		return i.cell.effect(i.facts, whatif.Effect{
			Running: running, Suspended: running.Neg(),
			Suspends: decimal.NewFromInt(fixed.Use.Resumes - i.group.paused.Gaps()),
		})
	}
	now, notes := i.now, []pricing.Note{}
	var bounds []bound
	if now == 0 && i.cell.launched.leastRun == 0 {
		i.fleet.cannot(IdleTimeout, notRecorded, i.cell.subject())
		return found{}, false
	}
	if now == 0 {
		now = max(i.cell.launched.leastRun/1000, idle.LeastTimeout)
		notes = append(notes, assumption.IdleTimeoutImplied.Clause(now))
		bounds = []bound{{edits: []edit{at(now + extra - idle.LeastTimeout)}}} // if it was the least that the service takes
	}
	then := now + extra
	if then >= pricing.MaxLifeSeconds {
		return found{}, false
	}
	change := at(extra)
	fewer := change.delta[usage.Suspends].Neg()
	out := i.found(now, then, []edit{change}, bounds)
	out.RestsOn = append(notes, assumption.IdlePausesMeasured.Clause(figures.Int(i.group.paused.Gaps())))
	out.Risk = fmt.Sprintf("none in waiting: %s fewer resumes a month", i.fleet.monthly(fewer))
	return out, true
}

// shorter estimates what pauses that were too short to be suspended would do, as they do not show.
func (i idleCase) shorter(then int64) (found, bool) {
	facts := i.facts
	if len(i.cell.launched.groups) > 1 {
		facts.Suspends = decimal.NewFromInt(i.group.suspends)
		facts.Suspended = decimal.New(i.group.paused.TotalMS(), -3)
	}
	if !facts.Suspends.IsPositive() || !facts.Suspended.IsPositive() {
		return found{}, false
	}
	effect := whatif.Memoryless{}.Effect(nil, facts, i.now, then)
	seen := facts.Suspends.Neg().Mul(decimal.NewFromInt(i.now - then)) // seconds that those suspended would run less
	sure := whatif.Effect{Running: seen, Suspended: seen.Neg()}
	unseen := effect.Running.Sub(seen)
	worse := whatif.Effect{
		Running: effect.Running.Add(unseen), Suspended: effect.Suspended.Sub(unseen),
		Suspends: effect.Suspends.Add(effect.Suspends),
	}
	out := i.found(i.now, then, []edit{i.cell.effect(i.facts, effect)}, []bound{
		{edits: []edit{i.cell.effect(i.facts, sure)}}, {edits: []edit{i.cell.effect(i.facts, worse)}},
	})
	out.RestsOn = append(out.RestsOn, effect.Notes...)
	out.RestsOn = append(out.RestsOn, assumption.IdleUnseen.Clause(i.now))
	out.Risk = fmt.Sprintf("about %s more resumes a month, each of which somebody waits for",
		i.fleet.monthly(effect.Suspends))
	return out, true
}

func (i idleCase) found(now, then int64, edits []edit, bounds []bound) found {
	out := found{edits: edits, range_: bounds}
	out.Subject, out.Region = i.cell.subject(), i.cell.region
	out.From, out.To = fmt.Sprintf("%d s", now), fmt.Sprintf("%d s", then)
	out.Change = whatif.Change{TimeoutNow: now, TimeoutThen: then}
	if i.assumed {
		out.RestsOn = append(out.RestsOn, assumption.IdleTimeoutNow.Clause(now))
	}
	out.RestsOn = append(out.RestsOn, assumption.IdleBaseline.Clause(i.facts.Size))
	out.How = fmt.Sprintf("RunMicrovm with idlePolicy.maxIdleDurationSeconds: %d", then)
	return out
}
