package ledger

import (
	"fmt"
	"slices"

	"microspend/internal/figures"
	"microspend/usage"
)

// Collected says which records an import must not change by the way: those that this program has measured itself, and
// that a file claims to know better. Adding them is what restoring a ledger from its export does.
type Collected struct {
	Sources []string // of such records
	// Replace has them changed, as the user asks for; the audit log then names the first.
	Replace bool
}

// maxReplacements is how many of a day's records are kept; all are counted.
const maxReplacements = 100

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

// replacements finds the records that must not be changed by the way.
type replacements struct {
	sources []string
	found   []Replacement
	count   int64
}

func (f *replacements) next(before *usage.Record, after *arrived) {
	if !slices.Contains(f.sources, before.Source) {
		return
	}
	if f.count++; len(f.found) < maxReplacements {
		f.found = append(f.found, Replacement{*before, after.Record, after.read})
	}
}

// collected is what days would change of what was collected: an error, or what the audit log is to name.
func (w *Writer) collected(days []*prepared, n *Changes) error {
	var all CollectedError
	for _, day := range days {
		all.Replacements = append(all.Replacements, day.replacements.found...)
		all.Count += day.replacements.count
	}
	if all.Count > 0 && !w.options.Collected.Replace {
		return &all
	}
	n.Collected, n.CollectedOnes = all.Count, all.Replacements
	return nil
}
