package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
)

// The fleet whose lines are collected: 2,000 MicroVMs for two hours and for twelve, to see whether memory grows with
// time.
const (
	logsMicroVMs = 2_000
	logsGroup    = "/aws/lambda-microvms/bench"
)

// awsLines is about how many of the meter's lines FilterLogEvents answers a second at most, for an account and
// region: 5 calls of 1 MB (CloudWatch Logs quotas, read 2026).
const awsLines = 6_000

// logsFigures collects the lines of a fleet from a server in this process by the real program.
func logsFigures(show func(figure)) error {
	fleet := fakecloudwatch.LogFleet{Group: logsGroup, MicroVMs: logsMicroVMs, Tenants: 100}
	server := httptest.NewServer(fleet)
	defer server.Close()
	folder, err := os.MkdirTemp("", "microspend-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	config, err := readyToCollect(folder)
	if err != nil {
		return err
	}
	const runs = 2 // of which the fastest counts, as machines are shared
	dir := filepath.Join(folder, "ledger")
	collect := func(hours, runs int) (took, error) {
		from, to := logsWindow(hours)
		return fastest(runs, func() error { return os.RemoveAll(dir) }, "./microspend", "collect", "--source", "logs",
			"--log-group", logsGroup, "--endpoint-url", server.URL, "--config", config, "--ledger", dir,
			"--since", from.Format(time.RFC3339), "--until", to.Format(time.RFC3339))
	}
	short, err := collect(2, runs)
	if err != nil {
		return err
	}
	long, err := collect(12, 1)
	if err != nil {
		return err
	}
	lines := float64(fleet.Lines(2 * 60))
	rate := lines / short.wall.Seconds()
	show(figure{
		fmt.Sprintf("collect %.0f k lines from logs, whole process", lines/1e3), fmt.Sprintf("%.0f k lines/s", rate/1e3),
		"10 times what AWS answers, or more", fmt.Sprintf("%.0f times AWS's %d k lines/s", rate/awsLines, awsLines/1000),
	})
	show(figure{
		"  memory, and that for six times the time", megabytes(short.memory) + ", " + megabytes(long.memory), "under 300 MB",
		"",
	})
	line := fakecloudwatch.LogFleet{MicroVMs: 1, Tenants: 1}.Sample()
	began, n := time.Now(), 0
	for time.Since(began) < 500*time.Millisecond {
		for range 1000 {
			if _, err := emf.Decode(line); err != nil {
				return err
			}
		}
		n += 1000
	}
	show(figure{
		"decode a line, strictly", fmt.Sprintf("%.0f k lines/s", float64(n)/time.Since(began).Seconds()/1e3), "",
		fmt.Sprintf("%d bytes each", len(line)),
	})
	return nil
}

// logsWindow is a number of hours that ended a while ago.
func logsWindow(hours int) (from, to time.Time) {
	to = time.Now().UTC().Truncate(24 * time.Hour)
	return to.Add(-time.Duration(hours) * time.Hour), to
}
