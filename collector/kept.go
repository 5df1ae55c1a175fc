package collector

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

const countKept = "records that were read before with fewer gaps, and stay as they were"

// keptRecords are the keys of records that the ledger keeps, as it has them complete and what was read now is not.
//
// Keys are kept as hashes, as there may be a record per MicroVM and period. A collision leaves out a record that is
// incomplete and is read again anyway.
type keptRecords struct {
	seed maphash.Seed
	keys map[uint64]bool // whether the ledger has it complete
}

func (k *keptRecords) hash(r *usage.Record) uint64 { return maphash.Comparable(k.seed, r.Key()) }

func (k *keptRecords) has(r *usage.Record) bool {
	return r.Coverage != usage.CoverageComplete && k.keys[k.hash(r)]
}

// recordsToKeep finds the incomplete records of batches with gaps that the ledger has complete. A series that fails
// when it is read again must not take away what it gave before.
func (c *collection) recordsToKeep(ctx context.Context, partial map[string]bool) (*keptRecords, error) {
	if len(partial) == 0 {
		return nil, nil
	}
	k := &keptRecords{maphash.MakeSeed(), map[uint64]bool{}}
	var from, to time.Time
	err := c.journal.replay(func(planEntry) error { return nil }, func(e batchEntry, text []byte) error {
		if !partial[e.Target.String()+" "+e.Key] {
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
			k.keys[k.hash(&r)] = false
			if from.IsZero() || r.PeriodStart.Before(from) {
				from = r.PeriodStart
			}
			to = civil.Later(to, r.PeriodStart.Add(time.Second))
		}
	})
	if err != nil || len(k.keys) == 0 {
		return k, err
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
		hash := k.hash(&r)
		if _, asked := k.keys[hash]; asked {
			k.keys[hash] = true
		}
	}
	return k, nil
}
