package conformance

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

// Stores is a kind of store. New, Open and OpenForWriting are needed; whatever else is nil or empty is not tried.
type Stores struct {
	// New names a ledger of which there is nothing yet, and which ends with the test.
	New func(t testing.TB) string

	Open           func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error)
	OpenForWriting func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error)

	// ManyWriters says that several may write at the same time. Otherwise opening for writing gives a
	// [ledger.HeldError] while another writer is at work.
	ManyWriters bool

	// Steps are the moments of an import that the store's own hook names, in any order, and At sets the hook. A writer is
	// killed at each of them.
	Steps []string
	At    func(w ledger.Store, passed func(step string))

	// Damage changes a byte of what the ledger has of a UTC day, as a bad disk would. Nil is for a store that leaves
	// checking its bytes to somebody else's server.
	Damage func(t testing.TB, name string, day time.Time)

	// Check fails the test where anything is wrong with a ledger that no writer is at work on: what its own check finds,
	// what a dead writer left. The audit log is verified without it.
	Check func(t testing.TB, name string)

	// Ledgers is how many random ledgers a property is tried on; 0 means 20. It is for stores that take long to make one.
	Ledgers int
}

// long reports whether there is time for more of everything random.
func long() bool { return os.Getenv("MICROSPEND_CONFORMANCE") == "long" }

// times is how often something random is tried: seldom with -short, which is for the race detector.
func times(n int) int {
	switch {
	case long():
		return 10 * n
	case testing.Short():
		return max(n/4, 2)
	default:
		return n
	}
}

// Draw sets the number of random ledgers that properties are checked on, unless -rapid.checks is given.
func Draw(t *testing.T, ledgers int) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		require.NoError(t, flag.Set("rapid.checks", figure(times(ledgers))))
		t.Cleanup(func() { _ = flag.Set("rapid.checks", checks.DefValue) })
	}
}

// promise is a sentence of the documentation, with the test of it.
type promise struct {
	name, sentence string
	keep           func(t *testing.T, s Stores)
}

// Run tests a kind of store, a promise at a time.
func Run(t *testing.T, s Stores) {
	documented := documentation(t)
	if s.Ledgers == 0 {
		s.Ledgers = 20
	}
	Draw(t, s.Ledgers)
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			require.Contains(t, documented, p.sentence, "docs/ledger.md no longer promises what this test is about")
			p.keep(t, s)
		})
	}
}

// documentation is docs/ledger.md on one line, without the marks of bold text and code.
func documentation(t testing.TB) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		text, err := os.ReadFile(filepath.Join(dir, "docs", "ledger.md"))
		if err == nil {
			return strings.Join(strings.Fields(strings.NewReplacer("**", "", "`", "").Replace(string(text))), " ")
		}
		require.ErrorIs(t, err, os.ErrNotExist)
		require.NotEqual(t, dir, filepath.Dir(dir), "there is no docs/ledger.md above this package")
		dir = filepath.Dir(dir)
	}
}

// subject is a ledger under test.
type subject struct {
	Stores
	t    testing.TB
	name string
}

func fresh(t testing.TB, s Stores) *subject {
	t.Helper()
	return &subject{s, t, s.New(t)}
}

// with is a fresh ledger that has records.
func with(t testing.TB, s Stores, records []usage.Record) *subject {
	t.Helper()
	l := fresh(t, s)
	l.upsert(records)
	return l
}

// writer opens the ledger for writing, and closes it with the test at the latest.
func (l *subject) writer(options ledger.Options) ledger.Store {
	l.t.Helper()
	w, err := l.OpenForWriting(l.t.Context(), l.name, options)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = w.Close() })
	return w
}

// waiting opens the ledger for writing once no other writer is at work on it.
func (l *subject) waiting(ctx context.Context) (ledger.Store, error) {
	for {
		w, err := l.OpenForWriting(ctx, l.name, ledger.Options{})
		if _, held := errors.AsType[*ledger.HeldError](err); !held {
			return w, err
		}
		time.Sleep(time.Millisecond)
	}
}

func (l *subject) reader() ledger.Reader {
	l.t.Helper()
	r, err := l.Open(l.t.Context(), l.name, ledger.Options{})
	require.NoError(l.t, err)
	return r
}

// try imports records with a writer of its own.
func (l *subject) try(records []usage.Record, options ledger.Options) (ledger.Changes, error) {
	l.t.Helper()
	w := l.writer(options)
	n, err := w.Upsert(l.t.Context(), ledgertest.Batches(records, 7))
	require.NoError(l.t, w.Close())
	return n, err
}

func (l *subject) upsert(records []usage.Record) ledger.Changes {
	l.t.Helper()
	n, err := l.try(records, ledger.Options{})
	require.NoError(l.t, err)
	return n
}

// always is a stretch of time that every record lies in.
var always = [2]time.Time{
	time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC),
}

// recordsOf reads records that must not be damaged.
func recordsOf(t testing.TB, r ledger.Reader, from, to time.Time) (records ledgertest.Records) {
	t.Helper()
	for record, err := range r.Records(t.Context(), from, to) {
		require.NoError(t, err)
		records = append(records, record)
	}
	return records
}

func (l *subject) content() ledgertest.Records {
	l.t.Helper()
	return recordsOf(l.t, l.reader(), always[0], always[1])
}

// holds fails the test unless the ledger has what is left of imports, says so in every way, and is sound.
func (l *subject) holds(imports ...[]usage.Record) {
	l.t.Helper()
	want := ledgertest.Latest(imports...)
	require.Equal(l.t, want, l.content())
	r := l.reader()
	q := ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldSource, ledger.FieldDay}}
	answer(l.t, r, want, q)
	extent, err := r.Extent(l.t.Context())
	require.NoError(l.t, err)
	wanted, err := want.Extent(l.t.Context())
	require.NoError(l.t, err)
	require.Equal(l.t, wanted, extent)
	l.check()
}

func (l *subject) check() {
	l.t.Helper()
	log, err := l.reader().AuditLog(l.t.Context(), audit.Options{})
	require.NoError(l.t, err)
	require.True(l.t, log.OK(), "no change is without an entry: %v", log.Faults)
	require.Empty(l.t, log.Unfinished, "the next writer says what was not done")
	if l.Check != nil {
		l.Check(l.t, l.name)
	}
}

// answer fails the test unless a ledger answers a query as the records do.
func answer(t testing.TB, r ledger.Aggregator, want ledgertest.Records, q ledger.Query) ledger.Result {
	t.Helper()
	wanted, wantedErr := want.Aggregate(t.Context(), q)
	got, err := r.Aggregate(t.Context(), q)
	require.Equal(t, wantedErr, err, "%+v", q)
	require.Equal(t, wanted.Damaged, got.Damaged, "%+v", q)
	for i := range min(len(wanted.Groups), len(got.Groups)) { // one is enough to read
		require.Equal(t, wanted.Groups[i], got.Groups[i], "group %d of %+v", i, q)
	}
	require.Equal(t, len(wanted.Groups), len(got.Groups), "%+v", q)
	return got
}
