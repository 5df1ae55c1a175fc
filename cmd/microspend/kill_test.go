package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// TestImportKilledAtAnyMoment kills the program itself while it imports, fifty times: whatever the moment, every day
// is the one before or the one after, check finds nothing, and the same import once more gives what it would have
// given, to the byte.
func TestImportKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	times := 50
	if testing.Short() {
		times = 4
	}
	dir := t.TempDir()
	files := [2]string{filepath.Join(dir, "even.csv"), filepath.Join(dir, "odd.csv")}
	var wholes [2]map[string]string // what each file makes of a ledger
	var days [2]map[string]string
	full := time.Hour // the time of an import, the shortest seen
	for g := range files {
		writeUsage(t, files[g], int64(g))
	}
	for g := range files {
		whole := filepath.Join(dir, fmt.Sprint("whole", g))
		microspend(t, "import", files[1-g], "--ledger", whole) // the other's records are replaced, none are added
		start := time.Now()
		microspend(t, "import", files[g], "--ledger", whole)
		full = min(full, time.Since(start))
		wholes[g], days[g] = usageFilesIn(t, whole), daysOf(t, whole)
		require.Len(t, days[g], 6)
	}
	require.NotEqual(t, wholes[0], wholes[1])

	random := rand.New(rand.NewPCG(3, 4))
	target := filepath.Join(dir, "ledger")
	microspend(t, "import", files[0], "--ledger", target)
	killed, midway := 0, 0
	for g := range times {
		next := (g + 1) % 2
		cmd := exec.Command("microspend", "import", files[next], "--ledger", target)
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if g%2 == 0 {
			time.Sleep(time.Duration(random.Int64N(int64(full))))
		} else { // as soon as the first day is switched, or a little later
			awaitChange(filepath.Join(target, "usage", "dt=2026-10-01", "_manifest.json"), full)
			time.Sleep(time.Duration(random.Int64N(10_000)) * time.Microsecond)
		}
		_ = cmd.Process.Kill()
		if err := <-ended; err != nil {
			require.ErrorContains(t, err, "killed")
			killed++
		}
		renewed := 0
		for day, content := range daysOf(t, target) {
			if content == days[next][day] {
				renewed++
				continue
			}
			require.Equal(t, days[1-next][day], content, "%s is neither the day before nor the one after", day)
		}
		if renewed > 0 && renewed < len(days[next]) {
			midway++
		}
		microspend(t, "ledger", "check", "--ledger", target)
		microspend(t, "import", files[next], "--ledger", target)
		require.Equal(t, wholes[next], usageFilesIn(t, target))
	}
	t.Logf("%d of %d imports were killed, %d of them between days", killed, times, midway)
	require.Positive(t, killed)
}

// awaitChange waits until a file is another one, for five times as long as an import takes at most.
func awaitChange(path string, full time.Duration) {
	before, _ := os.Stat(path)
	for end := time.Now().Add(5 * full); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		if now, err := os.Stat(path); err == nil && !os.SameFile(before, now) {
			return
		}
	}
}

// writeUsage writes six days of 200 MicroVMs by the hour; the generation is in every amount.
func writeUsage(t *testing.T, path string, generation int64) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = usage.WriteCSV(file, func(yield func(usage.Record, error) bool) {
		for hour := range int64(6 * 24) {
			for vm := range int64(200) {
				r := usage.Record{
					PeriodStart: time.Date(2026, 10, 1, int(hour), 0, 0, 0, time.UTC), PeriodSeconds: 3600, Region: "eu-west-1",
					Resource: usage.Resource{ID: fmt.Sprint("microvm-", vm)}, Tenant: fmt.Sprint("tenant-", vm%20), Source: "import",
					Amounts:  usage.Amounts{pricing.VCPU: 1000*generation + vm*hour, pricing.Memory: vm << 10},
					Coverage: usage.CoverageComplete,
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	})
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func microspend(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("microspend", args...).CombinedOutput()
	require.NoError(t, err, "microspend %s\n%s", strings.Join(args, " "), out)
}

// daysOf gives each day's records as text.
func daysOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	opened, err := parquet.Open(dir, ledger.Options{})
	require.NoError(t, err)
	sums := map[string]*bytes.Buffer{}
	for r, err := range opened.Records(context.Background(), time.Unix(0, 0),
		time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) {
		require.NoError(t, err)
		day := r.Day().Format(time.DateOnly)
		if sums[day] == nil {
			sums[day] = &bytes.Buffer{}
		}
		fmt.Fprintln(sums[day], r)
	}
	days := map[string]string{}
	for day, text := range sums {
		days[day] = fmt.Sprintf("%x", sha256.Sum256(text.Bytes()))
	}
	return days
}

// usageFilesIn gives the content of every file under a ledger's usage folder, hidden ones too.
func usageFilesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), "usage", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	}))
	return files
}
