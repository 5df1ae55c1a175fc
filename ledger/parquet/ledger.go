package parquet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
)

// Ledger reads a ledger. It takes no lock, writes nothing, and may be used by several goroutines, also while a [Writer]
// works on the same folder.
type Ledger struct {
	dir     string
	options ledger.Options
	proven  sync.Map // of files: the [fileVersion] that was found to be whole
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
	return &Ledger{dir: dir, options: options.WithDefaults()}, nil
}

// Name is the ledger's folder, which is what people know it by.
func (l *Ledger) Name() string { return l.dir }

// Dir is the ledger's folder.
func (l *Ledger) Dir() string { return l.dir }

func (l *Ledger) place() ownfile.Place { return ownfile.Place(l.dir) }

const (
	usageFolder  = "usage"
	dayPrefix    = "dt="
	manifestName = "_manifest.json"
	secondsInDay = 86_400
)

// dayOf is the UTC day that a moment lies in.
func dayOf(t time.Time) civil.Day { return civil.DayOf(t, time.UTC) }

func (l *Ledger) dayFolder(day civil.Day) string {
	return filepath.Join(l.dir, usageFolder, dayPrefix+day.String())
}

// shownPath is how a file is named in results: within the ledger's folder, with slashes.
func shownPath(day civil.Day, name string) string {
	return usageFolder + "/" + dayPrefix + day.String() + "/" + name
}

// days lists the days that have a folder, in order. Folders of other forms are not the ledger's.
func (l *Ledger) days() ([]civil.Day, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, usageFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	var days []civil.Day
	for _, entry := range entries {
		name, isDay := entry.Name(), entry.IsDir() && len(entry.Name()) == len(dayPrefix)+len(time.DateOnly)
		if !isDay || name[:len(dayPrefix)] != dayPrefix {
			continue
		}
		if day, err := civil.Parse(name[len(dayPrefix):]); err == nil {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days, nil
}

// daysBetween lists the days that can hold usage in [from, to), where those with a date in the location can, too.
func (l *Ledger) daysBetween(from, to time.Time, loc *time.Location) ([]civil.Day, error) {
	days, err := l.days()
	in := civil.Between(from, to)
	return slices.DeleteFunc(days, func(d civil.Day) bool {
		return !d.Span(time.UTC).Overlaps(in) && !d.Span(loc).Overlaps(in)
	}), err
}
