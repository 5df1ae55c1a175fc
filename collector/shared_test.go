package collector

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// shared has a world collect into a ledger that is in no folder, on a machine whose state lies in one.
func (w *world) shared(m *ledgertest.Memory) (state string) {
	state = filepath.Join(w.t.TempDir(), "state")
	w.options.Ledger = Ledger{Open: m.Open, OpenForWriting: m.OpenForWriting, State: state}
	return state
}

// filesIn are the files of a folder, but for the one whose lock is held.
func filesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != lockName {
			names = append(names, entry.Name())
		}
		return err
	}))
	return names
}

// TestOnlyTheJournalStaysWithTheMachine: another machine goes on with the same ledger, and knows all that the first did.
func TestOnlyTheJournalStaysWithTheMachine(t *testing.T) {
	var m ledgertest.Memory
	w := newWorld(t)
	state := w.shared(&m)
	w.source.cost = *dollars("0.01")
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == w.source.series[0] {
			return errors.New("throttled")
		}
		return nil
	}
	first := w.run()
	require.NotEmpty(t, first.Gaps)
	assert.Equal(t, []string{journalName}, filesIn(t, state))
	assert.Equal(t, []string{
		".collect/memory/123456789012_eu-west-1.json", ".collect/memory/attempt", ".collect/memory/status.json",
		".collect/spending",
	}, m.Documents())
	a, err := ReadAttempt(t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.Equal(t, Attempt{Began: noon, Ended: noon}, a)

	before := len(w.source.fetched)
	w.shared(&m)
	w.source.fetch = nil
	second := w.after(time.Hour)
	assert.Empty(t, second.Gaps, "what the first could not read is known, and was read")
	assert.Greater(t, len(w.source.fetched), before)
	assert.Equal(t, clock("13:00"), w.checkpoint().Through)
	states, err := States(t.Context(), w.ledger())
	require.NoError(t, err)
	require.Len(t, states, 1)
	assert.Empty(t, states[0].Gaps)
	spent, err := ReadSpending(t.Context(), w.ledger())
	require.NoError(t, err)
	assert.Equal(t, second.Spent.APIPrice.Add(first.Spent.APIPrice).String(),
		spent.Of("", Target{}, noon, noon).APIPrice.String(), "of both machines")
}

// TestAJournalIsNoDocument: a copy of a ledger in a folder has what the next run must know, and not the journal.
func TestAJournalIsNoDocument(t *testing.T) {
	w := newWorld(t)
	w.run()
	require.FileExists(t, filepath.Join(w.options.Ledger.Folder, collectFolder, "memory", journalName))
	names, err := w.ledger().ListDocuments(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []string{
		".collect/memory/123456789012_eu-west-1.json", ".collect/memory/attempt", ".collect/memory/status.json",
		".collect/spending",
	}, names)
}

// TestALedgerThatCannotBeReached: the run fails, and what an earlier one had read and could not bring into the ledger
// gets there with the next.
func TestALedgerThatCannotBeReached(t *testing.T) {
	var m ledgertest.Memory
	w := newWorld(t)
	w.shared(&m)
	down := errors.New("connection refused")
	m.Down = down
	_, err := w.runner().Run(t.Context())
	unreachable, ok := errors.AsType[*ledger.UnreachableError](err)
	require.True(t, ok)
	require.Equal(t, "the ledger memory://test cannot be reached: connection refused", unreachable.Error())
	require.Empty(t, w.source.fetched, "nothing is asked of AWS for it")

	m.Down = nil
	failing := w.options.Ledger.OpenForWriting
	w.options.Ledger.OpenForWriting = func(ctx context.Context, o ledger.Options) (ledger.Store, error) {
		l, err := failing(ctx, o)
		return withoutUpsert{l, down}, err
	}
	_, err = w.runner().Run(t.Context())
	require.ErrorIs(t, err, down)
	require.Empty(t, w.records())
	w.options.Ledger.OpenForWriting = failing
	s := w.run()
	require.True(t, s.Resumed)
	require.Empty(t, w.source.fetched, "it is in the journal, and not asked for again")
	require.NotEmpty(t, w.records())
}

type withoutUpsert struct {
	ledger.Store
	down error
}

func (w withoutUpsert) Upsert(context.Context, iter.Seq2[[]usage.Record, error]) (ledger.Changes, error) {
	return ledger.Changes{}, w.down
}

// TestTwoCollectorsAtOnce has another machine collect while one does, and end before or after it: what either could not
// read is known, and nothing is told to be read that neither has.
func TestTwoCollectorsAtOnce(t *testing.T) {
	var m ledgertest.Memory
	one := newWorld(t)
	one.shared(&m)
	one.run()

	other := newWorld(t)
	other.shared(&m)
	other.now = noon.Add(2 * time.Hour)
	other.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == other.source.series[0] {
			return errors.New("throttled")
		}
		return nil
	}
	done := false
	one.source.hook = func(context.Context, Target, Batch) {
		if !done {
			done = true
			other.run()
		}
	}
	one.after(time.Hour)
	kept := one.checkpoint()
	assert.Equal(t, clock("14:00"), kept.Through, "the other one has read further")
	require.NotEmpty(t, kept.Gaps, "and what it could not read is not forgotten")
	for _, r := range one.records() {
		assert.True(t, r.PeriodStart.Before(kept.Through))
	}
	one.source.hook = nil
	one.after(2 * time.Hour)
	assert.Empty(t, one.checkpoint().Gaps)
}

