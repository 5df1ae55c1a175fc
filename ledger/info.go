package ledger

import (
	"context"
	"slices"
	"time"

	"microspend/internal/civil"
)

// Info is what the manifests say of a ledger.
type Info struct {
	Days        []DayInfo // in order; days without a readable manifest are not among them
	Rows        int64
	Bytes       int64     // of the Parquet files
	Parts       int       // Parquet files
	First, Last time.Time // start of the first and of the last period; zero where there are none
	Damaged     []DamagedFile
}

// DayInfo is what the manifest says of a day.
type DayInfo struct {
	Day         time.Time
	Rows, Bytes int64
	Parts       int
	First, Last time.Time // start of the first and of the last period
	// Seconds is the length of all periods together, CoveredSeconds of those with complete coverage: their ratio is the
	// day's coverage.
	Seconds, CoveredSeconds int64
}

// Info sums up the manifests. It looks for files that are missing or of another size, and for footers that are not
// what was written; [Writer.Check] reads everything.
func (l *Ledger) Info() (Info, error) {
	var info Info
	days, err := l.days()
	if err != nil {
		return info, err
	}
	for _, day := range days {
		opened := l.openDay(day)
		opened.close()
		info.Damaged = append(info.Damaged, opened.damaged...)
		m := opened.manifest
		if m == nil {
			continue
		}
		d := DayInfo{
			Day: day.UTC(), Rows: m.Rows, Parts: len(m.Parts), First: m.First, Last: m.Last,
			Seconds: m.Seconds, CoveredSeconds: m.CoveredSeconds,
		}
		for _, part := range m.Parts {
			d.Bytes += part.Bytes
		}
		info.Days = append(info.Days, d)
		info.Rows += d.Rows
		info.Bytes += d.Bytes
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

// Extent is the time that a ledger has usage of: the starts of its first and of its last period. Both are zero where it
// has none.
type Extent struct{ First, Last time.Time }

// Include makes the extent reach to a period that starts at a moment.
func (e *Extent) Include(start time.Time) {
	if e.First.IsZero() || start.Before(e.First) {
		e.First = start
	}
	if e.Last.IsZero() || start.After(e.Last) {
		e.Last = start
	}
}

// Extent tells how far usage reaches, from the manifests of the first and of the last day that can be read. A damaged
// file counts as if it was there: what it had was measured.
func (l *Ledger) Extent(ctx context.Context) (out Extent, err error) {
	days, err := l.days()
	if err != nil {
		return out, err
	}
	include := func(day civil.Day) (found bool, err error) {
		m, _, err := readManifest(l.dayFolder(day), day)
		if err != nil || m == nil || m.Rows == 0 { // what is damaged is named where sums are read
			return false, ctx.Err()
		}
		out.Include(m.First)
		out.Include(m.Last)
		return true, ctx.Err()
	}
	for _, day := range days {
		if found, err := include(day); found || err != nil {
			if err != nil {
				return Extent{}, err
			}
			break
		}
	}
	for _, day := range slices.Backward(days) {
		if found, err := include(day); found || err != nil {
			return out, err
		}
	}
	return out, nil
}
