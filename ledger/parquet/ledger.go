package parquet

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
)

// Ledger reads a ledger. It takes no lock, writes nothing, and may be used by several goroutines, also while a [Writer]
// works on the same files.
type Ledger struct {
	files   Files
	dir     string // "" where the files lie elsewhere
	options ledger.Options
	proven  sync.Map // of files: the [File.Version] that was found to be whole
	known   knownDays
}

// Open opens the ledger in a folder for reading. The folder must exist; one that nothing was written to is an empty
// ledger.
func Open(dir string, options ledger.Options) (*Ledger, error) {
	switch info, err := os.Stat(dir); {
	case err != nil:
		return nil, fmt.Errorf("no ledger: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("no ledger: %s is not a folder", dir)
	}
	return &Ledger{files: folder(dir), dir: dir, options: options.WithDefaults()}, nil
}

// Read reads the ledger whose days' files lie somewhere else.
func Read(files Files, options ledger.Options) *Ledger {
	return &Ledger{files: files, options: options.WithDefaults()}
}

// Name is what people know the ledger by: its folder.
func (l *Ledger) Name() string { return l.files.Name() }

// Dir is the ledger's folder.
func (l *Ledger) Dir() string { return l.dir }

func (l *Ledger) place() ownfile.Place { return ownfile.Place(l.dir) }

const secondsInDay = 86_400

// dayOf is the UTC day that a moment lies in.
func dayOf(t time.Time) civil.Day { return civil.DayOf(t, time.UTC) }

// Fingerprint implements [ledger.Reader].
func (l *Ledger) Fingerprint(ctx context.Context) (string, error) { return l.files.Fingerprint(ctx) }

// daysBetween lists the days that can hold usage in [from, to), where those with a date in the location can, too.
func (l *Ledger) daysBetween(ctx context.Context, from, to time.Time, loc *time.Location) ([]civil.Day, error) {
	days, err := l.files.Days(ctx)
	in := civil.Between(from, to)
	return slices.DeleteFunc(days, func(d civil.Day) bool {
		return !d.Span(time.UTC).Overlaps(in) && !d.Span(loc).Overlaps(in)
	}), err
}
