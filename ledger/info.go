package ledger

import (
	"context"
	"time"
)

// Info is what the manifests say of a ledger.
type Info struct {
	Days  []DayInfo // in order; days without a readable manifest are not among them
	Rows  int64
	Bytes int64 // of the Parquet files
	Parts int   // Parquet files, or a database's parts
	Backlog
	// RollupRows and RollupBytes are of the sums by hour that are kept beside them.
	RollupRows, RollupBytes int64
	First, Last             time.Time // start of the first and of the last period; zero where there are none
	Damaged                 []DamagedFile
}

// Backlog is what a database has yet to do with what it was given. It is zero of files.
type Backlog struct {
	// Unmerged is how many parts there are beyond one a day: until they are merged, reading takes longer.
	Unmerged int
	Lag      time.Duration // of the slowest replica
}

// Backlogger is a [Reader] of a ledger that may have a backlog.
type Backlogger interface {
	// Backlog is cheap enough to be asked for with every scrape of metrics.
	Backlog(ctx context.Context) (Backlog, error)
}

// DayInfo is what the manifest says of a day.
type DayInfo struct {
	Day         time.Time
	Rows, Bytes int64
	Parts       int
	First, Last time.Time // start of the first and of the last period
	// Seconds is the length of all periods together, CoveredSeconds of those with complete coverage: their ratio is the
	// day's coverage.
	Seconds, CoveredSeconds int64
	// RollupRows and RollupBytes are of the day's sums by hour. Where there are none, or none in force, NoRollup says why.
	RollupRows, RollupBytes int64
	NoRollup                string
	RollupNeedless          bool // the day is as fast to read without one
}

// Extent is the time that a ledger has usage of: the starts of its first and of its last period. Both are zero where it
// has none.
type Extent struct {
	First, Last time.Time
	// LastSeconds is the length of the period that starts at Last, of the shortest where several do: a record of a whole
	// day, as of image storage, does not mean that the day is over. It is 0 where a damaged file hides it.
	LastSeconds int64
}

// Include makes the extent reach to a period.
func (e *Extent) Include(start time.Time, seconds int64) {
	if e.First.IsZero() || start.Before(e.First) {
		e.First = start
	}
	switch {
	case e.Last.IsZero() || start.After(e.Last):
		e.Last, e.LastSeconds = start, seconds
	case start.Equal(e.Last):
		e.LastSeconds = min(e.LastSeconds, seconds)
	}
}
