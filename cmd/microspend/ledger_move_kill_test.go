package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
)

// toMove imports usage from a file into a ledger that is there to be moved, both in a folder.
func toMove(t *testing.T, dir string) (usage, ledger string) {
	usage, ledger = filepath.Join(dir, "usage.csv"), filepath.Join(dir, "source")
	writeUsage(t, usage, 0)
	microspend(t, "import", usage, "--ledger", ledger)
	return usage, ledger
}

// killedMove moves a ledger, kills the move after a while, and reports whether it was still running then.
func killedMove(t *testing.T, source, target string, after time.Duration) bool {
	cmd := exec.Command("microspend", "ledger", "move", source, target)
	require.NoError(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	if err != nil {
		require.ErrorContains(t, err, "killed")
	}
	return err != nil
}

// TestMoveKilledAtAnyMoment kills moves, some of them several times, and runs them to their end: the target is what it
// would have been, and its audit log holds.
func TestMoveKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	times := 10
	if testing.Short() {
		times = 3
	}
	dir := t.TempDir()
	usage, source := toMove(t, dir)
	whole := filepath.Join(dir, "whole")
	microspend(t, "spend", "close", "2026-10", "--ledger", source)
	writeUsage(t, usage, 1)
	microspend(t, "import", usage, "--ledger", source) // after which the month is another than it was closed with
	start := time.Now()
	microspend(t, "ledger", "move", source, whole)
	full := time.Since(start)
	want, closed := usageFilesIn(t, whole), usageFilesIn(t, filepath.Join(whole, "closed", "2026-10"))
	require.Equal(t, usageFilesIn(t, source), want)
	require.Equal(t, usageFilesIn(t, filepath.Join(source, "closed", "2026-10")), closed)

	random := rand.New(rand.NewPCG(5, 6))
	killed, moves := 0, 0
	for n := range times {
		target := filepath.Join(dir, fmt.Sprint("target", n))
		for range 1 + n%3 {
			moves++
			if killedMove(t, source, target, time.Duration(random.Int64N(int64(full)))) {
				killed++
			}
		}
		microspend(t, "ledger", "move", source, target)
		require.Equal(t, want, usageFilesIn(t, target))
		require.Equal(t, closed, usageFilesIn(t, filepath.Join(target, "closed", "2026-10")))
		text, err := os.ReadFile(filepath.Join(target, "closed", "2026-10", "closing.json"))
		require.NoError(t, err)
		kept, err := os.ReadFile(filepath.Join(source, "closed", "2026-10", "closing.json"))
		require.NoError(t, err)
		require.Equal(t, string(kept), string(text))
		microspend(t, "ledger", "check", "--ledger", target)
		microspend(t, "ledger", "audit", "--ledger", target)
	}
	t.Logf("%d of %d moves were killed", killed, moves)
	require.Positive(t, killed)
}

// TestMoveKilledOnTheWayToOtherKinds kills moves of a folder into the other kinds of ledgers, and runs them to their
// end.
func TestMoveKilledOnTheWayToOtherKinds(t *testing.T) {
	dir := t.TempDir()
	_, source := toMove(t, dir)
	microspend(t, "spend", "close", "2026-10", "--ledger", source)
	export := func(of string) string {
		path := filepath.Join(dir, "export.csv")
		microspend(t, "ledger", "export", "--ledger", of, "--output", path)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	want := export(source)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	random := rand.New(rand.NewPCG(7, 8))
	for kind, fresh := range map[string]func(testing.TB) string{"bucket": ledgerInBucket, "ClickHouse": clickhousetest.Ledger} {
		t.Run(kind, func(t *testing.T) {
			whole := fresh(t) // which may start a server
			start := time.Now()
			microspend(t, "ledger", "move", source, whole)
			full, killed := time.Since(start), 0
			for range 3 {
				target := fresh(t)
				for range 2 {
					if killedMove(t, source, target, time.Duration(random.Int64N(int64(full)))) {
						killed++
					}
				}
				microspend(t, "ledger", "move", source, target)
				require.Equal(t, want, export(target))
				microspend(t, "ledger", "check", "--ledger", target)
				microspend(t, "ledger", "audit", "--ledger", target)
			}
			require.Positive(t, killed)
		})
	}
}

// TestMoveThatFailsMidway is a target that refuses to be written to any more, after a while: what was copied stays, the
// exit code is 3, and the next run goes on.
func TestMoveThatFailsMidway(t *testing.T) {
	dir := t.TempDir()
	_, source := toMove(t, dir)
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("usage"))
	inner := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	var left atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && left.Add(-1) < 0 {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	target := "s3://usage/ledger?" + url.Values{
		"endpoint":   {server.URL},
		"path-style": {"true"},
		"region":     {"us-east-1"},
	}.Encode()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	moveWith := func(puts int64) (code int, said string) {
		left.Store(puts)
		cmd := exec.Command("microspend", "ledger", "move", source, target)
		out, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(out)
	}
	failed := 0
	for puts := int64(40); ; puts += 3 { // of which the probe of conditions takes most
		code, said := moveWith(puts)
		if code == 0 {
			break
		}
		require.Equal(t, exitOutside, code, said)
		require.Contains(t, said, "the ledger s3://usage/ledger cannot be reached: ")
		require.NotContains(t, said, "test:", "credentials")
		failed++
		require.Less(t, failed, 100)
	}
	require.Positive(t, failed)
	microspend(t, "ledger", "audit", "--ledger", target)
}
