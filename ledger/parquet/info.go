package parquet

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/usage"
)

// Info sums up the manifests. It looks for files that are missing or of another size, and for footers that are not
// what was written; [Writer.Check] reads everything.
func (l *Ledger) Info(ctx context.Context) (ledger.Info, error) {
	var info ledger.Info
	days, err := l.files.Days(ctx)
	if err != nil {
		return info, err
	}
	open := l.openDay
	if l.files.Ahead() > 0 {
		open = l.glance // what has arrived whole is not fetched to be looked at
	}
	for opened := range l.opening(ctx, days, open) {
		opened.close()
		if err := cmp.Or(ctx.Err(), opened.unreachable); err != nil {
			return info, err
		}
		day := opened.day
		info.Damaged = append(info.Damaged, opened.damaged...)
		m := opened.manifest
		if m == nil {
			continue
		}
		d := ledger.DayInfo{
			Day: day.UTC(), Rows: m.Rows, Parts: len(m.Parts), First: m.First, Last: m.Last,
			Seconds: m.Seconds, CoveredSeconds: m.CoveredSeconds,
		}
		for _, part := range m.Parts {
			d.Bytes += part.Bytes
		}
		if d.NoRollup = m.withoutRollup(); d.NoRollup == "" {
			d.RollupRows, d.RollupBytes = m.Rollup.hourRows(), m.Rollup.Bytes
		}
		d.RollupNeedless = d.NoRollup != "" && !m.lacksRollup()
		info.Days = append(info.Days, d)
		info.Rows += d.Rows
		info.Bytes += d.Bytes
		info.RollupRows += d.RollupRows
		info.RollupBytes += d.RollupBytes
		info.Parts += d.Parts
		if d.Rows > 0 && (info.First.IsZero() || d.First.Before(info.First)) {
			info.First = d.First
		}
		if d.Rows > 0 && d.Last.After(info.Last) {
			info.Last = d.Last
		}
	}
	return info, nil
}

// Extent tells how far usage reaches, from the manifests of the first and of the last day that can be read. A damaged
// file counts as if it was there: what it had was measured.
func (l *Ledger) Extent(ctx context.Context) (out ledger.Extent, err error) {
	days, err := l.files.Days(ctx)
	if err != nil {
		return out, err
	}
	for _, day := range days {
		m, err := l.measured(ctx, day)
		if err != nil {
			return ledger.Extent{}, err
		}
		if m != nil {
			out.First = m.First
			break
		}
	}
	for _, day := range slices.Backward(days) {
		m, err := l.measured(ctx, day)
		if err != nil {
			return ledger.Extent{}, err
		}
		if m == nil {
			continue
		}
		out.Last, out.LastSeconds = m.Last, m.LastSeconds
		if out.LastSeconds == 0 {
			out.LastSeconds, err = l.shortestAt(ctx, out.Last)
		}
		return out, err
	}
	return out, nil
}

// measured is the manifest of a day that has records and can be read; nil of others, as what is damaged is named where
// sums are read.
func (l *Ledger) measured(ctx context.Context, day civil.Day) (*manifest, error) {
	m, _, err := readManifest(ctx, l.files, day)
	if _, unreachable := errors.AsType[*ledger.UnreachableError](err); unreachable {
		return nil, err
	}
	if err != nil || m == nil || m.Rows == 0 {
		return nil, ctx.Err()
	}
	return m, ctx.Err()
}

// shortestAt is the length of the shortest period that starts at a moment, from the records.
func (l *Ledger) shortestAt(ctx context.Context, start time.Time) (shortest int64, err error) {
	result, err := l.Aggregate(ctx, ledger.Query{
		From: start, To: start.Add(time.Second), By: []ledger.Field{
			ledger.FieldResource, ledger.FieldRegion,
			ledger.FieldAccount, ledger.FieldSource,
		}, Uncut: true, Sums: ledger.SumOf(usage.Running),
	})
	for _, g := range result.Groups { // each of which is one record
		if length := int64(g.Sum.Seconds.Lo); g.Sum.Records > 0 && (shortest == 0 || length < shortest) {
			shortest = length
		}
	}
	return shortest, err
}

// glance reads a day's manifest and opens none of its parts.
func (l *Ledger) glance(ctx context.Context, day civil.Day) *openDay {
	d := &openDay{files: l.files, day: day}
	m, found, err := readManifest(ctx, l.files, day)
	d.found, d.manifest = found, m
	if err != nil {
		d.fault(manifestName, err)
	}
	if m != nil {
		for _, lost := range m.Lost {
			d.damaged = append(d.damaged, d.file(lost.Name, lost.reason()))
		}
	}
	return d
}
