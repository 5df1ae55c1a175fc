package ledger

import (
	"fmt"
	"time"

	"microspend/internal/figures"
	"microspend/usage"
)

// Changes says what an import did.
type Changes struct {
	Read       int64 // records that the import gave
	Added      int64 // records with a new key
	Replaced   int64 // records of the ledger that took on other content
	Unchanged  int64 // records that the ledger had already
	Superseded int64 // records that a later one of the same import took the place of
	Merged     int64 // records that lost time which another one covers: see [MergeOverlaps]
	Removed    int64 // records of the ledger that the import withdrew: see [Withdraw]
	Collected  int64 // of those replaced, the ones of [Collected.Sources]

	CollectedOnes []Replacement // the first of each day

	Days     []time.Time   // the days that were written, in order
	SetAside []DamagedFile // files that were found damaged on the way and renamed; what they held is lost
}

// Counts are the numbers by what the audit log calls them; what is 0 is left out.
func (n *Changes) Counts() map[string]int64 {
	counts := map[string]int64{}
	for what, count := range map[string]int64{
		"read": n.Read, "added": n.Added, "replaced": n.Replaced, "unchanged": n.Unchanged, "superseded": n.Superseded,
		"merged": n.Merged, "removed": n.Removed, "collected replaced": n.Collected,
	} {
		if count != 0 {
			counts[what] = count
		}
	}
	return counts
}

// CollectedNames names the records of [Changes.CollectedOnes].
func (n *Changes) CollectedNames() (names []string) {
	for _, r := range n.CollectedOnes {
		names = append(names, r.String())
	}
	return names
}

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

// Collected says which records an import must not change by the way: those that this program has measured itself, and
// that a file claims to know better. Adding them is what restoring a ledger from its export does.
type Collected struct {
	Sources []string // of such records
	// Replace has them changed, as the user asks for; the audit log then names the first.
	Replace bool
}

// Replacement is a record of the ledger that an import has other values of.
type Replacement struct {
	Before, After usage.Record
	Read          int64 // the place of After among those that the import gave, from 1
}

// String names the record.
func (r Replacement) String() string {
	return fmt.Sprintf("%s in %s at %s (source %s)", r.Before.Resource, r.Before.Region,
		r.Before.PeriodStart.Format("2006-01-02 15:04:05"), r.Before.Source)
}

// CollectedError says that an import was refused because it would change what was collected.
type CollectedError struct {
	Replacements []Replacement // the first of each day
	Count        int64
}

func (e *CollectedError) Error() string {
	text := figures.Count(e.Count, "record") + " that was collected would be replaced by other values"
	for _, r := range e.Replacements {
		text += "\n  " + r.String()
	}
	return text
}
