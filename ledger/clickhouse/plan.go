package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// state is what a partition of usage is known by.
type state struct {
	// content changes whenever rows come into the partition or go, and not when the server merges its parts: it is a hash
	// of the highest block number and of the latest mutation, which a merged part keeps. Zero is of a day without rows.
	content     uint64
	rows, bytes int64 // with those that others have replaced
	parts       int64
	first, last int64 // of period_start, in Unix seconds
	// hourly are the states that there are rollups of.
	hourly []uint64
}

// states are the partitions by day.
type states map[civil.Day]state

// contentExpression is the content of one table's partition on one server, of its active parts.
const contentExpression = "cityHash64(partition_id, max(max_block_number), max(toUInt64OrZero(splitByChar('_', name)[5])))"

// system is a system table, on a cluster that of one server of each shard.
func (s schema) system(table string) string {
	if s.cluster == "" {
		return "system." + table
	}
	return fmt.Sprintf("cluster(%s, system.%s)", s.cluster, table)
}

// states reads what days there are. It takes a few milliseconds for a thousand of them.
func (l *Ledger) states(ctx context.Context) (states, error) {
	c, s := l.client, l.client.schema()
	usageName, hourlyName := s.local(l.usage), s.local(tableHourly)
	if l.isSnapshot() { // which has no rollups
		hourlyName = ""
	}
	// On a cluster each shard has a content, and their sum in whatever order is the day's.
	text := fmt.Sprintf(
		`SELECT name, day, of, sum(content), sum(rows), sum(bytes), sum(parts), min(first), max(last) FROM (
 SELECT table AS name, if(table = {usage:String}, partition, substring(partition, 3, 10)) AS day,
  if(table = {usage:String}, '', extract(partition, ',(\\d+)\\)$')) AS of,
  %s AS content, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts,
  toInt64(toUnixTimestamp(min(min_time))) AS first, toInt64(toUnixTimestamp(max(max_time))) AS last
 FROM %s WHERE active AND database = {database:String} AND table IN ({usage:String}, {hourly:String})
 GROUP BY hostName(), table, partition_id, partition) GROUP BY name, day, of`,
		contentExpression,
		s.system("parts"),
	)
	found := states{}
	err := c.rows(ctx, request{text: text, parameters: map[string]string{
		"usage": usageName, "hourly": hourlyName, "database": s.database,
	}}, func(r *rowReader) error {
		name, dayText, of := r.name(), r.name(), r.name()
		st := state{
			content: r.uint64(), rows: r.int64(), bytes: r.int64(), parts: r.int64(), first: r.int64(), last: r.int64(),
		}
		day, err := civil.Parse(dayText)
		if r.err != nil || err != nil {
			return cmp.Or(r.err, err)
		}
		known := found[day]
		if name == hourlyName {
			var made uint64
			if _, err := fmt.Sscan(of, &made); err != nil {
				return fmt.Errorf("%s: a partition of %s is of another form", c.name, name)
			}
			known.hourly = append(known.hourly, made)
			found[day] = known
			return nil
		}
		st.hourly = known.hourly
		found[day] = st
		return nil
	})
	for _, st := range found {
		slices.Sort(st.hourly)
	}
	return found, err
}

// days are those that have usage, in order.
func (s states) days() (days []civil.Day) {
	for day, st := range s {
		if st.rows > 0 {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days
}

// rolled reports whether there is a rollup of the day as it is.
func (s state) rolled() bool { return slices.Contains(s.hourly, s.content) }

// same reports whether nothing that a plan rests on has changed.
func (s states) same(other states, days []civil.Day) bool {
	return !slices.ContainsFunc(days, func(day civil.Day) bool {
		a, b := s[day], other[day]
		return a.content != b.content || a.rolled() != b.rolled()
	})
}

// plan is what an answer is read from.
type plan struct {
	hourly, raw []civil.Day
	why         map[civil.Day]string // why the rows are read
	states      states
}

// bounds are the moments at which a query cuts time, in whole seconds.
type bounds struct {
	loc      *time.Location
	from, to int64
	// days are the days that usage of the query can be recorded under: by UTC, or by the date that a record of a whole
	// day has.
	first, last civil.Day
	midnights   []int64 // within (from, to), where the query is by day
	uncut       bool
}

// boundsOf are those of a query over a ledger that has the given days. Where there is no usage nothing is cut: whoever
// asks for all there is asks for a hundred years.
func boundsOf(q *ledger.Query, days []civil.Day) *bounds {
	b := &bounds{loc: cmp.Or(q.Location, time.UTC), uncut: q.Uncut}
	in := civil.Between(q.From, q.To)
	b.from, b.to = in.Unix()
	utcFirst, utcLast := in.Days(time.UTC)
	localFirst, localLast := in.Days(b.loc)
	b.first, b.last = min(utcFirst, localFirst), max(utcLast, localLast)
	if len(days) > 0 {
		b.first, b.last = max(b.first, days[0]), min(b.last, days[len(days)-1])
	}
	if slices.Contains(q.By, ledger.FieldDay) {
		for day := max(localFirst+1, b.first-1); day <= min(localLast, b.last+2); day++ {
			if at := day.Start(b.loc).Unix(); at > b.from && at < b.to {
				b.midnights = append(b.midnights, at)
			}
		}
	}
	return b
}

// touches reports whether records of a day can be a part of the answer.
func (b *bounds) touches(day civil.Day) bool {
	overlaps := func(span civil.Span) bool {
		from, to := span.Unix()
		return from < b.to && to > b.from
	}
	return overlaps(day.Span(time.UTC)) || overlaps(day.Span(b.loc))
}

// plan decides what each day is read from.
func (b *bounds) plan(q *ledger.Query, found states) *plan {
	p := &plan{states: found, why: map[civil.Day]string{}}
	for _, day := range found.days() {
		if day < b.first || day > b.last || !b.touches(day) {
			continue
		}
		why := ledger.AnyRecords(day).Refuses(q)
		switch {
		case why == "" && len(found[day].hourly) == 0:
			why = ledger.NoRollup
		case why == "" && !found[day].rolled():
			why = ledger.StaleRollup
		}
		if why == "" {
			p.hourly = append(p.hourly, day)
			continue
		}
		p.raw, p.why[day] = append(p.raw, day), why
	}
	return p
}

// read says what each day was read from.
func (p *plan) read() (days []ledger.DayRead) {
	for _, day := range slices.Sorted(slices.Values(slices.Concat(p.raw, p.hourly))) {
		from := p.why[day]
		if from == "" && slices.Contains(p.raw, day) {
			from = "the day was being written"
		}
		days = append(days, ledger.DayRead{Day: day.UTC(), FromRecords: from})
	}
	return days
}
