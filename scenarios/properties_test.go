package scenarios

import (
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestRandomScenariosAddUp: whatever can be written, the lines are the total.
func TestRandomScenariosAddUp(t *testing.T) {
	forRandom(t, func(r scenarioSource) {
		requireConsistent(r, estimate(r, r.scenario()+r.compare()))
	})
}

// TestLinear: twice the users cost twice the compute, snapshots and suspended storage; images cost the same.
func TestLinear(t *testing.T) {
	forRandom(t, func(r scenarioSource) {
		text := "region: eu-west-1\nrates: {vcpu_second: 0.00003, gb_second: 0.000004, snapshot_read_gb: 0.002, " +
			"snapshot_write_gb: 0.004, storage_gb_hour: 0.0001}\n" + r.machine() +
			"workload: {users: 7, days: 20, running: 90m, suspended: 36s, cycles: " + r.decimal(0, 900, 2) + "}\n"
		once, twice := estimate(r, text), estimate(r, strings.Replace(text, "users: 7", "users: 14", 1))
		for _, component := range pricing.Components() {
			want := once.Bill.Sum(component)
			if component != pricing.StorageImage {
				want = want.Add(want)
			}
			requireDecimal(r, want.String(), twice.Bill.Sum(component), "%s", component)
		}
	})
}

var runningTime = regexp.MustCompile(`running: [^,}]+`)

// withRunning changes the running time alone: of each user, or of all jobs, a month.
func withRunning(text string, hours decimal.Decimal) string {
	seconds := hours.Mul(decimal.NewFromInt(3600)).Round(20)
	return runningTime.ReplaceAllLiteralString(text, "running: "+seconds.String()+"s/month")
}

// requireTooLong allows of all refusals only those of a running time that cannot be written: with the suspended time
// it is more than the days of a month hold, or, as jobs may run side by side, more than a hundred years.
func requireTooLong(t tester, err error) {
	t.Helper()
	require.Regexp(t, `a day has 24$|workload\.running: \S+ is longer than a hundred years$`, err.Error())
}

// nearly is how far two costs may lie apart where a running time was rounded at 20 decimals before it was written down.
var nearly = decimal.New(1, -9)

// TestBreakEvenIsWhereBothCostTheSame runs the engine again at the break-even that it found: the bill, and the
// alternative's cost, are the same.
func TestBreakEvenIsWhereBothCostTheSame(t *testing.T) {
	found := 0
	forRandom(t, func(r scenarioSource) {
		text := r.scenario() + r.compare()
		for i, c := range estimate(r, text).Comparisons {
			hours := c.BreakEven.HoursPerMonth
			if hours == nil {
				require.Regexp(r, `^(No break-even|At no running time)`, c.BreakEven.Sentence)
				continue
			}
			again, err := Load("again.yaml", []byte(withRunning(text, *hours)))
			if err != nil {
				requireTooLong(r, err)
				continue
			}
			found++
			e, err := market(r).Estimate(again)
			require.NoError(r, err)
			apart := e.Bill.Total().Sub(e.Comparisons[i].Monthly).Abs()
			require.True(r, apart.LessThan(nearly), "%s: %s against %s at %s h", c.Name, e.Bill.Total(),
				e.Comparisons[i].Monthly, hours)
		}
	})
	require.Greater(t, found, 50, "too few break-evens to have tested anything")
}

// TestCheaperSideChangesAtCrossings looks on both sides of every crossing that is named, and halfway between them.
func TestCheaperSideChangesAtCrossings(t *testing.T) {
	two := decimal.NewFromInt(2)
	forRandom(t, func(r scenarioSource) {
		text := r.scenario() + r.compare()
		for i, c := range estimate(r, text).Comparisons {
			crossings := c.BreakEven.Crossings
			if len(crossings) > 5 {
				crossings = crossings[:5]
			}
			last, side := decimal.Decimal{}, 0
			for _, crossing := range crossings {
				middle := last.Add(crossing).Div(two)
				last = crossing
				s, err := Load("again.yaml", []byte(withRunning(text, middle)))
				if err != nil {
					requireTooLong(r, err)
					break
				}
				e, err := market(r).Estimate(s)
				require.NoError(r, err)
				now := e.Bill.Total().Cmp(e.Comparisons[i].Monthly)
				require.NotZero(r, now, "%s: the same at %s h, where nothing crosses", c.Name, middle)
				require.NotEqual(r, side, now, "%s: the same side before and after a crossing, at %s h", c.Name, middle)
				side = now
			}
		}
	})
}
