package parquet

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/usage"
)

// span is a run of rows of one group.
type span struct {
	from, to int // rows of the row group, half-open
	group    int32
}

// outside stands for the day of a row that the query does not ask for.
const outside = math.MinInt32

// cut sets a.spans for a row group, and makes the groups that are new.
func (a *aggregator) cut(p *part, group int) error {
	rows := p.rowsOf(group)
	a.changed = slices.Grow(a.changed[:0], rows)[:rows]
	clear(a.changed)
	for n, field := range a.names {
		if err := a.reader.words(p, group, columnOf[field], &a.texts); err != nil {
			return err
		}
		a.known = a.known[:0]
		for _, name := range a.texts.dictionary {
			if field == ledger.FieldKind {
				if _, err := usage.ParseKind(name); err != nil {
					return damaged("row group %d: %v", group, err)
				}
			}
			a.known = append(a.known, a.table.id(name))
		}
		ids, last := a.ids[n][:0], int32(-1)
		if len(a.known) == 1 { // of all rows, as kinds, sources and regions mostly are
			a.ids[n] = append(ids, a.known[0])
			continue
		}
		ids = slices.Grow(ids, rows)
		for i, index := range a.texts.indexes {
			ids = append(ids, a.known[index])
			if index != last {
				a.changed[i], last = true, index
			}
		}
		a.ids[n] = ids
	}
	days := a.wholeDay(p.day)
	if p.only == rollupDay {
		days = []int32{int32(p.day)}
	}
	a.cuts = a.cuts[:0]
	if days == nil {
		if err := a.dayOfRows(p, group); err != nil {
			return err
		}
		days = a.days
	}
	a.spans = a.spans[:0]
	for i := 0; i < rows; {
		end := i + 1
		for end < rows && !a.changed[end] {
			end++
		}
		if day := days[min(i, len(days)-1)]; day != outside {
			s := span{i, end, a.groupOf(i, day)}
			if p.rollup == nil {
				a.local.sums[s.group].Records += int64(end - i)
			}
			a.spans = append(a.spans, s)
		}
		i = end
	}
	if p.rollup != nil && len(a.cuts) > 0 {
		return damaged("row group %d has an hour that the query cuts", group)
	}
	for i := range a.cuts {
		c := &a.cuts[i]
		c.group = a.groupOf(c.row, c.day)
		if c.begins {
			sum := &a.local.sums[c.group]
			sum.Records++
			if c.whole && a.location != time.UTC {
				sum.ByDate = sum.ByDate.AddInt(1)
			}
		}
	}
	return nil
}

// groupOf is the group of a row on a day.
func (a *aggregator) groupOf(row int, day int32) int32 {
	key := groupKey{}
	for n, field := range a.names {
		key.names[field] = a.ids[n][min(row, len(a.ids[n])-1)]
	}
	if a.byDay {
		key.day = day
	}
	return a.local.group(key)
}

// wholeDay gives the one day of all rows where that is so for the whole UTC day: it lies within the query, wherever
// days are cut, and the query does not ask for days or cuts them as UTC does. Otherwise nil.
func (a *aggregator) wholeDay(day civil.Day) []int32 {
	within := day.Span(time.UTC).Within(a.in) && day.Span(a.location).Within(a.in)
	if within && (!a.byDay || a.location == time.UTC) {
		return []int32{int32(day)}
	}
	return nil
}

// cutRow is the part of a row that belongs to one day, or to the query, where the rest does not.
type cutRow struct {
	row              int // of the row group
	day              int32
	from, to, length int64 // as in [usage.PartOf], in seconds
	begins           bool  // whether the row's period does so in this part
	whole            bool  // whether it is of a whole day
	group            int32
}

