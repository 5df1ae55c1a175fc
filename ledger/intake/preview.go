package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"os"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/usage"
)

// previewRows are held in memory at a time.
const previewRows = 64 * 1024

// Preview tells what taking records into a ledger would do, and writes nothing to it: the counts and the days that it
// would change, and what Upsert would refuse, with the same errors. A nil reader is a ledger that is not there yet.
// Files that are damaged, which a writer sets aside, are among the changes; a day that cannot be written is an
// [ledger.UnwritableDayError]. Records are staged in the folder for temporary files, 50 to 100 bytes for each.
//
// It reads days as anyone does: what others write meanwhile may make an import come to something else.
func Preview(ctx context.Context, into ledger.Reader, o ledger.Options, batches iter.Seq2[[]usage.Record, error]) (
	n ledger.Changes, err error,
) {
	o = o.WithDefaults()
	folder, err := os.MkdirTemp("", "microspend-import-")
	if err != nil {
		return n, fmt.Errorf("no folder to stage the import in: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	staged, err := Fill(ctx, ownfile.Place(folder), folder, previewRows, batches)
	if err != nil {
		return n, err
	}
	defer func() { _ = staged.Remove() }()
	var outcome Outcome
	days := staged.Days()
	for i, day := range days {
		changed, err := previewDay(ctx, into, o, day, staged.Rows(day), &outcome)
		if err != nil {
			return n, fmt.Errorf("%s: %w", day, err)
		}
		if changed {
			n.Days = append(n.Days, day.UTC())
		}
		o.Progress(i+1, len(days))
	}
	if err := outcome.Refused(o.Collected); err != nil {
		return n, err
	}
	outcome.Changes.Days = n.Days
	n = outcome.Changes
	read, superseded := staged.Counts()
	n.Read, n.Superseded = read, n.Superseded+superseded
	return n, nil
}

// previewDay reports whether a day would have other records than it has.
func previewDay(
	ctx context.Context,
	into ledger.Reader,
	o ledger.Options,
	day civil.Day,
	staged []Reader,
	sum *Outcome,
) (
	changed bool, err error,
) {
	var before, after maphash.Hash
	after.SetSeed(before.Seed())
	keeps := Reader(&Concatenated{})
	var damaged []ledger.DamagedFile
	if into != nil {
		if of, can := into.(ledger.Damageable); can {
			if err := of.Unwritable(ctx, day.UTC()); err != nil {
				return false, err
			}
		}
		next, stop := iter.Pull2(into.Records(ctx, day.UTC(), day.UTC().AddDate(0, 0, 1)))
		defer stop()
		keeps = readerOf(func(r *usage.Record) (bool, error) {
			for {
				record, err, more := next()
				if bad, ok := errors.AsType[*ledger.DamagedError](err); ok {
					damaged = append(damaged, bad.File)
					continue
				}
				if err != nil || !more {
					return false, err
				}
				*r = record
				maphash.WriteComparable(&before, record)
				return true, nil
			}
		})
	}
	merger := Merger{Overlaps: o.Overlaps, Collected: o.Collected.Sources}
	merger.Take = func(r *usage.Record) error {
		maphash.WriteComparable(&after, *r)
		return ctx.Err()
	}
	err = merger.Merge(keeps, staged)
	sum.Add(&merger.Outcome)
	sum.Changes.SetAside = append(sum.Changes.SetAside, damaged...)
	return before.Sum64() != after.Sum64() || len(damaged) > 0, err
}

type readerOf func(r *usage.Record) (bool, error)

// Read implements [Reader].
func (read readerOf) Read(r *usage.Record) (bool, error) { return read(r) }
