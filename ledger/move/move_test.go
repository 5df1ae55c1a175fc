package move_test

import (
	"context"
	"errors"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/move"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

var fleet = ledgertest.Fleet{MicroVMs: 9, Tenants: 3, Days: 4, Periods: 8}

func open(t testing.TB, dir string) *parquet.Ledger {
	t.Helper()
	l, err := parquet.Open(dir, ledger.Options{})
	require.NoError(t, err)
	return l
}

// write has a writer do something to a ledger.
func write(t testing.TB, dir string, do func(w *parquet.Writer)) {
	t.Helper()
	w, err := parquet.OpenForWriting(dir, ledger.Options{Action: move.Action})
	require.NoError(t, err)
	do(w)
	require.NoError(t, w.Close())
}

func upsert(t testing.TB, dir string, records ...usage.Record) {
	t.Helper()
	write(t, dir, func(w *parquet.Writer) {
		_, err := w.Upsert(t.Context(), ledgertest.Batches(records, 50))
		require.NoError(t, err)
	})
}

func run(t testing.TB, from, to string, o move.Options) (result move.Result, err error) {
	t.Helper()
	o.Now = func() time.Time { return time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC) }
	write(t, to, func(w *parquet.Writer) { result, err = move.Move(t.Context(), open(t, from), w, o) })
	return result, err
}

func content(t testing.TB, r ledger.Reader) (records []usage.Record) {
	t.Helper()
	for record, err := range r.Records(t.Context(), ledgertest.FirstDay.AddDate(-1, 0, 0), ledgertest.FirstDay.AddDate(1, 0, 0)) {
		require.NoError(t, err)
		records = append(records, record)
	}
	return records
}

func put(t testing.TB, dir, name, text string) {
	t.Helper()
	write(t, dir, func(w *parquet.Writer) { require.NoError(t, w.PutDocument(t.Context(), name, []byte(text))) })
}

// sourceWithMonth is a ledger with a closed month, of which usage has changed since: a figure, a record that was
// withdrawn, and one that came late.
func sourceWithMonth(t testing.TB) (dir string, closed, now []usage.Record) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "old")
	records := fleet.All()
	first, last := ledgertest.FirstDay, ledgertest.FirstDay.AddDate(0, 0, 2)
	upsert(t, dir, records[:200]...)
	write(t, dir, func(w *parquet.Writer) {
		require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", first, last, time.UTC))
		closing := []byte(`{"month": "2026-10"}`)
		change, err := ledger.ChangeOf(t.Context(), w, "closed/2026-10/closing.json", closing)
		require.NoError(t, err)
		require.NoError(t, w.Audit(audit.Entry{Action: "close", Changes: []audit.Change{change}}, func() error {
			return w.PutDocument(t.Context(), "closed/2026-10/closing.json", closing)
		}))
	})
	other := records[7]
	other.Source = "import" // of the same MicroVM at the same time, and withdrawn with it
	upsert(t, dir, other)
	write(t, dir, func(w *parquet.Writer) {
		require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", first, last, time.UTC))
	})
	closed = content(t, snapshot(t, open(t, dir)))
	changed := records[3]
	changed.Amounts[pricing.VCPU]++
	upsert(t, dir, append(records[200:], changed, ledger.Withdraw(records[7], 1))...)
	upsert(t, dir, ledger.Withdraw(other, 1))
	put(t, dir, ".collect/cloudwatch/1.json", "checkpoint")
	put(t, dir, "bills/2026-10.json", "bill")
	now = content(t, open(t, dir))
	require.NotContains(t, now, records[7])
	require.Contains(t, closed, records[7])
	require.Contains(t, closed, other)
	return dir, closed, now
}

func snapshot(t testing.TB, l ledger.Reader) ledger.Reader {
	t.Helper()
	kept, err := l.OpenSnapshot(t.Context(), "closed/2026-10")
	require.NoError(t, err)
	return kept
}