// dayOfRows sets a.days to each row's day in the query's location, and marks the rows where it changes. Rows that are
// cut have no day there, but their parts in a.cuts: few are, and only these are looked at one by one.
func (a *aggregator) dayOfRows(p *part, group int) error {
	a.days = slices.Grow(a.days[:0], p.rowsOf(group))
	a.starts = slices.Grow(a.starts[:0], p.rowsOf(group))
	err := a.reader.numbers(p, group, columnPeriodStart, func(_ int, starts []int64) error {
		for _, milli := range starts {
			a.starts = append(a.starts, milli/1000)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.reader.numbers(p, group, columnPeriodSeconds, func(at int, lengths []int64) error {
		for i, length := range lengths {
			day := a.dayOf(at+i, a.starts[at+i], length)
			if n := len(a.days); n == 0 || a.days[n-1] != day {
				a.changed[n] = true
			}
			a.days = append(a.days, day)
		}
		return nil
	})
}

// dayOf is the day of a row, outside where it has none as a whole.
func (a *aggregator) dayOf(row int, start, length int64) int32 {
	from, to, day := start, start+length, int32(outside)
	if usage.WholeDay(start, length) {
		from, to, day = a.date.from, a.date.to, a.date.day
	} else {
		from, to = max(from, a.first), min(to, a.until)
	}
	if a.query.Uncut {
		to = from + 1
	}
	switch inside := from >= a.from && to <= a.to; {
	case from >= a.to || to <= a.from:
		return outside
	case inside && day != outside:
		return day
	case inside:
		if bounds := a.boundsOf(from); to <= bounds.to || !a.byDay {
			return bounds.day
		}
	}
	for at := max(from, a.from); at < min(to, a.to); {
		bounds := dayBounds{from, to, a.date.day}
		if day == outside {
			bounds = a.boundsOf(at)
		}
		end := min(bounds.to, to, a.to)
		a.cuts = append(a.cuts, cutRow{
			row: row, day: bounds.day, from: at - from, to: end - from, length: to - from,
			begins: at == from, whole: day != outside,
		})
		at = end
	}
	return outside
}

// addCuts adds the parts of rows of a page, which begins at a row.
func addCuts(sums []usage.Sum, to sumOf, cuts []cutRow, at int, values []int64) error {
	for _, c := range cuts {
		value := values[c.row-at]
		if value < 0 {
			return errNegative
		}
		sumTo := to(&sums[c.group])
		*sumTo = sumTo.AddInt(usage.PartOf(value, c.from, c.to, c.length))
	}
	return nil
}

// calendar tells which day of a location a second lies on. It remembers the few days that the UTC day at hand has a
// part in: to ask the location for each row would take longer than all else.
type calendar struct {
	location *time.Location
	in       civil.Span
	from, to int64 // of in, in Unix seconds
	date     dayBounds
	known    []dayBounds
	starts   []int64
	// first and until are when the records begin and end that the hours of a rollup are of: in the first and the last hour
	// nothing was used outside of that.
	first, until int64
}

type dayBounds struct {
	from, to int64 // Unix seconds, half-open
	day      int32
}

// begin makes a part's UTC day the one at hand.
func (c *calendar) begin(p *part) {
	c.known = c.known[:0]
	c.from, c.to = c.in.Unix()
	c.date = boundsOf(p.day, c.location)
	c.first, c.until = math.MinInt64, math.MaxInt64
	if r := p.rollup; r != nil {
		c.first, c.until = p.day.UTC().Unix()+r.From, p.day.UTC().Unix()+r.Until
	}
}

func boundsOf(day civil.Day, loc *time.Location) dayBounds {
	span := day.Span(loc)
	return dayBounds{span.From.Unix(), span.To.Unix(), int32(day)}
}

func (c *calendar) boundsOf(unix int64) dayBounds {
	for _, bounds := range c.known {
		if bounds.from <= unix && unix < bounds.to {
			return bounds
		}
	}
	c.known = append(c.known, boundsOf(civil.DayOf(time.Unix(unix, 0), c.location), c.location))
	return c.known[len(c.known)-1]
}

// sumOf is one of the numbers of a sum.
type sumOf func(*usage.Sum) *usage.Uint128

// addSpans adds a page's values to one of the sums of the groups of their rows. The page begins at a row; next is the
// span to begin at, and is kept up for the page that follows.
func addSpans(sums []usage.Sum, to sumOf, spans []span, next *int, at int, values []int64) error {
	end := at + len(values)
	for *next < len(spans) && spans[*next].from < end {
		s := spans[*next]
		if s.to > at {
			of := values[max(s.from, at)-at : min(s.to, end)-at]
			var sum, all uint64
			for _, value := range of {
				sum += uint64(value)
				all |= uint64(value)
			}
			sumTo := to(&sums[s.group])
			switch {
			case all == 0:
			case all>>63 != 0:
				return errNegative
			case bits.Len64(all)+bits.Len(uint(len(of))) > 64: // the sum may not fit into 64 bits
				for _, value := range of {
					*sumTo = sumTo.AddInt(value)
				}
			default:
				*sumTo = sumTo.Add(usage.Uint128{Lo: sum})
			}
		}
		if s.to > end {
			break
		}
		*next++
	}
	return nil
}
