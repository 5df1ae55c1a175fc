package parquet

import (
	"errors"
	"io"
	"iter"

	"microspend/ledger"

	"microspend/usage"
)

var errOutOfOrder = errors.New("the records are not in the order of the ledger")

// WriteParquet writes records as one Parquet file in the schema of the ledger's, and returns how many it wrote. The
// records must come as [Ledger.Records] gives them: day by day, within a day by resource and start. A row group never
// goes past a day, so that engines can tell by the least and the largest start which of them they need. It ends with
// the first error of the records, or of writing; what was written until then is no Parquet file.
//
// Memory is that of one row group. The bytes depend on the records alone.
func WriteParquet(to io.Writer, records iter.Seq2[usage.Record, error]) (written int64, err error) {
	w := rowWriter{to: to, codec: newCodec(), groupRows: defaultSizes.groupRows, group: &rowGroup{}}
	var last usage.Record
	for r, err := range records {
		if err != nil {
			return w.rows, err
		}
		if w.rows > 0 {
			day, before := dayOf(r.PeriodStart), dayOf(last.PeriodStart)
			if day < before || day == before && ledger.CompareKeys(&last, &r) >= 0 {
				return w.rows, errOutOfOrder
			}
			if day != before && w.group.rows > 0 {
				if err := w.flush(); err != nil {
					return w.rows, err
				}
			}
		}
		if err := w.add(&r); err != nil {
			return w.rows, err
		}
		last = r
	}
	return w.rows, w.end()
}
