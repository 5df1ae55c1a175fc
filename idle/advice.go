package idle

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Recommendation is what to set, in two sentences: what it saves a month, and what that rests on.
func (a *Analysis) Recommendation() string {
	if a.Trace == nil { // the zero value
		return ""
	}
	advised := a.Advised()
	setting := fmt.Sprintf("Set maxIdleDurationSeconds to %s", figures.Int(advised.TimeoutSeconds()))
	if a.Limited != nil {
		setting = fmt.Sprintf("Within the limits, set maxIdleDurationSeconds to %s", figures.Int(advised.TimeoutSeconds()))
	}
	now := figures.Int(a.Options.CurrentSeconds) + " s"
	against := now
	if a.Options.CurrentAssumed {
		against = "an assumed " + now
	}
	saving := a.Saving()
	monthly, perMonth := a.Monthly(saving.Abs())
	of := " a month"
	if !perMonth {
		monthly, of = saving.Abs(), " over the trace"
	}
	share := ""
	if a.Current.Cost.IsPositive() {
		share = fmt.Sprintf(", %s %% of what the gaps cost with that",
			pricing.Divide(saving.Abs().Shift(2), a.Current.Cost, 1))
	}
	var first string
	switch {
	case saving.IsZero() && advised.TimeoutMS == a.Current.TimeoutMS:
		which := "no other timeout"
		if a.Trace.SeenFromMS > 0 {
			which = "no longer timeout"
		}
		first = fmt.Sprintf("Leave maxIdleDurationSeconds at %s: %s costs less", now, which)
	case saving.IsZero():
		first = fmt.Sprintf("%s: it costs what %s does, and none costs less", setting, now)
	case saving.IsNegative():
		first = fmt.Sprintf("%s: that costs $%s%s more than %s, which the limits rule out",
			setting, dollars(monthly), of, against)
	default:
		first = fmt.Sprintf("%s: that saves $%s%s against %s%s", setting, dollars(monthly), of, against, share)
	}
	return first + ". " + a.basis()
}

// basis is the sentence that says what the figures rest on.
func (a *Analysis) basis() string {
	m := a.Model
	return fmt.Sprintf("This assumes that %s, that MicroVMs of %s GB write and read %s GB a cycle at the rates of "+
		"%s, and that %s requests a day may wait for a resume.",
		a.month(), m.Size.GB(), m.StateGB, m.Card.Region, aDay(a.PerDay(a.Advised().Suspends)))
}

// month says how the trace stands for a month.
func (a *Analysis) month() string {
	switch times, ok := a.Monthly(decimal.NewFromInt(1)); {
	case !ok:
		return "the trace shows what usually happens"
	case !a.PeriodStated:
		return "these gaps follow each other and come again all month"
	case a.PeriodMS < MonthMS:
		return fmt.Sprintf("a month of 30 days is the trace's %s %s times over", Duration(a.PeriodMS), figures.UpTo(times, 1))
	}
	return fmt.Sprintf("every 30 days are like the trace's %s", Duration(a.PeriodMS))
}

// aDay writes how often something happens on a day: whole numbers, or with decimals where it is less than once.
func aDay(n decimal.Decimal) string {
	if n.LessThan(decimal.NewFromInt(1)) {
		return n.String()
	}
	return figures.UpTo(n, 0)
}

func dollars(d decimal.Decimal) string {
	if d.IsPositive() && d.LessThan(decimal.New(1, -2)) {
		return d.StringFixedBank(6)
	}
	return figures.Fixed(d, 2)
}

// Duration writes a length of time, in milliseconds, in the largest unit that it has two of, or one exactly.
func Duration(ms int64) string {
	for _, unit := range []struct {
		ms   int64
		name string
	}{{86_400 * msPerSecond, "day"}, {hourMS, "hour"}, {minuteMS, "minute"}} {
		if ms == unit.ms {
			return "1 " + unit.name
		}
		if ms >= 2*unit.ms {
			count := pricing.Divide(decimal.NewFromInt(ms), decimal.NewFromInt(unit.ms), 1)
			return figures.Grouped(count) + " " + unit.name + "s"
		}
	}
	return figures.Grouped(seconds(ms)) + " seconds"
}

// livesDiffer reports whether, over whole lives, another timeout is cheaper than the one advised, by how much a month,
// and which.
func (a *Analysis) livesDiffer() (less decimal.Decimal, best *Outcome, differ bool) {
	if a.Lives == nil || a.Lives.Best == nil {
		return less, nil, false
	}
	best = a.Lives.Best
	for i := range a.Lives.Outcomes {
		o := &a.Lives.Outcomes[i]
		if o.TimeoutMS == min(a.Advised().TimeoutMS, a.Lives.LifeMS) && o.HeldMS == best.HeldMS && o.Within {
			less, ok := a.Monthly(o.Cost.Sub(best.Cost))
			return less, best, ok && less.IsPositive()
		}
	}
	return less, nil, false
}

