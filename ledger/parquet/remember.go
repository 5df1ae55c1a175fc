package parquet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/usage"
)

// Remembering answers queries about one period for somebody who asks again and again for other groups of the same
// usage: what was read once is added up to what is asked for, with the same result. What does not follow from it is
// asked of the aggregator as it is: other periods, and another location.
//
// It holds a group for each tenant, image, kind of resource, region and day that belong together. Other fields are
// read when they are first asked for; resources, of which there may be a hundred times as many, are held when they are
// asked for again. What is written later it does not see, so it is for one reading, and for one goroutine.
type Remembering struct {
	of       ledger.Aggregator
	from, to time.Time
	location *time.Location
	read     []remembered
	microVMs bool // were asked for once
}

// Remember returns an aggregator that remembers [from, to), with days cut in a location; nil means UTC.
func Remember(of ledger.Aggregator, from, to time.Time, location *time.Location) *Remembering {
	return &Remembering{of: of, from: from, to: to, location: cmp.Or(location, time.UTC)}
}

// Extent tells how far usage reaches, whatever the period.
func (r *Remembering) Extent(ctx context.Context) (ledger.Extent, error) { return r.of.Extent(ctx) }

// readAlong are fields that are read whatever is asked for, as they do not make many more groups.
var readAlong = []ledger.Field{ledger.FieldTenant, ledger.FieldImage, ledger.FieldKind, ledger.FieldRegion, ledger.FieldDay}

// Aggregate answers a query as [Ledger.Aggregate] would.
func (r *Remembering) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	if q.Check() != nil || !r.holds(&q) {
		return r.of.Aggregate(ctx, q)
	}
	for i := range r.read {
		if r.read[i].has(q.By) {
			return limited(r.read[i].answer(&q, r), &q)
		}
	}
	if slices.Contains(q.By, ledger.FieldResource) && !r.microVMs {
		r.microVMs = true
		return r.of.Aggregate(ctx, q)
	}
	fields := slices.Clone(readAlong)
	for _, f := range q.By {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	result, err := r.of.Aggregate(ctx, ledger.Query{From: r.from, To: r.to, By: fields, Location: r.location})
	if err != nil {
		return ledger.Result{}, err
	}
	r.read = append(r.read, remember(fields, result, r.location))
	return limited(r.read[len(r.read)-1].answer(&q, r), &q)
}

func limited(result ledger.Result, q *ledger.Query) (ledger.Result, error) {
	if q.TooMany(len(result.Groups)) {
		return ledger.Result{}, &ledger.TooManyGroupsError{Most: q.Most}
	}
	return result, nil
}

// holds reports whether a query is about whole days of the period, so that its answer follows from sums of days.
func (r *Remembering) holds(q *ledger.Query) bool {
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
	fields  []ledger.Field
	damaged []ledger.DamagedFile
	table   groups // by day
}

func remember(fields []ledger.Field, result ledger.Result, location *time.Location) remembered {
	m := remembered{fields, result.Damaged, newGroups()}
	m.table.grow(len(result.Groups))
	slices.SortStableFunc(result.Groups, func(a, b ledger.Group) int { return a.Day.Compare(b.Day) })
	for i := range result.Groups {
		g := &result.Groups[i]
		key := groupKey{day: int32(civil.DayOf(g.Day, location))}
		for _, f := range fields {
			if f != ledger.FieldDay {
				key.names[f] = m.table.id(g.Name(f))
			}
		}
		to := m.table.group(key)
		m.table.sums[to] = g.Sum
	}
	return m
}

func (m *remembered) has(fields []ledger.Field) bool {
	return !slices.ContainsFunc(fields, func(f ledger.Field) bool { return !slices.Contains(m.fields, f) })
}

// answer adds up the groups of the days of a query.
func (m *remembered) answer(q *ledger.Query, r *Remembering) ledger.Result {
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
			if !q.Sums.Has(m) {
				a.table.sums[i].Amounts[m] = usage.Uint128{}
			}
		}
	}
	var damaged []ledger.DamagedFile
	for _, file := range m.damaged {
		if file.Day.Before(q.To) && q.From.Before(file.Day.AddDate(0, 0, 1)) {
			damaged = append(damaged, file)
		}
	}
	return a.result(&a.table, damaged)
}
