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
	lines = append(lines, "records UInt64 CODEC(T64, ZSTD(1))", "seconds UInt128 CODEC(ZSTD(1))", "covered UInt128 CODEC(ZSTD(1))")
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
func (s schema) hourlySelect(day civil.Day, content uint64) string {
	value := func(column string) string {
		return part(column, "period_seconds")
	}
	begins := "(single OR pieceFrom = 0)"
	kinds := strings.Join(hourlyNames()[1:], ", ")
	sums := []string{
		"countIf(" + begins + ") AS records", "sum(" + value("period_seconds") + ") AS sumSeconds",
		"sumIf(" + value("period_seconds") + ", coverage = 'complete') AS covered",
	}
	for _, m := range usage.Measures() {
		sums = append(sums, "sum("+value(m.Counted().Column)+")")
	}
	sums = append(sums, "minIf(period_start, "+begins+")", "maxIf(period_start, "+begins+")", fmt.Sprintf("toUInt64(%d) AS of", content))
	// The kind is grouped by as the number of a name, which takes a third of the time that the name does.
	return fmt.Sprintf(`SELECT toDateTime(piece, 'UTC') AS pieceHour, wholeDay, [%[7]s][kind] AS kindName, %[2]s, %[3]s
FROM (SELECT *, piece, if(single, 0, greatest(begin, piece) - begin) AS pieceFrom, if(single, period_seconds, least(end, piece + 3600) - begin) AS pieceTo
 FROM (SELECT *, toInt64(toUnixTimestamp(period_start)) AS begin, begin + period_seconds AS end, period_seconds = %[4]d AS wholeDay,
  intDiv(begin, 3600) AS low, intDiv(end - 1, 3600) AS high, wholeDay OR low = high AS single,
  if(single, [low * 3600], arrayMap(h -> h * 3600, range(low, high + 1))) AS pieces,
  %[1]s AS kind FROM %[5]s FINAL WHERE deleted = 0 AND toDate(period_start) = '%[6]s') ARRAY JOIN pieces AS piece)
GROUP BY pieceHour, wholeDay, kind, %[2]s`,
		kindNumber(), kinds, strings.Join(sums, ", "), usage.MaxPeriodSeconds, s.table(tableUsage), day,
		kindNames())
}

var _ ledger.RollupMaker = (*Store)(nil)

// WithoutRollup implements [ledger.RollupLister].
func (l *Ledger) WithoutRollup(ctx context.Context, days ...time.Time) (lacking []ledger.RolledDay, err error) {
	found, err := l.states(ctx)
	for _, day := range found.days() {
		st := found[day]
		asked := len(days) == 0 || slices.ContainsFunc(days, func(t time.Time) bool { return civil.DayOf(t, time.UTC) == day })
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
			lacking[i].Without = fmt.Sprintf("a rollup would have more than a quarter of the day's %s", figures.Count(st.rows, "row"))
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
	text := "INSERT INTO " + sc.table(st) + " " + sc.hourlySelect(day, now.content)
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
		err = s.alter(ctx, tableHourly, fmt.Sprintf("REPLACE PARTITION %s FROM %s", hourlyPartition(day, now.content), sc.stored(st)))
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
