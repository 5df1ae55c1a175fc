package ledger

import (
	"context"
	"fmt"
	"iter"
	"time"

	"microspend/ledger/audit"
	"microspend/usage"
)

// Aggregator answers queries. A [Reader] does.
type Aggregator interface {
	Aggregate(ctx context.Context, q Query) (Result, error)
	Extent(ctx context.Context) (Extent, error)
}

// Reader reads a ledger, whatever it is kept in. It changes nothing, may be used by several goroutines, and sees every
// day of the ledger as one writer left it, also while others write.
type Reader interface {
	// Aggregate adds up the usage of a query. Days that are damaged are named in the result and left out of it.
	Aggregate(ctx context.Context, q Query) (Result, error)
	// Records gives the records whose period starts in [from, to), day by day, within a day in the order of
	// [CompareKeys]. What is damaged comes up as a [DamagedError], after which the caller may go on.
	Records(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error]
	// Extent tells how far usage reaches; what is damaged counts as if it was there, as it was measured.
	Extent(ctx context.Context) (Extent, error)
	// Fingerprint changes whenever a day is written, added or removed, and as good as never otherwise. It is cheap enough
	// to be asked for every second.
	Fingerprint(ctx context.Context) (string, error)
	// Info sums up what the ledger says of its days, without reading their records.
	Info(ctx context.Context) (Info, error)
	// DayHashes gives for every UTC day that has usage, and that can hold usage in [from, to) with days cut in a location
	// (nil means UTC), a hash of all its records, by the day as in 2026-10-01. It reads no records. Within one store, its
	// snapshots among it, days with the same hash have the same content; equal content may have different hashes where it
	// was written differently, so that a difference only means that it is worth comparing.
	DayHashes(ctx context.Context, from, to time.Time, loc *time.Location) (map[string]string, error)
	// OpenSnapshot opens what [Store.Snapshot] has kept under a name; the error is an [fs.ErrNotExist] where there is
	// nothing of that name. What it reads has no documents.
	OpenSnapshot(ctx context.Context, name string) (Reader, error)
	// AuditLog verifies the audit log: see [audit.Verify] for a folder, [audit.VerifyShared] for a store that several
	// writers write to at once.
	AuditLog(ctx context.Context, o audit.Options) (audit.Result, error)
	// Name is what to call the ledger in front of people: a folder, or a URL without credentials.
	Name() string

	Documents
}

// Documents are the small files that are kept with a ledger: how far collectors have read, bills that were compared,
// closed months. Their names are paths with slashes, such as "bills/2026-10.json".
type Documents interface {
	// Document is the content of one; the error is an [fs.ErrNotExist] where there is none of that name. Whoever has seen
	// PutDocument return, in this process or another, reads what was put, or what was put later.
	Document(ctx context.Context, name string) ([]byte, error)
	// ListDocuments names those below a folder, "" for all, in order. What a snapshot holds is no document.
	ListDocuments(ctx context.Context, folder string) ([]string, error)
}

// Store is a ledger that is open for writing. It is not for use by several goroutines, but for its documents.
type Store interface {
	Reader

	// Upsert takes in records: one with a new key is added, one with a known key takes the place of the one before. Of
	// records with one key the latest counts. Each day changes at once or not at all. An error from the iterator, or a
	// record that [usage.Record.Check] refuses, leaves the ledger as it was. The iterator may use a batch again once it
	// is asked for the next one.
	Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (Changes, error)
	// From says where the records of the following imports are from, for the audit log. An import may change it while it
	// is asked for its records.
	From(source audit.Source)
	// Replacing has what is to take the place of a record with other content decided about by the imports that follow:
	// decide is given both and returns what is kept, which must have the same key. It may be called by several goroutines
	// at a time, and again about the same record.
	Replacing(decide func(before, after *usage.Record) usage.Record)

	// PutDocument writes a document, which readers see whole: the one before or the new one.
	PutDocument(ctx context.Context, name string, content []byte) error
	// SwapDocument writes a document, nil removes it, if what is there still is before, nil if there was none; otherwise
	// the error is a [ConflictError] and nothing is written. It is for what several writers change at once: see
	// [UpdateDocument].
	SwapDocument(ctx context.Context, name string, before, content []byte) error
	// RemoveDocument removes a document; that there is none of that name is no error.
	RemoveDocument(ctx context.Context, name string) error
	// Snapshot keeps the days that can hold usage in [from, to), with days cut in a location, under a name, such as
	// closed/2026-10: whatever becomes of the days, [Reader.OpenSnapshot] gives them as they are now. It is there as a
	// whole or not at all, and takes the place of one of the same name.
	Snapshot(ctx context.Context, name string, from, to time.Time, loc *time.Location) error
	// RemoveSnapshot removes a snapshot; that there is none of that name is no error.
	RemoveSnapshot(ctx context.Context, name string) error
	// Audit makes an entry in the audit log and then does what it is about; do may be nil for an entry that only says
	// something. Whatever changes a day makes its own entry.
	Audit(e audit.Entry, do func() error) error
	// Acknowledge makes an entry of the faults that AuditLog finds, which then no longer count as failures, and returns
	// those that were not acknowledged before.
	Acknowledge(ctx context.Context, reason string) ([]audit.Fault, error)

	Close() error
}

// DamagedError is a damaged file among records.
type DamagedError struct{ File DamagedFile }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %s", e.File.Path, e.File.Reason)
}

// HeldError says that another writer is at work on the ledger.
type HeldError struct {
	Path   string // of the lock file
	Holder string // what the holder says of itself: its pid, host, command and since when; may be ""
}

func (e *HeldError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "it has not named itself"
	}
	return fmt.Sprintf("another writer is at work on the ledger: %s (%s); wait for it to end", holder, e.Path)
}

// UnwritableDayError says that no record can be written into a day of the ledger as it is: its manifest is damaged, so
// that nothing tells what the day holds, or a file of it cannot be read for a reason that may pass. Nothing was written
// to any day.
type UnwritableDayError struct {
	Day    time.Time // in UTC
	File   string    // within the ledger's folder, with slashes
	Reason string
	Passes bool // the file may be whole, and be readable once somebody has given back the right to read it, say
}

func (e *UnwritableDayError) Error() string {
	if e.Passes {
		return fmt.Sprintf("%s cannot be used: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s is damaged: %s; run microspend ledger check --repair", e.File, e.Reason)
}
