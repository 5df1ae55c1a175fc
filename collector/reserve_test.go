package collector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
)

// machine is one that makes runs, each of whose calls costs a cent, into a ledger that it shares.
type machine struct {
	t     require.TestingT
	local string
	store ledger.Store
	now   func() time.Time
	limit string
	purse *purse // of the run
	paid  map[string]int
}

// newMachine begins a run, with what a killed one has left in the same folder.
func newMachine(t require.TestingT, local string, l ledger.Store, limit string, now func() time.Time) *machine {
	m := &machine{t: t, local: local, store: l, now: now, limit: limit, paid: map[string]int{}}
	require.NoError(t, os.MkdirAll(local, 0o700))
	m.begin()
	return m
}

func (m *machine) begin() {
	s, err := openSpending(context.Background(), Ledger{State: m.local}, m.local, m.store, m.now())
	require.NoError(m.t, err)
	r := &Runner{Options: Options{MaxDailyAPICost: dollars(m.limit), Now: m.now}}
	m.purse = r.purse("memory", s, func(error) {})
}

// pay is nil where a call may be made.
func (m *machine) pay() *LimitError {
	err := m.purse.pay(context.Background(), ireland, Cost{Calls: 1, APIPrice: *dollars("0.01")})
	limit, limited := errors.AsType[*LimitError](err)
	if !limited {
		require.NoError(m.t, err)
		m.paid[dayOf(m.now())]++
	}
	return limit
}

func (m *machine) end() { require.NoError(m.t, m.purse.spending.close(context.Background())) }

// kill ends a run as a kill does, but for the file, which the system closes.
func (m *machine) kill() { require.NoError(m.t, m.purse.spending.own.file.Close()) }

func writerOf(t require.TestingT, m *ledgertest.Memory) ledger.Store {
	l, err := m.OpenForWriting(context.Background(), ledger.Options{})
	require.NoError(t, err)
	return l
}

// TestRunsAtOnceShareTheLimitOfADay has three machines pay, end, be killed and begin again in any order, with clocks
// that are minutes apart around midnight: on no day do calls cost more than the limit, whoever made them. Once all have
// ended, the rest of the limit can be spent.
func TestRunsAtOnceShareTheLimitOfADay(t *testing.T) {
	dir := t.TempDir()
	var n int
	rapid.Check(t, func(t *rapid.T) {
		var shared ledgertest.Memory
		limit := rapid.IntRange(0, 120).Draw(t, "limit in cents")
		clock, l := time.Date(2026, 11, 20, 23, 50, 0, 0, time.UTC), writerOf(t, &shared)
		n++
		all := make([]*machine, 3)
		for i := range all {
			ahead := time.Duration(rapid.IntRange(-9, 9).Draw(t, "minutes ahead")) * time.Minute
			all[i] = newMachine(t, filepath.Join(dir, fmt.Sprint(n), fmt.Sprint(i)), l, decimal.New(int64(limit), -2).String(),
				func() time.Time { return clock.Add(ahead) })
		}
		made := func() (most int) {
			sum := map[string]int{}
			for _, m := range all {
				for day, calls := range m.paid {
					sum[day] += calls
					most = max(most, sum[day])
				}
			}
			return most
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			clock = clock.Add(30 * time.Second)
			m := rapid.SampledFrom(all).Draw(t, "machine")
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0:
				m.end()
				m.begin()
			case 1:
				m.kill()
				m.begin()
			default:
				for range rapid.IntRange(1, 30).Draw(t, "calls") {
					if m.pay() != nil {
						break
					}
				}
			}
			require.LessOrEqual(t, made(), limit)
		}
		for _, m := range all {
			m.end()
		}
		clock = clock.Add(20 * time.Minute) // the 21st, by all clocks
		last := all[0]
		last.begin()
		reached := last.pay()
		for ; reached == nil; reached = last.pay() {
		}
		require.Equal(t, limit, made())
		require.True(t, reached.Reserved.IsZero(), "%v", reached)
		last.end()
	})
}

// TestReserving goes through what other runs may spend while one holds a part of the limit.
func TestReserving(t *testing.T) {
	var shared ledgertest.Memory
	dir, l, now := t.TempDir(), writerOf(t, &shared), noon
	at := func(name string) *machine {
		return newMachine(t, filepath.Join(dir, name), l, "0.50", func() time.Time { return now })
	}
	a, b := at("a"), at("b")
	require.Nil(t, a.pay())
	text, err := l.Document(t.Context(), ".collect/reserved")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf(`{"day":"2026-11-20","owner":"%s","amount":"0.32"}`+"\n", owner(a.purse.spending.own.path)),
		string(text), "32 calls of a cent")
	for range 18 {
		require.Nil(t, b.pay())
	}
	reached := b.pay()
	require.NotNil(t, reached)
	assert.Equal(t, "the limit of $0.5 a day is reached, with $0.18 spent on API calls on 2026-11-20 (UTC) and $0.32 "+
		"reserved by other runs that have not ended; what was read is in the ledger, and a later run goes on from there",
		reached.Error())
	a.kill()
	b.end()
	b.begin()
	require.NotNil(t, b.pay(), "what a has spent is not known yet")
	require.Nil(t, at("a").pay(), "a's machine runs again: it has spent a cent, not 32")

	now = noon.Add(12 * time.Hour)
	b.begin()
	for range 32 {
		require.Nil(t, b.pay(), "what was reserved on the day before is over with it")
	}
}

