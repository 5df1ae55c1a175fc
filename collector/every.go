package collector

import (
	"context"
	"fmt"
	"time"
)

// DefaultReread is how often runs that follow each other quickly read the overlap again, unless it is said otherwise.
const DefaultReread = time.Hour

// A target that cannot be read until someone mends its credentials or the configuration is asked again with every run.
// When that is all of them, for several runs in a row, the process ends: whoever supervises it may start it anew
// with what is right by then, and tells people that it keeps ending.
const (
	deadRuns = 3
	deadFor  = 15 * time.Minute
)

// DeadError says that nothing can be read at all, and that time alone does not help.
type DeadError struct {
	Runs   int
	Since  time.Time
	Reason string // of the first target
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("nothing could be read by %d runs since %s, and somebody has to mend it: %s", e.Runs,
		e.Since.UTC().Format(time.RFC3339), e.Reason)
}

// Every runs again and again, an interval after each run began, until the context ends; then what is in flight is
// finished and nil returned. What a run came to is handed to done; an error does not end it, as what keeps one run
// from going on may pass. Credentials that stay dead do: see [DeadError]. The ledger is not held between runs.
//
// What Timing.Since asks for is read once of each target: by the first run that gets through with it. From then on runs
// go on where the last one ended. What could not be read of it by then is an open gap, which is asked for again like
// any other, and what is lost has been named: neither is a reason to read all of it again.
func (r *Runner) Every(ctx context.Context, interval time.Duration, done func(Summary, error)) error {
	r.Interval = interval
	var dead DeadError
	for ctx.Err() == nil {
		next := time.NewTimer(interval)
		summary, err := r.Run(ctx)
		if err == nil && !summary.Interrupted {
			for _, target := range summary.through {
				r.sinceRead[target] = true
			}
		}
		done(summary, err)
		if dead.lasts(summary, err) && r.Now().Sub(dead.Since) >= deadFor {
			next.Stop()
			return &dead
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
		}
	}
	return nil
}

// lasts notes how a run ended, and reports whether enough runs in a row could read nothing.
func (e *DeadError) lasts(s Summary, err error) bool {
	if err != nil || s.Targets == 0 || s.Unusable < s.Targets {
		*e = DeadError{}
		return false
	}
	if e.Runs++; e.Runs == 1 {
		e.Since = s.Began
	}
	if len(s.Gaps) > 0 {
		e.Reason = s.Gaps[0].String()
	}
	return e.Runs >= deadRuns
}