// TestAMachineThatWasAway has killed one go on after another one has read the same time and more.
func TestAMachineThatWasAway(t *testing.T) {
	var m ledgertest.Memory
	one := newWorld(t)
	state := one.shared(&m)
	one.run()
	one.options.Parallel = 1
	one.source.series = []string{"a", "b"}
	killed := filepath.Join(t.TempDir(), "killed")
	one.source.hook = func(context.Context, Target, Batch) {
		if _, err := os.Stat(killed); err != nil && len(one.source.fetched) > 0 {
			time.Sleep(50 * time.Millisecond) // until what was read first is in the journal
			require.NoError(t, os.CopyFS(killed, os.DirFS(state)))
		}
	}
	var before ledgertest.Memory
	before.CopyFrom(&m)
	one.after(time.Hour)
	require.DirExists(t, killed)

	other := newWorld(t)
	other.shared(&before)
	other.now = noon.Add(3 * time.Hour)
	other.source.series = one.source.series
	other.run()
	through, records := other.checkpoint().Through, other.records()

	back := newWorld(t)
	back.options.Ledger = Ledger{Open: before.Open, OpenForWriting: before.OpenForWriting, State: killed}
	back.now = noon.Add(3 * time.Hour)
	back.options.Timing.Overlap = 0
	back.source.series = one.source.series
	back.source.planErr = errors.New("not now")
	s := back.run()
	assert.False(t, s.Resumed)
	assert.Equal(t, through, back.checkpoint().Through)
	assert.Equal(t, records, back.records())
	for _, name := range filesIn(t, killed) {
		assert.False(t, strings.HasPrefix(name, ownSpending), name)
	}
}

// TestOneRunOfAMachineAtATime: the journal of a machine is one run's.
func TestOneRunOfAMachineAtATime(t *testing.T) {
	var m ledgertest.Memory
	w := newWorld(t)
	w.shared(&m)
	var err error
	w.source.hook = func(context.Context, Target, Batch) {
		if err == nil {
			_, err = w.runner().Run(context.Background())
		}
	}
	w.run()
	_, held := errors.AsType[*ledger.HeldError](err)
	require.True(t, held, "%v", err)
}

// TestSpendingOfSeveralMachines: each counts what the others have published, a killed one's counts once, and of what is
// older than yesterday it is no longer told who had it.
func TestSpendingOfSeveralMachines(t *testing.T) {
	var m ledgertest.Memory
	l, err := m.OpenForWriting(t.Context(), ledger.Options{})
	require.NoError(t, err)
	dir := t.TempDir()
	openAt := func(machine string, now time.Time) *Spending {
		t.Helper()
		local := filepath.Join(dir, machine, collectFolder)
		require.NoError(t, os.MkdirAll(local, 0o700))
		s, err := openSpending(t.Context(), Ledger{State: dir}, local, l, now)
		require.NoError(t, err)
		return s
	}
	spend := func(s *Spending, price string) {
		t.Helper()
		require.NoError(t, s.note(spendingKey{Day: dayOf(s.begun), Source: "memory", Target: ireland}, Cost{Calls: 1, APIPrice: *dollars(price)}))
	}
	today := func(s *Spending) string { return s.days[dayOf(s.begun)].String() }
	a := openAt("a", noon)
	spend(a, "0.01")
	b := openAt("b", noon)
	spend(b, "0.02")
	assert.Equal(t, "0.02", today(b), "a has not published yet")
	require.NoError(t, b.close(t.Context()))
	spend(a, "0.04") // and is killed
	again := openAt("a", noon)
	assert.Equal(t, "0.07", today(again))
	own := filepath.Base(a.own.path)
	text, err := l.Document(t.Context(), ".collect/spending")
	require.NoError(t, err)
	assert.Contains(t, string(text), `"by":"`+strings.TrimPrefix(own, ownSpending)+`"`)
	// Killed after it was published and before its file was removed.
	left := parseSpending(a.own.path, nil)
	require.NoError(t, left.open(noon))
	require.NoError(t, left.note(spendingKey{Day: dayOf(noon), Source: "memory", Target: ireland}, Cost{Calls: 1, APIPrice: *dollars("0.05")}))
	require.NoError(t, left.close(t.Context()))
	assert.Equal(t, "0.07", today(openAt("a", noon)), "it counts once")

	later := openAt("c", noon.AddDate(0, 0, 2))
	spend(later, "1")
	require.NoError(t, later.close(t.Context()))
	text, err = l.Document(t.Context(), ".collect/spending")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(text), `"by"`), string(text))
	sum, err := ReadSpending(t.Context(), l)
	require.NoError(t, err)
	assert.Equal(t, "1.07", sum.Of("", Target{}, noon, noon.AddDate(0, 0, 2)).APIPrice.String())
	assert.Empty(t, sum.Damage())
}
