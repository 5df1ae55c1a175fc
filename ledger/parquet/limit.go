package parquet

import (
	"context"
	"errors"
	"slices"
	"time"

	"microspend/ledger"

	"microspend/internal/parquetcolumn"

	"microspend/internal/civil"
)

// limit refuses a query that is certain to have too many groups, by what the files say of themselves: the dictionaries
// of its columns name resources and tenants, each of which is one group of the day at least. It reads a few pages a
// day, up to the day that is one too many.
func (l *Ledger) limit(ctx context.Context, q *ledger.Query, days []civil.Day) error {
	names := slices.DeleteFunc(
		q.Names(),
		func(f ledger.Field) bool { return f != ledger.FieldResource && f != ledger.FieldTenant },
	)
	if q.Most == 0 || len(names) == 0 || l.files.Ahead() > 0 { // where parts would have to be fetched twice
		return nil
	}
	byDay := slices.Contains(q.By, ledger.FieldDay)
	parts := 1 // of how many UTC days a day of the query may have a part, 25 hours long as it may be
	if byDay && q.Location != nil && q.Location != time.UTC {
		parts = 3
	}
	var reader chunkReader
	groups := 0
	for _, day := range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		if day.UTC().Before(q.From) || (day + 1).UTC().After(q.To) {
			continue // some of its names may be of rows that are not asked for
		}
		ofDay := 0
		opened := l.openFor(q)(ctx, day)
		for _, field := range names {
			ofDay = max(ofDay, opened.names(&reader, field))
		}
		opened.close()
		if byDay {
			groups += ofDay
		} else {
			groups = max(groups, ofDay)
		}
		if q.TooMany(groups / parts) {
			return &ledger.TooManyGroupsError{Most: q.Most}
		}
	}
	return nil
}

// names is how many different names one of a day's columns has at least. Rows are in the order of their resources, so
// that of these two row groups share one at most, and of other names all. What cannot be read has none: it is named as
// damaged when it is summed up.
func (d *openDay) names(reader *chunkReader, field ledger.Field) (least int) {
	for _, p := range d.parts {
		for group := p.from; group < p.to; group++ {
			n, _ := reader.dictionaryLength(p, group, columnOf[field])
			if field == ledger.FieldResource && least > 0 {
				least += max(n-1, 0)
			} else {
				least = max(least, n)
			}
		}
	}
	return least
}

var errEnough = errors.New("enough was read")

// dictionaryLength is how many different names a column has in a row group. It decodes the first page alone.
func (r *chunkReader) dictionaryLength(p *part, group int, c column) (n int, err error) {
	defer recoverAsDamage(&err)
	if p.places[c] < 0 {
		return 0, nil
	}
	err = r.pages(p, group, c, func(page parquetcolumn.Page) error {
		if page.Dictionary != nil {
			n = page.Dictionary.Len()
		}
		return errEnough
	})
	return n, err
}
