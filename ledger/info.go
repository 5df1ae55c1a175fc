package ledger

import (
	"time"
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
