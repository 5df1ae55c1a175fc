package parquet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"microspend/ledger"
	"microspend/ledger/intake"

	"microspend/internal/atomicfile"
	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/usage"
)

// prepared is the next version of a day: complete on the disk, under hidden names, not yet in effect.
type prepared struct {
	place    ownfile.Place
	folder   string
	day      civil.Day
	manifest *manifest
	pending  []string // paths of the files that wait
	aside    []lostPart
	outcome  intake.Outcome
	changed  bool
	text     []byte // of the manifest, once it is sealed: see [Writer.audited]
}

func (p *prepared) discard() {
	for _, path := range p.pending {
		_ = p.place.Remove(path)
	}
	p.pending = nil
	_ = p.place.Remove(p.folder) // unless there is anything in it
}

// builder writes the next versions of days. Each goroutine has its own.
type builder struct {
	w       *Writer
	staging string
	name    string // tells the files of builders apart
	group   rowGroup
}

// prepare merges a day with what is staged for it. Parts of the day that turn out to be damaged are left out, to be set
// aside; what they held is then named in the manifest as lost.
func (b *builder) prepare(ctx context.Context, day civil.Day, staged func() []intake.Reader) (*prepared, error) {
	lost := map[string]string{} // the damaged parts and why
	for {
		p, bad, err := b.tryPrepare(ctx, day, staged(), lost)
		if bad == "" {
			return p, err
		}
		p.discard()
		lost[bad] = err.Error()
	}
}

// tryPrepare leaves out the lost parts. It returns the name of a part that turns out to be damaged, with the damage.
func (b *builder) tryPrepare(ctx context.Context, day civil.Day, staged []intake.Reader, lost map[string]string) (
	p *prepared, bad string, err error,
) {
	p = &prepared{place: b.w.place(), folder: b.w.dayFolder(day), day: day}
	now := b.w.openDay(day)
	defer now.close()
	if err := now.unwritable(); err != nil {
		return p, "", err
	}
	old := now.manifest
	if old == nil {
		old = &manifest{}
	}
	p.manifest = &manifest{Version: writtenVersion, Day: day.String(), Lost: old.Lost}
	var kept intake.Concatenated
	opened := map[string]*part{}
	for _, part := range now.parts {
		opened[part.entry.Name] = part
	}
	for _, entry := range old.Parts {
		part, reason := opened[entry.Name], lost[entry.Name]
		if part == nil {
			reason = reasonOf(now.faults[entry.Name])
		}
		if reason != "" {
			p.aside = append(p.aside, lostPart{Name: entry.Name, Rows: entry.Rows, Reason: reason, At: b.w.options.Now().UTC()})
			continue
		}
		kept = append(kept, &partRows{part: part})
	}
	p.outcome, err = b.write(ctx, p, &kept, staged)
	var d *damage
	if errors.As(err, &d) {
		return p, d.part, d
	}
	if err != nil {
		p.discard()
		return p, "", err
	}
	b.compare(p, old)
	return p, "", nil
}

// write writes the merged records to parts, which then wait under hidden names in the day's folder.
func (b *builder) write(ctx context.Context, p *prepared, kept intake.Reader, staged []intake.Reader) (intake.Outcome, error) {
	var out *partWriter
	m := p.manifest
	finish := func() error {
		entry, err := out.finish(partNameOf(len(m.Parts)))
		path := out.file.Name()
		if err := errors.Join(err, out.close()); err != nil {
			_ = b.w.place().Remove(path)
			return err
		}
		out = nil
		m.Parts = append(m.Parts, entry)
		folder := b.w.dayFolder(p.day)
		if err := b.w.place().Folder(folder); err != nil {
			return ofDay(p.day, err)
		}
		waiting := filepath.Join(folder, entry.pendingName())
		p.pending = append(p.pending, waiting)
		return ofDay(p.day, b.w.place().Rename(path, waiting))
	}
	merger := intake.Merger{
		Overlaps: b.w.options.Overlaps, Replacing: b.w.replacing, Collected: b.w.options.Collected.Sources,
	}
	merger.Take = func(r *usage.Record) (err error) {
		if out == nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			path := filepath.Join(b.staging, fmt.Sprintf("%s-%s-%d", b.name, p.day, len(m.Parts)))
			file, err := b.w.place().Create(path, filepath.Join(b.w.dir, usageFolder)) // where it is moved to
			if err != nil {
				return err
			}
			out = newPartWriter(file, b.w.sizes, b.w.codec, &b.group)
		}
		if err := out.add(r); err != nil {
			return err
		}
		m.count(r)
		if out.rows == int64(b.w.sizes.partRows) {
			return finish()
		}
		return nil
	}
	err := merger.Merge(kept, staged)
	if err == nil && out != nil {
		err = finish()
	}
	if out != nil {
		_ = errors.Join(out.close(), b.w.place().Remove(out.file.Name()))
	}
	return merger.Outcome, err
}

