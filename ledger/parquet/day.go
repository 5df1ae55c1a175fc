package parquet

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"microspend/ledger"

	"microspend/internal/civil"
)

// openDay is the content of a day at one moment: all parts of one manifest, held open.
type openDay struct {
	day      civil.Day
	manifest *manifest // nil where the day has nothing
	parts    []*part
	damaged  []ledger.DamagedFile
	faults   map[string]error // why a part of the manifest is not among the parts
}

func (d *openDay) close() {
	for _, p := range d.parts {
		p.close()
	}
}

// openDay opens a day's parts. They are of one manifest also while a writer switches it: a part that is not as the
// manifest says is looked for again, under both of its names, until the manifest stays the same.
func (l *Ledger) openDay(day civil.Day) *openDay {
	folder := l.dayFolder(day)
	opened, before := l.tryOpenDay(folder, day)
	for settled := 0; len(opened.damaged) > 0 && settled < 2; {
		again, text := l.tryOpenDay(folder, day)
		opened.close()
		if opened = again; bytes.Equal(before, text) {
			settled++
		}
		before = text
	}
	return opened
}

func (l *Ledger) tryOpenDay(folder string, day civil.Day) (*openDay, []byte) {
	d := &openDay{day: day, faults: map[string]error{}}
	m, text, err := readManifest(folder, day)
	if err != nil {
		d.damaged = append(d.damaged, d.file(manifestName, err))
		return d, text
	}
	if m == nil {
		if parts, _ := filepath.Glob(filepath.Join(escapeGlob(folder), "part-*.parquet")); len(parts) > 0 {
			d.damaged = append(d.damaged, d.file(manifestName,
				errors.New("the day has files but no manifest to check them against")))
		}
		return d, nil
	}
	d.manifest = m
	for _, lost := range m.Lost {
		d.damaged = append(d.damaged, d.file(lost.Name, lost.reason()))
	}
	for _, entry := range m.Parts {
		opened, err := openEitherName(folder, day, entry)
		if err != nil {
			d.faults[entry.Name] = err
			d.damaged = append(d.damaged, d.file(entry.Name, err))
			continue
		}
		d.parts = append(d.parts, opened)
	}
	return d, text
}

func (d *openDay) file(name string, reason error) ledger.DamagedFile {
	return damagedFile(d.day, name, reasonOf(reason))
}

// damagedFile names a file of a day.
func damagedFile(day civil.Day, name, reason string) ledger.DamagedFile {
	return ledger.DamagedFile{Path: shownPath(day, name), Day: day.UTC(), Reason: reason}
}

func reasonOf(fault error) string {
	if errors.Is(fault, fs.ErrNotExist) {
		return "it is missing"
	}
	return strings.TrimPrefix(fault.Error(), errNotThisPart.Error()+": ")
}

// openEitherName opens a part under its own name or, where the switch to it has not got that far, under the one it
// waits under.
func openEitherName(folder string, day civil.Day, entry partEntry) (*part, error) {
	opened, err := openPart(filepath.Join(folder, entry.Name), day, entry)
	if err == nil {
		return opened, nil
	}
	if pending, pendingErr := openPart(filepath.Join(folder, entry.pendingName()), day, entry); pendingErr == nil {
		return pending, nil
	}
	return nil, err
}

// escapeGlob makes a path match itself in filepath.Glob.
func escapeGlob(path string) string {
	if os.PathSeparator == '\\' {
		return path // Windows has no escapes, and no * or ? in names
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
