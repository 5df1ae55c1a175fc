package serve_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/sampleledger"
	"microspend/ledger/parquet"
	"microspend/report"
	"microspend/serve"
	"microspend/spend"
	"microspend/view"
)

const (
	large     = "/api/v1/spend?from=2026-09-01&to=2026-10-31&by=microvm,day"
	largeRows = 150 * 3 * 60
)

// largeFleet has 27,000 MicroVMs, each on one day.
func largeFleet(t *testing.T) serve.Inputs {
	t.Helper()
	fleet := sampleledger.Fleet{Tenants: 150, Days: 60, Start: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
	source, err := fleet.Source(t.TempDir())
	require.NoError(t, err)
	return serve.Inputs{Source: source, Ledger: source.Usage.(*parquet.Ledger)}
}

// TestLargeAnswers asks for more rows than are kept: they are the command line's, each of the few clients that may read
// at a time gets them, and one that goes away takes what it held with it.
func TestLargeAnswers(t *testing.T) {
	in := largeFleet(t)
	r := start(t, serve.Options{Rows: largeRows, Load: func(context.Context) (serve.Inputs, error) { return in, nil }})
	request, err := spend.RawRequest{
		RawPeriod: spend.RawPeriod{From: "2026-09-01", To: "2026-10-31"}, By: "microvm,day",
	}.Request(in.Source, noon, func(field string) string { return field })
	require.NoError(t, err)
	result, err := in.Source.Report(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, result.Rows, largeRows)
	var want bytes.Buffer
	require.NoError(t, view.Render(&want, view.Options{Format: view.FormatJSON}, report.Spend(result)))

	status, header, body := r.get(t, large)
	require.Equal(t, http.StatusOK, status)
	require.True(t, body == want.String(), "the answer is what the command line prints")
	require.Empty(t, header.Get("Content-Length"), "it is written as it is made")
	_, header, body = r.get(t, large, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", header.Get("Content-Encoding"))
	zipped, err := gzip.NewReader(strings.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(zipped)
	require.NoError(t, err)
	require.True(t, string(text) == want.String(), "the answer is what the command line prints")

	// Two that do not read hold as many rows as may be held; their requests differ, or they would share one answer.
	for _, order := range []string{"key", "amount"} {
		conn, body := r.begin(t, large+"&sort="+order)
		defer conn.Close()
		_, err = io.ReadFull(body, make([]byte, 1))
		require.NoError(t, err)
		if order == "amount" {
			status, header, _ = r.get(t, large)
			require.Equal(t, http.StatusServiceUnavailable, status)
			require.Equal(t, "5", header.Get("Retry-After"))
			status, _, _ = r.get(t, "/api/v1/spend?by=tenant&top=3")
			require.Equal(t, http.StatusOK, status, "small answers are not held up")
			require.NoError(t, conn.Close())
		}
	}
	require.Eventually(t, func() bool {
		status, _, _ := r.get(t, large)
		return status == http.StatusOK
	}, 20*time.Second, 100*time.Millisecond, "what a client held that went away is given back")
	require.NotContains(t, r.log.String(), "panic")
}

// begin asks for an answer and returns once its header is there.
func (r *running) begin(t *testing.T, address string) (net.Conn, io.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
	_, err = io.WriteString(conn, "GET "+address+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return conn, response.Body
}

// TestTooLargeAnswers asks for more rows than there may be, and for what would be made of too many.
func TestTooLargeAnswers(t *testing.T) {
	in := largeFleet(t)
	r := start(t, serve.Options{Rows: 5000, Load: func(context.Context) (serve.Inputs, error) { return in, nil }})
	const rows = "the answer has more than 5,000 rows; choose a shorter period, fewer dimensions, or use top"
	const vms = "more than 5,000 groups of usage would have to be added up; choose a shorter period, or fewer dimensions"
	const groups = "more than 15,000 groups of usage would have to be added up; choose a shorter period, or fewer dimensions"
	for _, tc := range []struct{ query, fault, reason string }{
		{"by=microvm,day,component&from=2026-09-01&to=2026-10-31", vms, "27,000, which the files themselves tell"},
		{"by=microvm,day,component&from=2026-09-01&to=2026-10-31&top=10", groups, "what is folded is added up, too"},
		{"by=microvm&from=2026-09-01&to=2026-09-16", vms, "6,750 rows"},
		{"by=microvm,component&from=2026-09-01&to=2026-09-06", rows, "2,250 MicroVMs with five rows each"},
		{"by=microvm,component&from=2026-09-01&to=2026-09-16&top=5", groups, "33,750 rows are folded"},
		{"by=tenant,day&from=2026-09-01&to=2026-10-31", rows, "9,000 rows"},
		{"by=tenant,day&from=2026-09-01&to=2026-10-31&min=100000", "", "1 row"},
		{"by=microvm&from=2026-09-01&to=2026-09-16&top=10", "", "11 rows of 6,750"},
		{"by=microvm&from=2026-09-01&to=2026-09-12", "", "4,950 rows"},
		{"by=microvm&previous=true&from=2026-09-13&to=2026-09-24", rows, "5,000 here and as many more before"},
	} {
		status, _, body := r.get(t, "/api/v1/spend?"+tc.query)
		if tc.fault == "" {
			require.Equal(t, http.StatusOK, status, "%s: %s", tc.reason, body)
			continue
		}
		var refusal struct{ Error string }
		require.NoError(t, json.Unmarshal([]byte(body), &refusal), tc.reason)
		require.Equal(t, tc.fault, refusal.Error, tc.reason)
		require.Equal(t, http.StatusBadRequest, status, tc.reason)
	}
}
