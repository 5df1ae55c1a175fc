package collector

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
)

func compareGaps(a, b *Gap) int {
	return cmp.Or(
		strings.Compare(a.Target.String(), b.Target.String()), a.Window.From.Compare(b.Window.From),
		strings.Compare(a.What, b.What), strings.Compare(a.Reason, b.Reason),
	)
}

// splitter takes batches apart into series, where their source can: see SeriesSource.
type splitter struct{ source Source }

// series lists what a batch reads.
func (p splitter) series(b Batch) []string {
	if of, ok := p.source.(SeriesSource); ok {
		return of.Series(b)
	}
	return []string{b.ID}
}

// part is the batch of those series of another for which keep is true. It is false where there is no such batch.
func (p splitter) part(b Batch, keep func(string) bool) (Batch, bool) {
	of, ok := p.source.(SeriesSource)
	if !ok {
		return b, false
	}
	part, err := of.Part(b, keep)
	if err != nil {
		return b, false
	}
	// Its ID tells it from other parts of the same batch, and is the same whenever the same part is made.
	whole, _, _ := strings.Cut(b.ID, partMark)
	series := slices.Sorted(slices.Values(of.Series(part)))
	part.ID = fmt.Sprintf("%s%s%08x", whole, partMark, crc32.Checksum([]byte(strings.Join(series, "\x00")), castagnoli))
	part.Window = b.Window
	return part, true
}

const partMark = " #"

// without is what is left of a gap once some series have been read for a window.
func (p splitter) without(g openGap, w Window, read map[string]bool) []openGap {
	if !w.overlaps(g.Batch.Window) {
		return []openGap{g}
	}
	series := p.series(g.Batch)
	others := slices.ContainsFunc(series, func(s string) bool { return !read[s] })
	if !slices.ContainsFunc(series, func(s string) bool { return read[s] }) {
		return []openGap{g}
	}
	var left []openGap
	if others {
		rest, ok := p.part(g.Batch, func(s string) bool { return !read[s] })
		these, alsoOK := p.part(g.Batch, func(s string) bool { return read[s] })
		if !ok || !alsoOK {
			return []openGap{g} // asking for too much is better than for too little
		}
		other := g
		other.Batch, g.Batch = rest, these
		left = append(left, other)
	}
	before, after := g, g
	before.Batch.Window.To, after.Batch.Window.From = w.From, w.To
	if period := g.Batch.Window.Period; period > 0 { // which may be longer than that of what was read
		before.Batch.Window.To = w.From.Add(period - 1).Truncate(period)
		after.Batch.Window.From = w.To.Truncate(period)
	}
	for _, rest := range []openGap{before, after} {
		if rest.Batch.Window.From.Before(rest.Batch.Window.To) {
			left = append(left, rest)
		}
	}
	return left
}

// withoutAll is what is left of several gaps.
func (p splitter) withoutAll(gaps []openGap, w Window, read map[string]bool) (left []openGap) {
	for _, g := range gaps {
		left = append(left, p.without(g, w, read)...)
	}
	return left
}

// coverage is which series a stage has asked for, and which of them it has read, by window.
type coverage map[Window]*struct{ asked, read map[string]bool }

// covered works out the coverage of a stage. What the stage has not got to read has been planned instead, and will be
// read as that: but only in a window, as the backlog is what it is.
func (p splitter) covered(s *stage) coverage {
	c := coverage{}
	isWindow := s.Window != (Window{})
	for _, b := range s.Batches {
		key := b.key()
		if !s.read[key] && !isWindow {
			continue
		}
		of := c[b.Window]
		if of == nil {
			of = &struct{ asked, read map[string]bool }{map[string]bool{}, map[string]bool{}}
			c[b.Window] = of
		}
		f, bad := s.failed[key]
		for _, series := range p.series(b) {
			of.asked[series] = true
			if s.read[key] && (!bad || !f.of(series)) {
				of.read[series] = true
			}
		}
	}
	return c
}

// windows are those of a coverage, in order.
func (c coverage) windows() []Window {
	return slices.SortedFunc(maps.Keys(c), func(a, b Window) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To))
	})
}

// of reports whether a series of a batch failed.
func (f failure) of(series string) bool {
	return f.reason != "" ||
		slices.ContainsFunc(f.gaps, func(g Gap) bool { return g.Series == "" || g.Series == series })
}

// closeGaps takes what a stage has asked for out of the gaps: only that, whatever else lies in its window, as a listing
// may leave out today what it had yesterday. What failed again is opened again. Of gaps that were accepted only what
// was read goes.
func (of *checkpoint) closeGaps(p splitter, c coverage) {
	for _, w := range c.windows() {
		var left []openGap
		for _, g := range of.Gaps {
			done := c[w].asked
			if !g.Accepted.IsZero() {
				done = c[w].read
			}
			left = append(left, p.without(g, w, done)...)
		}
		of.Gaps = left
	}
}