// Assumptions are what the figures rest on that nobody has established, or that the trace leaves open.
func (a *Analysis) Assumptions() []pricing.Note {
	if a.Trace == nil {
		return nil
	}
	var notes []pricing.Note
	add := func(note pricing.Note) { notes = append(notes, note) }
	t := a.Trace
	notes = append(notes, t.Notes...)
	if a.Options.StateAssumed {
		add(assumption.StateSize.Note(a.Model.StateGB.String()+" GB", ", which would make shorter timeouts better"))
	}
	if a.Options.ImageAssumed {
		add(assumption.ImageSize.Note(a.Model.ImageGB.String()+" GB", ""))
	}
	if a.Options.CurrentAssumed {
		add(assumption.CurrentTimeout.Note(figures.Int(a.Options.CurrentSeconds)))
	}
	add(assumption.TransitionBilling.Note())
	add(assumption.SuspendMinimum.Note())
	add(assumption.NoBurst.Note())
	if a.Lives != nil {
		add(assumption.Latency.Note(seconds(a.Lives.Latency.ResumeMS), seconds(a.Lives.Latency.LaunchMS)))
		add(assumption.LastRequest.Note())
		add(assumption.ZeroDuration.Note())
	}
	if t.MicroVMs != nil && !a.PeriodStated {
		add(assumption.Period.Note(Duration(a.PeriodMS)))
	}
	return notes
}

// DayMS is a day: a trace that covers less is scaled to a month with a warning.
const DayMS = 86_400 * msPerSecond

const weekMS = 7 * DayMS

// Warnings are what the reader should know of before the figures are used.
func (a *Analysis) Warnings() []pricing.Note {
	if a.Trace == nil {
		return nil
	}
	var notes []pricing.Note
	add := func(note pricing.Note) { notes = append(notes, note) }
	t := a.Trace
	if t.SeenFromMS > 0 {
		add(assumption.UnseenGaps.Note(seconds(t.SeenFromMS)))
	}
	if a.BreakEven == nil {
		add(assumption.NeverPays.Note())
	}
	for _, p := range a.Policies {
		if p.TimeoutMS < LeastTimeout*msPerSecond {
			add(assumption.BelowMinimum.Note(LeastTimeout, seconds(p.TimeoutMS)))
		}
	}
	if a.Best.TimeoutSeconds() >= a.Options.LifeSeconds {
		add(assumption.BeyondLife.Note(figures.Int(a.Best.TimeoutSeconds())))
	}
	times, monthly := a.Monthly(decimal.NewFromInt(1))
	if monthly && a.PeriodMS < DayMS { // also where the gaps alone say how long it was
		add(assumption.LessThanADay.Note(Duration(a.PeriodMS), figures.UpTo(times, 1)))
	}
	if monthly && a.PeriodStated && a.PeriodMS < weekMS {
		add(assumption.ShortTrace.Note(Duration(a.PeriodMS)))
	}
	if own, _ := t.Period(); a.Options.PeriodMS > 0 && a.Options.PeriodMS < own {
		add(assumption.PeriodTooShort.Note(Duration(own)))
	}
	for _, seen := range []struct {
		count int64
		what  assumption.ID
	}{
		{t.Adjacent, assumption.UnderAMinute},
		{t.Overlaps, assumption.Overlaps},
		{t.Rounded, assumption.Rounded},
		{t.Unended, assumption.Unended},
	} {
		if seen.count > 0 {
			add(seen.what.Note(figures.Int(seen.count)))
		}
	}
	if len(t.Ignored) > 0 {
		add(assumption.IgnoredColumns.Note(fmt.Sprintf("%.200s", strings.Join(t.Ignored, ", "))))
	}
	if t.MicroVMs == nil {
		add(assumption.NotKept.Note(figures.Int(KeptGaps)))
	}
	if a.Options.Validate != nil && a.Validation == nil && t.MicroVMs != nil {
		add(assumption.TooLittle.Note())
	}
	if less, best, ok := a.livesDiffer(); ok {
		add(assumption.LivesDiffer.Note(figures.Int(ceilSeconds(best.TimeoutMS)), dollars(less),
			figures.Int(a.Advised().TimeoutSeconds())))
	}
	if a.Lives != nil && a.Lives.Best == nil {
		add(assumption.Limits.Note(Duration(a.Lives.LifeMS)))
	}
	return notes
}