// TestALimitOfZeroReservesNothing: calls that are free are made.
func TestALimitOfZeroReservesNothing(t *testing.T) {
	var shared ledgertest.Memory
	m := newMachine(t, t.TempDir(), writerOf(t, &shared), "0", func() time.Time { return noon })
	require.NotNil(t, m.pay())
	require.NoError(t, m.purse.pay(t.Context(), ireland, Cost{Calls: 1}))
	assert.Empty(t, shared.Documents())
}

// TestReservationsOfOtherPrograms: what cannot be read holds nothing, and what is spent is read as before.
func TestReservationsOfOtherPrograms(t *testing.T) {
	var shared ledgertest.Memory
	l := writerOf(t, &shared)
	require.NoError(t, l.PutDocument(t.Context(), ".collect/reserved", []byte("\x00\n[]\n"+
		`{"day":"2026-11-20","owner":"x","amount":"-5"}`+"\n"+
		`{"day":"2026-11-20","owner":"y","amount":"0.02","until":"later"}`+"\n"+
		`{"day":"2026-11-19","owner":"z","amount":"0.03"}`+"\n"+`{"day":"2026-11-18","owner":"z","amount":"0.03"}`+"\n")))
	m := newMachine(t, t.TempDir(), l, "0.03", func() time.Time { return noon })
	require.Nil(t, m.pay())
	require.Equal(t, "0.02", m.pay().Reserved.String())
	text, err := l.Document(t.Context(), ".collect/reserved")
	require.NoError(t, err)
	assert.Equal(t, `{"day":"2026-11-20","owner":"y","amount":"0.02"}`+"\n"+
		`{"day":"2026-11-19","owner":"z","amount":"0.03"}`+"\n"+
		fmt.Sprintf(`{"day":"2026-11-20","owner":"%s","amount":"0.01"}`+"\n", owner(m.purse.spending.own.path)), string(text))
	spent, err := ReadSpending(t.Context(), l)
	require.NoError(t, err)
	assert.Empty(t, spent.Damage())
	assert.True(t, spent.Of("", Target{}, noon, noon).APIPrice.IsZero())
}

// watched is a ledger that tells when a document was read.
type watched struct {
	ledger.Store
	read func(name string)
}

func (w watched) Document(ctx context.Context, name string) ([]byte, error) {
	text, err := w.Store.Document(ctx, name)
	w.read(name)
	return text, err
}

// TestARunBetweenTwoReads has another run begin, spend the limit and end after a run has read what was spent, and before
// it reserves something: the run must notice, though no reservation is left that holds anything.
func TestARunBetweenTwoReads(t *testing.T) {
	for _, earlier := range []bool{false, true} { // whether there are reservations already
		var shared ledgertest.Memory
		l, now := writerOf(t, &shared), func() time.Time { return noon }
		spend := func(calls int) {
			other := newMachine(t, t.TempDir(), l, "0.10", now)
			for range calls {
				require.Nil(t, other.pay())
			}
			other.end()
		}
		if earlier {
			spend(1)
		}
		meanwhile := func(string) {}
		m := newMachine(t, t.TempDir(), watched{l, func(name string) { meanwhile(name) }}, "0.10", now)
		meanwhile = func(name string) {
			if name == ".collect/spending" {
				meanwhile = func(string) {}
				spend(9)
			}
		}
		if earlier {
			require.Equal(t, "0.1", m.pay().Spent.String())
			continue
		}
		require.Nil(t, m.pay())
		require.Equal(t, "0.1", m.pay().Spent.String())
	}
}

// TestTwoRunnersAtOnce has two runners read from one ledger at once, whose every answer takes a moment.
func TestTwoRunnersAtOnce(t *testing.T) {
	for seed := range uint64(25) {
		var (
			shared  ledgertest.Memory
			wg      sync.WaitGroup
			sources [2]*payingSource
			errs    [2]error
		)
		for i := range sources {
			w, random := newWorld(t), rand.New(rand.NewPCG(seed, uint64(i)))
			w.shared(&shared)
			open, moment := w.options.Ledger.OpenForWriting, sync.Mutex{}
			w.options.Ledger.OpenForWriting = func(ctx context.Context, o ledger.Options) (ledger.Store, error) {
				l, err := open(ctx, o)
				return watched{l, func(string) {
					moment.Lock()
					defer moment.Unlock()
					time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond)
				}}, err
			}
			w.source.series, w.source.cost = []string{"a", "b", "c", "d"}, *dollars("0.2")
			sources[i] = &payingSource{memorySource: w.source, calls: 20}
			w.options.Source, w.options.MaxDailyAPICost = sources[i], dollars("1.03")
			r, err := New(w.options)
			require.NoError(t, err)
			wg.Go(func() { _, errs[i] = r.Run(t.Context()) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs[:]...))
		made := sources[0].made + sources[1].made
		require.LessOrEqual(t, made, 103, "seed %d", seed)
		require.Greater(t, made, 103-reservedCalls, "seed %d", seed)
		spent, err := ReadSpending(t.Context(), writerOf(t, &shared))
		require.NoError(t, err)
		require.Equal(t, decimal.New(int64(made), -2).String(), spent.Of("", Target{}, noon, noon).APIPrice.String())
	}
}
