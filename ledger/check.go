package ledger

import (
	"context"
	"time"
)

// Checker is a ledger that can tell whether it still is what was written, record by record. Not every kind can.
type Checker interface {
	Check(ctx context.Context) (CheckResult, error)
}

// Repairer is a [Store] that can be repaired: one that keeps its days in files of its own.
type Repairer interface {
	Checker
	// Repair checks, renames what is damaged, so that engines do not read it either, and makes damaged manifests anew.
	Repair(ctx context.Context) (CheckResult, error)
	// AcceptLoss ends the reporting of what was set aside, of some UTC days or, without any, of all.
	AcceptLoss(ctx context.Context, days ...time.Time) ([]DamagedFile, error)
}

// Damageable is a [Reader] of a ledger whose days can become impossible to write, each by itself.
type Damageable interface {
	// Unwritable returns an [UnwritableDayError] if no record of a UTC day can be written, else nil.
	Unwritable(ctx context.Context, day time.Time) error
	// DamagedManifests names the days into which no record can be written as their manifests are damaged.
	DamagedManifests(ctx context.Context) ([]*UnwritableDayError, error)
}

// Lockable is a [Reader] of a ledger that has one writer at a time.
type Lockable interface {
	// Holder says who is writing, if someone is: what a writer says of itself, which may be "".
	Holder() (holder string, held bool, err error)
}

// CheckResult is what a full check found.
type CheckResult struct {
	Days, Parts int
	Rows, Bytes int64         // of the parts that are in order
	Damaged     []DamagedFile // parts that are damaged or missing, and manifests
	// Orphaned are files of a day's folder that engines see and no manifest knows: Athena, Trino and Spark read every file
	// whose name does not begin with a dot or an underscore. Each lists its day and why.
	Orphaned []DamagedFile
	// Overlaps are periods in which one MicroVM is said to have run twice, the first of each day; OverlapCount counts all.
	Overlaps     []Overlap
	OverlapCount int64
	// OfSources are overlaps between two sources: counted twice, unless the ledger is to compare them. They are no fault.
	OfSources     []Overlap
	OfSourceCount int64
	// Rollups are those that were found to follow from their day's records, and BadRollups those that do not or are
	// damaged: the records answer in their place where that shows. Repairing makes them anew.
	Rollups    int
	BadRollups []DamagedFile
	// SetAside are the damaged and orphaned files that were renamed, under their new names.
	SetAside []DamagedFile
	// InDatabase says that a server keeps the days, of which no file can be set aside.
	InDatabase bool
	// Unrepaired are manifests that could not be made anew, each with why and what to do.
	Unrepaired []DamagedFile
	// Rebuilt are manifests and rollups that were made anew, each with what from.
	Rebuilt []DamagedFile
}

// OK reports whether nothing was found.
func (r *CheckResult) OK() bool {
	return len(r.Damaged) == 0 && len(r.Orphaned) == 0 && len(r.BadRollups) == 0 && r.OverlapCount == 0
}
