package ledger

import (
	"fmt"
	"slices"
	"time"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/usage"
)

// Overlaps says what becomes of two records which say that one MicroVM ran in the same stretch of time. A MicroVM runs
// once at a time, so adding up both charges for it twice.
type Overlaps uint8

// What can be done. The zero value is for sources that cannot contradict themselves.
const (
	// KeepOverlaps counts both.
	KeepOverlaps Overlaps = iota
	// RefuseOverlaps makes an import with such a record fail with an [OverlapsError] before anything is changed. Records
	// that the ledger has as they are imported are not looked at again.
	RefuseOverlaps
	// MergeOverlaps counts the time once: of two records the one that begins later, or is later in the order of sources
	// where they begin together, loses the part of its period that the other one covers, and of what it counts the part
	// that is proportional to the time ([usage.PartOf]). It then begins where the other one ends. A record of which
	// nothing is left is left out.
	MergeOverlaps
)

// Overlap is two periods in which one MicroVM is said to have run, and that have time in common.
type Overlap struct {
	First, Second usage.Record // in the order of their starts
	// FirstRead and SecondRead are the places of the records among those that the import gave, from 1; 0 for a record that
	// the ledger had.
	FirstRead, SecondRead int64
}

// String names the MicroVM and the two periods.
func (o Overlap) String() string {
	period := func(r *usage.Record) string {
		end := r.PeriodStart.Add(time.Duration(r.PeriodSeconds) * time.Second)
		from := r.PeriodStart.Format("2006-01-02 15:04:05")
		return fmt.Sprintf("%s to %s (source %s)", from, end.Format("15:04:05"), r.Source)
	}
	return fmt.Sprintf("%s ran from %s and from %s", o.First.Resource, period(&o.First), period(&o.Second))
}

// maxOverlaps is how many overlaps of a day are kept; all are counted.
const maxOverlaps = 100

// OverlapsError says that an import was refused because of overlaps.
type OverlapsError struct {
	Overlaps []Overlap // the first of each day
	Count    int64
}

func (e *OverlapsError) Error() string {
	text := figures.Count(e.Count, "time") + " a MicroVM is said to have run twice at the same time"
	for _, overlap := range e.Overlaps {
		text += "\n  " + overlap.String()
	}
	return text
}

// runs reports whether a record says that a MicroVM ran.
func runs(r *usage.Record) bool {
	return r.Resource.Kind == usage.KindMicroVM &&
		r.Amounts[pricing.VCPU]|r.Amounts[pricing.Memory]|r.Amounts[usage.Running] != 0
}

// sameMicroVM reports whether two records of resources with the same id are of one MicroVM, whoever measured them: ids
// are AWS's, but some people number MicroVMs region by region or account by account. An account that is not known may
// be any.
func sameMicroVM(a, b *usage.Record) bool {
	return a.Resource == b.Resource && a.Region == b.Region &&
		(a.Account == b.Account || a.Account == "" || b.Account == "")
}

func endOf(r *usage.Record) int64 { return r.PeriodStart.Unix() + r.PeriodSeconds }

// arrival is how a record came to be the one of its key.
type arrival uint8

const (
	kept arrival = iota // the ledger has it, and the import has none of its key
	added
	replaced
	unchanged
)

// arrived is a record on its way into a day, with its place among those of the import, 0 if it has none.
type arrived struct {
	usage.Record
	how  arrival
	read int64
}

// overlapFinder finds overlaps among records in the order of their keys. It remembers those that have not ended.
type overlapFinder struct {
	open []arrived
	overlapsFound
	sources overlapsFound // between two sources, where these are told apart
}

// overlapsFound are overlaps, the first of which are kept.
type overlapsFound struct {
	found []Overlap
	count int64
}

func (f *overlapsFound) add(a, b *arrived) {
	if f.count++; len(f.found) < maxOverlaps {
		f.found = append(f.found, Overlap{a.Record, b.Record, a.read, b.read})
	}
}

// next looks at the next record. An import need not report two records that the ledger has as they are, nor two of its
// own that name different sources: those are from a ledger that was allowed to have both. What the ledger has, as all
// says, is reported with the overlaps between sources apart, which may have been allowed.
func (f *overlapFinder) next(r *arrived, all bool) {
	if len(f.open) > 0 && f.open[0].Resource != r.Resource {
		f.open = f.open[:0]
	}
	if !runs(&r.Record) {
		return
	}
	start := r.PeriodStart.Unix()
	f.open = slices.DeleteFunc(f.open, func(o arrived) bool { return endOf(&o.Record) <= start })
	news := func(a *arrived) bool { return a.how == added || a.how == replaced }
	for i := range f.open {
		o := &f.open[i]
		switch sameSource := o.Source == r.Source; {
		case !sameMicroVM(&o.Record, &r.Record):
		case all && sameSource, !all && (sameSource || news(o) != news(r)) && (news(o) || news(r)):
			f.add(o, r)
		case all:
			f.sources.add(o, r)
		}
	}
	f.open = append(f.open, *r)
}

// union takes the time that an earlier record covers off the records of one resource, and returns how many lost any.
func union(records []arrived) (left []arrived, cut int64) {
	left = records[:0]
	var open []int // those of left that had not ended when the record at hand began
	for i := range records {
		r := records[i]
		start, end := r.PeriodStart.Unix(), endOf(&r.Record)
		open = slices.DeleteFunc(open, func(j int) bool { return endOf(&left[j].Record) <= start })
		free, running := start, runs(&r.Record)
		for _, j := range open {
			if r.how == kept && compareKeys(&left[j].Record, &r.Record) == 0 {
				free = start // it is what an import before left of that record
				break
			}
			if running && sameMicroVM(&left[j].Record, &r.Record) {
				free = max(free, endOf(&left[j].Record))
			}
		}
		if free > start {
			cut++
		}
		if free >= end {
			continue
		}
		if free > start {
			for m, amount := range r.Amounts {
				r.Amounts[m] = usage.PartOf(amount, free-start, end-start, end-start)
			}
			r.PeriodStart, r.PeriodSeconds = secondStart(free), end-free
		}
		if left = append(left, r); running {
			open = append(open, len(left)-1)
		}
	}
	slices.SortStableFunc(left, func(a, b arrived) int { return compareKeys(&a.Record, &b.Record) })
	return onePerKey(left), cut
}

// onePerKey leaves one record of each key. What is left of a record that begins later than it did may be in the ledger
// from an import before.
func onePerKey(sorted []arrived) []arrived {
	left := sorted[:0]
	for _, r := range sorted {
		if len(left) == 0 || compareKeys(&left[len(left)-1].Record, &r.Record) != 0 {
			left = append(left, r)
			continue
		}
		old, imported := &left[len(left)-1], r
		if old.how != kept {
			*old, imported = imported, *old
		}
		if imported.how == added {
			imported.how = replaced
			if imported.Record == old.Record {
				imported.how = unchanged
			}
		}
		*old = imported
	}
	return left
}
