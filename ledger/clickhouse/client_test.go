package clickhouse

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
	"microspend/ledger"
	"microspend/usage"
)

// answering is a client of a server that answers as told.
func answering(t *testing.T, answer http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv(PasswordVariable, "hunter2")
	a, err := parseAddress("clickhouse://"+server.Listener.Addr().String()+"/usage", getenv)
	require.NoError(t, err)
	c := newClient(a)
	c.pause = time.Millisecond
	return c
}

// TestOnlyWhatMayRunTwiceIsAskedAgain: a query, but no INSERT.
func TestOnlyWhatMayRunTwiceIsAskedAgain(t *testing.T) {
	var asked atomic.Int32
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	require.NoError(t, c.rows(t.Context(), request{text: "SELECT 1"}, func(*rowReader) error { return nil }))
	require.Equal(t, int32(3), asked.Load())
	asked.Store(0)
	err := c.run(t.Context(), request{text: "INSERT INTO usage FORMAT Native", body: strings.NewReader("")})
	unreachable, ok := errors.AsType[*ledger.UnreachableError](err)
	require.True(t, ok)
	require.Equal(t, c.name, unreachable.Name)
	require.ErrorContains(t, err, "503")
	require.Equal(t, int32(1), asked.Load())
}

// TestErrorsAreWorded: what the server says becomes what to do, and never has the password.
func TestErrorsAreWorded(t *testing.T) {
	for code, want := range map[string]string{
		"516": `wrong password for user "default"`,
		"81":  "microspend import makes one",
		"497": `user "default" lacks a right (docs/clickhouse.md lists those needed): Code: 497`,
		"241": "Code: 241. DB::Exception: something",
	} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-ClickHouse-Exception-Code", code)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "Code: "+code+". DB::Exception: something\nand more")
		})
		err := c.run(t.Context(), request{text: "SELECT 1"})
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.NotContains(t, err.Error(), "and more")
	}
	c := answering(t, func(http.ResponseWriter, *http.Request) {})
	c.endpoint.Host = "127.0.0.1:1"
	err := c.run(t.Context(), request{text: "SELECT 'secret'"})
	require.ErrorContains(t, err, "connection refused")
	assert.NotContains(t, err.Error(), "secret")
}

// TestAnswersThatEndEarly: a server that fails after it has sent 200 is noticed, wherever it stops.
func TestAnswersThatEndEarly(t *testing.T) {
	s := store(t, ledger.Options{})
	r := usage.Record{
		PeriodStart: firstDay, PeriodSeconds: 3600, Region: "us-east-1", Source: "import", Resource: usage.Resource{ID: "a"},
	}
	upsert(t, s, r)
	response, err := s.client.send(t.Context(), request{text: "SELECT toUInt8(93), period_start, period_seconds, resource, region, account, image, " +
		"arch, tenant, tenant_by, role, source, vcpu_ms, mem_mib_ms, read_bytes, write_bytes, storage_byte_seconds, running_ms, suspended_ms, " +
		"launches, suspends, resumes, coverage FROM " + s.client.schema().table(tableUsage) + " FORMAT RowBinary"})
	require.NoError(t, err)
	row, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	const failure = "Code: 241. DB::Exception: Memory limit exceeded"
	ending := ""
	for cut := 1; cut <= len(row)+1; cut++ {
		end := string(row[:min(cut, len(row))])
		if cut == len(row)+1 {
			end, ending = end+failure, failure
		}
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, end) })
		count := 0
		var fault error
		for _, err := range (&Ledger{c, ledger.Options{}, tableUsage}).recordsOf(t.Context(), 20_000, everything) {
			if fault = err; err == nil {
				count++
			}
		}
		switch cut {
		case len(row):
			require.NoError(t, fault)
			require.Equal(t, 1, count)
		default:
			require.Error(t, fault, "after %d bytes", cut)
		}
		if ending != "" {
			require.ErrorContains(t, fault, failure)
		}
	}
}

// TestAWrongPassword asks the real engine.
func TestAWrongPassword(t *testing.T) {
	clickhousetest.Shared(t)
	server, err := clickhousetest.Start(t.TempDir(), "-user", "writer", "-password", "hunter2")
	require.NoError(t, err)
	t.Cleanup(server.Kill)
	name := "clickhouse://" + server.Address + "/usage"
	t.Setenv(UserVariable, "writer")
	_, err = OpenForWriting(t.Context(), name, ledger.Options{})
	require.ErrorContains(t, err, `wrong password for user "writer"`)
	t.Setenv(PasswordVariable, "hunter2")
	_, err = Open(t.Context(), name, ledger.Options{})
	require.Error(t, err, "there is no ledger yet")
	s, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.NotContains(t, s.Name(), "hunter2")
}

// TestServerKilled: what an import has put into effect is there when the server comes back, and a server that is gone
// is an error that says so.
func TestServerKilled(t *testing.T) {
	clickhousetest.Shared(t)
	server, err := clickhousetest.Start(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { server.Kill() })
	s, err := OpenForWriting(t.Context(), "clickhouse://"+server.Address+"/usage", ledger.Options{})
	require.NoError(t, err)
	s.client.pause = time.Millisecond
	r := usage.Record{
		PeriodStart: firstDay, PeriodSeconds: 3600, Region: "us-east-1", Source: "import", Resource: usage.Resource{ID: "a"},
	}
	upsert(t, s, r)
	server.Kill()
	second := r
	second.Resource.ID = "b"
	_, err = s.Upsert(t.Context(), batches(second))
	_, unreachable := errors.AsType[*ledger.UnreachableError](err)
	require.True(t, unreachable, "%v", err)
	require.NoError(t, server.Restart())
	n := upsert(t, s, r, second)
	require.Equal(t, [2]int64{1, 1}, [2]int64{n.Added, n.Unchanged})
}
