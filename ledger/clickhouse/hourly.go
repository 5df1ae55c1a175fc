package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/usage"
)

// hourlyNames are the columns that sums by hour are by.
func hourlyNames() []string {
	names := []string{kindColumn}
	for _, name := range usage.NameColumns() {
		if name != microVMColumn {
			names = append(names, name)
		}
	}
	return names
}

// hourlyTable makes usage_hourly, or a table of its form that a rollup is staged in. A partition is a day with the
// state of the rows that the sums were made of ([state.content]), so that the list of partitions tells which rollups
// are in force. On a cluster all of it is on one shard, where a partition is replaced at once.
func (s schema) hourlyTable(name string) []string {
	lines := []string{"hour DateTime('UTC') CODEC(Delta, ZSTD(1))", "whole UInt8"}
	for _, name := range hourlyNames() {
		lines = append(lines, name+" LowCardinality(String)")
	}
	lines = append(
		lines,
		"records UInt64 CODEC(T64, ZSTD(1))",
		"seconds UInt128 CODEC(ZSTD(1))",
		"covered UInt128 CODEC(ZSTD(1))",
	)
	for _, m := range usage.Measures() {
		lines = append(lines, m.Counted().Column+" UInt128 CODEC(ZSTD(1))")
	}
	lines = append(lines, "first DateTime('UTC') CODEC(Delta, ZSTD(1))", "last DateTime('UTC') CODEC(Delta, ZSTD(1))",
		"made_of UInt64 CODEC(Delta, ZSTD(1))")
	return s.create(name, "    "+strings.Join(lines, ",\n    "), s.engine(name, "MergeTree", ""),
		"PARTITION BY (toDate(hour), made_of) ORDER BY (tenant, image, region, account, source, hour)", "cityHash64(0)")
}

// hourlySelect is the rollup of a day. Of a period that reaches into several hours each has the part that
// [usage.PartOf] gives it; the record of a whole day has a row of its own kind, as it is of another stretch of time in
// each time zone.
//
// A period of an hour at most, as nearly all are, reaches into one more hour than it begins in. So rows are added up
// once, by the hour they begin in: what they used in it, and what they used at all, from which what is left goes to the
// next hour. That takes a third of the time that it takes to add up a row for each hour of each period, which is what
// is done for those that are longer, where there are any.
func (s schema) hourlySelect(day civil.Day, content uint64, longer bool) string {
	of := func(where string) string {
		return fmt.Sprintf(
			"FROM %s FINAL WHERE deleted = 0 AND toDate(period_start) = '%s' AND %s",
			s.table(tableUsage),
			day,
			where,
		)
	}
	short := fmt.Sprintf("period_seconds <= 3600 OR period_seconds = %d", usage.MaxPeriodSeconds)
	begun := s.hourlyPieces("1", func(column string) (own, all string) {
		return usedBy(column, "upTo", "length", 3600), column
	}, fmt.Sprintf(`(SELECT *, toInt64(toUnixTimestamp(period_start)) AS begin, intDiv(begin, 3600) * 3600 AS piece, period_seconds = %d AS wholeDay,
  if(wholeDay, 1, period_seconds) AS length, least(length, 3600 - begin %% 3600) AS upTo %s)`, usage.MaxPeriodSeconds, of("("+short+")")))
	if longer {
		begun += " UNION ALL " + s.hourlyPieces("pieceFrom = 0", func(column string) (own, all string) {
			own = part(column, "period_seconds")
			return own, own
		}, `(SELECT *, piece, greatest(begin, piece) - begin AS pieceFrom, least(end, piece + 3600) - begin AS pieceTo FROM (
  SELECT *, toInt64(toUnixTimestamp(period_start)) AS begin, begin + period_seconds AS end, 0 AS wholeDay,
  arrayMap(h -> h * 3600, range(intDiv(begin, 3600), intDiv(end - 1, 3600) + 1)) AS pieces `+of("NOT ("+short+")")+") ARRAY JOIN pieces AS piece)")
	}
	sums := []string{"sumIf(number, later = 0)"}
	for _, name := range hourlySums() {
		sums = append(sums, fmt.Sprintf("sum(if(later, all_%[1]s - own_%[1]s, own_%[1]s)) AS sum_%[1]s", name))
	}
	// The kind is grouped by as the number of a name, which takes a third of the time that the name does.
	kinds := strings.Join(hourlyNames()[1:], ", ")
	return fmt.Sprintf(
		`SELECT toDateTime(piece + later * 3600, 'UTC') AS pieceHour, wholeDay, [%s][kind] AS kindName, %s, %s,
 minIf(earliest, later = 0), maxIf(latest, later = 0), toUInt64(%d) AS of
FROM (%s) ARRAY JOIN [0, 1] AS later GROUP BY pieceHour, wholeDay, kind, %[2]s HAVING sum_seconds > 0`,
		kindNames(),
		kinds,
		strings.Join(sums, ", "),
		content,
		begun,
	)
}

// hourlyText is the statement that gives the rollup of a day as it is.
func (l *Ledger) hourlyText(ctx context.Context, day civil.Day, content uint64) (string, error) {
	sc := l.client.schema()
	longer, err := l.number(
		ctx,
		fmt.Sprintf(
			"SELECT count() FROM %s WHERE toDate(period_start) = '%s' AND period_seconds > 3600 AND period_seconds < %d",
			sc.table(tableUsage),
			day,
			usage.MaxPeriodSeconds,
		),
		nil,
	)
	return sc.hourlySelect(day, content, longer > 0), err
}

// hourlySums are what a rollup has sums of besides the number of records.
func hourlySums() []string {
	names := []string{"seconds", "covered"}
	for _, m := range usage.Measures() {
		names = append(names, m.Counted().Column)
	}
	return names
}

