package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
	"microspend/collector/sources"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
)

// What half an hour of collect --every 1m reads: a run a minute, and in the last minute all of the overlap again.
const (
	everyTenants = 2_000
	everyReread  = 30 * time.Minute
	everyRuns    = 32
	everyEarly   = 5 // after which of them memory is compared
	everyLate    = 30
	everyPeak    = 300_000_000   // bytes that are never reached
	everyChild   = "every-child" // the argument that makes this program the one that is measured
)

// ranOnce is what the process had taken when a run had ended.
type ranOnce struct {
	Resident int64         `json:"resident"` // bytes
	Peak     int64         `json:"peak"`
	Kept     int64         `json:"kept"`  // what the program refers to, after the runs that are compared
	Freed    int64         `json:"freed"` // resident once garbage was given back, likewise
	CPU      time.Duration `json:"cpu"`   // of all runs so far
	Records  int64         `json:"records"`
	Gaps     int           `json:"gaps"`
}

// everyFigures has a process of its own run once a minute for half an hour of its clock, without waiting in between.
func everyFigures(show func(figure)) error {
	if runtime.GOOS != "linux" {
		show(figure{"collect --every 1m for half an hour", "–", "10 % more memory at most", "measured on Linux only"})
		return nil
	}
	fleet := fakecloudwatch.Fleet{Namespace: emf.DefaultNamespace, MicroVMs: everyTenants, Tenants: everyTenants}
	for _, q := range mapping.Default().Metrics {
		fleet.Metrics = append(fleet.Metrics, q.Name)
	}
	lines := fakecloudwatch.LogFleet{Group: logsGroup, MicroVMs: everyTenants, Tenants: everyTenants}
	return errors.Join(
		everyOf(show, "cloudwatch", fmt.Sprintf("%d tenants × %d metrics", everyTenants, len(fleet.Metrics)), fleet),
		everyOf(show, "logs", fmt.Sprintf("%d MicroVMs", everyTenants), lines),
	)
}

func everyOf(show func(figure), source, of string, service http.Handler) error {
	server := httptest.NewServer(service)
	defer server.Close()
	folder, err := os.MkdirTemp("", "microspend-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := fakeCredentials(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, everyChild, source, server.URL, filepath.Join(folder, "ledger"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	var runs []ranOnce
	decoder := json.NewDecoder(bufio.NewReader(out))
	for decoder.More() {
		var r ranOnce
		if err := decoder.Decode(&r); err != nil {
			return err
		}
		runs = append(runs, r)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if len(runs) != everyRuns {
		return fmt.Errorf("%s: %d runs ended, not %d", source, len(runs), everyRuns)
	}
	last := runs[everyRuns-1]
	if last.Gaps > 0 || last.Records == 0 {
		return fmt.Errorf("%s: %d records and %d gaps", source, last.Records, last.Gaps)
	}
	early, late := runs[everyEarly-1], runs[everyLate-1]
	show(figure{
		fmt.Sprintf("%s --every 1m, %s: kept after %d runs, after %d", source, of, everyEarly, everyLate),
		kilobytes(early.Kept) + ", " + kilobytes(late.Kept), "10 % more at most",
		fmt.Sprintf("%+.1f %%", 100*(float64(late.Kept)/float64(early.Kept)-1)),
	})
	show(figure{
		"  resident", megabytes(early.Resident) + ", " + megabytes(late.Resident), "",
		fmt.Sprintf("%s, %s once garbage is given back", megabytes(early.Freed), megabytes(late.Freed)),
	})
	show(figure{"  peak, with all of the overlap read twice", megabytes(last.Peak), "under 300 MB", ""})
	usual := (late.CPU - early.CPU) / (everyLate - everyEarly)
	show(figure{
		"  CPU of a run; of one that reads the overlap", seconds(usual) + ", " + seconds(dearest(runs)), "",
		fmt.Sprintf("%.1f %% of a core", 100*usual.Seconds()/60),
	})
	show(figure{"  records read; time for all runs", fmt.Sprint(last.Records), "", seconds(time.Since(began))})
	var faults []error
	if late.Kept > early.Kept+early.Kept/10 {
		faults = append(faults,
			fmt.Errorf("%s: what it keeps grows from %s to %s", source, kilobytes(early.Kept), kilobytes(late.Kept)))
	}
	if last.Peak >= everyPeak {
		faults = append(faults, fmt.Errorf("%s: a peak of %s", source, megabytes(last.Peak)))
	}
	return errors.Join(faults...)
}

func kilobytes(bytes int64) string { return fmt.Sprintf("%d kB", bytes/1_000) }

// dearest is the CPU of the run after the first that took most.
func dearest(runs []ranOnce) (most time.Duration) {
	for i := range runs[1:] {
		most = max(most, runs[i+1].CPU-runs[i].CPU)
	}
	return most
}

// runEvery is the process that is measured: it collects as microspend collect --every 1m does, on a clock that is a
// minute later with each run, and writes down after each what it has taken.
func runEvery(source, url, folder string) error {
	debug.SetGCPercent(400) // as the command does
	debug.SetMemoryLimit(220 << 20)
	now := time.Now().UTC().Truncate(time.Minute)
	clock := func() time.Time { return now }
	config := sources.Config{
		Source: source,
		AWS:    awssource.Options{EndpointURL: url, Rate: awssource.Rate{PerSecond: 10_000, Burst: 10_000}},
		Run:    collector.Config{Every: time.Minute},
	}
	settings, flags := sources.NewSettings(), flag.NewFlagSet("", flag.ContinueOnError)
	settings.Flags(flags)
	args := map[string][]string{"cloudwatch": {"--per-microvm"}, "logs": {"--log-group", logsGroup}}[source]
	if err := errors.Join(flags.Parse(args), config.Override(settings)); err != nil {
		return err
	}
	opened, accounts, err := config.Open(clock)
	if err != nil {
		return err
	}
	timing := collector.Timing{Lookback: 48 * time.Hour, Reread: everyReread}
	if source == "logs" { // of which two days are 4 GB
		timing.Lookback, timing.Overlap = 6*time.Hour, 6*time.Hour
	}
	runner, err := collector.New(collector.Options{
		Source: opened, Targets: accounts.List, Ledger: collector.In(folder, ""), Timing: timing, Now: clock,
	})
	if err != nil {
		return err
	}
	out, total := json.NewEncoder(os.Stdout), ranOnce{}
	for run := 1; run <= everyRuns; run++ {
		summary, err := runner.Run(context.Background())
		if err != nil {
			return err
		}
		for _, g := range summary.Gaps {
			fmt.Fprintln(os.Stderr, g)
		}
		total.Records += summary.Changes.Read
		total.Gaps += len(summary.Gaps)
		sizes, err := procStatus("self")
		if err != nil {
			return err
		}
		if total.CPU, err = cpuOf("self"); err != nil {
			return err
		}
		total.Resident, total.Peak = sizes["VmRSS"], sizes["VmHWM"]
		if run == everyEarly || run == everyLate {
			if total.Kept, total.Freed, err = kept(); err != nil {
				return err
			}
		}
		if err := out.Encode(total); err != nil {
			return err
		}
		now = now.Add(time.Minute)
	}
	return nil
}

// kept is what this process refers to, on its heap and its stacks, and what is resident once the rest has been given
// back. What is resident while it works is no measure of growth: it is wherever between two collections of garbage the
// process happens to be. The second collection takes what pools still held after the first.
func kept() (referred, resident int64, err error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	sizes, err := procStatus("self")
	return int64(memory.HeapAlloc + memory.StackInuse), sizes["VmRSS"], err
}