// heal forgets quarantines whose series was read for all of their window without being met.
func (of *checkpoint) heal(s *stage, c coverage) {
	of.Quarantined = slices.DeleteFunc(of.Quarantined, func(k KnownQuarantine) bool {
		if k.Series == "" || k.Window.To.IsZero() {
			return false
		}
		again := slices.ContainsFunc(s.quarantined, func(q Quarantine) bool {
			return q.What == k.What && q.Reason == k.Reason
		})
		return !again && slices.ContainsFunc(c.windows(), func(w Window) bool {
			return k.Window.within(w) && c[w].read[k.Series]
		})
	})
}

// open notes what of a batch could not be read, to be asked for again, unless that was accepted. It takes the place of
// earlier gaps, of which before knows how often they were asked for.
func (of *checkpoint) open(
	p splitter, target Target, b Batch, f failure, before openGap, now time.Time, report func(Gap),
) {
	g := openGap{Batch: b, Tries: before.Tries + 1, First: before.First, reported: true}
	g.Next = now.Add(retryAfter(g.Tries))
	if g.First.IsZero() {
		g.First = now
	}
	parts := f.gaps
	if f.reason != "" {
		parts = []Gap{{Target: target, Window: b.Window, What: b.ID, Reason: f.reason}}
	}
	if slices.ContainsFunc(p.series(b), func(s string) bool { return !f.of(s) }) {
		if part, ok := p.part(b, f.of); ok {
			g.Batch = part
		}
	}
	pieces := []openGap{g}
	for _, accepted := range of.Gaps {
		if !accepted.Accepted.IsZero() {
			pieces = p.withoutAll(pieces, accepted.Batch.Window, set(p.series(accepted.Batch)))
		}
	}
	reported := map[int]bool{}
	for i := range pieces {
		piece := &pieces[i]
		series := set(p.series(piece.Batch))
		n := 0
		for j, part := range parts {
			if part.Series != "" && !series[part.Series] {
				continue
			}
			if n++; n == 1 {
				piece.What, piece.Reason = part.What, part.Reason
			}
			if !reported[j] {
				reported[j] = true
				report(part)
			}
		}
		if n > 1 {
			piece.What += " and others"
		}
	}
	of.Gaps = append(of.Gaps, pieces...)
}

func set(all []string) map[string]bool {
	in := make(map[string]bool, len(all))
	for _, s := range all {
		in[s] = true
	}
	return in
}

// earlierGap finds what is known of the gaps that a batch asks for again: the most tries, and the earliest beginning.
func (p splitter) earlierGap(gaps []openGap, b Batch) (before openGap) {
	var read map[string]bool
	for _, g := range gaps {
		if !g.Batch.Window.overlaps(b.Window) || !g.Accepted.IsZero() {
			continue
		}
		if read == nil {
			read = set(p.series(b))
		}
		if !slices.ContainsFunc(p.series(g.Batch), func(s string) bool { return read[s] }) {
			continue
		}
		before.Tries = max(before.Tries, g.Tries)
		if before.First.IsZero() || !g.First.IsZero() && g.First.Before(before.First) {
			before.First = g.First
		}
	}
	return before
}

// uncovered are batches for what a plan leaves out of the gaps that are due in its window: they are asked for all the
// same, as if they lay before it.
func (p splitter) uncovered(gaps []openGap, w Window, planned []Batch, ask func(openGap) bool) []Batch {
	var left []openGap
	for _, g := range gaps {
		if g.Batch.Window.overlaps(w) && ask(g) {
			left = append(left, g)
		}
	}
	if len(left) == 0 {
		return nil
	}
	plan := &stage{planEntry: planEntry{Window: w, Batches: planned}}
	covered := p.covered(plan)
	for _, of := range covered.windows() {
		left = p.withoutAll(left, of, covered[of].asked)
	}
	var batches []Batch
	for _, g := range left {
		known := slices.ContainsFunc(planned, func(b Batch) bool { return b.key() == g.Batch.key() })
		if g.Batch.Window.overlaps(w) && !known {
			batches = append(batches, g.Batch)
		}
	}
	return batches
}

// join makes one gap of those of the same batch whose windows follow each other: with every run that reads a part of
// a gap again, they would fall into ever more. One that this run has reported stays apart from one that it has yet to
// report.
func (of *checkpoint) join() {
	slices.SortStableFunc(of.Gaps, func(a, b openGap) int {
		return cmp.Or(strings.Compare(a.Batch.ID, b.Batch.ID), a.Batch.Window.From.Compare(b.Batch.Window.From))
	})
	var gaps []openGap
	for _, g := range of.Gaps {
		if last := len(gaps) - 1; last >= 0 && gaps[last].joins(g) {
			gaps[last].Batch.Window.To = g.Batch.Window.To
			gaps[last].Tries = max(gaps[last].Tries, g.Tries)
			gaps[last].Next = civil.Later(gaps[last].Next, g.Next)
			gaps[last].First = civil.Earlier(gaps[last].First, g.First)
			continue
		}
		gaps = append(gaps, g)
	}
	of.Gaps = gaps
}

func (g openGap) joins(next openGap) bool {
	a, b := g.Batch, next.Batch
	return g.reported == next.reported && g.Accepted.Equal(next.Accepted) && a.ID == b.ID &&
		a.Window.Period == b.Window.Period && a.Window.To.Equal(b.Window.From) && bytes.Equal(a.Spec, b.Spec)
}
