package logs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/internal/emf"
	"microspend/usage"
)

// result looks for lines that are missing and makes records of the rest.
func (r *reading) result(out *collector.Result) {
	for _, id := range slices.SortedFunc(maps.Keys(r.lives), func(a, b lifeKey) int {
		return cmp.Or(strings.Compare(a.microVM, b.microVM), strings.Compare(a.life, b.life))
	}) {
		r.missing(r.lives[id])
	}
	r.nameNewer(out)
	for _, u := range r.inOrder() {
		for i := range u.cells {
			c := &u.cells[i]
			c.lacking = c.lacking || r.refused[refusedIn{u.id, c.index}]
			record := r.record(u, &u.cells[i])
			if err := record.Check(); err != nil { // such as an id that is not one
				r.quarantine(r.groupName()+", MicroVM "+u.id, "its lines do not make a record: "+err.Error(), u.cells[i].begin)
				continue
			}
			out.Records = append(out.Records, record)
			u.firstSeen(out, record.Resource)
		}
	}
	for key, window := range r.findings {
		out.Quarantined = append(out.Quarantined, collector.Quarantine{
			Window: window, What: key.what, Reason: key.reason, Series: r.group,
		})
	}
	for what, n := range r.counts {
		out.Counts[what] += n
	}
	out.Notes = append(out.Notes, r.notes...)
}

// firstSeen says when a MicroVM was first heard of, of all slices of a batch.
func (u *logUsage) firstSeen(out *collector.Result, of usage.Resource) {
	if out.FirstSeen == nil {
		out.FirstSeen = map[string]int64{}
	}
	if known, ok := out.FirstSeen[of.String()]; !ok || u.taken < known {
		out.FirstSeen[of.String()] = u.taken
	}
}

// nameNewer names the streams with lines of a newer meter. A version that most streams of the group have, and have
// alone, is one that this program is too old for: that is a gap, which a newer one reads. What a single MicroVM prints
// must not hold a gap open: its lines are left out, and its periods are not complete.
func (r *reading) nameNewer(out *collector.Result) {
	var lines int64
	var newer []string
	alone := 0
	for name, s := range r.streams {
		if s.newer == 0 {
			continue
		}
		lines += s.newer
		newer = append(newer, name)
		if !s.lines {
			alone++
		}
	}
	if alone*2 > len(r.streams) {
		out.Gaps = append(out.Gaps, collector.Gap{
			Window: r.window, What: r.groupName(), Reason: fmt.Sprintf("%d lines are of a newer meter than this "+
				"program knows; a newer microspend reads them", lines),
		})
		return
	}
	slices.Sort(newer)
	for _, name := range newer {
		r.quarantine(r.groupName()+", stream "+name, countOf[emf.Newer], r.streams[name].newerAt)
	}
}

func (r *reading) inOrder() []*logUsage {
	return slices.SortedFunc(maps.Values(r.microVMs), func(a, b *logUsage) int {
		return strings.Compare(a.id, b.id)
	})
}

// missing looks for numbers that were left out in a life. What a missing line was about lies between its neighbours.
func (r *reading) missing(life *logLife) {
	if len(life.marks) == 0 {
		return
	}
	for i := 1; i < len(life.marks); i++ {
		before, after := life.marks[i-1], life.marks[i]
		n := after.sequence - before.sequence - 1
		if n == 0 {
			continue
		}
		life.lacks(r, before.end, after.start)
		if r.inside(before.end) {
			r.counts[countMissing] += n
			r.noteMissing(countMissing, "%d of MicroVM %s between %s and %s (stream %s)",
				n, life.usage.id, moment(before.end), moment(after.start), life.stream)
		}
	}
	// The line before the first would have been read too, if it were there: a MicroVM that lives has one every few
	// minutes.
	if first := life.marks[0]; first.sequence > 1 && r.inside(first.start) {
		life.lacks(r, first.start, first.start)
		r.counts[countBeginning]++
		r.noteMissing(countBeginning, "MicroVM %s, before line %d of %s (stream %s)",
			life.usage.id, first.sequence, moment(first.start), life.stream)
	}
}

// lacks marks the periods that a missing line can have been about. Where there is no record of a period, there is
// nothing to mark: it is not known.
func (life *logLife) lacks(r *reading, from, to int64) {
	if to < from {
		from, to = to, from
	}
	for i := range life.usage.cells {
		c := &life.usage.cells[i]
		begin := r.from + c.index*r.period
		if begin <= to && begin+r.period >= from {
			c.lacking = true
		}
	}
}

func (r *reading) noteMissing(what, format string, args ...any) {
	if r.noted[what]++; r.noted[what] <= notesPerKind {
		r.notes = append(r.notes, fmt.Sprintf("%s: %s, %s: %s", what, r.target, r.group, fmt.Sprintf(format, args...)))
	}
}

// record is a period of a MicroVM. It is complete where lines are about all of it, or of what the MicroVM lived of it.
func (r *reading) record(u *logUsage, c *logCell) usage.Record {
	record := usage.Record{
		PeriodStart: time.UnixMilli(r.from + c.index*r.period).UTC(), PeriodSeconds: r.period / 1000,
		Region: r.target.Region, Account: r.target.Account, Resource: usage.Resource{ID: emf.Decoded(u.id)},
		Source: SourceName, Amounts: c.amounts, Coverage: usage.CoverageComplete,
	}
	r.attribute(&record, u, c)
	if c.reached > c.end { // it ran on after a terminate hook, which anybody in the MicroVM can call
		c.end = r.from + (c.index+1)*r.period
	}
	if c.covered > c.end-c.begin+clockStep {
		r.counts[countOverfull]++
		record.Coverage = usage.CoverageUnknown
	}
	switch {
	case c.doubtful:
		record.Coverage = usage.CoverageUnknown
	case record.Coverage == usage.CoverageComplete && (c.lacking || c.covered < c.end-c.begin):
		record.Coverage = usage.CoveragePartial
	}
	return record
}
