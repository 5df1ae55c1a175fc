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
	"microspend/ledger/audit"
	"microspend/ledger/intake"
)

var _ ledger.Repairer = (*Store)(nil)

// Check implements [ledger.Checker]. The server holds what it reads to its own checksums; beyond that each record must
// be one that can be, no MicroVM may run twice at a time, each rollup in force must be what its day's rows add up to,
// and the audit log must be a chain. What changes meanwhile is looked at as it was at some moment.
func (l *Ledger) Check(ctx context.Context) (result ledger.CheckResult, err error) {
	result.InDatabase = true
	found, err := l.states(ctx)
	if err != nil {
		return result, err
	}
	for _, day := range found.days() {
		if err := l.checkDay(ctx, day, found[day], &result); err != nil {
			return result, fmt.Errorf("%s: %w", day, err)
		}
	}
	if l.isSnapshot() {
		return result, nil
	}
	log, err := l.AuditLog(ctx, audit.Options{Keep: func(*audit.Entry) bool { return false }})
	for _, fault := range log.Faults {
		if !fault.Acknowledged {
			result.Damaged = append(result.Damaged, ledger.DamagedFile{Path: fault.Where, Reason: fault.Reason})
		}
	}
	return result, err
}

func (l *Ledger) checkDay(ctx context.Context, day civil.Day, st state, result *ledger.CheckResult) error {
	result.Days++
	result.Parts += int(st.parts)
	damaged := func(reason string) {
		result.Damaged = append(
			result.Damaged,
			ledger.DamagedFile{Path: partitionPath(tableUsage, day), Day: day.UTC(), Reason: reason},
		)
	}
	var (
		finder          intake.OverlapFinder
		rows, cannotBe  int64
		firstImpossible error
	)
	for r, err := range l.recordsOf(ctx, day, everything) {
		if broken(err) {
			damaged(err.Error())
			return nil // of which nothing else can be said
		}
		if err != nil {
			return err
		}
		if err := r.Check(); err != nil {
			if cannotBe++; firstImpossible == nil {
				firstImpossible = fmt.Errorf("%s at %s: %w", r.Resource, r.PeriodStart.Format(time.RFC3339), err)
			}
			continue
		}
		rows++
		finder.Stored(&r)
	}
	if cannotBe > 0 {
		damaged(fmt.Sprintf("%s that cannot be, the first of %v", figures.Count(cannotBe, "record"), firstImpossible))
	}
	result.Rows += rows
	result.Bytes += st.bytes
	result.Overlaps = append(result.Overlaps, finder.Found.Overlaps...)
	result.OverlapCount += finder.Found.Count
	result.OfSources = append(result.OfSources, finder.OfSources.Overlaps...)
	result.OfSourceCount += finder.OfSources.Count
	if !st.rolled() {
		return nil
	}
	differing, err := l.rollupDiffers(ctx, day, st)
	switch {
	case err != nil:
		return err
	case differing > 0:
		result.BadRollups = append(result.BadRollups, ledger.DamagedFile{
			Path: partitionPath(tableHourly, day), Day: day.UTC(),
			Reason: "it differs from what the day's records add up to, in " + figures.Count(differing, "hourly sum"),
		})
	default:
		result.Rollups++
	}
	return nil
}

// partitionPath names a day of a table in the form in which a folder's files are named.
func partitionPath(table string, day civil.Day) string { return fmt.Sprintf("%s/dt=%s", table, day) }

// broken reports whether an error says that what is stored cannot be read, and not that nobody answers.
func broken(err error) bool {
	const cannotReadAllData, checksumDoesNotMatch, fileIsNotThere, incorrectData, corruptedData, cannotDecompress = 33, 40, 107, 117, 246, 271
	e, ok := errors.AsType[*serverError](err)
	return ok && slices.Contains([]int{
		cannotReadAllData, checksumDoesNotMatch, fileIsNotThere, incorrectData, corruptedData, cannotDecompress,
	}, e.code)
}

// rollupDiffers counts the sums of a day's rollup that its rows do not add up to, and those that it lacks. Of a day
// that somebody changes meanwhile there are none: its rollup is not in force any more.
func (l *Ledger) rollupDiffers(ctx context.Context, day civil.Day, st state) (differing int64, err error) {
	made, err := l.hourlyText(ctx, day, st.content)
	if err != nil {
		return 0, err
	}
	key := append([]string{"hour", "whole"}, hourlyNames()...)
	sums := append([]string{"records"}, hourlySums()...)
	names := strings.Join(slices.Concat(key, sums, []string{"first", "last"}), ", ")
	differs := []string{"minIf(first, kept) != minIf(first, NOT kept)", "maxIf(last, kept) != maxIf(last, NOT kept)"}
	for _, name := range sums {
		differs = append(differs, fmt.Sprintf("sum(if(kept, %[1]s, 0)) != sum(if(kept, 0, %[1]s))", name))
	}
	text := fmt.Sprintf(
		"SELECT toInt64(count()) FROM (SELECT 1 FROM (SELECT %[1]s, made_of, 1 AS kept FROM %[2]s WHERE %[3]s UNION ALL SELECT *, 0 FROM (%[4]s)) "+
			"GROUP BY %[5]s HAVING %[6]s)",
		names,
		l.client.schema().table(tableHourly),
		inForce([]civil.Day{day}, states{day: st}),
		made,
		strings.Join(key, ", "),
		strings.Join(differs, " OR "),
	)
	err = l.client.rows(ctx, request{text: text, settings: reading}, func(r *rowReader) error {
		differing = r.int64()
		return r.err
	})
	if err != nil || differing == 0 {
		return 0, err
	}
	now, err := l.states(ctx)
	if err == nil && (now[day].content != st.content || !now[day].rolled()) {
		return 0, nil
	}
	return differing, err
}

// Repair implements [ledger.Repairer]: rollups that are not what their day's records add up to are made anew. Records
// that cannot be and days that the server cannot read are the server's to bring back, from a replica or a backup.
func (s *Store) Repair(ctx context.Context) (ledger.CheckResult, error) {
	result, err := s.Check(ctx)
	for _, bad := range result.BadRollups {
		if err != nil {
			break
		}
		day := civil.DayOf(bad.Day, time.UTC)
		var found states
		if found, err = s.states(ctx); err != nil {
			break
		}
		err = s.dropRollups(ctx, day, []uint64{found[day].content})
		if err == nil {
			err = s.rollUpDay(ctx, day, found[day])
		}
		if err == nil {
			result.Rebuilt = append(
				result.Rebuilt,
				ledger.DamagedFile{Path: bad.Path, Day: bad.Day, Reason: "from the day's records"},
			)
		}
	}
	return result, err
}

// AcceptLoss implements [ledger.Repairer]. Nothing is ever set aside in a database.
func (s *Store) AcceptLoss(context.Context, ...time.Time) ([]ledger.DamagedFile, error) {
	return nil, nil
}