// hourlyPieces sums up pieces of periods by the hour that each begins in: what it has of a column in that hour, and
// with the next hour. Pieces that are not the first of their period do not count as records.
func (s schema) hourlyPieces(first string, value func(column string) (own, all string), source string) string {
	sums := []string{
		"countIf(" + first + ") AS number", "minIf(period_start, " + first + ") AS earliest", "maxIf(period_start, " + first + ") AS latest",
	}
	for _, name := range hourlySums() {
		sum, column, condition := "sum(", name, ")"
		switch name {
		case "seconds":
			column = "period_seconds"
		case "covered":
			sum, column, condition = "sumIf(", "period_seconds", ", coverage = 'complete')"
		}
		own, all := value(column)
		sums = append(
			sums,
			fmt.Sprintf("%stoUInt128(%s)%s AS own_%s, %[1]stoUInt128(%[5]s)%[3]s AS all_%[4]s", sum, own, condition, name, all),
		)
	}
	by := "piece, wholeDay, kind, " + strings.Join(hourlyNames()[1:], ", ")
	return fmt.Sprintf(
		"SELECT %s, %s FROM (SELECT *, %s AS kind FROM %s) GROUP BY %[1]s",
		by,
		strings.Join(sums, ", "),
		kindNumber(),
		source,
	)
}

var _ ledger.RollupMaker = (*Store)(nil)

// WithoutRollup implements [ledger.RollupLister].
func (l *Ledger) WithoutRollup(ctx context.Context, days ...time.Time) (lacking []ledger.RolledDay, err error) {
	found, err := l.states(ctx)
	for _, day := range found.days() {
		st := found[day]
		asked := len(days) == 0 ||
			slices.ContainsFunc(days, func(t time.Time) bool { return civil.DayOf(t, time.UTC) == day })
		if !asked || st.rolled() || st.rows < defaultSizes.hourlyFrom {
			continue
		}
		why := ledger.NoRollup
		if len(st.hourly) > 0 {
			why = ledger.StaleRollup
		}
		lacking = append(lacking, ledger.RolledDay{Day: day.UTC(), Rows: st.rows, Without: why})
	}
	return lacking, err
}

// MakeRollups implements [ledger.RollupMaker].
func (s *Store) MakeRollups(ctx context.Context, days ...time.Time) ([]ledger.RolledDay, error) {
	lacking, err := s.WithoutRollup(ctx, days...)
	if err != nil {
		return nil, err
	}
	found, err := s.states(ctx)
	for i := range lacking {
		day := civil.DayOf(lacking[i].Day, time.UTC)
		if err == nil {
			err = s.rollUpDay(ctx, day, found[day])
		}
	}
	if err != nil {
		return nil, err
	}
	found, err = s.states(ctx)
	for i := range lacking {
		lacking[i].Without = ""
		if st := found[civil.DayOf(lacking[i].Day, time.UTC)]; !st.rolled() {
			lacking[i].Without = fmt.Sprintf(
				"a rollup would have more than a quarter of the day's %s",
				figures.Count(st.rows, "row"),
			)
		}
	}
	return lacking, err
}

// rollUpDay makes the rollup of a day in a state, and drops those of other states.
func (s *Store) rollUpDay(ctx context.Context, day civil.Day, now state) (err error) {
	if now.rows == 0 {
		return s.dropRollups(ctx, day, now.hourly)
	}
	st, err := s.stageHourly(ctx)
	defer s.dropAfter(ctx, st, &err)
	if err != nil {
		return err
	}
	sc := s.client.schema()
	settings := sc.inserting()
	for name, value := range reading {
		settings[name] = value
	}
	made, err := s.hourlyText(ctx, day, now.content)
	if err != nil {
		return err
	}
	text := "INSERT INTO " + sc.table(st) + " " + made
	if err := s.client.run(ctx, request{text: text, settings: settings}); err != nil {
		return err
	}
	rows, err := s.number(ctx, "SELECT count() FROM "+sc.table(st), nil)
	if err != nil {
		return err
	}
	if err := s.synced(ctx, st); err != nil {
		return err
	}
	found, err := s.states(ctx)
	if err != nil {
		return err
	}
	// A day that somebody changed while it was read has sums of neither state.
	if after := found[day]; after.content == now.content && int64(rows)*s.sizes.hourlyShare <= now.rows {
		err = s.alter(
			ctx,
			tableHourly,
			fmt.Sprintf("REPLACE PARTITION %s FROM %s", hourlyPartition(day, now.content), sc.stored(st)),
		)
	}
	if err != nil {
		return err
	}
	var stale []uint64
	for _, of := range found[day].hourly {
		if of != found[day].content && of != now.content {
			stale = append(stale, of)
		}
	}
	return s.dropRollups(ctx, day, stale)
}

func (s *Store) stageHourly(ctx context.Context) (name string, err error) {
	version, err := s.now(ctx)
	name = hourlyPrefix + fmt.Sprint(version)
	if err != nil {
		return name, err
	}
	sc := s.client.schema()
	for _, statement := range sc.hourlyTable(name) {
		if err := s.client.run(ctx, request{text: statement, settings: sc.ddl(), again: true}); err != nil {
			return name, err
		}
	}
	return name, nil
}

func hourlyPartition(day civil.Day, content uint64) string {
	return fmt.Sprintf("('%s', %d)", day, content)
}

func (s *Store) dropRollups(ctx context.Context, day civil.Day, of []uint64) error {
	var err error
	for _, content := range of {
		err = errors.Join(err, s.alter(ctx, tableHourly, "DROP PARTITION "+hourlyPartition(day, content)))
	}
	return err
}
