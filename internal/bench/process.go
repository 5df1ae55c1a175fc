package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// took is what a process took.
type took struct {
	wall, cpu time.Duration
	memory    int64 // at its peak, in bytes; 0 where the system does not tell
}

// fastest runs a program several times, and gives the run of the least time with the largest memory of all. Before
// each run it does what is to be done first, which is not measured.
func fastest(runs int, first func() error, program string, args ...string) (best took, err error) {
	for i := range runs {
		if first != nil {
			if err := first(); err != nil {
				return best, err
			}
		}
		cmd := exec.Command(program, args...)
		var errors bytes.Buffer
		cmd.Stderr = &errors // standard output goes nowhere
		start := time.Now()
		if err := cmd.Start(); err != nil {
			return best, fmt.Errorf("%s: %w", program, err)
		}
		peak := watchPeak(cmd.Process)
		err := cmd.Wait()
		memory := peak(cmd.ProcessState)
		if err != nil {
			return best, fmt.Errorf("%s %v: %w\n%s", program, args, err, errors.String())
		}
		wall, state := time.Since(start), cmd.ProcessState
		run := took{wall, state.UserTime() + state.SystemTime(), max(best.memory, memory)}
		if i == 0 || wall < best.wall {
			best.wall, best.cpu = run.wall, run.cpu
		}
		best.memory = run.memory
	}
	return best, nil
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", bytes/1_000_000) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// procStatus reads the sizes in a process's /proc/PID/status, in bytes: VmRSS is what is resident now, VmHWM the most
// that ever was, RssAnon what is the process's own rather than pages of files.
func procStatus(pid string) (map[string]int64, error) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64); err == nil {
			sizes[name] = kib << 10
		}
	}
	return sizes, nil
}
