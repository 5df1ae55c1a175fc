package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/pricing"
)

// idleFigures measures the idle policy: the exact optimum beside sorting the same gaps, the simulator, and a whole
// trace.
func idleFigures(show func(figure)) error {
	card, err := pricing.EmbeddedCards().Card("us-east-1")
	if err != nil {
		return err
	}
	size, err := pricing.ParseSize("2GB")
	if err != nil {
		return err
	}
	model, err := idle.NewModel(card, size, decimal.NewFromInt(2), decimal.NewFromInt(2))
	if err != nil {
		return err
	}
	const tenMillion = 10_000_000
	whole, sorted, bytes, err := optimumTime(model, tenMillion)
	if err != nil {
		return err
	}
	show(figure{
		"optimum of 10 M gaps", whole.Round(time.Millisecond).String(), "up to 1.5 × slices.Sort of them",
		fmt.Sprintf("%.2f ×, %d MB beside them", ratio(whole, sorted), bytes>>20),
	})
	tenth, _, _, err := optimumTime(model, tenMillion/10)
	if err != nil {
		return err
	}
	show(figure{
		"10 M gaps against 1 M", fmt.Sprintf("%.1f ×", ratio(whole, tenth)), "n log n: some 12 ×",
		fmt.Sprintf("%s for 1 M", tenth.Round(time.Millisecond)),
	})

	requests, took := playTime()
	show(figure{
		"simulator", fmt.Sprintf("%.0f M requests/s", float64(requests)/took.Seconds()/1e6), "5 M requests/s or better",
		fmt.Sprintf("%s for %d M", took.Round(time.Millisecond), requests/1_000_000),
	})

	const azure = "../shared/data/azure-functions-2019-500x480.csv.gz"
	if _, err := os.Stat(azure); err != nil {
		show(figure{"Azure Functions trace", "not measured", "", azure + " is not there"})
		return nil
	}
	best := time.Duration(0)
	for range 5 {
		start := time.Now()
		cmd := exec.Command("./microspend", "idle", "--trace", azure, "--memory", "2GB", "--region", "us-east-1")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("idle: %w\n%s", err, text)
		}
		if took := time.Since(start); best == 0 || took < best {
			best = took
		}
	}
	show(figure{
		"Azure Functions trace, whole process", best.Round(time.Millisecond).String(), "",
		"19,168 gaps of 500 MicroVMs, 50 policies played",
	})
	return nil
}

const idleRuns = 5

// optimumTime is the best time from gaps in random order to the exact optimum, that of sorting the same gaps, and the
// memory that the optimum takes beside the gaps.
func optimumTime(model idle.Model, n int) (whole, sorted time.Duration, bytes uint64, err error) {
	source := rand.New(rand.NewPCG(1, 2))
	gaps := make([]int64, n)
	for i := range gaps {
		gaps[i] = source.Int64N(7_200_000)
	}
	scratch := make([]int64, n)
	for range idleRuns {
		copy(scratch, gaps)
		start := time.Now()
		slices.Sort(scratch)
		sorted = least(sorted, time.Since(start))

		copy(scratch, gaps)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start = time.Now()
		d, err := idle.NewDistribution(scratch)
		if err != nil {
			return 0, 0, 0, err
		}
		model.Best(d, idle.LeastTimeout)
		whole = least(whole, time.Since(start))
		runtime.ReadMemStats(&after)
		bytes = after.TotalAlloc - before.TotalAlloc
	}
	return whole, sorted, bytes, nil
}

func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// playTime takes a thousand MicroVMs through ten thousand requests each.
func playTime() (requests int, took time.Duration) {
	source := rand.New(rand.NewPCG(3, 4))
	vms := make([]idle.MicroVM, 1000)
	for i := range vms {
		for range 10_000 {
			vms[i].Steps = append(vms[i].Steps, idle.Step{GapMS: source.Int64N(720_000), BusyMS: source.Int64N(5000)})
			requests++
		}
	}
	policy := idle.Lifecycle{TimeoutMS: 300_000, HeldMS: 3_600_000, LifeMS: idle.MaxLife}
	for range idleRuns {
		start := time.Now()
		policy.Play(vms)
		took = least(took, time.Since(start))
	}
	return requests, took
}
