package cloudwatch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/collector"
	"microspend/internal/fakecloudwatch"
	"microspend/usage"
)

// chaos draws what goes wrong with a call: nothing more often than not.
func chaos(random *rand.Rand, mood float64, paged bool) func(fakecloudwatch.Call) fakecloudwatch.Fault {
	return func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if random.Float64() > mood {
			return fakecloudwatch.Fault{}
		}
		garbage := [][]byte{[]byte("<html>"), {}, {0xbf, 0x61}, {0xbf, 0xff}}
		switch random.IntN(12) {
		case 0:
			return fakecloudwatch.Throttled
		case 1:
			return fakecloudwatch.TooMany
		case 2:
			return fakecloudwatch.Internal
		case 3:
			return fakecloudwatch.Down
		case 4:
			return fakecloudwatch.Expired
		case 5:
			return fakecloudwatch.Fault{Drop: fakecloudwatch.DropBefore}
		case 6:
			return fakecloudwatch.Fault{Drop: fakecloudwatch.DropMidway}
		case 7:
			return fakecloudwatch.Fault{Garbage: garbage[random.IntN(len(garbage))]}
		case 8:
			return fakecloudwatch.Fault{Delay: time.Duration(random.IntN(3)) * time.Millisecond}
		}
		status := []types.StatusCode{
			types.StatusCodeInternalError, types.StatusCodePartialData, types.StatusCodeForbidden,
		}[random.IntN(3)]
		return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
			if random.IntN(4) != 0 || paged && status == types.StatusCodePartialData {
				return // where there are more pages, the status says that there are, and the last page is what counts
			}
			r.StatusCode = status
			half := len(r.Values) / 2
			if status != types.StatusCodePartialData {
				half = 0
			}
			r.Timestamps, r.Values = r.Timestamps[:half], r.Values[:half]
		}}
	}
}

// Whatever CloudWatch does, every record is what had arrived when one of the runs read it, by CloudWatch's clock, or a
// gap says that it could not be read; and once all is well, two days later, the ledger is the truth.
func TestWhateverCloudWatchDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		page := rapid.SampledFrom([]int{3, 50, fakecloudwatch.MaxDatapoints}).Draw(rt, "page")
		w := newWorld(t, fakecloudwatch.Options{
			PageDatapoints: page,
			PageMetrics:    rapid.SampledFrom([]int{2, 500}).Draw(rt, "listed"),
		})
		w.steady = true
		w.ledger = t.TempDir()
		w.options.Ledger = collector.In(w.ledger, "")
		w.options.Parallel = rapid.IntRange(1, 4).Draw(rt, "parallel")
		w.source.options.Backoff = time.Nanosecond
		w.timing.Lookback = time.Duration(rapid.IntRange(3, 60).Draw(rt, "lookback")) * time.Hour
		w.timing.Reread = time.Duration(rapid.SampledFrom([]int{0, 1, 6}).Draw(rt, "reread")) * time.Hour
		microVMs := rapid.IntRange(1, 3).Draw(rt, "MicroVMs")
		end := monday.Add(110 * time.Hour)
		for range rapid.IntRange(1, 150).Draw(rt, "lines") {
			at := monday.Add(time.Duration(random.IntN(110*60)) * time.Minute)
			p := point{arrives: at.Add(time.Minute), given: allGiven}
			if random.IntN(5) == 0 {
				p.arrives = at.Add(time.Duration(random.IntN(40*60)) * time.Minute)
			}
			if random.IntN(8) == 0 {
				p.given[random.IntN(5)] = false
			}
			for i := range p.values {
				p.values[i] = random.Int64N(1 << 20)
			}
			w.put(at, fmt.Sprint("m", random.IntN(microVMs)), p)
		}

		var runs []time.Time
		w.now = monday.Add(61 * time.Hour)
		var begin time.Time
		for range rapid.IntRange(1, 5).Draw(rt, "runs") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(-120, 20*60).Draw(rt, "minutes later")) * time.Minute)
			w.fake.SetFaults(chaos(random, rapid.SampledFrom([]float64{0, 0.1, 0.5, 0.95}).Draw(rt, "mood"),
				page < fakecloudwatch.MaxDatapoints))
			if runs = append(runs, w.serviceTime()); len(runs) == 1 {
				begin = w.now.Add(-w.timing.Lookback)
			}
			s := w.run()
			if err := w.explained(begin, s.To, runs, s); err != nil {
				rt.Fatal(err)
			}
		}

		// All is well again, and everything has arrived; gaps are asked for again within a day.
		w.fake.SetFaults(nil)
		if w.now.Before(end.Add(40 * time.Hour)) {
			w.now = end.Add(40 * time.Hour)
		}
		w.run()
		for range 2 {
			w.now = w.now.Add(25 * time.Hour)
			w.run()
		}
		w.now = w.now.Add(5 * time.Minute)
		if s := w.run(); len(s.Gaps) > 0 {
			rt.Fatalf("gaps stay: %v", s.Gaps)
		}
		if err := w.holdsTruth(begin, end, w.now); err != nil {
			rt.Fatal(err)
		}
	})
}

// explained says where a record in [from, to) is neither what had arrived at one of the runs nor in a gap.
func (w *world) explained(from, to time.Time, runs []time.Time, s collector.Summary) error {
	content := w.content()
	for key := range w.data {
		start := time.Unix(key.PeriodStart, 0).UTC()
		if start.Before(from) || !start.Before(to) {
			continue
		}
		got, found := content[key]
		right := slices.ContainsFunc(runs, func(at time.Time) bool {
			want, known := w.truth(key, at)
			return known == found && (!known || want == got)
		})
		if !right && !inGap(s.Gaps, key, start) {
			return fmt.Errorf("%s at %s is neither right nor a gap: %v %+v\n%v", key.Resource.ID, start, found, got, s.Gaps)
		}
	}
	for key, r := range content {
		if want, known := w.truth(key, w.now.AddDate(1, 0, 0)); !known || exceeds(r.Amounts, want.Amounts) {
			return fmt.Errorf("usage that never was: %+v", r)
		}
	}
	return nil
}

func exceeds(got, most usage.Amounts) bool {
	for m := range got {
		if got[m] > most[m] {
			return true
		}
	}
	return false
}

// inGap reports whether a gap may be what keeps a record from being there: one of its time.
func inGap(gaps []collector.Gap, _ usage.Key, start time.Time) bool {
	return slices.ContainsFunc(gaps, func(g collector.Gap) bool {
		return g.Window == (collector.Window{}) ||
			g.Window.Contains(start)
	})
}

func TestDroppedConnectionsOfLargeReplies(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(monday, w.now, 20)
	w.source.options.Attempts = 1
	for range 3 {
		require.Empty(t, w.run().Gaps)
		w.now = w.now.Add(5 * time.Minute)
	}
}
