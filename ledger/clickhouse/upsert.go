package clickhouse

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/ledger/intake"
	"microspend/usage"
)

// staging is an import's own table, which nobody reads.
type staging struct {
	name    string
	version uint64 // of its rows: the server's time in nanoseconds
}

// stage makes a table for an import.
func (s *Store) stage(ctx context.Context) (st staging, err error) {
	if st.version, err = s.now(ctx); err != nil {
		return st, err
	}
	st.name = stagingPrefix + fmt.Sprint(st.version)
	sc := s.client.schema()
	for _, statement := range sc.usageTable(st.name, st.version) {
		if err := s.client.run(ctx, request{text: statement, settings: sc.ddl(), again: true}); err != nil {
			return st, err
		}
	}
	return st, nil
}

// Upsert implements [ledger.Store]. What the import changes is sent to a table of its own; then each day is attached at
// once. Where another writer changes a day between the look at it and that, it is looked at again. Memory does not grow
// with the number of records; the folder for temporary files does, by about 50 bytes for each.
func (s *Store) Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (n ledger.Changes, err error) {
	if s.folder == "" {
		return n, errClosed
	}
	folder, err := os.MkdirTemp(s.folder, "import-")
	if err != nil {
		return n, fmt.Errorf("no folder to stage the import in: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	staged, err := intake.Fill(ctx, ownfile.Place(folder), folder, s.sizes.stageRows, batches)
	if err != nil {
		return n, err
	}
	defer func() { _ = staged.Remove() }()
	s.step("staged")
	days := staged.Days()
	if len(days) == 0 {
		return n, nil
	}
	to, err := s.stage(ctx)
	defer s.dropAfter(ctx, to.name, &err)
	if err != nil {
		return n, err
	}
	prepared, err := s.prepareAll(ctx, to, staged, days)
	if err != nil {
		return n, err
	}
	s.step("sent")
	var outcome intake.Outcome
	for _, day := range prepared {
		outcome.Add(&day.outcome)
	}
	if err := outcome.Refused(s.options.Collected); err != nil {
		return n, err
	}
	n = outcome.Changes
	read, superseded := staged.Counts()
	n.Read, n.Superseded = read, n.Superseded+superseded
	return n, s.commitAll(ctx, to, prepared, &n)
}

// looks is how often a day is looked at anew that others change meanwhile. After that the last of those who write a
// record counts, as it does anyhow.
const looks = 5

// prepareAll sends what changes of each day.
func (s *Store) prepareAll(ctx context.Context, to staging, staged *intake.Stage, days []civil.Day) ([]*change, error) {
	found, err := s.states(ctx)
	if err != nil {
		return nil, err
	}
	prepared := make([]*change, len(days))
	todo := make([]int, len(days))
	for i := range todo {
		todo[i] = i
	}
	for look := 1; ; look++ {
		if err := s.prepareSome(ctx, to, staged, days, todo, found, prepared); err != nil {
			return nil, err
		}
		now, err := s.states(ctx)
		if err != nil {
			return nil, err
		}
		todo = slices.DeleteFunc(todo, func(i int) bool { return now[days[i]].content == found[days[i]].content })
		if len(todo) == 0 || look == looks {
			return prepared, s.checkStaged(ctx, to, prepared)
		}
		for _, i := range todo {
			if prepared[i].rows > 0 {
				if err := s.alter(ctx, to.name, "DROP PARTITION ID '"+partitionID(days[i])+"'"); err != nil {
					return nil, err
				}
			}
		}
		found = now
	}
}

func (s *Store) prepareSome(ctx context.Context, to staging, staged *intake.Stage, days []civil.Day, todo []int,
	found states, prepared []*change,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var wait sync.WaitGroup
	var count sync.Mutex
	done := 0
	for range min(runtime.GOMAXPROCS(0), len(todo)) {
		wait.Go(func() {
			for i := range work {
				p, err := s.prepare(ctx, to, days[i], staged, found[days[i]])
				if prepared[i] = p; err != nil {
					cancel(fmt.Errorf("%s: %w", days[i], err))
				}
				count.Lock()
				done++
				s.options.Progress(done, len(todo))
				count.Unlock()
			}
		})
	}
	for _, i := range todo {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	wait.Wait()
	return context.Cause(ctx)
}

// prepare merges a day with what is staged for it, and sends what changes.
//
// The obvious other way, to send everything and have the server join it with usage by the key, was weighed and left.
// What becomes of two records is decided here for every kind of ledger: overlaps refused or united along a MicroVM,
// what a collector may heal ([ledger.Store.Replacing]), what an import must not replace, what is withdrawn, the first
// hundred of each by name. A server could do only an import that asks for none of these, which is one with
// --overlaps=keep. And it would be sent every row in order to leave most of them out, where reading back the rows of
// the resources concerned alone takes as long as sending them.
func (s *Store) prepare(
	ctx context.Context,
	to staging,
	day civil.Day,
	staged *intake.Stage,
	now state,
) (*change, error) {
	p := &change{day: day}
	merger := intake.Merger{
		Overlaps: s.options.Overlaps, Replacing: s.replacing, Collected: s.options.Collected.Sources,
	}
	w := &changeWriter{store: s, ctx: ctx, to: to, day: day}
	kept := &storedRows{writer: w}
	if now.rows > 0 {
		of, err := concerned(staged.Rows(day))
		if err != nil {
			return p, err
		}
		next, stop := iter.Pull2(s.recordsOf(ctx, day, of))
		defer stop()
		kept.next = next
	}
	merger.Take = w.take
	err := merger.Merge(kept, staged.Rows(day))
	if err == nil {
		err = w.gone(nil)
	}
	p.outcome = merger.Outcome
	p.rows, err = w.finish(err)
	return p, err
}

// concerned is the condition that a row is of one of the resources that an import has records of: a record is merged
// with those of its own resource alone. Many resources become the range that they are in.
func concerned(staged []intake.Reader) (condition, error) {
	const most = 20_000
	var first, last string
	names := map[string]struct{}{}
	for _, reader := range staged {
		var r usage.Record
		for previous := ""; ; {
			more, err := reader.Read(&r)
			if err != nil {
				return condition{}, err
			}
			if !more {
				break
			}
			name := r.Resource.String()
			if name == previous {
				continue
			}
			previous = name
			if first == "" || name < first {
				first = name
			}
			last = max(last, name)
			if len(names) <= most {
				names[name] = struct{}{}
			}
		}
	}
	if len(names) > most {
		return condition{
			"resource >= {first:String} AND resource <= {last:String}", map[string]string{"first": first, "last": last},
		}, nil
	}
	coded := make([]string, 0, len(names)) // hexadecimal, so that no name is a part of the text, and there is one literal
	for name := range names {
		coded = append(coded, hex.EncodeToString([]byte(name)))
	}
	slices.Sort(coded)
	return condition{
		"resource IN (SELECT unhex(arrayJoin(splitByChar(',', '" + strings.Join(coded, ",") + "'))))",
		nil,
	}, nil
}

// checkStaged fails unless the server has as many rows as were sent.
func (s *Store) checkStaged(ctx context.Context, to staging, prepared []*change) error {
	have := map[civil.Day]int64{}
	text := "SELECT toUInt32(toDate(period_start)) AS day, toInt64(count()) FROM " + s.client.schema().
		table(to.name) +
		" GROUP BY day"
	err := s.client.rows(ctx, request{text: text}, func(r *rowReader) error {
		day := civil.Day(r.uint32())
		have[day] = r.int64()
		return r.err
	})
	if err != nil {
		return err
	}
	staged := &Ledger{s.client, s.options, to.name}
	hashes, err := staged.hashes(ctx)
	for _, p := range prepared {
		if have[p.day] != p.rows && err == nil {
			err = fmt.Errorf(
				"%s: %s: the server has %d of %d rows that were sent; import again",
				s.Name(),
				p.day,
				have[p.day],
				p.rows,
			)
		}
		p.hash = hashes[p.day]
	}
	return err
}

// partitionID is how the server names the partition of a day.
func partitionID(day civil.Day) string { return day.UTC().Format("20060102") }

// alter changes a table. On a cluster one replica of each shard does it, after it has seen all that was written.
func (s *Store) alter(ctx context.Context, table, what string) error {
	sc := s.client.schema()
	return s.client.run(ctx, request{
		text: "ALTER TABLE " + sc.stored(table) + sc.everywhere() + " " + what, settings: sc.ddl(), again: true,
	})
}

// commitAll puts the days into effect that change.
func (s *Store) commitAll(ctx context.Context, from staging, prepared []*change, n *ledger.Changes) error {
	var changed []*change
	for _, p := range prepared {
		if p.rows > 0 {
			changed = append(changed, p)
		}
	}
	if len(changed) == 0 {
		if len(s.from.Files) == 0 { // that a collector found nothing new is nothing to be kept for years
			return nil
		}
		return s.Audit(s.entry(n), nil)
	}
	if err := s.synced(ctx, from.name); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return commitFault(changed[0].day, ctx.Err(), n)
	}
	entry := s.entry(n)
	for _, p := range changed {
		entry.Changes = append(entry.Changes, p.audited(from.version))
	}
	err := s.Audit(entry, func() error {
		s.step("audited")
		for _, p := range changed {
			err := ctx.Err()
			if err == nil {
				err = s.alter(ctx, tableUsage, fmt.Sprintf("ATTACH PARTITION ID '%s' FROM %s",
					partitionID(p.day), s.client.schema().stored(from.name)))
			}
			if err != nil {
				return commitFault(p.day, err, n)
			}
			s.step("switched")
			n.Days = append(n.Days, p.day.UTC())
		}
		return nil
	})
	if err == nil {
		s.rollUp(ctx, changed)
	}
	return err
}

// synced waits until the replicas of a staging table have what was written to it, as any of them may attach it.
func (s *Store) synced(ctx context.Context, table string) error {
	sc := s.client.schema()
	if sc.cluster == "" {
		return nil
	}
	return s.client.run(ctx, request{
		text: "SYSTEM SYNC REPLICA" + sc.everywhere() + " " + sc.stored(table), settings: sc.ddl(), again: true,
	})
}

func commitFault(day civil.Day, err error, n *ledger.Changes) error {
	return fmt.Errorf(
		"%s: %w; written so far: %s; import again to write the rest",
		day,
		err,
		figures.Count(len(n.Days), "day"),
	)
}

// rollUp makes the rollups of days that an import changed. One that cannot be made is no fault: the rows answer.
func (s *Store) rollUp(ctx context.Context, changed []*change) {
	found, err := s.states(ctx)
	today := civil.DayOf(s.options.Now(), time.UTC)
	for _, p := range changed {
		now := found[p.day]
		if err != nil || ctx.Err() != nil {
			break
		}
		if now.rolled() || now.rows < s.sizes.hourlyFrom || p.day >= today && now.rows > s.sizes.hourlyRows {
			continue // a large day that goes on growing would be read again and again
		}
		err = s.rollUpDay(ctx, p.day, now)
	}
	if err != nil {
		s.options.Logger.Warn("a rollup was not made; the day is read from its rows", "error", err)
	}
}
