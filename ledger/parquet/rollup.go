package parquet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"microspend/internal/civil"
	"microspend/ledger"
)

// A rollup has a day's sums by hour and by everything but the resource, whose kind it has. It answers what
// [ledger.Hourly] says, from a fiftieth of the bytes on a large fleet. It is in force with the manifest that names it,
// and made of the parts that the manifest names; anything else and the parts answer.
//
// Its rows look like those of parts, with a period of an hour, or of a day for records of a whole day. Where a sum
// would not fit into 63 bits there are several rows of one key.
//
// After the hours come the sums of the whole UTC day, in row groups of their own: most questions are about whole days,
// and of a day with 24 busy hours these are a twenty-fifth of the rows.
const (
	// rollupName is outside of what engines read: it does not end in .parquet, and begins with an underscore.
	rollupName = "_rollup"
	// maxRollupRows bounds what a writer holds of a day: some 170 bytes for each.
	maxRollupRows = 1 << 20

	hourSeconds = 3600
)

// rollupEntry is what a manifest says of a day's rollup.
type rollupEntry struct {
	// partEntry describes the file. Of a day that has none, as it would have too many rows, Name is "" and Rows is how
	// many there would be at least.
	partEntry
	Of string `json:"of"` // what it was made of: see [rollupEntry.content]
	// DayRows is how many of the rows, the last ones, are of the whole day; 0 where only hours were written.
	DayRows int64 `json:"day_rows,omitempty"`
	// WholeDays is how many records are of a whole day. From and Until are the time that the others cover together, in
	// seconds of the day, and both 0 where there are no others.
	WholeDays int64 `json:"whole_days,omitempty"`
	From      int64 `json:"from,omitempty"`
	Until     int64 `json:"until,omitempty"`
}

func (r *rollupEntry) check() error {
	if r.Name == "" {
		return nil
	}
	if r.Name != rollupName || !r.sound() || r.From < 0 || r.From > r.Until || r.Until > secondsInDay ||
		r.DayRows < 0 || r.DayRows > r.Rows {
		return errors.New("the manifest describes a rollup that cannot be")
	}
	return nil
}

// hourRows are the rows of single hours, and of records of a whole day.
func (r *rollupEntry) hourRows() int64 { return r.Rows - r.DayRows }

// content is a hash of a day's records: of the parts that have them. With sums of the day it is another one, so that
// programs that know hours alone, and would count everything twice, take the rollup for one of other records.
func (r *rollupEntry) content(m *manifest) string {
	sum := sha256.New()
	if r.DayRows > 0 {
		fmt.Fprintf(sum, "days %d\n", r.DayRows)
	}
	for _, part := range m.Parts {
		fmt.Fprintf(sum, "%s %s\n", part.Name, part.SHA256)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// withoutRollup is why a day cannot be answered from a rollup, whatever is asked; "" where it can.
func (m *manifest) withoutRollup() string {
	switch r := m.Rollup; {
	case r == nil && m.Rows < defaultSizes.rollupFrom:
		return "the day is small"
	case r == nil:
		return ledger.NoRollup
	case r.Of != r.content(m):
		return ledger.StaleRollup
	case r.Name == "":
		return "a rollup would have more than a quarter of the day's rows"
	}
	return ""
}

// refuses is why the day's rollup does not answer a query exactly; "" where it does.
func (r *rollupEntry) refuses(q *ledger.Query, day civil.Day) string {
	return r.hourly(day).Refuses(q)
}

// coversDay reports whether the sums of the whole day answer a query that the rollup does not refuse.
func (r *rollupEntry) coversDay(q *ledger.Query, day civil.Day) bool {
	return r.DayRows > 0 && r.hourly(day).Whole(q)
}

func (r *rollupEntry) hourly(day civil.Day) ledger.Hourly {
	begin := day.UTC().Unix()
	return ledger.Hourly{Day: day, From: begin + r.From, Until: begin + r.Until, WholeDays: r.WholeDays > 0}
}

// rollupFault says that a day's rollup is damaged, also to the log.
func (l *Ledger) rollupFault(day civil.Day, fault error) string {
	reason := reasonOf(fault)
	l.options.Logger.Warn("a rollup is damaged; the day's records are read instead", "file", l.files.Path(day, rollupName),
		"reason", reason)
	return "the rollup is damaged: " + reason
}
