package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

func compareGaps(a, b *Gap) int {
	return cmp.Or(
		strings.Compare(a.Target.String(), b.Target.String()), a.Window.From.Compare(b.Window.From),
		strings.Compare(a.What, b.What), strings.Compare(a.Reason, b.Reason),
	)
}

// resume brings into the ledger what a run that was killed had read, and makes of the rest of its plan what is pending.
func (c *collection) resume(ctx context.Context) error {
	var stages []*stage
	err := c.journal.replay(func(p planEntry) error {
		s := newStage(&route{target: p.Target}, p)
		s.planned = true
		stages = append(stages, s)
		_, err := c.state(p.Target)
		return err
	}, func(b batchEntry, _ []byte) error {
		c.summary.Reused++
		for _, s := range stages {
			if s.Target == b.Target && slices.ContainsFunc(s.Batches, func(of Batch) bool { return of.key() == b.Key }) {
				s.take(b)
			}
		}
		return nil
	})
	if err != nil || len(stages) == 0 {
		return err
	}
	c.Logger.Info("going on with a run that was interrupted", "batches", c.summary.Reused)
	c.summary.Resumed = true
	return c.settle(ctx, stages)
}

// settle brings the journal into the ledger in one step, then moves the checkpoints, then empties the journal. After a kill
// in between it is done again, which changes nothing that it had done.
func (c *collection) settle(ctx context.Context, stages []*stage) error {
	if err := c.upsert(ctx, stages); err != nil {
		return err
	}
	for _, s := range stages {
		if !s.planned && (c.traits.Live || !c.states[s.Target].Through.IsZero()) {
			continue
		}
		of, report := c.states[s.Target], func(g Gap) { c.summary.Gaps = append(c.summary.Gaps, g) }
		switch {
		case !s.planned: // the first window of all: the next run begins where this one did
			of.Begin, of.Through, of.From, of.ReadAt, of.Goal, of.Shape = s.Window.From, s.Window.From, s.From, s.ReadAt, s.Goal, s.Shape
		case c.traits.Live:
			of.settleLive(s, report)
		default:
			of.settle(s, c.Now().UTC(), report)
		}
		if err := of.save(c.folder, s.Target); err != nil {
			return err
		}
	}
	return c.journal.reset()
}

// settle moves the checkpoint past a stage. Every gap is handed to report.
func (of *state) settle(s *stage, now time.Time, report func(Gap)) {
	regular := s.Window != (Window{})
	if regular {
		if of.Begin.IsZero() || s.Window.From.Before(of.Begin) {
			of.Begin = s.Window.From
		}
		if !s.Aside {
			of.Through, of.From, of.ReadAt, of.Goal, of.Shape = s.Window.To, s.From, s.ReadAt, s.Goal, s.Shape
		}
		if s.state != nil {
			of.Source = s.state
		}
		of.cut(s.Window)
	}
	for _, b := range s.Batches {
		key := b.key()
		same := func(other Batch) bool { return other.key() == key }
		if !s.read[key] {
			if !slices.ContainsFunc(of.Pending, same) && !slices.ContainsFunc(of.Gaps, func(g gapState) bool { return same(g.Batch) }) {
				of.Pending = append(of.Pending, b)
			}
			continue
		}
		of.Pending = slices.DeleteFunc(of.Pending, same)
		tries := 0
		of.Gaps = slices.DeleteFunc(of.Gaps, func(g gapState) bool {
			if same(g.Batch) {
				tries = g.Tries
				return true
			}
			return false
		})
		if f, bad := s.failed[key]; bad {
			of.open(s.Target, b, f, tries+1, now, report)
		}
	}
	of.join()
}

// settleLive moves the checkpoint of a live source past a stage. What was not read cannot be asked for again: the next
// window begins where this one did.
func (of *state) settleLive(s *stage, report func(Gap)) {
	whole := true
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
		return
	}
	if of.Begin.IsZero() {
		of.Begin = s.Window.From
	}
	of.Through, of.ReadAt, of.Goal, of.Shape = s.Window.To, s.ReadAt, s.Goal, s.Shape
	if s.state != nil {
		of.Source = s.state
	}
}

// open notes a gap, to be asked for again.
func (of *state) open(target Target, b Batch, f failure, tries int, now time.Time, report func(Gap)) {
	g := gapState{Batch: b, Tries: tries, Next: now.Add(retryAfter(tries)), reported: true}
	if f.reason != "" {
		g.What, g.Reason = b.ID, f.reason
		report(Gap{Target: target, Window: b.Window, What: b.ID, Reason: f.reason})
	}
	for _, part := range f.gaps {
		if g.Reason == "" {
			g.What, g.Reason = part.What, part.Reason
			if len(f.gaps) > 1 {
				g.What += " and others"
			}
		}
		report(part)
	}
	of.Gaps = append(of.Gaps, g)
}

