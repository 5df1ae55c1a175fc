package conformance

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// The environment of a child that imports until it is killed.
const (
	childLedger = "MICROSPEND_CONFORMANCE_LEDGER"
	childFrom   = "MICROSPEND_CONFORMANCE_FROM" // the first generation
	childAt     = "MICROSPEND_CONFORMANCE_AT"   // a step, and how often it is passed before the child kills itself
)

// Child makes this process a writer that imports until it is killed, where a test started it to be one. A package's
// TestMain calls it before anything else.
func Child(s Stores) {
	name := os.Getenv(childLedger)
	if name == "" {
		return
	}
	fmt.Fprintln(os.Stderr, writeUntilKilled(s, name))
	os.Exit(1)
}

// writeUntilKilled returns only where writing fails.
func writeUntilKilled(s Stores, name string) error {
	from, err := strconv.ParseInt(os.Getenv(childFrom), 10, 64)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	w, err := s.OpenForWriting(context.Background(), name, ledger.Options{})
	if err != nil {
		return err
	}
	if step, times, found := strings.Cut(os.Getenv(childAt), ":"); found {
		left, err := strconv.Atoi(times)
		if err != nil {
			return err
		}
		s.At(w, func(passed string) {
			if passed != step {
				return
			}
			if left--; left < 0 {
				self, _ := os.FindProcess(os.Getpid())
				_ = self.Kill()
				select {}
			}
		})
	}
	for g := from; ; g++ {
		if _, err := w.Upsert(context.Background(), ledgertest.Batches(generation(g), 50)); err != nil {
			return err
		}
		fmt.Println(g)
	}
}

// killed runs a writer of generations and kills it after a while, or has it kill itself at a step. It returns the last
// generation that the writer had completed.
func (l *subject) killed(from int64, step string, after time.Duration) (completed int64) {
	l.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childLedger+"="+l.name, childFrom+"="+strconv.FormatInt(from, 10), childAt+"="+step)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(l.t, err)
	require.NoError(l.t, child.Start())
	_, err = io.ReadFull(out, make([]byte, len("ready\n")))
	require.NoError(l.t, err, "TestMain must call conformance.Child")
	timer := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
	if step == "" {
		timer.Reset(after)
	}
	rest, err := io.ReadAll(out)
	require.NoError(l.t, err)
	require.ErrorContains(l.t, child.Wait(), "killed")
	require.True(l.t, timer.Stop() || step == "", "step %s was not reached", step)
	completed = from - 1
	for _, line := range strings.Fields(string(rest)) {
		if g, err := strconv.ParseInt(line, 10, 64); err == nil && g == completed+1 {
			completed = g
		}
	}
	return completed
}

// survives fails the test unless each day is whole and of the last completed generation or the one after, and unless
// the next writer completes the rest.
func (l *subject) survives(completed int64) {
	l.t.Helper()
	l.ofGenerations(completed)
	require.NoError(l.t, l.writer(ledger.Options{}).Close())
	l.ofGenerations(completed)
	l.check()
	l.upsert(generation(completed + 1))
	l.holds(generation(completed + 1))
}

func (l *subject) ofGenerations(completed int64) {
	l.t.Helper()
	var found []usage.Record
	if r, err := l.Open(l.t.Context(), l.name, ledger.Options{}); err == nil || completed >= 0 {
		require.NoError(l.t, err)
		found = recordsOf(l.t, r, always[0], always[1])
	}
	days := byDay(found)
	if completed >= 0 { // else the first import may have written any of the days
		require.Len(l.t, days, generationDays)
	}
	for day, records := range days {
		g, err := generationOf(records)
		require.NoError(l.t, err, day)
		require.Contains(l.t, []int64{completed, completed + 1}, g, day)
		require.Equal(l.t, byDay(ledgertest.Latest(generation(g)))[day], records)
	}
}

func killedAtSteps(t *testing.T, s Stores) {
	if len(s.Steps) == 0 {
		t.Skip("this store names no steps")
	}
	for _, step := range s.Steps {
		for n := range times(2) { // an import passes some steps once, some for each day, some for each part
			t.Run(fmt.Sprintf("%s %d", step, n), func(t *testing.T) {
				for _, from := range []int64{0, 1} {
					l := fresh(t, s)
					if from > 0 {
						l.upsert(generation(0))
					}
					l.survives(l.killed(from, fmt.Sprint(step, ":", n), 0))
				}
			})
		}
	}
}

func killedAtAnyMoment(t *testing.T, s Stores) {
	random := rand.New(rand.NewPCG(1, 2))
	l := fresh(t, s)
	completed := int64(-1)
	begin := time.Now()
	for g := range int64(3) {
		l.upsert(generation(g))
		completed = g
	}
	window := time.Since(begin) // in which a child opens the ledger, and imports a few times
	kills := times(10)
	for range kills {
		completed = l.killed(completed+1, "", time.Duration(random.Int64N(int64(window))))
		l.survives(completed)
		completed++
	}
	t.Logf("%d kills, %d generations", kills, completed)
}

// KilledAt has a writer of a ledger kill itself when its import comes to a step, for what a package says of that alone.
func KilledAt(t *testing.T, s Stores, name, step string) {
	l := &subject{Stores: s, t: t, name: name}
	l.killed(0, step+":0", 0)
}
