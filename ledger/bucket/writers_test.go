package bucket

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

var firstDay = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// at is a record of one MicroVM.
func at(microVM string, minute int, vcpu int64) usage.Record {
	return usage.Record{
		PeriodStart: firstDay.Add(time.Duration(minute) * time.Minute), PeriodSeconds: 60, Region: "us-east-1",
		Resource: usage.Resource{ID: microVM}, Source: "import", Coverage: usage.CoverageComplete,
		Tenant: "acme", Amounts: usage.Amounts{vcpu},
	}
}

func writeTo(t testing.TB, name string, records ...usage.Record) ledger.Changes {
	t.Helper()
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	n, err := w.Upsert(t.Context(), ledgertest.Batches(records, 100))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return n
}

func contentOf(t testing.TB, name string) (records []usage.Record) {
	t.Helper()
	l, err := Open(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	for r, err := range l.Records(t.Context(), firstDay.AddDate(-1, 0, 0), firstDay.AddDate(1, 0, 0)) {
		require.NoError(t, err)
		records = append(records, r)
	}
	return records
}

// loseNothing has four writers change one day at once, 25 times each, every time with a record of their own.
func loseNothing(t *testing.T, name string) {
	const writers, times = 4, 25
	var wait sync.WaitGroup
	var added atomic.Int64
	for writer := range writers {
		wait.Go(func() {
			w, err := OpenForWriting(t.Context(), name, ledger.Options{Action: "import"})
			if !assert.NoError(t, err) {
				return
			}
			defer w.Close()
			for n := range times {
				batch := []usage.Record{at("microvm-"+strconv.Itoa(writer), n, int64(n))}
				changes, err := w.Upsert(t.Context(), ledgertest.Batches(batch, 1))
				if !assert.NoError(t, err) {
					return
				}
				added.Add(changes.Added)
			}
		})
	}
	wait.Wait()
	require.Len(t, contentOf(t, name), writers*times)
	require.Equal(t, int64(writers*times), added.Load(), "each is told that its record was added")
	l, err := Open(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	log, err := l.AuditLog(t.Context(), audit.Options{})
	require.NoError(t, err)
	require.True(t, log.OK(), "%v", log.Faults)
	require.GreaterOrEqual(t, log.Count, int64(writers*times))
}

func TestWritersLoseNothingOfEachOthers(t *testing.T) {
	loseNothing(t, address(newFake(t).URL, "ledger"))
}

// A server that has the day's switch answered with something else than yes has not lost anything.
func TestAnswersThatAreLost(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		fail         func(f *fake, w http.ResponseWriter, r *http.Request) bool
	}{
		{"busy", "503 SlowDown is tried again", func(_ *fake, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return true
		}},
		{"a conflict", "409 is merged again", func(_ *fake, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, manifestName) {
				return false
			}
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `<Error><Code>ConditionalRequestConflict</Code><Message>conflict</Message></Error>`)
			return true
		}},
		{"the answer is lost", "what was written is found to be this writer's own", func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				f.handler.ServeHTTP(discarded{}, r)
			}
			hijacked, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = hijacked.Close()
			}
			return true
		}},
		{"the answer is cut off", "half a part is asked for again", func(f *fake, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, partSuffix) {
				return false
			}
			f.handler.ServeHTTP(&cut{ResponseWriter: w, left: 100}, r)
			return true
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			name := address(f.URL, "ledger")
			writeTo(t, name, at("a", 0, 1))
			var failed sync.Map
			f.first(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.RawQuery != "" && r.Method == http.MethodPut && strings.Contains(r.URL.RawQuery, "uploads") {
					return false
				}
				if _, before := failed.LoadOrStore(r.Method+r.URL.Path, true); before { // each request once
					return false
				}
				return test.fail(f, w, r)
			})
			n := writeTo(t, name, at("b", 0, 2))
			require.Equal(t, [2]int64{1, 0}, [2]int64{n.Added, n.Unchanged}, test.reason)
			require.Len(t, n.Days, 1)
			require.Len(t, contentOf(t, name), 2)
		})
	}
}

type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) WriteHeader(int)             {}

// cut ends an answer early.
type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// The child dies at its nth request: before it is sent, or once it is answered.
const (
	killName = "MICROSPEND_BUCKET_KILL_LEDGER"
	killAt   = "MICROSPEND_BUCKET_KILL_AT"
)

