package collector

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
)

// openBackfill is what a run was to read of a part (Timing.Part) and has not planned. It is noted before the run asks
// for anything, so that neither a failure of all of it nor a kill has it forgotten, and stays until the part was
// planned for that time or it was accepted. No other run reads it: what fails for good, such as a log group that may
// not be read, would have every run give the target up. It is repeated by hand.
type openBackfill struct {
	Window   Window    `json:"window"` // without a period, as that depends on what the ledger has
	Part     string    `json:"part"`
	Reason   string    `json:"reason"`
	Tries    int       `json:"tries"`
	First    time.Time `json:"first"`
	Accepted time.Time `json:"accepted,omitzero"`
	Because  string    `json:"because,omitempty"`
}

const (
	backfillEnded = "the run that was to read it ended before it did"
	repeatIt      = "; repeat the backfill, or accept that it is missing"
)

// gap is how a backfill is reported.
func (b openBackfill) gap(target Target) Gap {
	return Gap{Target: target, Window: b.Window, What: "backfill of " + cut(b.Part, maxWhat), Reason: b.Reason + repeatIt}
}

// oweBackfills notes what a backfill is about to read. Where no target can be made out, as the credentials have
// expired, it is owed of those that the last run could make out.
func (c *collection) oweBackfills(runs []*targetRun) error {
	if c.Timing.Part == "" {
		return nil
	}
	for _, run := range runs {
		if err := c.oweBackfill(run.target, run.asked, backfillEnded); err != nil {
			return err
		}
	}
	if len(runs) > 0 || len(c.unreachable) == 0 {
		return nil
	}
	before, err := ReadRunState(c.always, c.writer, c.Source.Name())
	if err != nil {
		return nil //nolint:nilerr // it is for those who ask, and there is no one to owe it of
	}
	reach := c.Timing.reach(c.Now().UTC(), &checkpoint{}, c.traits.Shape)
	for _, target := range before.Targets {
		w := []Window{{From: reach.from, To: reach.to}}
		if err := c.oweBackfill(Target(target), w, cut(c.unreachable[0].Reason, maxReason)); err != nil {
			return err
		}
	}
	return nil
}

func (c *collection) oweBackfill(target Target, windows []Window, reason string) error {
	of, err := c.checkpoint(target)
	if err != nil || len(windows) == 0 {
		return nil //nolint:nilerr // it is a gap by itself
	}
	for _, w := range adjoining(windows) {
		owed := openBackfill{Window: w, Part: c.Timing.Part, Reason: reason, Tries: 1, First: c.Now().UTC()}
		for _, known := range of.Backfills {
			if known.Part == owed.Part && known.Window.overlaps(w) && known.Accepted.IsZero() {
				owed.Tries, owed.First = max(owed.Tries, known.Tries+1), civil.Earlier(owed.First, known.First)
			}
		}
		of.backfilled(owed.Part, w)
		of.Backfills = append(of.Backfills, owed)
	}
	slices.SortFunc(of.Backfills, func(a, b openBackfill) int {
		return cmp.Or(strings.Compare(a.Part, b.Part), a.Window.From.Compare(b.Window.From))
	})
	return c.save(of, target)
}

// backfilled takes a window off what is owed of a part: it was planned.
func (s *checkpoint) backfilled(part string, w Window) {
	var left []openBackfill
	for _, owed := range s.Backfills {
		if owed.Part != part {
			left = append(left, owed)
			continue
		}
		for _, rest := range owed.Window.without(w) {
			owed.Window = rest
			left = append(left, owed)
		}
	}
	s.Backfills = left
}

// concludeBackfill says why a run has not read all that it was to read of a part.
func (c *collection) concludeBackfill(run *targetRun, of *checkpoint) {
	for i := range of.Backfills {
		b := &of.Backfills[i]
		asked := slices.ContainsFunc(run.asked, b.Window.overlaps)
		if b.Part != c.Timing.Part || !asked || !b.Accepted.IsZero() {
			continue
		}
		switch damaged := c.damagedDay(b.Window.From); {
		case run.gaveUp:
			b.Reason = run.trouble
		case damaged != "":
			b.Reason = cut(damaged, maxReason)
		}
	}
}

// adjoining makes one window of those that follow each other, without a period.
func adjoining(windows []Window) (joined []Window) {
	windows = slices.SortedFunc(slices.Values(windows), func(a, b Window) int { return a.From.Compare(b.From) })
	for _, w := range windows {
		if last := len(joined) - 1; last >= 0 && joined[last].To.Equal(w.From) {
			joined[last].To = w.To
			continue
		}
		joined = append(joined, Window{From: w.From, To: w.To})
	}
	return joined
}

// without is what of a window lies beside another one.
func (w Window) without(other Window) (left []Window) {
	if !w.overlaps(other) || !other.From.Before(other.To) {
		return []Window{w}
	}
	for _, rest := range []Window{{From: w.From, To: other.From}, {From: other.To, To: w.To}} {
		if rest.From.Before(rest.To) {
			left = append(left, rest)
		}
	}
	return left
}
