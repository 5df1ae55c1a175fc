package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// Fingerprint implements [ledger.Reader]. It changes with the rows of a day, and not when the server merges its parts.
// On a cluster it may also change when a replica catches up with the others.
func (l *Ledger) Fingerprint(ctx context.Context) (string, error) {
	found, err := l.states(ctx)
	if err != nil {
		return "", err
	}
	sum := fnv.New64a()
	for _, day := range found.days() {
		fmt.Fprintf(sum, "%s %d\n", day, found[day].content)
	}
	return fmt.Sprintf("%016x", sum.Sum64()), nil
}

// DayHashes implements [ledger.Reader]: a day's is made of the hashes of its parts, which a snapshot has as they are.
// Those that the server has merged since are others.
func (l *Ledger) DayHashes(ctx context.Context, from, to time.Time, loc *time.Location) (map[string]string, error) {
	b := boundsOf(&ledger.Query{From: from, To: to, Location: loc}, nil)
	found, err := l.hashes(ctx)
	hashes := map[string]string{}
	for day, hash := range found {
		if b.touches(day) {
			hashes[day.String()] = hash
		}
	}
	return hashes, err
}

// hashes are those of all days.
func (l *Ledger) hashes(ctx context.Context) (map[civil.Day]string, error) {
	hashes := map[civil.Day]string{}
	s := l.client.schema()
	text := fmt.Sprintf(
		`SELECT partition, lower(hex(SHA256(arrayStringConcat(arraySort(groupArray(hash_of_all_files)), ',')))) FROM %s
 WHERE active AND database = {database:String} AND table = {usage:String} AND rows > 0 GROUP BY partition`,
		s.system("parts"),
	)
	err := l.client.rows(ctx, request{text: text, parameters: map[string]string{
		"database": s.database, "usage": s.local(l.usage),
	}}, func(r *rowReader) error {
		date, hash := r.name(), r.name()
		day, err := civil.Parse(date)
		hashes[day] = hash
		return cmp.Or(r.err, err)
	})
	return hashes, err
}

// dayRows are what a day's records come to.
type dayRows struct{ rows, first, last, seconds, covered int64 }

