package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"microspend/internal/terminal"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// dashFigures measures the dashboard: the time of a frame and of a key in process, and start, idle time and memory of
// a process in a real terminal, on the demo's ledger and on one of ten thousand tenants.
func dashFigures(show func(figure)) error {
	frames, err := benchmarks("./tui", "Dash")
	if err != nil {
		return err
	}
	one := frames["DashFrame/tenants=40"]
	for _, line := range []struct{ name, title, promised string }{
		{"DashFrame/tenants=10000", "a frame, 10,000 tenants, 200×60", "under 2 ms"},
		{"DashOverview/tenants=10000", "a frame of the overview, likewise", "under 2 ms"},
		{"DashKey/key=down", "a key to its frame, moving down", "under 10 ms"},
		{"DashKey/key=sort", "likewise, sorting by the next column", "under 10 ms"},
		{"DashKey/key=filter", "likewise, a character of a filter", "under 10 ms"},
	} {
		show(figure{
			line.title, frames[line.name].Round(time.Microsecond).String(), line.promised,
			fmt.Sprintf("%.1f × a frame of 40 tenants", ratio(frames[line.name], one)),
		})
	}
	if !terminal.Available() {
		return errors.New("there is no tmux to measure the dashboard in")
	}
	folder, err := os.MkdirTemp("", "bench-dash-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := filepath.Abs("./microspend")
	if err != nil {
		return err
	}
	if err := dashStart(show, program, filepath.Join(folder, "demo")); err != nil {
		return err
	}
	return dashAllDay(show, program, filepath.Join(folder, "many"))
}

// dashStart measures from the start of the process to its first frame, and to the last figure of the overview.
func dashStart(show func(figure), program, folder string) error {
	if text, err := exec.Command(program, "demo", "--no-dash", "--output", folder, "--as-of",
		"2026-11-24").CombinedOutput(); err != nil {
		return fmt.Errorf("demo: %w\n%s", err, text)
	}
	command := fmt.Sprintf("%s dash --as-of 2026-11-24 --ledger %s/ledger --config %s/microspend.yaml", program, folder,
		folder)
	first, whole := time.Hour, time.Hour
	for range 5 {
		atFirst, atWhole, err := startTimes(command)
		if err != nil {
			return err
		}
		first, whole = min(first, atFirst), min(whole, atWhole)
	}
	line, err := fastest(20, nil, program, "dash", "--line", "--as-of", "2026-11-24", "--ledger", folder+"/ledger",
		"--config", folder+"/microspend.yaml")
	if err != nil {
		return err
	}
	none, err := fastest(20, nil, program, "--version")
	if err != nil {
		return err
	}
	show(figure{
		"dash --line, demo, whole process", line.wall.Round(time.Millisecond).String(), "under 50 ms",
		fmt.Sprintf("%.1f × the time of --version", ratio(line.wall, none.wall)),
	})
	show(figure{
		"start to first frame, demo", first.Round(time.Millisecond).String(), "under 150 ms",
		whole.Round(time.Millisecond).String() + " until the last figure of the overview",
	})
	return nil
}

// startTimes starts the dashboard in a terminal and watches the screen.
func startTimes(command string) (first, whole time.Duration, err error) {
	term, err := terminal.Start(120, 40, nil, "read -r go; exec "+command)
	if err != nil {
		return 0, 0, err
	}
	defer term.Close()
	time.Sleep(200 * time.Millisecond) // until the shell waits
	if err := term.Press("Enter"); err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if _, err := term.Wait("1 overview", time.Minute); err != nil {
		return 0, 0, err
	}
	first = time.Since(begun)
	if _, err := term.Wait("EC2 kept busy", time.Minute); err != nil {
		return 0, 0, err
	}
	return first, time.Since(begun), nil
}

const (
	manyTenants = 10_000
	manyDays    = 45
)

// dashAllDay measures the memory of a process that shows ten thousand tenants, and what it does while nothing happens.
func dashAllDay(show func(figure), program, folder string) error {
	if err := writeMany(filepath.Join(folder, "ledger")); err != nil {
		return err
	}
	end := manyFrom.AddDate(0, 0, manyDays).Format(time.DateOnly)
	term, err := terminal.Start(200, 60, nil, fmt.Sprintf("exec %s dash --as-of %s --ledger %s/ledger --stale-after 0",
		program, end, folder))
	if err != nil {
		return err
	}
	defer term.Close()
	if _, err := term.Wait("EC2 kept busy", 5*time.Minute); err != nil {
		return err
	}
	pid, err := term.Value("pane_pid")
	if err != nil {
		return err
	}
	if err := dashKeys(show, term, pid); err != nil {
		return err
	}
	if err := untilIdle(pid); err != nil {
		return err
	}
	before, err := processorTime(pid)
	if err != nil {
		return err
	}
	const idle = 20 * time.Second
	time.Sleep(idle)
	after, err := processorTime(pid)
	if err != nil {
		return err
	}
	status, err := procStatus(pid)
	if err != nil {
		return err
	}
	show(figure{
		fmt.Sprintf("idle, 10,000 tenants over %d days", manyDays),
		fmt.Sprintf("%.2f %% of a processor", 100*float64(after-before)/float64(idle)),
		"under 1 %", fmt.Sprintf("over %s, looking for news every 2 s", idle),
	})
	show(figure{
		"memory, likewise", fmt.Sprintf("%s resident", megabytes(status["VmRSS"])), "under 125 MB",
		megabytes(status["VmHWM"]) + " at most, while reading",
	})
	return nil
}

// untilIdle waits until what was read is put away: until a process has hardly worked for three seconds, as on a busy
// machine the rest of the overview takes its time.
func untilIdle(pid string) error {
	const look = 3 * time.Second
	for range 60 {
		before, err := processorTime(pid)
		if err != nil {
			return err
		}
		time.Sleep(look)
		after, err := processorTime(pid)
		if err != nil {
			return err
		}
		if after-before < look/50 {
			return nil
		}
	}
	return errors.New("the dashboard does not stop reading")
}

// dashKeys measures, with ten thousand tenants, from the key of each view to its figures. What is read for the overview
// meanwhile is left, not waited for.
func dashKeys(show func(figure), term *terminal.Terminal, pid string) error {
	for _, view := range []struct{ key, shows string }{
		{"2", "10,000 tenants"}, {"3", "20 images"}, {"4", "mvm-0"}, {"5", "2026-11-02 Mon"}, {"1", "burn rate"},
	} {
		before, err := processorTime(pid)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := term.Press(view.key); err != nil {
			return err
		}
		if _, err := term.Wait(view.shows, time.Minute); err != nil {
			return err
		}
		wall := time.Since(start)
		after, err := processorTime(pid)
		if err != nil {
			return err
		}
		show(figure{
			"key " + view.key + " to its view, 10,000 tenants", seconds(after-before) + " of a processor", "under 1 s",
			seconds(wall) + " by the clock",
		})
	}
	return nil
}

var manyFrom = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// writeMany writes a ledger in which each tenant has one record on each day.
func writeMany(folder string) error {
	writer, err := parquet.OpenForWriting(folder, ledger.Options{Command: "bench"})
	if err != nil {
		return err
	}
	_, err = writer.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
		for day := range manyDays {
			batch := make([]usage.Record, manyTenants)
			for i := range batch {
				seconds := int64(600 + (i*7919+day*104_729)%20_000)
				batch[i] = usage.Record{
					PeriodStart: manyFrom.AddDate(0, 0, day).Add(time.Duration(i%24) * time.Hour), PeriodSeconds: 3600,
					Region:   []string{"eu-west-1", "us-east-1"}[i%2],
					Resource: usage.Resource{ID: fmt.Sprintf("mvm-%05d-%02d", i, day)}, Tenant: fmt.Sprintf("tenant-%05d", i),
					Image: fmt.Sprintf("image-%d", i%20), Source: "bench", Coverage: usage.CoverageComplete,

					Amounts: usage.Amounts{
						pricing.VCPU: seconds * 1000, pricing.Memory: seconds * 1000 * 2048, pricing.SnapshotRead: 2 << 30,
						pricing.SnapshotWrite:   1 << 30,
						pricing.SnapshotStorage: 900 << 30,
						usage.Running:           seconds * 1000, usage.Launches: 1, usage.Suspends: 1, usage.Resumes: 1,
						usage.Suspended: 900_000,
					},
				}
			}
			if !yield(batch, nil) {
				return
			}
		}
	})
	return errors.Join(err, writer.Close())
}

// processorTime is how long a process has been running on processors, user and system together.
func processorTime(pid string) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%s/stat is %q", pid, text)
	}
	ticks := int64(0)
	for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
