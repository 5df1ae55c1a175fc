package ledger

import (
	"math"
	"math/bits"
	"slices"
	"time"

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
			if field == FieldKind {
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
		key := groupKey{day: days[min(i, len(days)-1)]}
		if key.day != outside {
			for n, field := range a.names {
				key.names[field] = a.ids[n][min(i, len(a.ids[n])-1)]
			}
			if !a.byDay {
				key.day = 0
			}
			s := span{i, end, a.local.group(key)}
			a.local.sums[s.group].Records += int64(end - i)
			a.spans = append(a.spans, s)
		}
		i = end
	}
	return nil
}

// wholeDay gives the one day of all rows where that is so for the whole UTC day: it lies within the query, and the
// query does not ask for days or cuts them as UTC does. Otherwise nil.
func (a *aggregator) wholeDay(day civil.Day) []int32 {
	from := day.UTC()
	within := !from.Before(a.query.From) && !from.Add(secondsInDay*time.Second).After(a.query.To)
	if within && (!a.byDay || a.location == time.UTC) {
		return []int32{int32(day)}
	}
	return nil
}

// dayOfRows sets a.days to each row's day in the query's location, and marks the rows where it changes.
func (a *aggregator) dayOfRows(p *part, group int) error {
	a.days = slices.Grow(a.days[:0], p.rowsOf(group))
	from, to := a.query.From, a.query.To
	err := a.reader.numbers(p, group, columnPeriodStart, func(_ int, starts []int64) error {
		for _, milli := range starts {
			day := int32(outside)
			if start := time.UnixMilli(milli); !start.Before(from) && start.Before(to) {
				day = a.dayOfSecond(milli / 1000)
			}
			if n := len(a.days); n == 0 || a.days[n-1] != day {
				a.changed[n] = true
			}
			a.days = append(a.days, day)
		}
		return nil
	})
	return err
}

// calendar tells which day of a location a second lies on. It remembers the few days that the UTC day at hand has a
// part in: to ask the location for each row would take longer than all else.
type calendar struct {
	location *time.Location
	known    []dayBounds
}

type dayBounds struct {
	from, to int64 // Unix seconds, half-open
	day      int32
}

func (c *calendar) dayOfSecond(unix int64) int32 {
	for _, bounds := range c.known {
		if bounds.from <= unix && unix < bounds.to {
			return bounds.day
		}
	}
	day := civil.DayOf(time.Unix(unix, 0), c.location)
	span := day.Span(c.location)
	c.known = append(c.known, dayBounds{span.From.Unix(), span.To.Unix(), int32(day)})
	return int32(day)
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
