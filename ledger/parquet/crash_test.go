package parquet

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

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger/audit"
	"microspend/ledger/conformance"
	"microspend/pricing"
	"microspend/usage"
)

// The crash tests run this test binary as a writer and kill it. The writer imports generation after generation of the
// same keys, of which every record says which generation it is of.
const (
	crashDir  = "LEDGER_TEST_CRASH_DIR"
	crashFrom = "LEDGER_TEST_CRASH_FROM" // the first generation
	crashAt   = "LEDGER_TEST_CRASH_AT"   // a step and how often it is passed before the writer kills itself
)

func TestMain(m *testing.M) {
	conformance.Child(folders)
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

func generation(g int64) []usage.Record {
	records := fleet{microVMs: 9, tenants: 3, days: 4, periods: 8}.all()
	for i := range records {
		records[i].Amounts[pricing.VCPU], records[i].Tenant = g, fmt.Sprint("generation-", g)
	}
	return records
}

func writeUntilKilled(dir string) {
	from, err := strconv.ParseInt(os.Getenv(crashFrom), 10, 64)
	if err != nil {
		panic(err)
	}
	w, err := OpenForWriting(dir, ledger.Options{})
	if err != nil {
		panic(err)
	}
	w.sizes = smallSizes
	if step, times, found := strings.Cut(os.Getenv(crashAt), ":"); found {
		left, err := strconv.Atoi(times)
		if err != nil {
			panic(err)
		}
		w.step = func(passed string) {
			if passed != step {
				return
			}
			if left--; left < 0 {
				self, _ := os.FindProcess(os.Getpid())
				_ = self.Kill()
				select {}
			}
		}
	}
	fmt.Println("ready")
	for g := from; ; g++ {
		if _, err := w.Upsert(context.Background(), batches(generation(g), 50)); err != nil {
			panic(err)
		}
		fmt.Println(g)
	}
}

// crash runs a writer and kills it after a while, or lets it kill itself where a step is given. It returns the last
// generation that the writer had completed.
func crash(t *testing.T, dir string, from int64, step string, after time.Duration) (completed int64) {
	t.Helper()
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), crashDir+"="+dir, crashFrom+"="+fmt.Sprint(from), crashAt+"="+step)
	writer.Stderr = os.Stderr
	out, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	first := make([]byte, len("ready\n"))
	_, err = io.ReadFull(out, first)
	require.NoError(t, err)
	if step == "" {
		time.AfterFunc(after, func() { _ = writer.Process.Kill() })
	}
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.ErrorContains(t, writer.Wait(), "killed")
	completed = from - 1
	for _, line := range strings.Fields(string(rest)) {
		if g, err := strconv.ParseInt(line, 10, 64); err == nil && g == completed+1 {
			completed = g
		}
	}
	return completed
}

// generations checks that each day is whole, and of the last completed generation or the one after.
func generations(t *testing.T, dir string, completed int64) {
	t.Helper()
	byDay := map[string][]usage.Record{}
	for _, r := range content(t, dir) {
		day := r.Day().Format(time.DateOnly)
		byDay[day] = append(byDay[day], r)
	}
	wanted := map[string][]usage.Record{}
	for _, r := range reference(generation(completed)) {
		day := r.Day().Format(time.DateOnly)
		wanted[day] = append(wanted[day], r)
	}
	if completed < 0 {
		wanted = byDay // the first import may have written any of the days
	}
	require.Len(t, byDay, len(wanted))
	for day, records := range byDay {
		g := records[0].Amounts[pricing.VCPU]
		require.Contains(t, []int64{completed, completed + 1}, g, day)
		var want []usage.Record
		for _, r := range reference(generation(g)) {
			if r.Day().Format(time.DateOnly) == day {
				want = append(want, r)
			}
		}
		require.Equal(t, want, records, day)
	}
}

// recovered checks what the next writer makes of it: the reference, to the byte.
func recovered(t *testing.T, dir string, completed int64) {
	t.Helper()
	w := openWriter(t, dir)
	generations(t, dir, completed)
	verified, err := audit.Verify(dir, audit.Options{})
	require.NoError(t, err)
	require.True(t, verified.OK(), "no kill leaves a change without an entry: %v", verified.Faults)
	require.Empty(t, verified.Unfinished, "the next writer says what was not done")
	for name := range filesOf(t, dir) {
		assert.NotContains(t, name, ".new", "the next writer leaves nothing half done")
		assert.NotContains(t, name, ".tmp")
		assert.NotContains(t, name, stagingFolder)
	}
	upsert(t, w, generation(completed+1))
	checked, err := w.Check(context.Background())
	require.NoError(t, err)
	require.True(t, checked.OK(), "%+v", checked)
	require.NoError(t, w.Close())

	whole := t.TempDir()
	other := openWriter(t, whole)
	upsert(t, other, generation(completed+1))
	require.NoError(t, other.Close())
	require.Equal(t, filesOf(t, whole), filesOf(t, dir))
}

func TestKilledAtEveryStep(t *testing.T) {
	times := 4 // passes of a step: an import passes some once, some for each day, one for each part
	if testing.Short() {
		times = 2
	}
	for _, step := range []string{"staged", "audited", "ready", "switched", "renamed"} {
		for times := range times {
			t.Run(fmt.Sprintf("%s %d", step, times), func(t *testing.T) {
				for _, from := range []int64{0, 1} {
					dir := t.TempDir()
					if from > 0 {
						w := openWriter(t, dir)
						upsert(t, w, generation(0))
						require.NoError(t, w.Close())
					}
					completed := crash(t, dir, from, fmt.Sprint(step, ":", times), 0)
					generations(t, dir, completed)
					recovered(t, dir, completed)
				}
			})
		}
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	times := 50
	if testing.Short() {
		times = 10
	}
	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	completed := int64(-1)
	for range times {
		completed = crash(t, dir, completed+1, "", time.Duration(random.IntN(60_000))*time.Microsecond)
		generations(t, dir, completed)
		recovered(t, dir, completed)
		completed++
	}
	t.Logf("%d kills, %d generations", times, completed)
}