func TestEverythingMoves(t *testing.T) {
	from, closed, now := sourceWithMonth(t)
	to := filepath.Join(t.TempDir(), "new")
	before := filesOf(t, from)

	planned, err := move.Move(t.Context(), open(t, from), nil, move.Options{DryRun: true, Now: time.Now})
	require.NoError(t, err)
	require.Equal(t, []string{"closed/2026-10"}, planned.Months)
	require.Equal(t, [2]int{4, 3}, [2]int{len(planned.Days), planned.Documents})
	for _, day := range planned.Days {
		require.Equal(t, "to copy", day.Status())
	}
	require.NoDirExists(t, to)

	result, err := run(t, from, to, move.Options{})
	require.NoError(t, err)
	require.True(t, result.OK())
	require.Equal(t, int64(len(now)), result.Records)
	require.Equal(t, [2]int{4, 3}, [2]int{len(result.Days), result.Documents})
	require.Empty(t, result.Kept)
	l := open(t, to)
	require.Equal(t, now, content(t, l))
	require.Equal(t, closed, content(t, snapshot(t, l)))
	for name, want := range map[string]string{
		"closed/2026-10/closing.json": `{"month": "2026-10"}`, ".collect/cloudwatch/1.json": "checkpoint", "bills/2026-10.json": "bill",
	} {
		text, err := l.Document(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	require.Equal(t, before, filesOf(t, from), "the source is only read")
	oldLog, err := open(t, from).AuditLog(t.Context(), audit.Options{})
	require.NoError(t, err)
	newLog, err := l.AuditLog(t.Context(), audit.Options{})
	require.NoError(t, err)
	require.True(t, newLog.OK(), "%v", newLog.Faults)
	require.Contains(
		t,
		newLog.Entries[len(newLog.Entries)-1].Note,
		"4 days of "+from+", whose audit log ended in "+oldLog.Head,
	)
	require.Equal(t, auditBytes(t, from), movedLog(t, l), "the log is the same to the byte")

	again, err := run(t, from, to, move.Options{})
	require.NoError(t, err)
	require.True(t, again.Resumed)
	require.Equal(t, ledger.Changes{}, again.Changes)
	for _, day := range again.Days {
		require.Equal(t, [2]string{"already there", "equal"}, [2]string{day.Status(), day.Check()})
	}

	// Once somebody writes to the target it is theirs.
	late := fleet.Record(5)
	late.Tenant = "late"
	upsert(t, to, late)
	_, err = run(t, from, to, move.Options{})
	refused, ok := errors.AsType[*move.TargetError](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, refused.Error(), "has been written to since the move ended on 2026-11-27 00:00:00")
	require.Contains(t, content(t, open(t, to)), late)
}

// filesOf is the text of every file of a ledger.
func filesOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	}))
	return files
}

func auditBytes(t testing.TB, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "audit", "audit-000001.jsonl"))
	require.NoError(t, err)
	return string(text)
}

func movedLog(t testing.TB, l ledger.Reader) string {
	t.Helper()
	names, err := l.ListDocuments(t.Context(), "moved")
	require.NoError(t, err)
	require.Len(t, names, 2)
	require.Equal(t, "audit-000001.jsonl", filepath.Base(names[0]))
	text, err := l.Document(t.Context(), names[0])
	require.NoError(t, err)
	return string(text)
}

// A target is never mixed up with something else unless that is asked for.
func TestTargetsThatHoldSomething(t *testing.T) {
	records := fleet.All()
	from := t.TempDir()
	upsert(t, from, records...)
	put(t, from, "bills/a.json", "source")
	put(t, from, "bills/b.json", "source")

	to := t.TempDir()
	own := records[0]
	own.Source = "meter"
	upsert(t, to, own, records[1])
	put(t, to, "bills/a.json", "target")
	_, err := run(t, from, to, move.Options{})
	require.ErrorContains(t, err, "has usage of 1 October 2026 already; nothing was changed")
	require.Len(t, content(t, open(t, to)), 2)

	result, err := run(t, from, to, move.Options{Merge: true})
	require.NoError(t, err)
	require.True(t, result.OK(), "%v", result.Days)
	require.Equal(t, []string{"bills/a.json"}, result.Kept)
	require.Equal(t, []usage.Record(ledgertest.Latest(records, []usage.Record{own})), content(t, open(t, to)))
	text, err := open(t, to).Document(t.Context(), "bills/a.json")
	require.NoError(t, err)
	require.Equal(t, "target", string(text))

	documents := t.TempDir()
	upsert(t, documents, own)
	upsert(t, documents, ledger.Withdraw(own, 1))
	put(t, documents, "bills/a.json", "target")
	_, err = run(t, from, documents, move.Options{})
	require.ErrorContains(t, err, "has documents already, such as bills/a.json")
}

func TestSomeDays(t *testing.T) {
	from, _, now := sourceWithMonth(t)
	to := t.TempDir()
	day := func(n int) time.Time { return ledgertest.FirstDay.AddDate(0, 0, n) }
	result, err := run(t, from, to, move.Options{From: day(1), To: day(3)})
	require.NoError(t, err)
	require.Len(t, result.Days, 2)
	outside := func(r usage.Record) bool { return r.PeriodStart.Before(day(1)) || !r.PeriodStart.Before(day(3)) }
	require.Equal(t, slices.DeleteFunc(slices.Clone(now), outside), content(t, open(t, to)))
	names, err := open(t, to).ListDocuments(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, names, 1, "usage alone, and the note")

	_, err = run(t, from, to, move.Options{}) // the rest
	require.NoError(t, err)
	require.Equal(t, now, content(t, open(t, to)))
}

