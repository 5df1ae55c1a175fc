package clickhouse

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

var _ ledger.PartStore = (*Store)(nil)

// UpsertParts implements [ledger.PartStore]. The server reads the files itself, which takes about half the time of
// sending their records. Where the day has records already, they are merged as any import is: what is staged is read
// back for that, from the server.
func (s *Store) UpsertParts(ctx context.Context, day time.Time, parts []ledger.Part) (n ledger.Changes, err error) {
	if s.folder == "" {
		return n, errClosed
	}
	p := &change{day: civil.DayOf(day, time.UTC)}
	to, err := s.stage(ctx)
	defer s.dropAfter(ctx, to.name, &err)
	if err != nil {
		return n, err
	}
	for _, part := range parts {
		if err := s.load(ctx, to, part); err != nil {
			return n, err
		}
	}
	staged := &Ledger{s.client, s.options, to.name}
	there, err := staged.states(ctx)
	if err != nil {
		return n, err
	}
	for other := range there {
		if other != p.day {
			return n, fmt.Errorf("%s: a file of the day has records of %s", p.day, other)
		}
	}
	found, err := s.states(ctx)
	if err != nil {
		return n, err
	}
	if found[p.day].rows > 0 || s.options.Overlaps != ledger.KeepOverlaps {
		return s.Upsert(ctx, recordBatches(staged.recordsOf(ctx, p.day, everything)))
	}
	p.rows, p.outcome.Changes.Added = there[p.day].rows, there[p.day].rows
	if err := s.checkStaged(ctx, to, []*change{p}); err != nil {
		return n, err
	}
	n = p.outcome.Changes
	n.Read = p.rows
	return n, s.commitAll(ctx, to, []*change{p}, &n)
}

// load has the server read a Parquet file. Its columns have the names of the table's; what the file does not have, the
// resource's name and the version, is worked out by the table.
func (s *Store) load(ctx context.Context, to staging, part ledger.Part) error {
	names := kindColumn + ", " + microVMColumn
	for name := range columnNames() {
		if name != "resource" {
			names += ", " + name
		}
	}
	return s.client.run(ctx, request{
		text:     "INSERT INTO " + s.client.schema().table(to.name) + " (" + names + ") FORMAT Parquet",
		settings: s.client.schema().inserting(), body: io.NewSectionReader(part, 0, part.Size()),
	})
}

// recordBatches gives records in batches.
func recordBatches(records iter.Seq2[usage.Record, error]) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		batch := make([]usage.Record, 0, 4096)
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch = append(batch, r); len(batch) == cap(batch) {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}
