package parquet

import (
	"context"
)

// proveRollup shows that the rollup that a day's manifest names is what adding up its records gives, or, with nil for
// the sums where these cannot be had, that it is what was written. It reports false where the manifest names none.
//
// It compares sums and not bytes, as another version of a library would write other bytes for the same sums.
func (d *openDay) proveRollup(ctx context.Context, sums *rollup) (named bool, err error) {
	entry := d.manifest.Rollup
	if entry == nil || entry.Name == "" {
		return false, nil
	}
	if entry.Of != entry.content(d.manifest) {
		return true, damaged("it is not of the day's records")
	}
	p, err := openRollup(ctx, d.files, d.day, entry, rollupAll, nil)
	if err != nil {
		return true, err
	}
	defer p.close()
	if err := p.verifyBytes(); err != nil || sums == nil {
		return true, err
	}
	if sums.over() || sums.entry.From != entry.From || sums.entry.Until != entry.Until ||
		sums.entry.WholeDays != entry.WholeDays {
		return true, damaged("the day's records reach to other times than it says")
	}
	return true, sums.compare(p)
}

// compare holds the rows of a rollup's file to those that were added up.
func (b *rollup) compare(p *part) (err error) {
	defer recoverAsDamage(&err)
	rows, days := b.sorted()
	if p.rollup.DayRows > 0 {
		rows = append(rows, days...)
	}
	columns := rollupColumns{of: b, day: p.day.UTC().UnixMilli()}
	if p.entry.Rows != int64(len(rows)) {
		return damaged("it has %d rows; the day's records make %d", p.entry.Rows, len(rows))
	}
	for group := range p.groups() {
		of := rows[:p.rowsOf(group)]
		rows = rows[len(of):]
		for _, c := range layouts[rollupLayout] {
			if err := columns.compare(p, group, c, of); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *rollupColumns) compare(p *part, group int, of column, rows []rollupRow) error {
	differs := func(row int) error {
		return damaged(
			"column %s of row %d in row group %d is not what the day's records add up to",
			columnNames[of],
			row,
			group,
		)
	}
	if number := c.number(of); number != nil {
		return c.reader.numbers(p, group, of, func(at int, values []int64) error {
			for i, value := range values {
				if value != number(&rows[at+i]) {
					return differs(at + i)
				}
			}
			return nil
		})
	}
	var texts words[string]
	if err := c.reader.words(p, group, of, &texts); err != nil {
		return err
	}
	text := c.text(of)
	for i := range rows {
		if texts.of(i) != text(&rows[i]) {
			return differs(i)
		}
	}
	return nil
}
