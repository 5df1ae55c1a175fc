package bucket

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/conformance"
	"microspend/ledger/parquet"
)

// credentials are what servers on this machine are told.
func credentials(t testing.TB) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_REGION": "us-east-1",
	} {
		if os.Getenv(name) != value {
			require.NoError(t, os.Setenv(name, value))
		}
	}
}

// fake is gofakes3 in this process.
type fake struct {
	*httptest.Server
	handler http.Handler
	before  atomic.Pointer[func(http.ResponseWriter, *http.Request) (handled bool)]
	backend gofakes3.Backend
	clock   *clock // by which it says when objects were written
}

type clock struct{ behind atomic.Int64 }

func (c *clock) Now() time.Time                  { return time.Now().Add(-time.Duration(c.behind.Load())) }
func (c *clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if before := f.before.Load(); before != nil && (*before)(w, r) {
		return
	}
	f.handler.ServeHTTP(w, r)
}

// first is asked before each request, which it may answer itself.
func (f *fake) first(do func(http.ResponseWriter, *http.Request) (handled bool)) { f.before.Store(&do) }

func newFake(t testing.TB) *fake {
	t.Helper()
	credentials(t)
	now := &clock{}
	backend := s3mem.New(s3mem.WithTimeSource(now))
	require.NoError(t, backend.CreateBucket("usage"))
	f := &fake{handler: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server(), backend: backend, clock: now}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// address is that of a ledger on a server.
func address(server, prefix string) string {
	options := url.Values{"endpoint": {server}, "path-style": {"true"}, "region": {"us-east-1"}}
	return "s3://usage/" + prefix + "?" + options.Encode()
}

var prefixes atomic.Int64

// ledgersOn are new ledgers on a server.
func ledgersOn(server string) conformance.Stores {
	return conformance.Stores{
		New: func(testing.TB) string { return address(server, fmt.Sprint("ledger-", prefixes.Add(1))) },
		Open: func(ctx context.Context, name string, options ledger.Options) (ledger.Reader, error) {
			return Open(ctx, name, options)
		},
		OpenForWriting: func(ctx context.Context, name string, options ledger.Options) (ledger.Store, error) {
			return openForWriting(ctx, name, options, watched)
		},
		ManyWriters: true,
		Steps:       []string{"GET", "PUT"},
		At:          func(_ ledger.Store, passed func(string)) { watch.Store(&passed) },
		Check: func(t testing.TB, name string) {
			l, err := Open(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			result, err := l.Check(t.Context())
			require.NoError(t, err)
			require.Empty(t, result.Damaged)
			log, err := l.AuditLog(t.Context(), audit.Options{})
			require.NoError(t, err)
			require.True(t, log.OK(), "%v", log.Faults)
		},
		Damage:  damage,
		Ledgers: 5,
	}
}

// watch is told of each request that a writer of this process is about to make, and of each answer that has come.
var watch atomic.Pointer[func(step string)]

type watching struct{ http.RoundTripper }

func watched(next http.RoundTripper) http.RoundTripper { return watching{next} }

func (w watching) RoundTrip(r *http.Request) (*http.Response, error) {
	tell := func() {
		if told := watch.Load(); told != nil {
			(*told)(r.Method)
		}
	}
	tell()
	answer, err := w.RoundTripper.RoundTrip(r)
	tell()
	return answer, err
}

func TestMain(m *testing.M) {
	conformance.Child(ledgersOn(""))
	if name := os.Getenv(killName); name != "" {
		os.Exit(dieAtRequest(name))
	}
	os.Exit(m.Run())
}

// contextOf is for what runs outside of a test.
func contextOf() context.Context { return context.Background() }

func TestPromisesOnGoFakeS3(t *testing.T) {
	conformance.Run(t, ledgersOn(newFake(t).URL))
}

// damage changes a byte in the middle of a day's first part.
func damage(t testing.TB, name string, day time.Time) {
	l, err := Open(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	of := civil.DayOf(day, time.UTC)
	text, _, err := l.files.Manifest(t.Context(), of)
	require.NoError(t, err)
	objects, err := parquet.Named(text, of)
	require.NoError(t, err)
	key := objectOf(of, parquet.PartFile{Object: objects[0]})
	content, _, err := l.files.read(t.Context(), key)
	require.NoError(t, err)
	content[len(content)/2] ^= 1
	_, err = l.files.putBytes(t.Context(), key, content, condition{})
	require.NoError(t, err)
}
