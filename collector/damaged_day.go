package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// A day of the ledger into which nothing can be written, as its manifest is damaged, costs that day. It is not read
// either: what the ledger has of it is not known, and so neither is in which periods, nor whether another source has
// read it. It stays owed, in the checkpoint, and is read once the ledger was repaired.

// damagedDay is why nothing can be written into the ledger's day at a time; "" where that is possible. A day that was
// found damaged stays so for the run.
func (c *collection) damagedDay(at time.Time) string {
	if c.ledger == nil {
		return ""
	}
	at = at.UTC().Truncate(day)
	c.daysMu.Lock()
	defer c.daysMu.Unlock()
	reason, known := c.damagedDays[at]
	if !known {
		if l, can := c.ledger.(ledger.Damageable); can {
			if err := l.Unwritable(c.always, at); err != nil {
				reason = err.Error()
			}
		}
		c.damagedDays[at] = reason
	}
	return reason
}

// foundDamaged notes a day that turned out to be damaged when it was written to. It is false for other errors.
func (c *collection) foundDamaged(err error) bool {
	of, ok := errors.AsType[*ledger.UnwritableDayError](err)
	if !ok {
		return false
	}
	c.daysMu.Lock()
	defer c.daysMu.Unlock()
	before := c.damagedDays[of.Day]
	c.damagedDays[of.Day] = of.Error()
	return before == ""
}

// damagedIn gives the parts of a window that lie in damaged days, a day each.
func (c *collection) damagedIn(w Window) (damaged []Window) {
	for at := w.From.Truncate(day); at.Before(w.To); at = at.Add(day) {
		if c.damagedDay(at) != "" {
			damaged = append(damaged, Window{From: civil.Later(w.From, at), To: civil.Earlier(w.To, at.Add(day))})
		}
	}
	return damaged
}

// reportDamaged names the damaged days of a window, each once a target.
func (c *collection) reportDamaged(target Target, w Window, then string) {
	for _, part := range c.damagedIn(w) {
		c.count(func(s *Summary) {
			of := damagedOf{target, part.From.Truncate(day)}
			if !c.damagedTold[of] {
				c.damagedTold[of] = true
				s.Gaps = append(s.Gaps, c.damagedGap(target, part, then))
			}
		})
	}
}

func (c *collection) damagedGap(target Target, part Window, then string) Gap {
	return Gap{Target: target, Window: part, Reason: fmt.Sprintf("the ledger's day %s cannot be written: %s. %s",
		part.From.Format(time.DateOnly), c.damagedDay(part.From), then)}
}

// What becomes of a day that cannot be written.
const (
	staysOwed = "It is read once that day is repaired"
	isLost    = "What was measured of it is lost"
)

type damagedOf struct {
	target Target
	day    time.Time
}

// owedDay is a damaged day, or a part of one, that a run has passed over.
type owedDay struct {
	Window Window `json:"window"` // without a period, as that depends on what the ledger has
	Shape  string `json:"shape"`

	Accepted time.Time `json:"accepted,omitzero"` // since then no run reads it that is not told to
	Because  string    `json:"because,omitempty"` // why it was accepted
}

// owedStages has the days read that earlier runs passed over, as far as they are repaired and this run does not read
// them anyway.
func (c *collection) owedStages(ctx context.Context, now time.Time, r *targetRun, s *checkpoint) error {
	to := now.Add(-c.Timing.Settle)
	for _, owed := range owedBeside(s.Damaged, r.windows) {
		w := owed.Window
		if !owed.Accepted.IsZero() {
			continue
		}
		if c.damagedDay(w.From) != "" {
			c.reportDamaged(r.target, w, staysOwed)
			continue
		}
		cut, err := c.windows(ctx, now, r.target, reach{from: w.From, to: civil.Earlier(w.To, to)})
		if err != nil {
			return err
		}
		others, err := c.otherKeys(ctx, r.target, owed)
		if err != nil {
			return err
		}
		if others {
			cut.windows, cut.gaps = nil, []Gap{
				{Target: r.target, Window: w, Reason: "the ledger's day was damaged when it was to be " +
					"read, and the configuration has changed since, under which it might count twice; it is lost"},
			}
		}
		for _, g := range cut.gaps {
			c.summary.Gaps = append(c.summary.Gaps, g)
			s.paid(g.Window)
		}
		for _, window := range cut.windows {
			r.windows = append(r.windows, window)
			r.stages = append(r.stages, newStage(r, planEntry{
				Target: r.target, Shape: c.traits.Shape, Window: window, Backfill: true,
			}))
		}
	}
	return nil
}

