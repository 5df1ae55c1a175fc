package collector

import (
	"time"

	"microspend/internal/civil"
)

// What Timing.Since passes over, or asks for in vain, is owed like a damaged day: it is in the checkpoint until a later
// run has planned it.

// timing is what a run goes by for a target: one whose Timing.Since was read goes on where it was read last.
func (r *Runner) timing(target Target) Timing {
	t := r.Timing
	if r.sinceRead[target] {
		t.Since = time.Time{}
	}
	return t
}

// skipped names the time between what was read last and a later Timing.Since, which the checkpoint moves past.
func (c *collection) skipped(target Target, s *checkpoint, reach reach, windows []Window) []Window {
	if c.timing(target).Since.IsZero() || s.Through.IsZero() || len(windows) == 0 {
		return nil
	}
	w := Window{From: s.Through, To: civil.Earlier(reach.from, windows[0].From)}
	if !w.From.Before(w.To) {
		return nil
	}
	c.summary.Gaps = append(c.summary.Gaps, Gap{
		Target: target, Window: w, Reason: "it was not read before, and --from passes over it; the next run reads it",
	})
	return daysOf(w)
}

// withoutAccepted leaves out of a cut what is owed and was accepted: the overlap would read it all the same. Who asks
// for that time, by Timing.Since, gets it.
func (s *checkpoint) withoutAccepted(cut windowsCut) windowsCut {
	for _, owed := range s.Damaged {
		if owed.Accepted.IsZero() {
			continue
		}
		var windows, damaged []Window
		for _, w := range cut.windows {
			accepted := Window{From: owed.Window.From.Add(w.Period - 1).Truncate(w.Period), To: owed.Window.To.Truncate(w.Period)}
			for _, rest := range w.without(accepted) {
				rest.Period = w.Period
				windows = append(windows, rest)
			}
		}
		for _, w := range cut.damaged {
			damaged = append(damaged, w.without(owed.Window)...)
		}
		cut.windows, cut.damaged = windows, damaged
	}
	return cut
}

// owePassedOver notes what Timing.Since asked for and the run did not get to plan, as the target was given up. What is
// not before what was read last need not be noted: the next run goes on there.
func (c *collection) owePassedOver(s *stage) error {
	if s.Part != "" || !s.run.gaveUp || s.Goal.IsZero() || s.planned && !s.Backfill {
		return nil
	}
	of, entry := c.checkpoints[s.Target], planEntry{Shape: c.traits.Shape}
	for _, w := range s.run.asked {
		if w.From.Before(s.Window.From) || s.planned && w == s.Window {
			continue
		}
		if w.To = civil.Earlier(w.To, of.Through); w.From.Before(w.To) {
			entry.passOver(daysOf(w))
		}
	}
	if len(entry.Passed) == 0 {
		return nil
	}
	of.owe(entry.Passed)
	return c.save(of, s.Target)
}

// daysOf cuts a window at midnight.
func daysOf(w Window) (days []Window) {
	for at := w.From.Truncate(day); at.Before(w.To); at = at.Add(day) {
		days = append(days, Window{From: civil.Later(w.From, at), To: civil.Earlier(w.To, at.Add(day))})
	}
	return days
}