func (m *manifest) count(r *usage.Record) {
	if m.Rows == 0 || r.PeriodStart.Before(m.First) {
		m.First = r.PeriodStart
	}
	if m.Rows == 0 || r.PeriodStart.After(m.Last) {
		m.Last = r.PeriodStart
	}
	m.Rows++
	m.Seconds += r.PeriodSeconds
	if r.Coverage == usage.CoverageComplete {
		m.CoveredSeconds += r.PeriodSeconds
	}
}

// compare finds out what the next version of a day changes. Parts that stay as they are do not wait to be renamed.
func (b *builder) compare(p *prepared, old *manifest) {
	folder := b.w.dayFolder(p.day)
	before := map[string]string{}
	for _, entry := range old.Parts {
		before[entry.Name] = entry.SHA256
	}
	for _, lost := range p.aside {
		delete(before, lost.Name)
	}
	p.changed = len(p.aside) > 0
	var pending []string
	for _, entry := range p.manifest.Parts {
		waiting := filepath.Join(folder, entry.pendingName())
		if before[entry.Name] == entry.SHA256 {
			_ = b.w.place().Remove(waiting)
		} else {
			p.changed = true
			pending = append(pending, waiting)
		}
		delete(before, entry.Name)
	}
	p.pending = pending
	for _, entry := range old.Parts {
		if _, gone := before[entry.Name]; gone {
			p.changed = true
			p.manifest.Dropped = append(p.manifest.Dropped, entry.Name)
		}
	}
}

// commit puts a prepared day into effect. It is called by what [Writer.audited] does, and by nothing else.
func (w *Writer) commit(p *prepared) ([]ledger.DamagedFile, error) {
	folder := w.dayFolder(p.day)
	var aside []ledger.DamagedFile
	named := p.manifest.Lost[len(p.manifest.Lost)-len(p.aside):] // the same, with the names that they get
	for i, lost := range p.aside {
		err := w.place().Rename(filepath.Join(folder, lost.Name), filepath.Join(folder, named[i].Name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return aside, err
		}
		file := damagedFile(p.day, named[i].Name, lost.Reason)
		aside = append(aside, file)
		w.options.Logger.Error("a damaged file was set aside", "file", file.Path, "rows", lost.Rows, "reason", lost.Reason)
	}
	if err := atomicfile.SyncDir(folder); err != nil { // the files that wait must be there before the manifest names them
		return aside, err
	}
	w.step("ready")
	p.pending = nil // should the switch fail halfway, only the next writer can tell whether the files are needed
	if err := w.place().Write(filepath.Join(folder, manifestName), p.text); err != nil {
		return aside, err
	}
	w.step("switched")
	return aside, w.settle(folder, p.manifest)
}

// asideSuffix ends the names of files that were set aside.
const asideSuffix = ".damaged"

// setAside renames a file so that nothing reads it any more, and returns its new name. One that is gone already gets a
// name to be reported under.
func setAside(place ownfile.Place, folder, name string) (string, error) {
	aside := asideName(folder, name)
	err := place.Rename(filepath.Join(folder, name), filepath.Join(folder, aside))
	if errors.Is(err, os.ErrNotExist) {
		return name + ".missing", nil
	}
	return aside, err
}

// asideName is a name that no file of the folder has, under which no engine reads it: it does not end in .parquet, and
// begins with an underscore, as Athena, Trino and Spark read every other file of a folder whatever its name ends in.
func asideName(folder, name string) string {
	plain := strings.TrimLeft(name, "._")
	for n := 1; ; n++ {
		aside := "_" + plain + asideSuffix
		if n > 1 {
			aside = fmt.Sprintf("_%s.%d%s", plain, n, asideSuffix)
		}
		if _, err := os.Lstat(filepath.Join(folder, aside)); err != nil {
			return aside
		}
	}
}
