package collector

import (
	"context"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"
)

// Options are what a [Runner] works with.
type Options struct {
	Source  Source
	Targets TargetsFunc
	Ledger  string // the ledger's folder

	Timing Timing

	MaxAPICost              *decimal.Decimal // US dollars that one run may cost; nil means any
	AllowOverlappingSources bool             // collect also where another source has
	Parallel                int              // batches in flight at a time; 0 means 4

	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil keeps quiet
	Progress ProgressFunc     // nil shows nothing
}

// TargetsFunc finds out what to collect from, at the beginning of each run. A target that cannot be made out, because a
// role may not be assumed for example, is a gap.
type TargetsFunc func(ctx context.Context) ([]Target, []Gap)

// ProgressFunc is told how far a run is, by batches. The total may grow. It is called by one goroutine at a time.
type ProgressFunc func(done, total int64, label string)

// Timing says which windows a run reads. The zero value is completed by the defaults.
type Timing struct {
	Period   time.Duration // of the records; default 5 minutes
	Lookback time.Duration // of the first run; default 14 days
	Overlap  time.Duration // that is read again; default 48 hours, below zero for none
	Settle   time.Duration // before now; default that of the source
	Since    time.Time     // in place of where the last run ended
	Until    time.Time     // in place of now
}
