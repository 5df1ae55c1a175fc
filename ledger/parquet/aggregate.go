package parquet

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
	"microspend/usage"
)

// Aggregate adds up the usage of [q.From, q.To) by the fields asked for. It reads the days concerned alone, from their
// rollups where these tell it exactly, and of either the columns that it groups by and sums, on all processors. Memory
// grows with the number of groups, not of records.
//
// Parts that are damaged are named in the result and left out of it as a whole; a day that is answered from its rollup
// lacks nothing of them. An error is for a query that cannot be
// answered: one without end or with an unknown field, a folder that cannot be listed, a context that has ended, more
// groups than the query may have.
func (l *Ledger) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	if err := q.Check(); err != nil {
		return ledger.Result{}, err
	}
	days, err := l.daysBetween(ctx, q.From, q.To, cmp.Or(q.Location, time.UTC))
	if err == nil {
		err = l.limit(ctx, &q, days)
	}
	if err != nil {
		return ledger.Result{}, err
	}
	var (
		work    = make(chan *part)
		full    atomic.Bool // a worker has more groups than the answer may have
		workers = make([]*aggregator, runtime.GOMAXPROCS(0))
		wait    sync.WaitGroup
		broken  []ledger.DamagedFile
		read    []ledger.DayRead
	)
	for i := range workers {
		workers[i] = newAggregator(&q)
		workers[i].ledger = l
		wait.Go(func() {
			for p := range work {
				if workers[i].part(ctx, p); q.TooMany(len(workers[i].table.keys)) {
					full.Store(true)
				}
			}
		})
	}
	for opened := range l.opening(ctx, days, l.openFor(&q)) {
		if err = opened.unreachable; err != nil || ctx.Err() != nil || full.Load() {
			opened.close()
			break
		}
		broken = append(broken, opened.damaged...)
		if opened.manifest != nil && !opened.fromRollup() {
			read = append(read, opened.read())
		}
		for _, p := range opened.parts {
			work <- p // which the worker closes
		}
	}
	close(work)
	wait.Wait()
	for _, worker := range workers {
		err = cmp.Or(err, worker.unreachable)
	}
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return ledger.Result{}, err
	}
	all := together(workers)
	if q.TooMany(len(all.keys)) {
		return ledger.Result{}, &ledger.TooManyGroupsError{Most: q.Most}
	}
	for _, worker := range workers {
		broken, read = append(broken, worker.broken...), append(read, worker.daysRead...)
	}
	slices.SortFunc(read, func(a, b ledger.DayRead) int { return a.Day.Compare(b.Day) })
	result := workers[0].result(all, broken)
	result.Read = read
	return result, nil
}

// aggregator sums up parts, one at a time. Each goroutine has its own.
type aggregator struct {
	ledger *Ledger
	query  *ledger.Query
	names  []ledger.Field // of the fields grouped by, those that are names
	byDay  bool
	table  groups
	broken []ledger.DamagedFile
	// unreachable is why parts could not be had in the place of a rollup.
	unreachable error
	// daysRead are the days of rollups.
	daysRead []ledger.DayRead

	// For the part at hand; used again from part to part.
	reader chunkReader
	local  groups
	calendar
	texts   words[string]
	known   []uint32 // the ids of a dictionary's names
	covered words[usage.Coverage]
	masked  []int64
	days    []int32
	changed []bool
	spans   []span
	cuts    []cutRow
	ids     [len(columnOf)][]uint32
}

func newAggregator(q *ledger.Query) *aggregator {
	a := &aggregator{
		query: q, names: q.Names(), byDay: slices.Contains(q.By, ledger.FieldDay), table: newGroups(),
		local: newGroups(),
	}
	a.calendar = calendar{location: cmp.Or(q.Location, time.UTC), in: civil.Between(q.From, q.To)}
	return a
}

// part sums up a part, or a rollup, and closes it. What it holds counts once it was read without a fault. In the place
// of a rollup that is damaged come the day's parts.
func (a *aggregator) part(ctx context.Context, p *part) {
	defer p.close()
	a.local.reset()
	err := a.ledger.prove(p, &a.reader)
	if err == nil {
		err = a.read(p)
	}
	switch {
	case err != nil && p.rollup != nil:
		a.daysRead = append(a.daysRead, ledger.DayRead{Day: p.day.UTC(), FromRecords: a.ledger.rollupFault(p.day, err)})
		opened := a.ledger.openDay(ctx, p.day)
		a.unreachable = cmp.Or(a.unreachable, opened.unreachable)
		a.broken = append(a.broken, opened.damaged...)
		for _, of := range opened.parts {
			a.part(ctx, of)
		}
	case err != nil:
		a.broken = append(a.broken, damagedFile(a.ledger.files, p.day, p.entry.Name, reasonOf(err)))
	default:
		a.table.merge(&a.local)
		if p.rollup != nil {
			a.daysRead = append(a.daysRead, ledger.DayRead{Day: p.day.UTC()})
		}
	}
}

