package idle

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/usage"
)

// RecordOptions say what the ledger cannot: how a fleet was set while it was measured.
type RecordOptions struct {
	// TimeoutMS is the idle timeout in force when the usage was measured. A suspension of x is a gap of x and the
	// timeout.
	TimeoutMS int64
	// Timeout is the idle timeout that a record's MicroVM was launched with, in place of TimeoutMS, where it is known;
	// nil knows of none.
	Timeout func(*usage.Record) (ms int64, known bool)
	// Owner names the tenant of a record; nil takes what the record says.
	Owner func(*usage.Record) string
}

// FromRecords makes a trace of measured usage: the suspends, resumes and suspended time of each MicroVM and period.
//
// What can be known from it: between a suspend and the resume after it lies a gap of the idle timeout in force and the
// suspended time. Where the periods are short enough for one suspension to lie between two, its length is exact; where
// one period has several, they are taken to be equally long. What cannot be known: gaps that were too short to be
// suspended. They cost the same under every timeout that is not shorter than the one in force, so longer timeouts are
// compared rightly; about shorter ones it says nothing, so [Model.Analyse] chooses none of them. A suspension that no
// resume ends is counted and left out.
//
// The order of records does not matter. They are read once.
func FromRecords(records iter.Seq2[usage.Record, error], options RecordOptions) (*Trace, error) {
	seen := map[microVMKey][]reading{}
	timeouts := map[microVMKey]int64{} // those that are known
	var first, last int64
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		from := r.PeriodStart.UnixMilli()
		until := from + r.PeriodSeconds*msPerSecond
		if last == 0 {
			first, last = from, until
		}
		first, last = min(first, from), max(last, until)
		did := r.Amounts
		if did[usage.Suspends] == 0 && did[usage.Resumes] == 0 && did[usage.Suspended] == 0 && did[usage.Launches] == 0 {
			continue
		}
		key := microVMKey{id: r.Region + "/" + r.Account + "/" + r.Resource.String(), tenant: r.Tenant, image: r.Image}
		if options.Owner != nil {
			key.tenant = options.Owner(&r)
		}
		if options.Timeout != nil {
			if ms, known := options.Timeout(&r); known {
				timeouts[key] = ms
			}
		}
		seen[key] = append(seen[key], reading{from, did[usage.Suspended], did[usage.Suspends], did[usage.Resumes]})
	}
	b := newBuilder(KeptGaps)
	longest := int64(0)
	for _, key := range slices.SortedFunc(maps.Keys(seen), microVMKey.compare) {
		timeout, known := timeouts[key]
		if !known {
			timeout = options.TimeoutMS
		}
		longest = max(longest, timeout)
		b.fromReadings(key, seen[key], timeout, first)
	}
	if len(seen) == 0 {
		longest = options.TimeoutMS
	}
	b.trace.PeriodMS, b.trace.Dated, b.trace.SeenFromMS = last-first, true, longest
	b.trace.Notes = append(b.trace.Notes, timeoutNote(len(timeouts), len(seen)-len(timeouts), options.TimeoutMS, longest))
	return b.finish("the ledger")
}

// timeoutNote says where the timeout of a number of MicroVMs is from.
func timeoutNote(known, assumed int, assumedMS, longestMS int64) pricing.Note {
	switch {
	case known == 0:
		return assumption.LedgerGaps.Note(seconds(assumedMS))
	case assumed == 0:
		return assumption.LedgerGapsRecorded.Note(known, "", seconds(longestMS))
	}
	others := fmt.Sprintf(", for %d others the %s s that it is assumed to have been", assumed, seconds(assumedMS))
	return assumption.LedgerGapsRecorded.Note(known, others, seconds(longestMS))
}

// reading is what a period says of a MicroVM's suspensions.
type reading struct {
	fromMS      int64
	suspendedMS int64
	suspends    int64
	resumes     int64
}

// fromReadings closes suspensions whenever as many have ended as have begun.
func (b *builder) fromReadings(key microVMKey, readings []reading, timeoutMS, first int64) {
	slices.SortStableFunc(readings, func(x, y reading) int { return cmp.Compare(x.fromMS, y.fromMS) })
	at := -1
	var begun, ended, suspendedMS int64
	for _, r := range readings {
		begun += r.suspends
		ended += r.resumes
		suspendedMS += r.suspendedMS
		if ended < begun || begun == 0 {
			if begun == 0 { // ends what had begun before the first reading
				ended, suspendedMS = 0, 0
			}
			continue
		}
		if at < 0 {
			at, _ = b.microVM(key)
			b.trace.MicroVMs[at].StartMS = max(r.fromMS-first, 0)
		}
		for i := range begun { // what does not divide evenly goes to the first of them
			share := suspendedMS / begun
			if i < suspendedMS%begun {
				share++
			}
			b.gap(at, Step{GapMS: timeoutMS + share})
		}
		begun, ended, suspendedMS = 0, 0, 0
	}
	b.trace.Unended += begun - min(ended, begun)
}