// dayRows reads them from the rollups in force, and from the rows of the other days.
func (l *Ledger) dayRows(ctx context.Context, found states) (map[civil.Day]dayRows, error) {
	s := l.client.schema()
	var hourly, raw []civil.Day
	for _, day := range found.days() {
		if found[day].rolled() {
			hourly = append(hourly, day)
		} else {
			raw = append(raw, day)
		}
	}
	all := map[civil.Day]dayRows{}
	read := func(text string) error {
		return l.client.rows(ctx, request{text: text, settings: reading}, func(r *rowReader) error {
			day := civil.Day(r.uint32())
			all[day] = dayRows{r.int64(), int64(r.uint32()), int64(r.uint32()), r.int64(), r.int64()}
			return r.err
		})
	}
	if len(raw) > 0 {
		err := read(
			"SELECT toUInt32(toDate(period_start)) AS day, toInt64(count()), min(period_start), max(period_start), toInt64(sum(period_seconds)), " +
				"toInt64(sumIf(period_seconds, coverage = 'complete')) FROM " + s.table(
				l.usage,
			) + " FINAL WHERE deleted = 0 AND toDate(period_start) IN " +
				dayList(
					raw,
				) + " GROUP BY day",
		)
		if err != nil {
			return nil, err
		}
	}
	if len(hourly) > 0 {
		err := read(
			"SELECT toUInt32(toDate(hour)) AS day, toInt64(sum(records)), minIf(first, records > 0), maxIf(last, records > 0), " +
				"toInt64(sum(seconds)), toInt64(sum(covered)) FROM " + s.table(
				tableHourly,
			) + " WHERE " + inForce(
				hourly,
				found,
			) + " GROUP BY day",
		)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Info implements [ledger.Reader].
func (l *Ledger) Info(ctx context.Context) (info ledger.Info, err error) {
	found, err := l.states(ctx)
	if err != nil {
		return info, err
	}
	rows, err := l.dayRows(ctx, found)
	if err != nil {
		return info, err
	}
	for _, day := range found.days() {
		st, of := found[day], rows[day]
		d := ledger.DayInfo{
			Day: day.UTC(), Rows: of.rows, Bytes: st.bytes, Parts: int(st.parts), Seconds: of.seconds, CoveredSeconds: of.covered,
		}
		if of.rows > 0 {
			d.First, d.Last = secondStart(of.first), secondStart(of.last)
			info.First = civil.Earlier(cmp.Or(info.First, d.First), d.First)
			info.Last = civil.Later(info.Last, d.Last)
		}
		info.Days = append(info.Days, d)
		info.Rows += d.Rows
		info.Bytes += d.Bytes
		info.Parts += d.Parts
	}
	info.Backlog, err = l.backlog(ctx, found)
	return info, err
}

// Backlog implements [ledger.Backlogger].
func (l *Ledger) Backlog(ctx context.Context) (b ledger.Backlog, err error) {
	found, err := l.states(ctx)
	if err != nil {
		return b, err
	}
	return l.backlog(ctx, found)
}

func (l *Ledger) backlog(ctx context.Context, found states) (b ledger.Backlog, err error) {
	for _, day := range found.days() {
		b.Unmerged += int(found[day].parts) - 1
	}
	b.Lag, err = l.lag(ctx)
	return b, err
}

// lag is how far the slowest replica of a table is behind, zero where there are no replicas.
func (l *Ledger) lag(ctx context.Context) (lag time.Duration, err error) {
	s := l.client.schema()
	if s.cluster == "" {
		return 0, nil
	}
	text := fmt.Sprintf(
		"SELECT toInt64(max(absolute_delay)) FROM clusterAllReplicas(%s, system.replicas) WHERE database = {database:String}",
		s.cluster,
	)
	err = l.client.rows(
		ctx,
		request{text: text, parameters: map[string]string{"database": s.database}},
		func(r *rowReader) error {
			lag = time.Duration(r.int64()) * time.Second
			return r.err
		},
	)
	return lag, err
}

// Extent implements [ledger.Reader], from the first and the last day that have records. What the server knows of a
// day's parts will do, unless some of their rows say that a record is gone.
func (l *Ledger) Extent(ctx context.Context) (out ledger.Extent, err error) {
	found, err := l.states(ctx)
	if err != nil {
		return out, err
	}
	days := found.days()
	include := func(day civil.Day) (has bool, err error) {
		st := found[day]
		gone := false
		table := l.client.schema().table(l.usage)
		err = l.client.rows(ctx, request{
			text: fmt.Sprintf("SELECT max(deleted) FROM %s WHERE toDate(period_start) = '%s'", table, day),
		}, func(r *rowReader) error {
			gone = r.uint8() != 0
			return r.err
		})
		if err == nil && gone {
			only := states{day: state{rows: st.rows}}
			rows, fault := l.dayRows(ctx, only)
			of := rows[day]
			err, st.rows, st.first, st.last = fault, of.rows, of.first, of.last
		}
		if err != nil || st.rows == 0 {
			return false, err
		}
		if out.First.IsZero() {
			out.First = secondStart(st.first)
		}
		out.Last = secondStart(st.last)
		return true, nil
	}
	for _, day := range days {
		if has, err := include(day); has || err != nil {
			if err != nil {
				return ledger.Extent{}, err
			}
			break
		}
	}
	for _, day := range slices.Backward(days) {
		if has, err := include(day); has || err != nil {
			return l.withLength(ctx, out, err)
		}
	}
	return out, nil
}

// withLength adds to an extent how long its last period is.
func (l *Ledger) withLength(ctx context.Context, out ledger.Extent, err error) (ledger.Extent, error) {
	if err != nil {
		return ledger.Extent{}, err
	}
	text := fmt.Sprintf(
		"SELECT toInt64(min(period_seconds)) FROM %s FINAL WHERE deleted = 0 AND period_start = toDateTime(%d, 'UTC')",
		l.client.schema().table(l.usage),
		out.Last.Unix(),
	)
	err = l.client.rows(ctx, request{text: text, settings: reading}, func(r *rowReader) error {
		out.LastSeconds = r.int64()
		return r.err
	})
	return out, err
}
