package parquet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/ledger/intake"

	"microspend/internal/civil"
	"microspend/ledger/audit"
	"microspend/usage"
)

// Check reads every file in full: its bytes against the manifest's SHA-256, and its records against what
// [usage.Record.Check], the day and the order of keys ask.
func (l *Ledger) Check(ctx context.Context) (ledger.CheckResult, error) {
	var result ledger.CheckResult
	days, err := l.files.Days(ctx)
	if err != nil {
		return result, err
	}
	for _, day := range days {
		if err := l.checkDay(ctx, day, &result); err != nil {
			return result, err
		}
	}
	return result, nil
}

func (l *Ledger) checkDay(ctx context.Context, day civil.Day, result *ledger.CheckResult) error {
	opened := l.openDay(ctx, day)
	defer opened.close()
	if opened.unreachable != nil {
		return opened.unreachable
	}
	result.Days++
	result.Damaged = append(result.Damaged, opened.damaged...)
	var last usage.Record
	var finder intake.OverlapFinder
	defer func() {
		result.Overlaps = append(result.Overlaps, finder.Found.Overlaps...)
		result.OverlapCount += finder.Found.Count
		result.OfSources = append(result.OfSources, finder.OfSources.Overlaps...)
		result.OfSourceCount += finder.OfSources.Count
	}()
	sums, damagedParts := newRollup(), len(opened.damaged)
	for _, p := range opened.parts {
		result.Parts++
		err := p.verify(ctx, &last, &finder, sums)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			result.Damaged = append(result.Damaged, opened.file(p.entry.Name, err))
			damagedParts++
			continue
		}
		result.Rows += p.entry.Rows
		result.Bytes += p.entry.Bytes
	}
	if opened.manifest == nil {
		return nil
	}
	if damagedParts > len(opened.manifest.Lost) {
		sums = nil // nothing can be said of what they hold
	}
	switch proven, err := opened.proveRollup(ctx, sums); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		result.BadRollups = append(result.BadRollups, opened.file(rollupName, err))
	case proven:
		result.Rollups++
	}
	visible, err := l.files.Visible(ctx, day)
	for _, name := range visible {
		known := slices.ContainsFunc(opened.manifest.Parts, func(p partEntry) bool { return p.Name == name }) ||
			slices.Contains(opened.manifest.Dropped, name)
		if !known {
			result.Orphaned = append(result.Orphaned, opened.file(name, errors.New("the day's manifest does not know it")))
		}
	}
	return err
}

// verifyBytes holds all of a file to its SHA-256.
func (p *part) verifyBytes() error {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(p.file, 0, p.entry.Bytes)); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != p.entry.SHA256 {
		return damaged("its SHA-256 is %s, not %s", got, p.entry.SHA256)
	}
	return nil
}

// verify reads a part in full. Its first key must come after last, which is then its own last record. The finder looks
// at all records, and the rollup adds them up.
func (p *part) verify(ctx context.Context, last *usage.Record, overlaps *intake.OverlapFinder, sums *rollup) error {
	if err := p.verifyBytes(); err != nil {
		return err
	}
	rows := partRows{part: p}
	r := new(usage.Record)
	for n := int64(1); ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch more, err := rows.Read(r); {
		case err != nil:
			return err
		case !more:
			return nil
		}
		if err := r.Check(); err != nil {
			return damaged("row %d: %v", n, err)
		}
		if dayOf(r.PeriodStart) != p.day {
			return damaged("row %d is of %s", n, dayOf(r.PeriodStart))
		}
		if last.Source != "" && ledger.CompareKeys(last, r) >= 0 {
			return damaged("row %d is out of order", n)
		}
		*last = *r
		overlaps.Stored(r)
		sums.add(r)
	}
}

// Repair checks the ledger and sets what is damaged aside: such files are renamed to _*.damaged, so that engines do
// not read them either, and stay for whoever wants to look. The records that a damaged part held are lost; the day is
// reported as lacking them until [Writer.AcceptLoss]. A manifest that is damaged or missing is made anew from those of
// the day's parts that prove to be what this program wrote, and only the others are set aside. Where the parts of
// several versions lie side by side, it is made anew if the audit log tells which of them were in force; if not, the
// day is left as it is, and listed as unrepaired with what to do. What cannot be done about one day, which the error is
// of, does not keep the others from being repaired.
func (w *Writer) Repair(ctx context.Context) (ledger.CheckResult, error) {
	if w.closed {
		return ledger.CheckResult{}, errClosed
	}
	result, err := w.Check(ctx)
	if err != nil {
		return result, err
	}
	byDay := map[civil.Day]map[string]string{}
	for _, orphan := range result.Orphaned { // which are no loss
		day := dayOf(orphan.Day)
		name, err := setAside(w.place(), folder(w.dir).day(day), filepath.Base(orphan.Path))
		if err != nil {
			return result, fmt.Errorf("%s: %w", orphan.Path, err)
		}
		result.SetAside = append(result.SetAside, damagedFile(w.files, day, name, orphan.Reason))
	}
	for _, file := range result.Damaged {
		day := dayOf(file.Day)
		if byDay[day] == nil {
			byDay[day] = map[string]string{}
		}
		byDay[day][filepath.Base(file.Path)] = file.Reason
	}
	var faults []error
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		err := w.repairDay(ctx, day, byDay[day], &result)
		if hopeless, ok := errors.AsType[*unrepairableError](err); ok {
			result.Unrepaired = append(result.Unrepaired, damagedFile(w.files, day, manifestName, hopeless.Error()))
			continue
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", day, err))
		}
		if _, away := errors.AsType[*ledger.UnreachableError](err); away || ctx.Err() != nil {
			return result, errors.Join(faults...)
		}
	}
	return result, errors.Join(append(faults, w.repairRollups(ctx, &result))...)
}

