package collector

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

const countKept = "records that were read before with fewer gaps, and stay as they were"

// betterRecords are the keys of records of which the ledger has more than was read now. Keys are kept as hashes: at worst a
// record of a batch with gaps, which is read again, is left out.
type betterRecords struct {
	seed maphash.Seed
	keys map[uint64]bool // whether the ledger has it complete
}

func (b *betterRecords) hash(r *usage.Record) uint64 { return maphash.Comparable(b.seed, r.Key()) }

func (b *betterRecords) has(r *usage.Record) bool {
	return r.Coverage != usage.CoverageComplete && b.keys[b.hash(r)]
}

// better finds the records of batches with gaps that the ledger has complete. A series that fails when it is read again
// must not take away what it gave before.
func (c *collection) better(ctx context.Context, patchy map[string]bool) (*betterRecords, error) {
	if len(patchy) == 0 {
		return nil, nil
	}
	b := &betterRecords{maphash.MakeSeed(), map[uint64]bool{}}
	var from, to time.Time
	err := c.journal.replay(func(planEntry) error { return nil }, func(e batchEntry, text []byte) error {
		if !patchy[e.Target.String()+" "+e.Key] {
			return nil
		}
		decoder := recordDecoder{rest: text}
		var r usage.Record
		for {
			more, err := decoder.next(&r)
			if err != nil || !more {
				return err
			}
			if r.Coverage == usage.CoverageComplete {
				continue
			}
			b.keys[b.hash(&r)] = false
			if from.IsZero() || r.PeriodStart.Before(from) {
				from = r.PeriodStart
			}
			to = later(to, r.PeriodStart.Add(time.Second))
		}
	})
	if err != nil || len(b.keys) == 0 {
		return b, err
	}
	for r, err := range c.ledger.Records(ctx, from, to) {
		var damaged *ledger.DamagedError
		if errors.As(err, &damaged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Coverage != usage.CoverageComplete || r.Source != c.Source.Name() {
			continue
		}
		hash := b.hash(&r)
		if _, asked := b.keys[hash]; asked {
			b.keys[hash] = true
		}
	}
	return b, nil
}
