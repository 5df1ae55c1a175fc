package collector

import (
	"bytes"
	"cmp"
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

// open notes a gap, to be asked for again.
func (of *checkpoint) open(target Target, b Batch, f failure, tries int, now time.Time, report func(Gap)) {
	g := openGap{Batch: b, Tries: tries, Next: now.Add(retryAfter(tries)), First: now, reported: true}
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

// cut takes a window that has been read again out of the gaps. What of a gap lies before and after it stays one.
func (of *checkpoint) cut(w Window) {
	var gaps []openGap
	for _, g := range of.Gaps {
		if !w.overlaps(g.Batch.Window) {
			gaps = append(gaps, g)
			continue
		}
		before, after := g, g
		before.Batch.Window.To, after.Batch.Window.From = w.From, w.To
		for _, rest := range []openGap{before, after} {
			if rest.Batch.Window.From.Before(rest.Batch.Window.To) {
				gaps = append(gaps, rest)
			}
		}
	}
	of.Gaps = gaps
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
			continue
		}
		gaps = append(gaps, g)
	}
	of.Gaps = gaps
}

func (g openGap) joins(next openGap) bool {
	a, b := g.Batch, next.Batch
	return g.reported == next.reported && g.Accepted.Equal(next.Accepted) && a.ID == b.ID && a.Window.Period == b.Window.Period &&
		a.Window.To.Equal(b.Window.From) && bytes.Equal(a.Spec, b.Spec)
}
