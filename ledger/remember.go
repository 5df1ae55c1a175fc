package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/usage"
)

// Aggregator answers queries. A [Ledger] does.
type Aggregator interface {
	Aggregate(ctx context.Context, q Query) (Result, error)
	Extent(ctx context.Context) (Extent, error)
}

// Remembering answers queries about one period for somebody who asks again and again for other groups of the same
// usage: what was read once is added up to what is asked for, with the same result. What does not follow from it is
// asked of the aggregator as it is: other periods, and another location.
//
// It holds a group for each tenant, image, kind of resource, region and day that belong together. Other fields are
// read when they are first asked for; resources, of which there may be a hundred times as many, are held when they are
// asked for again. What is written later it does not see, so it is for one reading, and for one goroutine.
type Remembering struct {
	of       Aggregator
	from, to time.Time
	location *time.Location
	read     []remembered
	microVMs bool // were asked for once
}

// Remember returns an aggregator that remembers [from, to), with days cut in a location; nil means UTC.
func Remember(of Aggregator, from, to time.Time, location *time.Location) *Remembering {
	return &Remembering{of: of, from: from, to: to, location: cmp.Or(location, time.UTC)}
}

// Extent tells how far usage reaches, whatever the period.
func (r *Remembering) Extent(ctx context.Context) (Extent, error) { return r.of.Extent(ctx) }

// readAlong are fields that are read whatever is asked for, as they do not make many more groups.
var readAlong = []Field{FieldTenant, FieldImage, FieldKind, FieldRegion, FieldDay}

// Aggregate answers a query as [Ledger.Aggregate] would.
func (r *Remembering) Aggregate(ctx context.Context, q Query) (Result, error) {
	if q.check() != nil || !r.holds(&q) {
		return r.of.Aggregate(ctx, q)
	}
	for i := range r.read {
		if r.read[i].has(q.By) {
			return limited(r.read[i].answer(&q, r), &q)
		}
	}
	if slices.Contains(q.By, FieldResource) && !r.microVMs {
		r.microVMs = true
		return r.of.Aggregate(ctx, q)
	}
	fields := slices.Clone(readAlong)
	for _, f := range q.By {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	result, err := r.of.Aggregate(ctx, Query{From: r.from, To: r.to, By: fields, Location: r.location})
	if err != nil {
		return Result{}, err
	}
	r.read = append(r.read, remember(fields, result, r.location))
	return limited(r.read[len(r.read)-1].answer(&q, r), &q)
}

func limited(result Result, q *Query) (Result, error) {
	if q.tooMany(len(result.Groups)) {
		return Result{}, &TooManyGroupsError{q.Most}
	}
	return result, nil
}

// holds reports whether a query is about whole days of the period, so that its answer follows from sums of days.
func (r *Remembering) holds(q *Query) bool {
	if q.Uncut || cmp.Or(q.Location, time.UTC).String() != r.location.String() {
		return false
	}
	return (q.From.Equal(r.from) || (q.From.After(r.from) && r.beginsDay(q.From))) &&
		(q.To.Equal(r.to) || (q.To.Before(r.to) && r.beginsDay(q.To)))
}

func (r *Remembering) beginsDay(t time.Time) bool {
	return civil.DayOf(t, r.location).Start(r.location).Equal(t)
}

// remembered is the answer to a query by some fields, day among them, over the whole period.
type remembered struct {
	fields  []Field
	damaged []DamagedFile
	table   groups // by day
}

func remember(fields []Field, result Result, location *time.Location) remembered {
	m := remembered{fields, result.Damaged, newGroups()}
	m.table.grow(len(result.Groups))
	slices.SortStableFunc(result.Groups, func(a, b Group) int { return a.Day.Compare(b.Day) })
	for i := range result.Groups {
		g := &result.Groups[i]
		key := groupKey{day: int32(civil.DayOf(g.Day, location))}
		for _, f := range fields {
			if f != FieldDay {
				key.names[f] = m.table.id(g.name(f))
			}
		}
		to := m.table.group(key)
		m.table.sums[to] = g.Sum
	}
	return m
}

func (m *remembered) has(fields []Field) bool {
	return !slices.ContainsFunc(fields, func(f Field) bool { return !slices.Contains(m.fields, f) })
}

// answer adds up the groups of the days of a query.
func (m *remembered) answer(q *Query, r *Remembering) Result {
	a := newAggregator(q)
	a.table.ids = m.table.ids
	from, to := 0, len(m.table.keys)
	byDay := func(key groupKey, day int32) int { return cmp.Compare(key.day, day) }
	if !q.From.Equal(r.from) {
		from, _ = slices.BinarySearchFunc(m.table.keys, int32(civil.DayOf(q.From, r.location)), byDay)
	}
	if !q.To.Equal(r.to) {
		to, _ = slices.BinarySearchFunc(m.table.keys, int32(civil.DayOf(q.To, r.location)), byDay)
	}
	for i := from; i < to; i++ {
		key := groupKey{}
		for _, f := range a.names {
			key.names[f] = m.table.keys[i].names[f]
		}
		if a.byDay {
			key.day = m.table.keys[i].day
		}
		a.table.add(key, &m.table.sums[i])
	}
	for _, m := range usage.Measures() {
		for i := range a.table.sums {
			if !q.Sums.has(m) {
				a.table.sums[i].Amounts[m] = usage.Uint128{}
			}
		}
	}
	var damaged []DamagedFile
	for _, file := range m.damaged {
		if file.Day.Before(q.To) && q.From.Before(file.Day.AddDate(0, 0, 1)) {
			damaged = append(damaged, file)
		}
	}
	return a.result(&a.table, damaged)
}