// cut takes a window that has been read again out of the gaps.
func (of *state) cut(w Window) {
	var gaps []gapState
	for _, g := range of.Gaps {
		if !w.overlaps(g.Batch.Window) {
			gaps = append(gaps, g)
			continue
		}
		before, after := g, g
		before.Batch.Window.To, after.Batch.Window.From = w.From, w.To
		for _, rest := range []gapState{before, after} {
			if rest.Batch.Window.From.Before(rest.Batch.Window.To) {
				gaps = append(gaps, rest)
			}
		}
	}
	of.Gaps = gaps
}

// join makes one gap of those of the same batch whose windows follow each other.
func (of *state) join() {
	slices.SortStableFunc(of.Gaps, func(a, b gapState) int {
		return cmp.Or(strings.Compare(a.Batch.ID, b.Batch.ID), a.Batch.Window.From.Compare(b.Batch.Window.From))
	})
	var gaps []gapState
	for _, g := range of.Gaps {
		if last := len(gaps) - 1; last >= 0 && gaps[last].joins(g) {
			gaps[last].Batch.Window.To = g.Batch.Window.To
			gaps[last].Tries = max(gaps[last].Tries, g.Tries)
			gaps[last].Next = later(gaps[last].Next, g.Next)
			gaps[last].reported = gaps[last].reported || g.reported
			continue
		}
		gaps = append(gaps, g)
	}
	of.Gaps = gaps
}

func (g gapState) joins(next gapState) bool {
	a, b := g.Batch, next.Batch
	return a.ID == b.ID && a.Window.Period == b.Window.Period && a.Window.To.Equal(b.Window.From) && bytes.Equal(a.Spec, b.Spec)
}

// upsert writes the journal's records into the ledger.
func (c *collection) upsert(ctx context.Context, stages []*stage) error {
	patchy := map[string]bool{} // the batches with gaps, and all where what is known only grows
	for _, s := range stages {
		for _, b := range s.Batches {
			if c.traits.Grows {
				patchy[s.Target.String()+" "+b.key()] = true
			}
		}
		for key := range s.failed {
			patchy[s.Target.String()+" "+key] = true
		}
	}
	better, err := c.better(ctx, patchy)
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
	changes, err := c.writer.Upsert(ctx, c.records(patchy, better))
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
	return err
}

// recordsAtATime is how many records of the journal are in memory at a time.
const recordsAtATime = 4096

var errEnough = errors.New("the ledger takes no more")

// records gives the journal's records to the ledger, but for those that it has in a better state.
func (c *collection) records(patchy map[string]bool, better *betterRecords) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		buffer := make([]usage.Record, 0, recordsAtATime)
		err := c.journal.replay(func(planEntry) error { return nil }, func(b batchEntry, text []byte) error {
			guarded := better != nil && patchy[b.Target.String()+" "+b.Key]
			decoder := recordDecoder{rest: text}
			for {
				var r usage.Record
				more, err := decoder.next(&r)
				if err != nil {
					return err
				}
				if more {
					if guarded && better.has(&r) {
						c.summary.Counts[countKept]++
						continue
					}
					buffer = append(buffer, r)
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

const countKept = "records that were read before with fewer gaps, and stay as they were"

// betterRecords are the keys of records of which the ledger has more than was read now. Keys are kept as hashes: at worst a
// record of a batch with gaps, which is read again, is left out.
type betterRecords struct {
	seed maphash.Seed
	keys map[uint64]bool // whether the ledger has it complete
}

func (b *betterRecords) hash(r *usage.Record) uint64 { return maphash.Comparable(b.seed, r.Key()) }

func (b *betterRecords) has(r *usage.Record) bool {
	return r.Coverage != usage.CoverageComplete && b.keys[b.hash(r)]
}

// better finds the records of batches with gaps that the ledger has complete. A series that fails when it is read again
// must not take away what it gave before.
func (c *collection) better(ctx context.Context, patchy map[string]bool) (*betterRecords, error) {
	if len(patchy) == 0 {
		return nil, nil
	}
	b := &betterRecords{maphash.MakeSeed(), map[uint64]bool{}}
	var from, to time.Time
	err := c.journal.replay(func(planEntry) error { return nil }, func(e batchEntry, text []byte) error {
		if !patchy[e.Target.String()+" "+e.Key] {
			return nil
		}
		decoder := recordDecoder{rest: text}
		var r usage.Record
		for {
			more, err := decoder.next(&r)
			if err != nil || !more {
				return err
			}
			if r.Coverage == usage.CoverageComplete {
				continue
			}
			b.keys[b.hash(&r)] = false
			if from.IsZero() || r.PeriodStart.Before(from) {
				from = r.PeriodStart
			}
			to = later(to, r.PeriodStart.Add(time.Second))
		}
	})
	if err != nil || len(b.keys) == 0 {
		return b, err
	}
	for r, err := range c.ledger.Records(ctx, from, to) {
		var damaged *ledger.DamagedError
		if errors.As(err, &damaged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Coverage != usage.CoverageComplete || r.Source != c.Source.Name() {
			continue
		}
		hash := b.hash(&r)
		if _, asked := b.keys[hash]; asked {
			b.keys[hash] = true
		}
	}
	return b, nil
}
