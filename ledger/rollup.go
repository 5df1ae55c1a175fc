package ledger

import (
	"context"
	"time"
)

// RollupLister is a [Reader] of a ledger that keeps rollups: sums by hour of each large day, which answer most queries.
type RollupLister interface {
	// WithoutRollup lists the days that have no rollup in force and could have one, of some UTC days or, without any, of all.
	WithoutRollup(ctx context.Context, days ...time.Time) ([]RolledDay, error)
}

// RollupMaker is a [Store] that makes rollups with each day that it writes, and of days that were written without.
type RollupMaker interface {
	RollupLister
	// MakeRollups makes the rollups of the days that [RollupLister.WithoutRollup] lists, and says what became of each.
	MakeRollups(ctx context.Context, days ...time.Time) ([]RolledDay, error)
}

// RolledDay is a day and its rollup.
type RolledDay struct {
	Day                     time.Time // in UTC
	Rows                    int64     // of records
	RollupRows, RollupBytes int64
	Without                 string // why there is no rollup; "" where there is one
}
