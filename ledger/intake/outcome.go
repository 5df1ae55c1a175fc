package intake

import (
	"microspend/ledger"
	"microspend/usage"
)

// mostNamed is how many of a day's overlaps and replacements are kept; all are counted.
const mostNamed = 100

// Outcome is what taking records in comes to.
type Outcome struct {
	Changes  ledger.Changes        // of records alone
	Overlaps ledger.OverlapsError  // those that refuse the import, where there are any
	Replaced ledger.CollectedError // of [ledger.Collected.Sources]; what they do to the import is for Refused to say
}

// Add adds what taking in another day comes to.
func (o *Outcome) Add(day *Outcome) {
	o.Changes.Added += day.Changes.Added
	o.Changes.Replaced += day.Changes.Replaced
	o.Changes.Unchanged += day.Changes.Unchanged
	o.Changes.Superseded += day.Changes.Superseded
	o.Changes.Merged += day.Changes.Merged
	o.Changes.Removed += day.Changes.Removed
	o.Changes.Collected += day.Replaced.Count
	o.Changes.CollectedOnes = append(o.Changes.CollectedOnes, day.Replaced.Replacements...)
	o.Overlaps.Count += day.Overlaps.Count
	o.Overlaps.Overlaps = append(o.Overlaps.Overlaps, day.Overlaps.Overlaps...)
	o.Replaced.Count += day.Replaced.Count
	o.Replaced.Replacements = append(o.Replaced.Replacements, day.Replaced.Replacements...)
}

// Refused is why nothing of the import may be kept, nil if it may.
func (o *Outcome) Refused(collected ledger.Collected) error {
	switch {
	case o.Overlaps.Count > 0:
		return &o.Overlaps
	case o.Replaced.Count > 0 && !collected.Replace:
		return &o.Replaced
	}
	return nil
}

func (o *Outcome) replaced(before *usage.Record, after *arrived) {
	if o.Replaced.Count++; len(o.Replaced.Replacements) < mostNamed {
		o.Replaced.Replacements = append(o.Replaced.Replacements, ledger.Replacement{
			Before: *before, After: after.Record, Read: after.read,
		})
	}
}
