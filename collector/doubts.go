package collector

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/ledger/doubt"
	"microspend/usage"
)

// What the summary counts of usage that something speaks against; see [doubt.Kind].
var countDoubts = map[doubt.Kind]string{
	doubt.BeyondQuota: "periods in which an account used more than its quota of memory permits",
	doubt.NotListed:   "MicroVMs with usage that AWS does not list",
	doubt.NotRunning:  "MicroVMs with usage at times at which AWS says that they did not run",
}

// findDoubts looks through the days that were written for usage that cannot be, and keeps what it finds beside the
// ledger. All of a day's records are looked at, as no log group or series has more than a part of what an account used.
func (c *collection) findDoubts(ctx context.Context, days []time.Time) error {
	rules := doubt.Rules{Sources: c.SameUsage, States: c.States, Most: c.Most}
	for _, of := range days {
		found, err := doubt.Find(func() iter.Seq2[usage.Record, error] { return c.recordsOf(ctx, of) }, rules)
		if err == nil {
			err = doubt.Write(ctx, c.writer, of, found)
		}
		if err != nil {
			return fmt.Errorf("looking for usage on %s that cannot be: %w", of.Format(time.DateOnly), err)
		}
		for _, d := range found {
			c.summary.Counts[countDoubts[d.Kind]]++
			c.summary.note([]string{fmt.Sprintf("%s: %s, %s to %s, most by %s", countDoubts[d.Kind], Target{d.Account, d.Region},
				d.From.Format(time.RFC3339), d.To.Format(time.RFC3339), cut(d.By[0].Resource, maxReason/3))})
		}
	}
	return nil
}

// recordsOf are the ledger's records of a UTC day, but for those of files that are damaged, which are named elsewhere.
func (c *collection) recordsOf(ctx context.Context, of time.Time) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		for r, err := range c.writer.Records(ctx, of, of.Add(day)) {
			var damaged *ledger.DamagedError
			if !errors.As(err, &damaged) && !yield(r, err) {
				return
			}
		}
	}
}

// daysToDoubt are those that a commit has written. After a run that was killed, they are all days of its windows, as it
// may have written them and not got to this.
func (c *collection) daysToDoubt(written []time.Time, stages []*stage) []time.Time {
	days := slices.Clone(written)
	if c.summary.Resumed {
		for _, s := range stages {
			for _, b := range s.Batches {
				for _, w := range daysOf(b.Window) {
					days = append(days, w.From.UTC().Truncate(day))
				}
			}
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	return slices.CompactFunc(days, time.Time.Equal)
}
