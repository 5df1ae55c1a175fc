package parquet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

var _ ledger.RollupMaker = (*Writer)(nil)

// WithoutRollup implements [ledger.RollupLister]. Days that are too small for one, and days of which it is known that a
// rollup would have too many rows, are not among them; nor are damaged ones, which are to be repaired first.
func (l *Ledger) WithoutRollup(ctx context.Context, days ...time.Time) (out []ledger.RolledDay, err error) {
	there, err := l.files.Days(ctx)
	if err != nil {
		return nil, err
	}
	for _, day := range there {
		if len(days) > 0 && !slices.ContainsFunc(days, func(d time.Time) bool { return dayOf(d) == day }) {
			continue
		}
		m, _, err := readManifest(ctx, l.files, day)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && m != nil && m.lacksRollup() {
			out = append(out, ledger.RolledDay{Day: day.UTC(), Rows: m.Rows, Without: m.withoutRollup()})
		}
	}
	return out, nil
}

// lacksRollup reports whether a rollup could be made, as far as is known without making it.
func (m *manifest) lacksRollup() bool {
	return m.Rows >= defaultSizes.rollupFrom && (m.Rollup == nil || m.Rollup.Of != m.Rollup.content(m))
}

// MakeRollups implements [ledger.RollupMaker]. All days are switched under one entry of the audit log.
func (w *Writer) MakeRollups(ctx context.Context, days ...time.Time) ([]ledger.RolledDay, error) {
	if w.closed {
		return nil, errClosed
	}
	lacking, err := w.WithoutRollup(ctx, days...)
	if err != nil || len(lacking) == 0 {
		return nil, err
	}
	return w.roll(ctx, audit.Entry{Action: "rollup"}, lacking)
}

// roll makes the rollups of days anew and says what became of them.
func (w *Writer) roll(ctx context.Context, e audit.Entry, days []ledger.RolledDay) ([]ledger.RolledDay, error) {
	place, staging, err := w.files.Staging()
	if err != nil {
		return nil, fmt.Errorf("no folder to write rollups in: %w", err)
	}
	defer w.files.Unstage()
	b := &builder{w: w, place: place, staging: staging, name: "day"}
	var changed []*prepared
	defer func() {
		for _, p := range changed {
			w.discard(p)
		}
	}()
	for i := range days {
		p, err := b.rollDay(ctx, dayOf(days[i].Day))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", days[i].Day.Format(time.DateOnly), err)
		}
		if p == nil {
			days[i].Without = "a file of the day is damaged; run microspend ledger check --repair"
			continue
		}
		changed = append(changed, p)
		if days[i].Without = p.manifest.withoutRollup(); days[i].Without == "" {
			days[i].RollupRows, days[i].RollupBytes = p.manifest.Rollup.hourRows(), p.manifest.Rollup.Bytes
		}
	}
	if len(changed) == 0 {
		return days, nil
	}
	if err := w.files.Ready(ctx); err != nil {
		return nil, err
	}
	return days, w.audited(e, changed, func() error {
		for _, p := range changed {
			if _, err := w.commit(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", p.day, err)
			}
		}
		return nil
	})
}

// rollDay adds a day's records up. It returns nil for a day that is damaged.
func (b *builder) rollDay(ctx context.Context, day civil.Day) (*prepared, error) {
	opened := b.w.openDay(ctx, day)
	defer opened.close()
	m := opened.manifest
	if opened.unreachable != nil {
		return nil, opened.unreachable
	}
	if m == nil || len(opened.damaged) > len(m.Lost) {
		return nil, nil
	}
	p := &prepared{day: day, before: opened.found, manifest: m, sums: newRollup()}
	m.Dropped = nil
	var r usage.Record
	for _, part := range opened.parts {
		rows := partRows{part: part}
		for {
			more, err := rows.Read(&r)
			if err != nil {
				return nil, nil // which a check names
			}
			if !more {
				break
			}
			p.sums.add(&r)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err := b.addRollup(ctx, p, &manifest{}); err != nil {
		b.w.discard(p)
		return nil, err
	}
	return p, nil
}

// repairRollups makes those anew that a check found not to follow from their day's records, and those of days of which
// parts were set aside.
func (w *Writer) repairRollups(ctx context.Context, result *ledger.CheckResult) error {
	var days []ledger.RolledDay
	e := audit.Entry{Action: "repair", Records: recordsOf(result.BadRollups)}
	for _, bad := range result.BadRollups {
		days = append(days, ledger.RolledDay{Day: bad.Day})
	}
	lacking, err := w.WithoutRollup(ctx)
	if err != nil {
		return err
	}
	for _, file := range result.SetAside {
		of := func(d ledger.RolledDay) bool { return d.Day.Equal(file.Day) }
		if i := slices.IndexFunc(lacking, of); i >= 0 && !slices.ContainsFunc(days, of) {
			days = append(days, lacking[i])
		}
	}
	if len(days) == 0 {
		return nil
	}
	rolled, err := w.roll(ctx, e, days)
	for _, day := range rolled {
		reason := "from the day's records"
		if day.Without != "" {
			reason = "dropped: " + day.Without
		}
		result.Rebuilt = append(result.Rebuilt, damagedFile(w.files, dayOf(day.Day), rollupName, reason))
	}
	return err
}
