package collector

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/usage"
)

// Quarantine is something that is left out for what it is, not for what became of a call: a name that no record may
// have, a value that cannot be usage, an item that cannot be understood. It costs itself and nothing else: everything
// beside it is read, and the records that lack a value because of it are partial.
//
// A [Gap] is asked for again because asking may help. What is quarantined would be the same again, so it is named once
// and remembered; it is read like anything else should it ever be right.
//
// What and Reason together are what one is known by from run to run. What differs each time it is met belongs into
// Window: a time in the reason makes it another finding, and another exit code 3, each time.
type Quarantine struct {
	Target Target `json:"-"`
	Window Window `json:"window"` // what lacks it; zero where no time can be named
	What   string `json:"what"`   // a series, a MicroVM, a log stream, a datapoint
	Reason string `json:"reason"` // why, and where it helps what to do
	// Series is which of the batch's series it is about, as [SeriesSource.Series] has it; "" where that is not known. One
	// whose series is read again for its window without being met has gone, and is forgotten.
	Series string `json:"series,omitempty"`
}

// String names it in a message.
func (q Quarantine) String() string {
	return strings.TrimSuffix(Gap{Target: q.Target, Window: q.Window, What: q.What, Reason: q.Reason}.String(), ": ")
}

// KnownQuarantine is a quarantine that runs have met, as the checkpoint remembers it.
type KnownQuarantine struct {
	Quarantine           // Window spans all that lacked it
	First      time.Time `json:"first"` // when a run met it for the first time
	Last       time.Time `json:"last"`  // and for the last time
	Times      int64     `json:"times"` // in how many windows that were read

	ID       string    `json:"-"`                 // identifies it among those of a ledger
	Accepted time.Time `json:"accepted,omitzero"` // since then nobody needs to look at it; zero where someone should
	Because  string    `json:"because,omitempty"` // why it was accepted
}

const (
	// maxQuarantined is how many of a target are remembered by name, so that whoever makes up names cannot fill the disk.
	maxQuarantined = 1000
	// quarantineKept is how long one is remembered that no run meets any more: as long as CloudWatch keeps what 5-minute
	// records are made from.
	quarantineKept = 63 * day
)

// Names come from MicroVMs and tenants, and are as long as they like; reasons may hold what a service replied.
const (
	maxWhat   = 200 // bytes
	maxReason = 500
)

// cut shortens a text for messages and checkpoints, where it is a valid one also once it has been through JSON. Texts
// that were cut stay apart by a checksum of what was left out.
func cut(text string, most int) string {
	valid := strings.ToValidUTF8(text, "�")
	if len(valid) <= most {
		return valid
	}
	mark := fmt.Sprintf("… (%d bytes, %08x)", len(text), crc32.Checksum([]byte(text), castagnoli))
	return strings.ToValidUTF8(valid[:most-len(mark)], "") + mark
}

// found completes what a source or the runner left out, for the journal.
func found(all []Quarantine, target Target, window Window) []Quarantine {
	for i := range all {
		q := &all[i]
		q.Target, q.What, q.Reason = target, cut(q.What, maxWhat), cut(q.Reason, maxReason)
		if q.Window == (Window{}) {
			q.Window = window
		}
	}
	return all
}

// sound takes the records out that no ledger may have, and says which. A source should have refused them with a better
// name; but one that got into the journal would keep everything beside it, of all targets, out of the ledger for good.
func sound(target Target, records []usage.Record) (kept []usage.Record, refused []Quarantine) {
	named := map[usage.Resource]bool{} // once each: what is wrong with one record is mostly wrong with all
	kept = records[:0]
	for i := range records {
		r := &records[i]
		err := r.Check()
		if err == nil {
			kept = append(kept, *r)
			continue
		}
		if !named[r.Resource] {
			named[r.Resource] = true
			refused = append(refused, refusal(target, r, err))
		}
	}
	return kept, refused
}

// refusal names a record that cannot be kept by its resource.
func refusal(target Target, r *usage.Record, err error) Quarantine {
	what := r.Resource.String()
	if what == "" {
		what = "a record without a MicroVM id"
	}
	if r.Tenant != "" {
		what += ", tenant " + r.Tenant
	}
	q := Quarantine{
		What: what, Series: SeriesOf(target, r.Account, r.Resource), Reason: "this record cannot be kept: " + err.Error(),
	}
	if length := time.Duration(r.PeriodSeconds) * time.Second; length > 0 && length <= day {
		q.Window = Window{r.PeriodStart.UTC(), r.PeriodStart.UTC().Add(length), length}
	}
	return q
}

// quarantine remembers what was met in a stage. It returns what is new, to be named, and how much was known.
func (of *checkpoint) quarantine(target Target, met []Quarantine, now time.Time) (news []Quarantine, known int64) {
	of.Quarantined = slices.DeleteFunc(of.Quarantined, func(k KnownQuarantine) bool {
		return now.Sub(k.Last) > quarantineKept
	})
	type name struct{ what, reason string }
	at := make(map[name]int, len(of.Quarantined))
	for i, k := range of.Quarantined {
		at[name{k.What, k.Reason}] = i
	}
	met = byName(met)
	var beyond int64
	for _, q := range met {
		i, remembered := at[name{q.What, q.Reason}]
		switch {
		case remembered:
			k := &of.Quarantined[i]
			k.Window, k.Last, k.Times, k.Series = k.Window.with(q.Window), now, k.Times+1, q.Series
			known++
		case len(of.Quarantined) < maxQuarantined:
			of.Quarantined = append(of.Quarantined, KnownQuarantine{Quarantine: q, First: now, Last: now, Times: 1})
			news = append(news, q)
		default:
			beyond++
		}
	}
	known += min(beyond, of.QuarantinedBeyond)
	if more := beyond - of.QuarantinedBeyond; more > 0 {
		of.QuarantinedBeyond = beyond
		news = append(news, Quarantine{
			Target: target, What: fmt.Sprintf("%d further findings", more),
			Reason: fmt.Sprintf("no more than %d are remembered by name; fix those first", maxQuarantined),
		})
	}
	return news, known
}

// byName makes one of those that are known by the same name.
func byName(met []Quarantine) []Quarantine {
	met = slices.Clone(met)
	slices.SortStableFunc(met, func(a, b Quarantine) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.Reason, b.Reason))
	})
	var one []Quarantine
	for _, q := range met {
		if last := len(one) - 1; last >= 0 && one[last].What == q.What && one[last].Reason == q.Reason {
			one[last].Window = one[last].Window.with(q.Window)
			continue
		}
		one = append(one, q)
	}
	return one
}

// with is the window that spans two of them. One without a time adds nothing.
func (w Window) with(other Window) Window {
	switch {
	case other.To.IsZero():
		return w
	case w.To.IsZero():
		return other
	}
	return Window{civil.Earlier(w.From, other.From), civil.Later(w.To, other.To), max(w.Period, other.Period)}
}

// within reports whether all of a window lies in another.
func (w Window) within(other Window) bool { return !w.From.Before(other.From) && !w.To.After(other.To) }
