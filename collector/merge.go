package collector

import (
	"slices"

	"microspend/internal/civil"
)

// merge takes in what another collector has written of the target since this one read base. In a folder there is no
// other: its lock sees to that. A ledger that several machines write to has none.
//
// What a checkpoint says, that everything before Through has been read but for what it lists, rests on records that are
// in the ledger already, of both. So the later of the two is right about how far, and the lists add up: what either has
// taken off them was read, what either has put there was not. At worst something is read twice, which changes nothing.
func (s *checkpoint) merge(base, theirs *checkpoint) {
	ahead := s
	if theirs.Through.After(s.Through) || theirs.Through.Equal(s.Through) && theirs.ReadAt.After(s.ReadAt) {
		ahead = theirs
	}
	if s.Begin.IsZero() || !theirs.Begin.IsZero() && theirs.Begin.Before(s.Begin) {
		s.Begin = theirs.Begin
	}
	s.Reached, s.Rekeyed = civil.Later(s.Reached, theirs.Reached), civil.Later(s.Rekeyed, theirs.Rekeyed)
	s.Success = civil.Later(s.Success, theirs.Success)
	s.Shape, s.Through, s.ReadAt, s.From = ahead.Shape, ahead.Through, ahead.ReadAt, ahead.From
	s.Goal, s.Trouble, s.Source = ahead.Goal, ahead.Trouble, ahead.Source

	s.Pending = mergeLists(base.Pending, s.Pending, theirs.Pending, Batch.key, nil)
	s.Gaps = mergeLists(base.Gaps, s.Gaps, theirs.Gaps, func(g openGap) string { return g.Batch.key() + "\x00" + g.What },
		func(ours *openGap, g openGap) {
			if ours.Accepted.IsZero() {
				ours.Accepted, ours.Because = g.Accepted, g.Because
			}
		})
	s.Replan = mergeLists(base.Replan, s.Replan, theirs.Replan, func(r replan) string { return r.Window.String() }, nil)
	s.Damaged = mergeLists(base.Damaged, s.Damaged, theirs.Damaged, func(o owedDay) string { return o.Window.String() },
		func(ours *owedDay, o owedDay) {
			if ours.Accepted.IsZero() {
				ours.Accepted, ours.Because = o.Accepted, o.Because
			}
		})
	s.Backfills = mergeLists(base.Backfills, s.Backfills, theirs.Backfills,
		func(b openBackfill) string { return b.Part + "\x00" + b.Window.String() },
		func(ours *openBackfill, b openBackfill) {
			if ours.Accepted.IsZero() {
				ours.Accepted, ours.Because = b.Accepted, b.Because
			}
		})
	s.Untold = mergeLists(base.Untold, s.Untold, theirs.Untold, Gap.String, nil)
	s.Quarantined = mergeLists(base.Quarantined, s.Quarantined, theirs.Quarantined,
		func(k KnownQuarantine) string { return k.What + "\x00" + k.Reason },
		func(ours *KnownQuarantine, k KnownQuarantine) {
			ours.Window, ours.Last = ours.Window.with(k.Window), civil.Later(ours.Last, k.Last)
			ours.First, ours.Times = civil.Earlier(ours.First, k.First), max(ours.Times, k.Times)
			if ours.Accepted.IsZero() {
				ours.Accepted, ours.Because = k.Accepted, k.Because
			}
		})
	s.Quarantined = s.Quarantined[:min(len(s.Quarantined), maxQuarantined)]
	s.QuarantinedBeyond = max(s.QuarantinedBeyond, theirs.QuarantinedBeyond)
}

// leaveOvertaken sets what the journal has of a window aside that another machine has read since, as far as this one was
// to read and later: a machine that was away for a while must not put back what it saw then.
func (c *collection) leaveOvertaken() error {
	left, wanted := map[string]bool{}, map[string]bool{} // batches, by target and key
	return c.journal.entriesDo(func(at int64, content []byte) error {
		if c.journal.aside[at] {
			return nil
		}
		return readEntry(content, func(p planEntry) error {
			of := wanted
			if c.overtaken(&p) {
				of, c.journal.aside[at] = left, true
			}
			for _, b := range p.Batches {
				of[p.Target.String()+" "+b.key()] = true
			}
			return nil
		}, func(b batchEntry, _ []byte) error {
			key := b.Target.String() + " " + b.Key
			c.journal.aside[at] = left[key] && !wanted[key]
			return nil
		})
	})
}

func (c *collection) overtaken(p *planEntry) bool {
	of, err := c.checkpoint(p.Target)
	isNext := p.Window != (Window{}) && !p.Backfill && !p.Replanned && p.Part == ""
	return err == nil && isNext && of.ReadAt.After(p.ReadAt) && !of.Through.Before(p.Window.To)
}

// mergeLists is what both lists have, and what one of them has that base did not: what only one has and base did, the
// other one has taken off. Of what both have it is ours, with what both makes of it.
func mergeLists[T any](base, ours, theirs []T, key func(T) string, both func(ours *T, theirs T)) (merged []T) {
	has := func(list []T, k string) int { return slices.IndexFunc(list, func(of T) bool { return key(of) == k }) }
	for _, of := range ours {
		at := has(theirs, key(of))
		if at < 0 && has(base, key(of)) >= 0 {
			continue
		}
		if at >= 0 && both != nil {
			both(&of, theirs[at])
		}
		merged = append(merged, of)
	}
	for _, of := range theirs {
		if has(ours, key(of)) < 0 && has(base, key(of)) < 0 {
			merged = append(merged, of)
		}
	}
	return merged
}
