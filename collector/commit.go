package collector

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger/audit"
	"microspend/usage"
)

// resume brings into the ledger what a run that was killed had read. The rest of its plan becomes pending.
func (c *collection) resume(ctx context.Context) error {
	foreign, err := c.journal.replaceForeign(c.Now())
	if err != nil {
		return err
	}
	if foreign != nil {
		c.quarantine(Target{}, []Quarantine{*foreign})
	}
	damaged, err := c.journal.sift(c.Now(), c.traits.Live)
	if err != nil {
		return err
	}
	if err := c.leaveOvertaken(); err != nil {
		return err
	}
	var stages []*stage
	err = c.journal.replay(func(p planEntry) error {
		s := newStage(&targetRun{target: p.Target}, p)
		s.planned, s.quarantined = true, p.Quarantined
		stages = append(stages, s)
		return nil
	}, func(b batchEntry, text []byte) error {
		c.summary.Reused++
		for _, s := range stages {
			if s.Target == b.Target && slices.ContainsFunc(s.Batches, func(of Batch) bool { return of.key() == b.Key }) {
				s.take(b)
				s.quarantined = append(s.quarantined, refusedIn(b, text)...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range damaged {
		c.quarantine(d.Target, found([]Quarantine{d}, d.Target, Window{}))
	}
	if len(stages) == 0 {
		return c.journal.resetIf(len(c.journal.aside) > 0)
	}
	c.Logger.Info("going on with a run that was interrupted", "batches", c.summary.Reused)
	c.summary.Resumed = true
	return c.commit(ctx, stages)
}

// refusedIn names the records of an entry that cannot be kept: an older program has not checked them.
func refusedIn(b batchEntry, text []byte) []Quarantine {
	var bad []usage.Record
	_ = eachRecord(text, func(r *usage.Record) { // sift has read it before
		if r.Check() != nil {
			bad = append(bad, *r)
		}
	})
	_, refused := sound(b.Target, bad)
	return found(refused, b.Target, Window{})
}

// quarantine remembers what was met of a target, and has what is new named. Where it cannot be remembered, as it is of
// no target or of one whose checkpoint cannot be read, it is named each time.
func (c *collection) quarantine(target Target, met []Quarantine) {
	of, err := c.checkpoint(target)
	if err != nil || target == (Target{}) {
		c.summary.Quarantined = append(c.summary.Quarantined, met...)
		return
	}
	news, known := of.quarantine(target, met, c.Now().UTC())
	c.summary.Quarantined = append(c.summary.Quarantined, news...)
	c.summary.KnownQuarantined += known
}

// commit brings the journal into the ledger in one step, then moves the checkpoints, then empties the journal.
//
// The order is what makes a kill harmless: at every moment in between the journal still has everything, and doing it
// again changes nothing, as records replace those with their key. The other way round a kill would lose what was read.
func (c *collection) commit(ctx context.Context, stages []*stage) error {
	if err := c.upsert(ctx, stages); err != nil {
		return err
	}
	for _, s := range stages {
		if _, err := c.checkpoint(s.Target); err != nil {
			continue // of a run that was killed; what it had not read yet is read again once the checkpoint is deleted
		}
		if err := c.owePassedOver(s); err != nil {
			return err
		}
		if !s.planned && (c.traits.Live || s.refused || s.Backfill || !c.checkpoints[s.Target].Through.IsZero()) {
			continue
		}
		if err := c.checkClock(s, true); err != nil && s.planned && !s.run.gaveUp { // by replies that came after the plan
			c.giveUp(s, err)
			continue
		}
		of, report := c.checkpoints[s.Target], func(g Gap) { c.summary.Gaps = append(c.summary.Gaps, g) }
		switch {
		case !s.planned:
			// The first window of all could not be planned. The next run begins where this one did, not a lookback before its
			// own now, so that nothing is passed over.
			of.Begin, of.Through, of.Goal = s.Window.From, s.Window.From, s.Goal
			of.From, of.ReadAt, of.Shape = s.From, s.ReadAt, s.Shape
		case c.traits.Live:
			if !of.commitLive(s) {
				s.run.trouble = "the last look at it failed"
			}
		default:
			of.commit(splitter{c.Source}, s, c.Now().UTC(), report)
		}
		named := len(c.summary.Quarantined)
		c.quarantine(s.Target, append(s.quarantined, s.conflicts...))
		if err := c.auditConflicts(s, c.summary.Quarantined[named:]); err != nil {
			return err
		}
		if err := c.save(of, s.Target); err != nil {
			return err
		}
	}
	return c.journal.reset()
}

// commit moves the checkpoint past a stage, unless that is a backfill. What was planned and not read becomes pending,
// what failed an open gap. Every gap is handed to report.
func (of *checkpoint) commit(p splitter, s *stage, now time.Time, report func(Gap)) {
	if isWindow := s.Window != (Window{}); isWindow { // else it is the backlog
		if of.Begin.IsZero() || s.Window.From.Before(of.Begin) {
			of.Begin = s.Window.From
		}
		if !s.Backfill {
			if of.Shape != "" && of.Shape != s.Shape {
				// What was read before has other keys, and is not read again.
				of.Rekeyed = civil.Later(s.Window.From, civil.Later(of.Through, of.Reached))
				of.Begin = of.Rekeyed
			}
			of.Through, of.From, of.ReadAt, of.Goal, of.Shape = s.Window.To, s.From, s.ReadAt, s.Goal, s.Shape
			of.Reached = civil.Later(of.Reached, of.Through)
		}
		of.owe(s.Passed)
		switch {
		case s.Part != "":
			of.backfilled(s.Part, s.Window)
		case !s.Replanned:
			of.paid(s.Window)
		}
		if s.State != nil {
			of.Source = s.State
		}
		if s.state != nil {
			of.Source = s.state
		}
	}
	if s.Replanned {
		of.replanned(p, s)
		if s.Lost != nil {
			report(*s.Lost)
		}
	}
	before := slices.Clone(of.Gaps)
	if len(of.Gaps)+len(of.Quarantined) > 0 { // working out series takes a while
		covered := p.covered(s)
		of.closeGaps(p, covered)
		of.heal(s, covered)
	}
	for _, b := range s.Batches {
		key := b.key()
		same := func(other Batch) bool { return other.key() == key }
		if !s.read[key] {
			// The backlog is planned anew by each run: what is known to be owed must not be owed twice.
			if !slices.ContainsFunc(of.Pending, same) &&
				!slices.ContainsFunc(of.Gaps, func(g openGap) bool { return same(g.Batch) }) {
				of.Pending = append(of.Pending, b)
			}
			continue
		}
		of.Pending = slices.DeleteFunc(of.Pending, same)
		of.Gaps = slices.DeleteFunc(
			of.Gaps,
			func(g openGap) bool { return same(g.Batch) && g.Accepted.IsZero() && !g.reported },
		)
		if f, bad := s.failed[key]; bad {
			of.open(p, s.Target, b, f, p.earlierGap(before, b), now, report)
		}
	}
	of.join()
}

// commitLive moves the checkpoint of a live source past a stage, if all of it was read. Where it was not, nothing can
// be asked for again: the next window begins where this one did, so that the source sees how long it saw nothing.
//
// Its gaps cannot be asked for again either. They stay in the checkpoint until a run gets to its end and names them:
// one that is killed between would be the only one that knew.
func (of *checkpoint) commitLive(s *stage) (whole bool) {
	report := func(g Gap) { of.Untold = append(of.Untold, g) }
	whole = true
	for _, b := range s.Batches {
		f := s.failed[b.key()]
		whole = whole && s.read[b.key()] && f.reason == ""
		for _, g := range f.gaps {
			report(g)
		}
		if f.reason != "" {
			report(Gap{Target: s.Target, Window: b.Window, Reason: f.reason})
		}
	}
	if !whole {
		return false
	}
	if of.Begin.IsZero() {
		of.Begin = s.Window.From
	}
	of.Through, of.ReadAt, of.Goal, of.Shape = s.Window.To, s.ReadAt, s.Goal, s.Shape
	if s.state != nil {
		of.Source = s.state
	}
	return true
}

// upsert writes the journal's records into the ledger, but for those of days that cannot be written.
func (c *collection) upsert(ctx context.Context, stages []*stage) error {
	c.leaveDamaged(stages)
	partial := map[string]bool{} // by batch: those with gaps, and all of a source whose records may have become incomplete
	for _, s := range stages {
		for _, b := range s.Batches {
			if c.traits.Grows {
				partial[s.Target.String()+" "+b.key()] = true
			}
		}
		for key := range s.failed {
			partial[s.Target.String()+" "+key] = true
		}
	}
	kept, err := c.recordsToKeep(ctx, partial)
	if err != nil {
		return err
	}
	any := false
	err = c.journal.replay(func(planEntry) error { return nil }, func(b batchEntry, _ []byte) error {
		any = any || b.Records > 0
		for what, n := range b.Counts {
			c.summary.Counts[what] += n
		}
		c.summary.note(b.Notes)
		return nil
	})
	if err != nil || !any {
		return err
	}
	from := audit.Source{Targets: make([]string, len(stages))}
	for i, s := range stages {
		from.Targets[i] = c.Source.Name() + " " + s.Target.String()
	}
	from.Targets = slices.Compact(from.Targets)
	c.writer.From(from)
	contested, err := c.findConflicts()
	if err != nil {
		return err
	}
	if c.traits.Origins {
		c.writer.Replacing(contested.replacing)
	}
	changes, err := c.writer.Upsert(ctx, c.records(partial, kept, contested))
	for c.foundDamaged(err) { // nothing was written
		c.leaveDamaged(stages)
		changes, err = c.writer.Upsert(ctx, c.records(partial, kept, contested))
	}
	contested.tell(stages)
	total := &c.summary.Changes
	total.Read += changes.Read
	total.Added += changes.Added
	total.Replaced += changes.Replaced
	total.Unchanged += changes.Unchanged
	total.Superseded += changes.Superseded
	total.SetAside = append(total.SetAside, changes.SetAside...)
	for _, of := range changes.Days {
		if i, found := slices.BinarySearchFunc(total.Days, of, time.Time.Compare); !found {
			total.Days = slices.Insert(total.Days, i, of)
		}
	}
	if err != nil {
		return err
	}
	return c.findDoubts(ctx, c.daysToDoubt(changes.Days, stages))
}

// recordsAtATime is how many records of the journal are in memory at a time.
const recordsAtATime = 4096

// errEnough ends a replay whose reader wants no more.
var errEnough = errors.New("the ledger takes no more")

// records gives the journal's records to the ledger, but for those that it has in a better state, those of damaged
// days, and those that it would refuse together with all others.
func (c *collection) records(
	partial map[string]bool, kept *keptRecords, contested *conflicts,
) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		buffer := make([]usage.Record, 0, recordsAtATime)
		var (
			of      int64 // day, in which records mostly follow each other
			damaged bool
		)
		err := c.journal.replay(func(planEntry) error { return nil }, func(b batchEntry, text []byte) error {
			guarded := kept
			if !partial[b.Target.String()+" "+b.Key] {
				guarded = nil
			}
			decoder := recordDecoder{rest: text}
			for {
				var r usage.Record
				more, err := decoder.next(&r)
				if err != nil {
					return err
				}
				if more && c.goesIn(&r, originOf(b.Key), contested, guarded) {
					if at := r.PeriodStart.Unix() / int64(day/time.Second); at != of {
						of, damaged = at, c.damagedDay(r.PeriodStart) != ""
					}
					if !damaged {
						buffer = append(buffer, r)
					}
				}
				if len(buffer) == recordsAtATime || !more && len(buffer) > 0 {
					if !yield(buffer, nil) {
						return errEnough
					}
					buffer = buffer[:0]
				}
				if !more {
					return nil
				}
			}
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// goesIn decides about a record of the journal. What is contested goes in as such, whatever the ledger has.
func (c *collection) goesIn(r *usage.Record, origin string, contested *conflicts, kept *keptRecords) bool {
	counts, unsure := contested.settle(origin, r)
	switch {
	case unsure:
		c.summary.Counts[countContested]++
	case kept != nil && kept.has(r):
		c.summary.Counts[countKept]++
		return false
	}
	return counts && r.Check() == nil
}
