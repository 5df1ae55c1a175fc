package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"microspend/ledger"
	"microspend/ledger/intake"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/usage"
)

// prepared is the next version of a day: complete, waiting for the manifest that names it.
type prepared struct {
	day      civil.Day
	before   current              // what it takes the place of
	stays    map[string]partEntry // its parts that may stay as they are, by name
	manifest *manifest
	pending  []PartFile // those that wait
	aside    []lostPart
	outcome  intake.Outcome
	sums     *rollup // of its records
	changed  bool
	text     []byte // of the manifest, once it is sealed: see [Writer.audited]
}

// discard gives up what waits.
func (w *Writer) discard(p *prepared) {
	w.files.Discard(p.day, p.pending)
	p.pending = nil
}

// builder writes the next versions of days. Each goroutine has its own.
type builder struct {
	w       *Writer
	place   ownfile.Place // which staging lies in
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
		b.w.discard(p)
		lost[bad] = err.Error()
	}
}

// tryPrepare leaves out the lost parts. It returns the name of a part that turns out to be damaged, with the damage.
func (b *builder) tryPrepare(ctx context.Context, day civil.Day, staged []intake.Reader, lost map[string]string) (
	p *prepared, bad string, err error,
) {
	now := b.w.openDay(ctx, day)
	defer now.close()
	p = &prepared{day: day, before: now.found, stays: map[string]partEntry{}}
	if err := cmp.Or(now.unreachable, now.unwritable()); err != nil {
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
			p.aside = append(p.aside, lostPart{
				Name: entry.Name, Rows: entry.Rows, Reason: reason, At: b.w.options.Now().UTC(), of: entry.file(),
			})
			continue
		}
		p.stays[entry.Name] = entry
		kept = append(kept, &partRows{part: part})
	}
	p.outcome, err = b.write(ctx, p, &kept, staged)
	var d *damage
	if errors.As(err, &d) {
		return p, d.part, d
	}
	if err != nil {
		b.w.discard(p)
		return p, "", err
	}
	p.drop(old)
	if !p.changed {
		return p, "", nil
	}
	if err := b.addRollup(ctx, p, old); err != nil {
		b.w.discard(p)
		return p, "", err
	}
	return p, "", nil
}

// write writes the merged records to parts, which then wait unless they are there already.
func (b *builder) write(
	ctx context.Context,
	p *prepared,
	kept intake.Reader,
	staged []intake.Reader,
) (intake.Outcome, error) {
	var out *partWriter
	m := p.manifest
	p.sums = newRollup()
	finish := func() error {
		entry, err := out.finish(partNameOf(len(m.Parts)))
		path := out.file.Name()
		if err := errors.Join(err, out.close()); err != nil {
			_ = b.place.Remove(path)
			return err
		}
		out = nil
		if before, same := p.stays[entry.Name]; same && before.SHA256 == entry.SHA256 {
			m.Parts = append(m.Parts, before)
			return b.place.Remove(path)
		}
		p.changed = true
		p.pending = append(p.pending, entry.file())
		object, err := b.w.files.Add(ctx, p.day, entry.file(), path)
		entry.Object, p.pending[len(p.pending)-1].Object = object, object
		m.Parts = append(m.Parts, entry)
		return err
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
			file, err := b.w.files.Create(path)
			if err != nil {
				return err
			}
			out = newPartWriter(file, b.w.sizes, b.w.codec, &b.group)
		}
		if err := out.add(r); err != nil {
			return err
		}
		m.count(r)
		p.sums.add(r)
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
		_ = errors.Join(out.close(), b.place.Remove(out.file.Name()))
	}
	return merger.Outcome, err
}

func (m *manifest) count(r *usage.Record) {
	if m.Rows == 0 || r.PeriodStart.Before(m.First) {
		m.First = r.PeriodStart
	}
	switch {
	case m.Rows == 0 || r.PeriodStart.After(m.Last):
		m.Last, m.LastSeconds = r.PeriodStart, r.PeriodSeconds
	case r.PeriodStart.Equal(m.Last):
		m.LastSeconds = min(m.LastSeconds, r.PeriodSeconds)
	}
	m.Rows++
	m.Seconds += r.PeriodSeconds
	if r.Coverage == usage.CoverageComplete {
		m.CoveredSeconds += r.PeriodSeconds
	}
}

// drop finds out which parts of the version before have no successor.
func (p *prepared) drop(old *manifest) {
	p.changed = p.changed || len(p.aside) > 0
	for _, entry := range old.Parts {
		_, stayed := p.stays[entry.Name]
		if stayed && !slices.ContainsFunc(p.manifest.Parts, func(e partEntry) bool { return e.Name == entry.Name }) {
			p.changed = true
			p.manifest.Dropped = append(p.manifest.Dropped, entry.Name)
		}
	}
}

// commit puts a prepared day into effect. It is called by what [Writer.audited] does, and by nothing else.
func (w *Writer) commit(ctx context.Context, p *prepared) ([]ledger.DamagedFile, error) {
	var aside []ledger.DamagedFile
	named := p.manifest.Lost[len(p.manifest.Lost)-len(p.aside):] // the same, with the names that they get
	for i, lost := range p.aside {
		if err := w.files.SetAside(ctx, p.day, p.aside[i].of, named[i].Name); err != nil {
			return aside, err
		}
		file := damagedFile(w.files, p.day, named[i].Name, lost.Reason)
		aside = append(aside, file)
		w.options.Logger.Error("a damaged file was set aside", "file", file.Path, "rows", lost.Rows, "reason", lost.Reason)
	}
	pending := p.pending
	p.pending = nil // should the switch fail halfway, only the next writer can tell whether the files are needed
	dropped := p.manifest.Dropped
	if r := p.manifest.Rollup; r == nil || r.Name == "" {
		dropped = append(slices.Clip(dropped), rollupName) // if there was one
	}
	err := w.files.Switch(ctx, Switch{
		Day: p.day, Before: p.before.version, Manifest: p.text, Parts: p.manifest.files(), Dropped: dropped,
	})
	if _, conflict := errors.AsType[*ConflictError](err); conflict {
		p.pending = pending // nothing names them
	}
	return aside, err
}
