package ledger

import (
	"context"
	"io"
	"time"
)

// PartSource is a [Reader] whose days lie in Parquet files that can be had as they are, which is faster than record by
// record. Not every kind of ledger is one, and not every day of one can be had so.
type PartSource interface {
	Reader
	// Parts opens the files of a UTC day. All of the day's records are in them, each once and in order, in the columns of
	// docs/ledger.md in its present version, and every byte was checked. They are of one moment, and stay as they are
	// until they are closed, whatever a writer does. There are none, without an error, where the day has to be read by
	// [Reader.Records]: it has no usage, is damaged, or was written by a former version.
	Parts(ctx context.Context, day time.Time) ([]Part, error)
}

// Part is an open Parquet file.
type Part interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// PartStore is a [Store] that takes in the files of a [PartSource] as they are.
type PartStore interface {
	Store
	// UpsertParts takes in the records of a UTC day as [Store.Upsert] does, with the same promises; it leaves the parts
	// open. It may take them by Upsert all the same, where the day has records already for example. Overlaps are kept.
	UpsertParts(ctx context.Context, day time.Time, parts []Part) (Changes, error)
}
