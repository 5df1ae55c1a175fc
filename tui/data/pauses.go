package data

import (
	"context"
	"errors"
	"fmt"
	"time"

	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/spend/whatif"
	"microspend/usage"
)

// pausesWithin bounds the reading of single records, which sums never need: what else is to be shown waits for it.
const pausesWithin = 5 * time.Second

// Recorded reads the suspensions of a tenant whose idle timeouts are recorded, where any are: nil where none is.
func (r *Reader) Recorded(ctx context.Context, from, to time.Time, tenant string) (*whatif.Pauses, error) {
	if r.Launched == nil || r.Records == nil {
		return nil, nil
	}
	launched, err := r.Launched(ctx, from, to)
	if err != nil || launched.Len() == 0 {
		return nil, err
	}
	pauses, err := r.pauses(ctx, from, to, tenant, launched)
	if err != nil || pauses.Present().Recorded == 0 {
		return nil, err
	}
	return pauses, nil
}

// Pauses reads a tenant's suspensions one by one. What is damaged is left out; it is named where sums are read. It
// gives up after some seconds, and on more suspensions than fit into little memory, with an error that says so.
func (r *Reader) Pauses(ctx context.Context, from, to time.Time, tenant string) (*whatif.Pauses, error) {
	return r.pauses(ctx, from, to, tenant, nil)
}

func (r *Reader) pauses(
	ctx context.Context, from, to time.Time, tenant string, launched *lifecycle.Table,
) (*whatif.Pauses, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pausesWithin, fmt.Errorf("it took more than %s", pausesWithin))
	defer cancel()
	owner := r.Source.RecordOwner()
	pauses, err := whatif.ReadPauses(func(yield func(usage.Record, error) bool) {
		for record, err := range r.Records(ctx, from, to) {
			var damaged *ledger.DamagedError
			if errors.As(err, &damaged) || err == nil && owner(&record) != tenant {
				continue
			}
			if !yield(record, err) {
				return
			}
		}
	}, launched)
	if errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return pauses, err
}
