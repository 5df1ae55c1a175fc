package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// engineFigures are those of pricing and scenarios: a whole process, one bill, what grows with what.
func engineFigures(show func(figure)) error {
	process, floor, err := processTimes("./microspend")
	if err != nil {
		return err
	}
	show(figure{
		"examples check, whole process", process.Round(100 * time.Microsecond).String(), "under 50 ms",
		fmt.Sprintf("%.1f × the time of --version", ratio(process, floor)),
	})

	engine, err := benchmarks("./pricing", "Bill$|BillLines|BareDecimals")
	if err != nil {
		return err
	}
	bill, bare := engine["Bill"], engine["BareDecimals"]
	show(figure{
		"one bill of nine lines", bill.String(), "under 20 µs",
		fmt.Sprintf("%.2f × its bare decimal multiplications and additions", ratio(bill, bare)),
	})
	if err := sweepFigure(show, bill); err != nil {
		return err
	}
	one, nine := engine["BillLines/lines=1"], engine["BillLines/lines=9"]
	show(figure{
		"nine lines against one", fmt.Sprintf("%.1f ×", ratio(nine, one)), "linear: up to 9 ×",
		fmt.Sprintf("%s for one line", one),
	})

	scenario, err := benchmarks("./scenarios", "Estimate|Load|Sweep")
	if err != nil {
		return err
	}
	promises := map[string]string{"Sweep10000": "under 1 s"}
	for _, name := range sortedNames(scenario) {
		show(figure{
			name, scenario[name].String(), promises[name],
			fmt.Sprintf("%.1f × one bill", ratio(scenario[name], bill)),
		})
	}
	return nil
}

// sweepFigure is a large sweep as a process of its own that writes JSON, beside the bills of its points alone, made on
// as many processors.
func sweepFigure(show func(figure), bill time.Duration) error {
	const points, runs = 30_000, 5
	fastest := time.Duration(0)
	for range runs {
		start := time.Now()
		out, err := exec.Command("./microspend", "sweep", "testdata/team-sandboxes.yaml", "--format", "json",
			"--vary", "workload.running=2m..600m/2m", "--vary", "state.size=0.01GB..1GB/0.01GB").CombinedOutput()
		if err != nil {
			return fmt.Errorf("sweep: %w\n%s", err, out)
		}
		if n := bytes.Count(out, []byte(`"total"`)); n != points {
			return fmt.Errorf("the sweep has %d points, not %d", n, points)
		}
		if took := time.Since(start); fastest == 0 || took < fastest {
			fastest = took
		}
	}
	alone := bill * points / time.Duration(runtime.GOMAXPROCS(0))
	show(figure{
		"sweep of 30,000 points as JSON, whole process", fastest.Round(time.Millisecond).String(), "under 1 s",
		fmt.Sprintf("%.1f × the bills of its points alone", ratio(fastest, alone)),
	})
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func sortedNames(figures map[string]time.Duration) []string {
	var names []string
	for name := range figures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// processTimes is the median time of examples check as a process of its own, and of the least that the program can do.
func processTimes(program string) (check, floor time.Duration, err error) {
	median := func(args ...string) (time.Duration, error) {
		const runs = 31
		times := make([]time.Duration, runs)
		for i := range times {
			start := time.Now()
			if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
				return 0, fmt.Errorf("%s %v: %w\n%s", program, args, err, out)
			}
			times[i] = time.Since(start)
		}
		slices.Sort(times)
		return times[runs/2], nil
	}
	if check, err = median("examples", "check"); err != nil {
		return 0, 0, err
	}
	floor, err = median("--version")
	return check, floor, err
}

var resultLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op`)

// benchmarks runs a package's Go benchmarks three times and takes the fastest of each.
func benchmarks(pkg, pattern string) (map[string]time.Duration, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", pattern, "-benchtime", "300ms", "-count", "3", pkg)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("benchmarks of %s: %w\n%s%s", pkg, err, text, errors.String())
	}
	fastest := map[string]time.Duration{}
	for _, match := range resultLine.FindAllStringSubmatch(string(text), -1) {
		nanoseconds, err := strconv.ParseFloat(match[2], 64)
		if err != nil {
			return nil, err
		}
		took := time.Duration(nanoseconds)
		if best, seen := fastest[match[1]]; !seen || took < best {
			fastest[match[1]] = took
		}
	}
	if len(fastest) == 0 {
		return nil, fmt.Errorf("no benchmark of %s matches %s:\n%s", pkg, pattern, text)
	}
	return fastest, nil
}