func dieAtRequest(name string) int {
	left, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		return 2
	}
	told := func(string) {
		if left--; left < 0 {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	}
	watch.Store(&told)
	w, err := openForWriting(contextOf(), name, ledger.Options{}, watched)
	if err != nil {
		return 2
	}
	if _, err := w.Upsert(contextOf(), ledgertest.Batches(second(), 100)); err != nil {
		return 2
	}
	if w.Close() != nil {
		return 2
	}
	return 0
}

// second is an import that changes three days and adds one.
func second() (records []usage.Record) {
	for day := range 4 {
		records = append(records, at("a", day*1440, 2), at("b", day*1440, 2))
	}
	return records
}

func TestKilledBetweenAnyTwoRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("some eighty processes")
	}
	f := newFake(t)
	first := []usage.Record{at("a", 0, 1), at("a", 1440, 1), at("a", 2*1440, 1)}
	for n := 0; ; n++ {
		name := address(f.URL, "killed-"+strconv.Itoa(n))
		writeTo(t, name, first...)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killName+"="+name, killAt+"="+strconv.Itoa(n))
		out, err := child.CombinedOutput()
		if exit, died := errors.AsType[*exec.ExitError](err); died {
			require.Equal(t, -1, exit.ExitCode(), "%s", out)
		}
		byDay := map[string][]usage.Record{}
		for _, r := range contentOf(t, name) {
			byDay[r.PeriodStart.Format(time.DateOnly)] = append(byDay[r.PeriodStart.Format(time.DateOnly)], r)
		}
		for day, records := range byDay {
			switch len(records) {
			case 1:
				require.Equal(t, int64(1), records[0].Amounts[0], "%s at request %d: as it was", day, n)
			default:
				require.Len(t, records, 2, day)
				require.Equal(t, [2]int64{2, 2}, [2]int64{records[0].Amounts[0], records[1].Amounts[0]}, "as it is to be")
			}
		}
		require.GreaterOrEqual(t, len(byDay), 3)
		writeTo(t, name, second()...)
		require.Len(t, contentOf(t, name), 8, "the next import completes it")
		if err == nil {
			t.Logf("an import makes %d requests", n/2)
			return
		}
	}
}

// A server that does not answer, or refuses, is no damage, and says nothing of credentials.
func TestAServerThatIsNotThere(t *testing.T) {
	f := newFake(t)
	name := address(f.URL, "ledger")
	writeTo(t, name, at("a", 0, 1))
	refuse := func(status int, code string) {
		f.first(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
			return true
		})
	}
	for _, test := range []struct {
		status int
		code   string
		says   string
	}{
		{http.StatusForbidden, "AccessDenied", "the server does not allow it (AccessDenied); docs/aws-setup.md lists the permissions"},
		{http.StatusNotFound, "NoSuchBucket", `there is no bucket "usage"`},
		{http.StatusMovedPermanently, "PermanentRedirect", "PermanentRedirect"},
	} {
		refuse(test.status, test.code)
		l, err := Open(t.Context(), name, ledger.Options{})
		require.NoError(t, err)
		q := ledger.Query{From: firstDay, To: firstDay.AddDate(0, 0, 1)}
		_, err = l.Aggregate(t.Context(), q)
		unreachable, ok := errors.AsType[*ledger.UnreachableError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "s3://usage/ledger", unreachable.Name)
		require.ErrorContains(t, err, test.says)
		require.NotContains(t, err.Error(), "test-secret")
		require.NotContains(t, err.Error(), "test-key")
		_, err = l.Info(t.Context())
		require.ErrorAs(t, err, &unreachable)
		_, err = l.Extent(t.Context())
		require.ErrorAs(t, err, &unreachable)
		_, err = l.Fingerprint(t.Context())
		require.ErrorAs(t, err, &unreachable)
		_, err = OpenForWriting(t.Context(), name, ledger.Options{})
		require.ErrorAs(t, err, &unreachable)
	}
	f.first(func(http.ResponseWriter, *http.Request) bool { return false })
	// What cannot be read must not be taken for damaged, and set aside.
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	f.first(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, partSuffix) {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("b", 0, 1)}, 1))
	var unreachable *ledger.UnreachableError
	require.ErrorAs(t, err, &unreachable)
	f.first(func(http.ResponseWriter, *http.Request) bool { return false })
	require.NoError(t, w.Close())
	require.Len(t, contentOf(t, name), 1)
}
