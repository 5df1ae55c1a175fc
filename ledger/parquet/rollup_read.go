package parquet

import (
	"time"

	"microspend/usage"
)

// countRecords adds how many records begin in the rows of a rollup's row group to the sums of the spans, and how many
// of them are of a whole day where days are cut elsewhere.
func (a *aggregator) countRecords(p *part, group int) error {
	a.masked = a.masked[:0]
	if byDate := a.location != time.UTC && p.rollup.WholeDays > 0; byDate {
		err := a.reader.numbers(p, group, columnPeriodSeconds, func(_ int, lengths []int64) error {
			for _, length := range lengths {
				a.masked = append(a.masked, length/usage.MaxPeriodSeconds) // 1 for a day, the longest there is
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	next := 0
	return a.reader.numbers(p, group, columnRecords, func(at int, values []int64) error {
		for i, records := range values {
			for next < len(a.spans) && a.spans[next].to <= at+i {
				next++
			}
			if next == len(a.spans) {
				break
			}
			if a.spans[next].from > at+i {
				continue
			}
			if records < 0 {
				return errNegative
			}
			sum := &a.local.sums[a.spans[next].group]
			sum.Records += records
			if len(a.masked) > 0 && a.masked[at+i] == 1 {
				sum.ByDate = sum.ByDate.AddInt(records)
			}
		}
		return nil
	})
}