func (a *aggregator) read(p *part) (err error) {
	defer recoverAsDamage(&err)
	a.calendar.begin(p)
	for group := p.from; group < p.to; group++ {
		if a.query.TooMany(len(a.local.keys)) {
			break // the answer is an error in any case
		}
		if err := a.group(p, group); err != nil {
			return err
		}
	}
	return nil
}

var errNegative = errors.New("a quantity below zero")

// group sums up a row group: it cuts the rows into spans of one group each, then adds every column span by span.
func (a *aggregator) group(p *part, group int) error {
	if err := a.cut(p, group); err != nil {
		return err
	}
	if len(a.spans) == 0 && len(a.cuts) == 0 {
		return nil
	}
	for _, m := range usage.Measures() {
		if !a.query.Sums.Has(m) {
			continue
		}
		err := a.sum(p, group, amountColumn(m), func(s *usage.Sum) *usage.Uint128 { return &s.Amounts[m] }, nil)
		if err != nil {
			return err
		}
	}
	seconds := func(s *usage.Sum) *usage.Uint128 { return &s.Seconds }
	if p.rollup != nil {
		covered := func(s *usage.Sum) *usage.Uint128 { return &s.CoveredSeconds }
		return cmp.Or(
			a.sum(p, group, columnSeconds, seconds, nil),
			a.sum(p, group, columnCoveredSeconds, covered, nil),
			a.countRecords(p, group),
		)
	}
	if err := parsed(&a.reader, p, group, columnCoverage, usage.ParseCoverage, &a.covered); err != nil {
		return err
	}
	complete := make([]int64, len(a.covered.dictionary)) // all ones where it is complete
	for i, coverage := range a.covered.dictionary {
		if coverage == usage.CoverageComplete {
			complete[i] = -1
		}
	}
	return a.sum(p, group, columnPeriodSeconds, seconds, complete)
}

// sum adds a column to the sums of the groups. With complete it also adds the values of rows with complete coverage to
// the covered seconds.
func (a *aggregator) sum(p *part, group int, c column, to sumOf, complete []int64) error {
	next, nextCovered, cuts := 0, 0, a.cuts
	return a.reader.numbers(p, group, c, func(at int, values []int64) error {
		if err := addSpans(a.local.sums, to, a.spans, &next, at, values); err != nil {
			return err
		}
		page := cuts
		for len(cuts) > 0 && cuts[0].row < at+len(values) {
			cuts = cuts[1:]
		}
		page = page[:len(page)-len(cuts)]
		if err := addCuts(a.local.sums, to, page, at, values); err != nil || complete == nil {
			return err
		}
		if err := a.countWholeDays(at, values); err != nil {
			return err
		}
		a.masked = a.masked[:0]
		for i, value := range values {
			a.masked = append(a.masked, value&complete[a.covered.indexes[at+i]])
		}
		covered := func(s *usage.Sum) *usage.Uint128 { return &s.CoveredSeconds }
		if err := addCuts(a.local.sums, covered, page, at, a.masked); err != nil {
			return err
		}
		return addSpans(a.local.sums, covered, a.spans, &nextCovered, at, a.masked)
	})
}

// countWholeDays adds the rows of a page of lengths that are of whole UTC days to the sums' ByDate, where days are cut
// elsewhere.
func (a *aggregator) countWholeDays(at int, lengths []int64) error {
	if a.location == time.UTC || !slices.Contains(lengths, usage.MaxPeriodSeconds) {
		return nil
	}
	a.masked = a.masked[:0]
	for _, length := range lengths {
		a.masked = append(a.masked, length/usage.MaxPeriodSeconds) // 1 for a day, the longest there is
	}
	next, _ := slices.BinarySearchFunc(a.spans, at, func(s span, at int) int { return cmp.Compare(s.to, at+1) })
	return addSpans(a.local.sums, func(s *usage.Sum) *usage.Uint128 { return &s.ByDate }, a.spans, &next, at, a.masked)
}