// repairDay sets the files with a reason aside and takes the parts among them out of the manifest.
func (w *Writer) repairDay(
	ctx context.Context,
	day civil.Day,
	reasons map[string]string,
	result *ledger.CheckResult,
) error {
	m, found, err := readManifest(ctx, w.files, day)
	var newer *newerVersionError
	if errors.As(err, &newer) {
		return err
	}
	if err != nil && found.text == nil {
		return err // it cannot be read at present
	}
	if err != nil || m == nil {
		return w.rebuildDay(ctx, day, found, reasons[manifestName], result)
	}
	p := &prepared{day: day, before: found, manifest: m}
	kept := m.Parts[:0:0]
	rows, parts := map[string]int64{}, map[string]PartFile{}
	for _, part := range m.Parts {
		rows[part.Name], parts[part.Name] = part.Rows, part.file()
		if reasons[part.Name] == "" {
			kept = append(kept, part)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if !m.lostHere(name) {
			p.aside = append(p.aside, lostPart{
				Name: name, Rows: rows[name], Reason: reasons[name], At: w.options.Now().UTC(), of: parts[name],
			})
		}
	}
	if len(p.aside) == 0 {
		return nil
	}
	m.Parts, m.Dropped, m.Rollup = kept, nil, nil
	if err := w.recount(ctx, m, day); err != nil {
		return err
	}
	aside, err := w.commitOne(ctx, w.repairEntry(p), p)
	result.SetAside = append(result.SetAside, aside...)
	return err
}

// repairEntry is the audit log's entry of a day's repair: it names what is set aside.
func (w *Writer) repairEntry(p *prepared) audit.Entry {
	e := audit.Entry{Action: "repair"}
	for _, lost := range p.aside {
		e.Records = append(e.Records, w.files.Path(p.day, lost.Name)+": "+lost.Reason)
	}
	return e
}

func recordsOf(files []ledger.DamagedFile) (names []string) {
	for _, f := range files {
		names = append(names, f.Path+": "+f.Reason)
	}
	return names
}

// recount sets the manifest's figures to those of the parts that are left.
func (w *Writer) recount(ctx context.Context, m *manifest, day civil.Day) error {
	m.Rows, m.Seconds, m.CoveredSeconds, m.First, m.Last, m.LastSeconds = 0, 0, 0, secondStart(0), secondStart(0), 0
	var r usage.Record
	for _, entry := range m.Parts {
		p, err := openPart(ctx, w.files, day, entry)
		if err != nil {
			return err
		}
		rows := partRows{part: p}
		more, err := rows.Read(&r)
		for ; more && err == nil; more, err = rows.Read(&r) {
			m.count(&r)
		}
		p.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// AcceptLoss ends the reports of the lost parts of days, or of all days where none is given: for when what they held
// has been imported again, or will never be. It returns what is no longer reported. The files that were set aside
// stay.
func (w *Writer) AcceptLoss(ctx context.Context, days ...time.Time) (accepted []ledger.DamagedFile, err error) {
	if w.closed {
		return nil, errClosed
	}
	there, err := w.files.Days(ctx)
	if err != nil {
		return nil, err
	}
	for _, day := range there {
		if len(days) > 0 && !slices.ContainsFunc(days, func(d time.Time) bool { return dayOf(d) == day }) {
			continue
		}
		m, found, err := readManifest(ctx, w.files, day)
		if err != nil || m == nil {
			continue // which is for Repair, and still reported
		}
		if len(m.Lost) == 0 {
			continue
		}
		for _, lost := range m.Lost {
			accepted = append(accepted, damagedFile(w.files, day, lost.Name, lost.reason().Error()))
		}
		lost := len(m.Lost)
		m.Lost = nil
		e := audit.Entry{Action: "accept-loss", Records: recordsOf(accepted[len(accepted)-lost:])}
		if _, err := w.commitOne(ctx, e, &prepared{day: day, before: found, manifest: m}); err != nil {
			return accepted, fmt.Errorf("%s: %w", day, err)
		}
	}
	return accepted, nil
}
