package collector

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// replan is a window of which something was planned and never read, and cannot be read any more as it was planned: the
// configuration has become another one since. It is planned anew.
//
// What has been read of the window lies in the ledger as it was identified then, and what would be read now might be
// the same usage under other names. So it is all planned where the ledger has nothing of the window; else, of the new
// plan, only the series that were owed: what of such a one is in the ledger is replaced.
type replan struct {
	Window Window   `json:"window"`
	Series []string `json:"series,omitempty"` // that were owed
}

// planAnew has windows planned anew of which batches are owed that cannot be read as they are.
func (c *collection) planAnew(now time.Time, target Target, s *checkpoint) {
	p := splitter{c.Source}
	add := func(b Batch) bool {
		if p.readable(b, s.Shape == c.traits.Shape) {
			return false
		}
		i := slices.IndexFunc(s.Replan, func(r replan) bool { return r.Window == b.Window })
		if i < 0 {
			i = len(s.Replan)
			s.Replan = append(s.Replan, replan{Window: b.Window})
		}
		of := &s.Replan[i]
		of.Series = append(of.Series, p.series(b)...)
		slices.Sort(of.Series)
		of.Series = slices.Compact(of.Series)
		return true
	}
	c.replansKept(now, target, s)
	before := len(s.Replan)
	s.Pending = slices.DeleteFunc(s.Pending, add)
	s.Gaps = slices.DeleteFunc(s.Gaps, func(g openGap) bool { return g.Accepted.IsZero() && add(g.Batch) })
	if n := len(s.Replan) - before; n > 0 {
		c.Logger.Warn("the configuration has changed since something was planned that was not read; it is planned anew",
			"target", target.String(), "windows", n)
	}
}

// replansKept takes off what is to be planned anew of a time whose periods the service no longer keeps.
func (c *collection) replansKept(now time.Time, target Target, s *checkpoint) {
	s.Replan = slices.DeleteFunc(s.Replan, func(r replan) bool {
		if c.traits.FinestPeriod == nil {
			return false
		}
		if finest := c.traits.FinestPeriod(now.Sub(r.Window.From)); finest > 0 && r.Window.Period%finest == 0 {
			return false
		}
		c.summary.Gaps = append(c.summary.Gaps, Gap{
			Target: target, Window: r.Window, What: namesOf(r.Series),
			Reason: fmt.Sprintf("periods of %s are no longer kept; what was not read of it is lost", Short(r.Window.Period)),
		})
		return true
	})
}

// namesOf names several series by the first of them.
func namesOf(series []string) string {
	switch len(series) {
	case 0:
		return ""
	case 1:
		return cut(series[0], maxWhat)
	}
	return fmt.Sprintf("%s and %d others", cut(series[0], maxWhat/2), len(series)-1)
}

// readable reports whether a batch can be read as it is. Where the source does not say, one of the same shape can.
func (p splitter) readable(b Batch, sameShape bool) bool {
	if of, ok := p.source.(SeriesSource); ok {
		return of.Readable(b)
	}
	return sameShape
}

// owedOnly leaves of a plan of a replanned window what may be read without counting twice. What is owed and is not
// among it is lost, and named.
func (c *collection) owedOnly(ctx context.Context, s *stage, batches []Batch) (owed []Batch, lost *Gap, err error) {
	free := true
	err = c.eachRecorded(ctx, s.Target, s.Window.From, s.Window.To, func(recordedPeriod) { free = false })
	if err != nil || free {
		return batches, nil, err
	}
	p, wanted := splitter{c.Source}, set(s.Series)
	got := map[string]bool{}
	for _, b := range batches {
		part, n := b, 0
		series := p.series(b)
		for _, one := range series {
			if wanted[one] {
				n++
			}
		}
		if n > 0 && n < len(series) {
			ok := false
			if part, ok = p.part(b, func(one string) bool { return wanted[one] }); !ok {
				n = 0
			}
		}
		if n > 0 {
			owed = append(owed, part)
			for _, one := range series {
				got[one] = true
			}
		}
	}
	missing := slices.DeleteFunc(slices.Clone(s.Series), func(one string) bool { return got[one] })
	if len(missing) == 0 {
		return owed, nil, nil
	}
	return owed, &Gap{
		Target: s.Target, Window: s.Window, What: namesOf(missing),
		Reason: "it was not read before the configuration changed, and is not read with the new one, under which it might " +
			"count twice; it is lost",
	}, nil
}

// replanned notes that a window was planned anew: what is owed of it now is what the new plan has.
func (of *checkpoint) replanned(p splitter, s *stage) {
	of.Replan = slices.DeleteFunc(of.Replan, func(r replan) bool { return r.Window == s.Window })
	// A run that was killed before it noted what is to be planned anew has left that as it was.
	old := func(b Batch) bool { return b.Window == s.Window && !p.readable(b, of.Shape == s.Shape) }
	of.Pending = slices.DeleteFunc(of.Pending, old)
	of.Gaps = slices.DeleteFunc(of.Gaps, func(g openGap) bool { return g.Accepted.IsZero() && old(g.Batch) })
}
