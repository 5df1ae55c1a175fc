package ledger

import (
	"context"
	"time"
)

// FileLister is a [Reader] of a ledger whose days lie in Parquet files that other programs can read.
type FileLister interface {
	Reader
	// Files lists what is in force, day by day, and names days of which nobody can tell. A program that reads these files
	// and no others counts every record once. They stay for as long as docs/ledger.md and docs/bucket.md say.
	Files(ctx context.Context) ([]File, []DamagedFile, error)
}

// File is a Parquet file that is in force.
type File struct {
	Day         time.Time // in UTC
	Location    string    // a path, or a URL
	Rows, Bytes int64
	SHA256      string // in hexadecimal digits
}
