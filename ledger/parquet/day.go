package parquet

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"microspend/ledger"

	"microspend/internal/civil"
)

// openDay is the content of a day at one moment: all parts of one manifest, or its rollup, held open.
type openDay struct {
	files    Files
	day      civil.Day
	found    current
	manifest *manifest // nil where the day has nothing
	parts    []*part
	damaged  []ledger.DamagedFile
	faults   map[string]error // why a part of the manifest is not among the parts

	unreachable error // why nothing is known of the day at present

	noRollup    string // why a query is not answered from the rollup
	rollupFault error  // of a rollup that could have answered it
}

// fromRollup reports whether what is open is the rollup.
func (d *openDay) fromRollup() bool { return len(d.parts) == 1 && d.parts[0].rollup != nil }

func (d *openDay) read() ledger.DayRead {
	return ledger.DayRead{Day: d.day.UTC(), FromRecords: d.noRollup}
}

func (d *openDay) close() {
	for _, p := range d.parts {
		p.close()
	}
}

// openDay opens a day's parts.
func (l *Ledger) openDay(ctx context.Context, day civil.Day) *openDay { return l.open(ctx, day, nil) }

// openFor opens days for a query: their rollups where these answer it, else their parts.
func (l *Ledger) openFor(q *ledger.Query) func(context.Context, civil.Day) *openDay {
	return func(ctx context.Context, day civil.Day) *openDay { return l.open(ctx, day, q) }
}

// open opens files of one manifest also while a writer switches it: a file that is not as the manifest says is looked
// for again until the manifest stays the same.
func (l *Ledger) open(ctx context.Context, day civil.Day, q *ledger.Query) *openDay {
	opened := l.tryOpen(ctx, day, q)
	for settled := 0; opened.faulty() && opened.unreachable == nil && settled < 2; {
		again := l.tryOpen(ctx, day, q)
		opened.close()
		if again.found.version == opened.found.version {
			settled++
		}
		opened = again
	}
	if opened.rollupFault != nil {
		opened.noRollup = l.rollupFault(day, opened.rollupFault)
	}
	return opened
}

func (l *Ledger) tryOpen(ctx context.Context, day civil.Day, q *ledger.Query) *openDay {
	d := &openDay{files: l.files, day: day, faults: map[string]error{}}
	m, found, err := l.manifestFor(ctx, day, q)
	d.found = found
	if err != nil {
		d.fault(manifestName, err)
		return d
	}
	if m == nil {
		visible, _ := l.files.Visible(ctx, day)
		if slices.ContainsFunc(visible, partName.MatchString) {
			d.damaged = append(d.damaged, d.file(manifestName,
				errors.New("the day has files but no manifest to check them against")))
		}
		return d
	}
	d.manifest = m
	for _, lost := range m.Lost {
		d.damaged = append(d.damaged, d.file(lost.Name, lost.reason()))
	}
	if q != nil && d.openRollup(ctx, q, &l.known) {
		return d
	}
	d.openParts(ctx)
	return d
}

// openParts opens the parts of the manifest, all at once where opening one takes waiting.
func (d *openDay) openParts(ctx context.Context) {
	parts, faults := make([]*part, len(d.manifest.Parts)), make([]error, len(d.manifest.Parts))
	var wait sync.WaitGroup
	for i, entry := range d.manifest.Parts {
		open := func() { parts[i], faults[i] = openPart(ctx, d.files, d.day, entry) }
		if d.files.Ahead() > 0 {
			wait.Go(open)
		} else {
			open()
		}
	}
	wait.Wait()
	for i, entry := range d.manifest.Parts {
		if err := faults[i]; err != nil {
			d.faults[entry.Name] = err
			d.fault(entry.Name, err)
			continue
		}
		d.parts = append(d.parts, parts[i])
	}
}

// openRollup opens the day's rollup if that answers a query.
func (d *openDay) openRollup(ctx context.Context, q *ledger.Query, known *knownDays) bool {
	d.noRollup = d.manifest.withoutRollup()
	if d.noRollup == "" {
		d.noRollup = d.manifest.Rollup.refuses(q, d.day)
	}
	if d.noRollup != "" {
		return false
	}
	rows := rollupHours
	if d.manifest.Rollup.coversDay(q, d.day) {
		rows = rollupDay
	}
	opened, err := openRollup(ctx, d.files, d.day, d.manifest.Rollup, rows, known.footer(d.day, d.manifest))
	if err != nil {
		d.rollupFault = err
		return false
	}
	d.parts = append(d.parts, opened)
	return true
}

// faulty reports whether a file is not as the manifest says.
func (d *openDay) faulty() bool { return len(d.damaged) > 0 || d.rollupFault != nil }

// fault takes in why a file cannot be used. One that did not get here may be in order.
func (d *openDay) fault(name string, err error) {
	_, unreachable := errors.AsType[*ledger.UnreachableError](err)
	if unreachable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		d.unreachable = cmp.Or(d.unreachable, err)
		return
	}
	d.damaged = append(d.damaged, d.file(name, err))
}

func (d *openDay) file(name string, reason error) ledger.DamagedFile {
	return damagedFile(d.files, d.day, name, reasonOf(reason))
}

// damagedFile names a file of a day.
func damagedFile(files Files, day civil.Day, name, reason string) ledger.DamagedFile {
	return ledger.DamagedFile{Path: files.Path(day, name), Day: day.UTC(), Reason: reason}
}

func reasonOf(fault error) string {
	if errors.Is(fault, fs.ErrNotExist) {
		return "it is missing"
	}
	return strings.TrimPrefix(fault.Error(), errNotThisPart.Error()+": ")
}