// otherKeys reports whether the ledger has records of an owed day that are keyed otherwise than the source's are now.
func (c *collection) otherKeys(ctx context.Context, target Target, owed owedDay) (others bool, err error) {
	if owed.Shape == c.traits.Shape || c.traits.KeepsKeys != nil && c.traits.KeepsKeys(owed.Shape) {
		return false, nil
	}
	return others, c.eachRecorded(ctx, target, owed.Window.From, owed.Window.To, func(recordedPeriod) { others = true })
}

// passOver notes damaged days that a stage leaves behind it.
func (p *planEntry) passOver(days []Window) {
	for _, d := range days {
		if owed := (owedDay{Window: d, Shape: p.Shape}); !slices.Contains(p.Passed, owed) {
			p.Passed = append(p.Passed, owed)
		}
	}
}

// owe notes days that are passed over, but for what was accepted of them: each run passes over a damaged day again.
func (s *checkpoint) owe(days []owedDay) {
	for _, known := range s.Damaged {
		if !known.Accepted.IsZero() {
			days = owedWithout(days, known.Window)
		}
	}
	for _, d := range days {
		if !slices.ContainsFunc(s.Damaged, func(known owedDay) bool { return known.Window == d.Window }) {
			s.Damaged = append(s.Damaged, d)
		}
	}
	slices.SortFunc(s.Damaged, func(a, b owedDay) int { return a.Window.From.Compare(b.Window.From) })
}

// paid takes a window off the days that are owed: all of it was planned, or is lost.
func (s *checkpoint) paid(w Window) { s.Damaged = owedBeside(s.Damaged, []Window{w}) }

// owedBeside is what is owed and lies in none of some windows.
func owedBeside(days []owedDay, windows []Window) []owedDay {
	for _, w := range windows {
		days = owedWithout(days, w)
	}
	return slices.Clone(days)
}

func owedWithout(days []owedDay, w Window) (left []owedDay) {
	for _, owed := range days {
		for _, rest := range owed.Window.without(w) {
			owed.Window = rest
			left = append(left, owed)
		}
	}
	return left
}

// leaveDamaged makes batches of damaged days count as not read, before records are written. What a live source has
// measured of such a day is lost.
func (c *collection) leaveDamaged(stages []*stage) {
	for _, s := range stages {
		if c.traits.Live {
			c.reportDamaged(s.Target, s.Window, isLost)
			continue
		}
		for _, b := range s.Batches {
			if key := b.key(); s.read[key] && len(c.damagedIn(b.Window)) > 0 {
				delete(s.read, key)
				delete(s.failed, key)
				s.state = nil
				c.reportDamaged(s.Target, b.Window, staysOwed)
			}
		}
	}
}

// cutDamaged reports the damaged days of what a run is to read of a target.
func (c *collection) cutDamaged(r *targetRun, s *checkpoint, reach reach, cut windowsCut) {
	then := staysOwed
	if c.Timing.Part != "" {
		then = "Repeat the backfill once that day is repaired"
	}
	for _, w := range cut.damaged {
		c.reportDamaged(r.target, w, then)
	}
	if len(cut.windows) > 0 || len(cut.damaged) == 0 {
		return
	}
	r.trouble = c.damagedGap(r.target, cut.damaged[0], then).Reason
	if reach.backfill && c.Timing.Part == "" { // else the checkpoint stays before them
		var of planEntry
		of.Shape = c.traits.Shape
		of.passOver(cut.damaged)
		s.owe(of.Passed)
	}
}
