package collector

import (
	"context"
	"time"
)

// Every runs again and again, an interval after each run began, until the context ends; then what is in flight is finished
// and nil returned. What a run came to is handed to done; an error does not end it, as what keeps one run from going on may
// pass. The ledger is not held between runs.
func (r *Runner) Every(ctx context.Context, interval time.Duration, done func(Summary, error)) error {
	for ctx.Err() == nil {
		next := time.NewTimer(interval)
		done(r.Run(ctx))
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
		}
	}
	return nil
}
