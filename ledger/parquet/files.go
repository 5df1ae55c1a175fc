package parquet

import (
	"context"
	"io"
	"os"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
)

// Files is where the files of a ledger's days lie: a folder, or a bucket. The rules by which they are read, merged and
// checked are this package's and the same everywhere; a Files knows names and how to get at bytes. It may be used by
// several goroutines.
type Files interface {
	// Name is what people know the place by.
	Name() string
	// Days lists the days that there may be something of, in order.
	Days(ctx context.Context) ([]civil.Day, error)
	// Manifest is the text of a day's manifest, and what tells it from those before and after it. Both are zero where
	// there is none.
	Manifest(ctx context.Context, day civil.Day) (text []byte, version string, err error)
	// Open opens a part that the day's manifest names. The error is an [fs.ErrNotExist] where there is none. What was
	// opened may still be another file of that name: whoever reads it compares it with the manifest.
	Open(ctx context.Context, day civil.Day, part PartFile) (File, error)
	// Visible names the files of a day that query engines read, in order.
	Visible(ctx context.Context, day civil.Day) ([]string, error)
	// Path is how a file of a day is named in front of people, with slashes.
	Path(day civil.Day, name string) string
	// Location is where other programs find a part: a path, or a URL.
	Location(day civil.Day, part PartFile) string
	// Ahead is how many days are opened before they are read, where opening one takes waiting; 0 for none.
	Ahead() int
	// Fingerprint changes whenever a manifest does.
	Fingerprint(ctx context.Context) (string, error)
}

// File is an open part. It cannot change while it is open: parts are replaced, never written to.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64
	// Version tells the file from whatever else had its name before or will have it: what was proven of it once need not
	// be proven again. It is "" where every opening reads the bytes anew, from somewhere they may come to harm on the way.
	Version() string
}

// PartFile is a part as a manifest names it.
type PartFile struct {
	Name   string // such as part-00000.parquet
	SHA256 string // in hexadecimal digits
	Bytes  int64
	Object string // what [WritableFiles.Add] called it; "" where the name is enough
}

// WritableFiles are files that a [Writer] may change.
type WritableFiles interface {
	Files
	// Staging makes the folder of this machine in which an import is staged and parts are written, which lies in a place.
	// Unstage removes it.
	Staging() (place ownfile.Place, folder string, err error)
	Unstage()
	// Create makes a new file in the staging folder, for a part.
	Create(path string) (*os.File, error)
	// Add takes a complete file of the staging folder, through to the disk, and has it wait for the manifest that names
	// it. The manifest keeps what it is called there, if that does not follow from the rest.
	Add(ctx context.Context, day civil.Day, part PartFile, path string) (object string, err error)
	// Discard gives up parts of a day that wait and will not be named.
	Discard(day civil.Day, parts []PartFile)
	// Ready returns once all that was added will outlast a power cut.
	Ready(ctx context.Context) error
	// AsideName is the name that a damaged part is going to have once it is set aside, where no engine reads it. SetAside
	// gives it that name, and is no error where the part is missing.
	AsideName(day civil.Day, part PartFile) string
	SetAside(ctx context.Context, day civil.Day, part PartFile, aside string) error
	// Switch puts the next manifest of a day into effect, unless there is another one by now than the one it was made from:
	// that is a [ConflictError].
	Switch(ctx context.Context, s Switch) error
	// Close ends writing.
	Close() error
}

// Switch is what a day's next manifest changes.
type Switch struct {
	Day      civil.Day
	Before   string // the version of the manifest that it takes the place of; "" where there is none
	Manifest []byte
	Parts    []PartFile // all that the manifest names
	Dropped  []string   // parts before it that have no successor
}

// ConflictError says that another writer has switched a day meanwhile.
type ConflictError struct{ Day civil.Day }

func (e *ConflictError) Error() string {
	return "another writer keeps changing " + e.Day.String() + "; try again"
}
