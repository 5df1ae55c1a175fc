package intake

import (
	"slices"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

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

// OverlapFinder finds overlaps among records in the order of their keys. It remembers those that have not ended.
type OverlapFinder struct {
	Found     ledger.OverlapsError
	OfSources ledger.OverlapsError // between two sources, where these are told apart
	open      []arrived
}

func found(in *ledger.OverlapsError, a, b *arrived) {
	if in.Count++; len(in.Overlaps) < mostNamed {
		in.Overlaps = append(in.Overlaps, ledger.Overlap{
			First: a.Record, Second: b.Record, FirstRead: a.read, SecondRead: b.read,
		})
	}
}

// Stored looks at the next record of those that a ledger has.
func (f *OverlapFinder) Stored(r *usage.Record) { f.next(&arrived{Record: *r}, true) }

// next looks at the next record. An import need not report two records that the ledger has as they are, nor two of its
// own that name different sources: those are from a ledger that was allowed to have both. What the ledger has, as all
// says, is reported with the overlaps between sources apart, which may have been allowed.
func (f *OverlapFinder) next(r *arrived, all bool) {
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
			found(&f.Found, o, r)
		case all:
			found(&f.OfSources, o, r)
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
			if r.how == kept && ledger.CompareKeys(&left[j].Record, &r.Record) == 0 {
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
	slices.SortStableFunc(left, func(a, b arrived) int { return ledger.CompareKeys(&a.Record, &b.Record) })
	return onePerKey(left), cut
}

// onePerKey leaves one record of each key. What is left of a record that begins later than it did may be in the ledger
// from an import before.
func onePerKey(sorted []arrived) []arrived {
	left := sorted[:0]
	for _, r := range sorted {
		if len(left) == 0 || ledger.CompareKeys(&left[len(left)-1].Record, &r.Record) != 0 {
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
