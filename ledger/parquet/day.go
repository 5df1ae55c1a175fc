package parquet

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"microspend/ledger"

	"microspend/internal/civil"
)

// openDay is the content of a day at one moment: all parts of one manifest, held open.
type openDay struct {
	files    Files
	day      civil.Day
	found    current
	manifest *manifest // nil where the day has nothing
	parts    []*part
	damaged  []ledger.DamagedFile
	faults   map[string]error // why a part of the manifest is not among the parts

	unreachable error // why nothing is known of the day at present
}

func (d *openDay) close() {
	for _, p := range d.parts {
		p.close()
	}
}

// openDay opens a day's parts. They are of one manifest also while a writer switches it: a part that is not as the
// manifest says is looked for again until the manifest stays the same.
func (l *Ledger) openDay(ctx context.Context, day civil.Day) *openDay {
	opened := l.tryOpenDay(ctx, day)
	for settled := 0; len(opened.damaged) > 0 && opened.unreachable == nil && settled < 2; {
		again := l.tryOpenDay(ctx, day)
		opened.close()
		if again.found.version == opened.found.version {
			settled++
		}
		opened = again
	}
	return opened
}

func (l *Ledger) tryOpenDay(ctx context.Context, day civil.Day) *openDay {
	d := &openDay{files: l.files, day: day, faults: map[string]error{}}
	m, found, err := readManifest(ctx, l.files, day)
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
	for _, entry := range m.Parts {
		opened, err := openPart(ctx, l.files, day, entry)
		if err != nil {
			d.faults[entry.Name] = err
			d.fault(entry.Name, err)
			continue
		}
		d.parts = append(d.parts, opened)
	}
	return d
}

// fault takes in why a file cannot be used. One that did not get here may be in order.
func (d *openDay) fault(name string, err error) {
	if unreachable, ok := errors.AsType[*ledger.UnreachableError](err); ok {
		d.unreachable = cmp.Or[error](d.unreachable, unreachable)
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