// What is damaged in the source is named with its day, and everything else moves.
func TestDamageIsNamed(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	records := fleet.All()
	upsert(t, from, records...)
	second := ledgertest.FirstDay.AddDate(0, 0, 1)
	require.NoError(t, os.Truncate(filepath.Join(from, "usage", "dt=2026-10-02", "part-00000.parquet"), 100))
	for range 2 {
		result, err := run(t, from, to, move.Options{})
		require.NoError(t, err)
		require.False(t, result.OK())
		for _, day := range result.Days {
			want := "equal"
			if day.Day.Equal(second) {
				want = "damaged"
				require.Contains(t, day.Damaged[0].Path, "dt=2026-10-02")
			}
			require.Equal(t, want, day.Check())
		}
	}
	left := slices.DeleteFunc(ledgertest.Latest(records), func(r usage.Record) bool { return r.Day().Equal(second) })
	require.Equal(t, []usage.Record(left), content(t, open(t, to)))
	upsert(t, from, records...) // heals the day, but for the report of the loss
	result, err := run(t, from, to, move.Options{})
	require.NoError(t, err)
	require.Equal(t, []usage.Record(ledgertest.Latest(records)), content(t, open(t, to)))
	require.False(t, result.OK(), "the loss is not accepted yet")
}

// Whatever the source becomes between two runs, the target is the same after the second.
func TestAnInterruptedMoveFollowsTheSource(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue { // each writes a few ledgers
		require.NoError(t, flag.Set("rapid.checks", "10"))
	}
	rapid.Check(t, func(rt *rapid.T) {
		from, to := t.TempDir(), t.TempDir()
		records := fleet.All()
		part := func(what string) []usage.Record {
			return records[rapid.IntRange(0, 100).Draw(rt, what):rapid.IntRange(101, 288).Draw(rt, what)]
		}
		upsert(t, from, part("first")...)
		end := ledgertest.FirstDay.AddDate(0, 0, rapid.IntRange(1, 4).Draw(rt, "days"))
		_, err := run(t, from, to, move.Options{From: ledgertest.FirstDay, To: end})
		require.NoError(rt, err)
		var marks []usage.Record
		for _, r := range part("withdrawn") {
			marks = append(marks, ledger.Withdraw(r, 1))
		}
		upsert(t, from, marks...)
		upsert(t, from, part("second")...)
		result, err := run(t, from, to, move.Options{})
		require.NoError(rt, err)
		require.True(rt, result.OK())
		require.Equal(rt, content(t, open(t, from)), content(t, open(t, to)))
	})
}

// losing is a store that does not keep what it is given: a figure of one record is another.
type losing struct{ *parquet.Writer }

func (l losing) Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (ledger.Changes, error) {
	return l.Writer.Upsert(ctx, func(yield func([]usage.Record, error) bool) {
		first := true
		for batch, err := range batches {
			if batch = slices.Clone(batch); first && len(batch) > 0 {
				batch[0].Amounts[pricing.VCPU] += 7
				first = false
			}
			if !yield(batch, err) {
				return
			}
		}
	})
}

// A day whose sums are others in the target is no success, and says what differs.
func TestADayThatDiffersIsNamed(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "old")
	records := fleet.All()
	upsert(t, from, records...)
	var result move.Result
	write(t, filepath.Join(dir, "new"), func(w *parquet.Writer) {
		var err error
		result, err = move.Move(t.Context(), open(t, from), losing{w}, move.Options{Now: time.Now})
		require.NoError(t, err)
	})
	require.False(t, result.OK())
	require.Len(t, result.Days, fleet.Days)
	require.Equal(t, "differs", result.Days[0].Check())
	require.Equal(t, "copied", result.Days[0].Status())
	require.Len(t, result.Days[0].Differences, 1)
	d := result.Days[0].Differences[0]
	require.Equal(t, "vcpu_ms", d.What)
	source, err := strconv.Atoi(d.Source)
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(source+7), d.Target)
	for _, day := range result.Days[1:] {
		require.Equal(t, "equal", day.Check())
	}

	again, err := run(t, from, filepath.Join(dir, "new"), move.Options{})
	require.NoError(t, err)
	require.True(t, again.OK(), "a run that writes what it is given mends it")
	require.Equal(t, int64(1), again.Changes.Replaced)
}
