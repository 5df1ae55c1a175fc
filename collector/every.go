package collector

import (
	"context"
	"time"
)

// DefaultReread is how often runs that follow each other quickly read the overlap again, unless it is said otherwise.
const DefaultReread = time.Hour

// Every runs again and again, an interval after each run began, until the context ends; then what is in flight is
// finished and nil returned. What a run came to is handed to done; an error does not end it, as what keeps one run
// from going on may pass. The ledger is not held between runs.
//
// What Timing.Since asks for is read once; from then on runs go on where the last one ended.
func (r *Runner) Every(ctx context.Context, interval time.Duration, done func(Summary, error)) error {
	for ctx.Err() == nil {
		next := time.NewTimer(interval)
		summary, err := r.Run(ctx)
		if err == nil && !summary.Interrupted && len(summary.Gaps) == 0 {
			r.Timing.Since = time.Time{}
		}
		done(summary, err)
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
		}
	}
	return nil
}
