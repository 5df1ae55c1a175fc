package idle

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/usage"
)

// randomTrace draws a trace of a few tenants, images and MicroVMs.
func randomTrace(t *rapid.T) *Trace {
	b := newBuilder(KeptGaps)
	for i := range rapid.IntRange(1, 5).Draw(t, "microvms") {
		at, _ := b.microVM(microVMKey{
			fmt.Sprint(i), rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tenant"),
			rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "image"),
		})
		b.trace.MicroVMs[at].StartMS = rapid.Int64Range(0, 3_000_000).Draw(t, "start")
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			b.gap(at, Step{rapid.Int64Range(0, 9).Draw(t, "gap") * 30_000, rapid.Int64Range(0, 90).Draw(t, "busy") * 1000})
		}
	}
	b.trace.Dated = rapid.Bool().Draw(t, "dated")
	trace, err := b.done()
	require.NoError(t, err)
	return trace
}

// Finer policies are the optimum of each part by itself, looked at second by second, and never cost more than coarser
// ones that they divide.
func TestChoices(t *testing.T) {
	m, o := usEast(t), usEastOracle()
	rapid.Check(t, func(t *rapid.T) {
		trace := randomTrace(t)
		var all *Choice
		for _, c := range m.choices(trace, LeastTimeout, 1_800_000) {
			groups := map[string][]int64{}
			for _, vm := range trace.MicroVMs {
				for _, s := range vm.Steps {
					key := map[Grain]string{GrainAll: "", GrainImage: vm.Image, GrainTenant: vm.Tenant, GrainMicroVM: vm.ID}[c.Grain]
					groups[key] = append(groups[key], s.GapMS)
				}
			}
			want := rat("0")
			for _, gaps := range groups {
				_, cost := o.best(gaps)
				want.Add(want, cost)
			}
			require.Equal(t, len(groups), c.Policies)
			requireEqualMoney(t, want, c.Cost)
			if c.Grain == GrainAll {
				all = &c
			}
			require.False(t, c.Cost.GreaterThan(all.Cost))
		}
	})
}

// A validation chooses without having seen what it is priced on.
func TestValidate(t *testing.T) {
	m := usEast(t)
	trace, err := ReadGaps(text("g", "gap_seconds\n70\n70\n70\n70\n700\n700\n700\n700\n"))
	require.NoError(t, err)
	half := dec("0.5")
	a, err := m.Analyse(trace, Options{Validate: &half})
	require.NoError(t, err)
	v := a.Validation
	require.EqualValues(t, []int64{4, 4}, []int64{v.FirstGaps, v.RestGaps})
	require.EqualValues(t, 70, v.Choices[0].TimeoutSeconds, "the best for what it has seen")
	require.Equal(t, m.Cost(gapsOf(t, 700, 700, 700, 700).At(70_000).Use).String(), v.Choices[0].Cost.String())
	require.EqualValues(t, 60, v.BestOnRest.TimeoutSeconds(), "not what would have been the best")

	// By time where there are dates: b's gaps all begin in the second half.
	dated, err := ReadRequests(text("r", "time,tenant\n0,a\n100,a\n200,a\n1000,b\n1100,b\n2000,b\n"))
	require.NoError(t, err)
	a, err = m.Analyse(dated, Options{Validate: &half})
	require.NoError(t, err)
	require.EqualValues(t, []int64{2, 2}, []int64{a.Validation.FirstGaps, a.Validation.RestGaps})

	one, err := ReadGaps(text("g", "gap_seconds\n70\n"))
	require.NoError(t, err)
	a, err = m.Analyse(one, Options{Validate: &half})
	require.NoError(t, err)
	require.Nil(t, a.Validation)
	require.Contains(t, fmt.Sprint(a.Warnings()), "there was nothing to validate")
}

// No outcome on the frontier is beaten, everything off it is, and the best keep the limits.
func TestFrontier(t *testing.T) {
	m := usEast(t)
	rapid.Check(t, func(t *rapid.T) {
		trace := randomTrace(t)
		added := dec("0.000001").Mul(dec(fmt.Sprint(rapid.IntRange(0, 2_000_000_000).Draw(t, "added"))))
		a, err := m.Analyse(trace, Options{Limits: Limits{AddedMS: &added}})
		require.NoError(t, err)
		f := a.Lives
		for i := range f.Outcomes {
			o := &f.Outcomes[i]
			beaten := false
			for j := range f.Outcomes {
				p := &f.Outcomes[j]
				noWorse := !p.Cost.GreaterThan(o.Cost) && p.WaitMS <= o.WaitMS && p.Lost <= o.Lost
				better := p.Cost.LessThan(o.Cost) || p.WaitMS < o.WaitMS || p.Lost < o.Lost
				beaten = beaten || noWorse && better
			}
			if o.Frontier {
				require.False(t, beaten)
			}
			within := !dec(fmt.Sprint(o.WaitMS)).GreaterThan(added.Mul(dec(fmt.Sprint(f.Served))))
			require.Equal(t, within, o.Within)
			if within {
				require.False(t, f.Cheapest.Cost.GreaterThan(o.Cost))
			}
			require.Equal(t, m.Cost(o.Use).String(), o.Cost.String())
		}
		if a.Limited != nil {
			wait := dec(fmt.Sprint(a.Limited.Suspends * a.Options.Latency.ResumeMS))
			require.False(t, wait.GreaterThan(added.Mul(dec(fmt.Sprint(f.Served)))), "the plain optimum keeps the limit too")
		}
	})
}

func TestResumesPerHour(t *testing.T) {
	trace, err := ReadRequests(text("r", "time\n0\n100\n1000\n1900\n7200\n"))
	require.NoError(t, err)
	m := usEast(t)
	once := dec("0.5") // in each of two hours
	a, err := m.Analyse(trace, Options{Limits: Limits{ResumesPerHour: &once}})
	require.NoError(t, err)
	require.EqualValues(t, 900, a.Limited.TimeoutSeconds(),
		"the cheapest that suspends only once: the gaps are 100, 900, 900 and 5,300 s")
	require.EqualValues(t, 1, a.Limited.Suspends)
	require.EqualValues(t, 100, a.Best.TimeoutSeconds())
	require.True(t, a.Saving().IsPositive())
	require.Contains(t, a.Recommendation(), "Within the limits, set maxIdleDurationSeconds to 900")
}

// What a ledger's records say of suspensions.
func TestFromRecords(t *testing.T) {
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	record := func(minute int64, id string, suspends, resumes, suspended int64) usage.Record {
		return usage.Record{
			PeriodStart: start.Add(time.Duration(minute) * time.Minute), PeriodSeconds: 60, Region: "us-east-1",
			Resource: usage.Resource{ID: id}, Tenant: "t" + id,
			Source: "test", Amounts: usage.Amounts{
				usage.Suspends: suspends, usage.Resumes: resumes,
				usage.Suspended: suspended * 1000,
			},
		}
	}
	from := func(records ...usage.Record) (*Trace, error) {
		return FromRecords(seq(records), RecordOptions{TimeoutMS: 300_000})
	}
	for _, tc := range []struct {
		name, reason string
		records      []usage.Record
		want         []int64 // gaps in seconds
		unended      int64
	}{
		{
			"one", "over three periods; its length is exact",
			[]usage.Record{record(0, "a", 1, 0, 20), record(1, "a", 0, 0, 60), record(2, "a", 0, 1, 7)},
			[]int64{387},
			0,
		},
		{"any order", "records are sorted", []usage.Record{
			record(2, "a", 0, 1, 7), record(0, "a", 1, 0, 20),
			record(1, "a", 0, 0, 60),
		}, []int64{387}, 0},
		{"two in one period", "equally long", []usage.Record{record(0, "a", 2, 2, 30)}, []int64{315, 315}, 0},
		{
			"interleaved", "a resume and the next suspend in one period",
			[]usage.Record{record(0, "a", 1, 0, 20), record(1, "a", 1, 1, 30), record(2, "a", 0, 1, 10)},
			[]int64{330, 330},
			0,
		},
		{
			"never resumed", "left out and counted",
			[]usage.Record{record(0, "a", 1, 1, 20), record(1, "a", 1, 0, 30)},
			[]int64{320},
			1,
		},
		{"began before", "its length is not known", []usage.Record{
			record(0, "a", 0, 0, 60), record(1, "a", 0, 1, 10),
			record(2, "a", 1, 1, 5),
		}, []int64{305}, 0},
		{"two MicroVMs", "each by itself", []usage.Record{
			record(0, "a", 1, 0, 20), record(0, "b", 1, 1, 5),
			record(1, "a", 0, 1, 10),
		}, []int64{330, 305}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			trace, err := from(tc.records...)
			require.NoError(t, err)
			var gaps []int64
			for _, vm := range trace.MicroVMs {
				for _, s := range vm.Steps {
					gaps = append(gaps, s.GapMS/1000)
				}
			}
			require.Equal(t, tc.want, gaps, tc.reason)
			require.Equal(t, tc.unended, trace.Unended)
		})
	}
	_, err := from()
	require.EqualError(t, err, "the ledger: there are no gaps in it")

	trace, err := from(record(0, "a", 1, 1, 5), record(1, "a", 1, 1, 50))
	require.NoError(t, err)
	a, err := usEast(t).Analyse(trace, Options{CurrentSeconds: 300})
	require.NoError(t, err)
	require.EqualValues(t, 300, a.LeastSeconds, "shorter timeouts cannot be judged")
	require.GreaterOrEqual(t, a.Best.TimeoutSeconds(), int64(300))
	require.Nil(t, a.Lives, "nor lives be followed")
	owned, err := FromRecords(seq([]usage.Record{record(0, "a", 1, 1, 5)}),
		RecordOptions{Owner: func(*usage.Record) string { return "acme" }})
	require.NoError(t, err)
	require.Equal(t, "acme", owned.MicroVMs[0].Tenant)
}

func seq(records []usage.Record) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Where lives end so soon that suspending is in vain, the advice of the plain formula is not left standing alone.
func TestLivesDiffer(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("gap_seconds\n")
	for range 200 {
		csv.WriteString("500\n")
	}
	trace, err := ReadGaps(text("g", csv.String()))
	require.NoError(t, err)
	a, err := usEast(t).Analyse(trace, Options{LifeSeconds: 620})
	require.NoError(t, err)
	require.EqualValues(t, 60, a.Advised().TimeoutSeconds())
	_, best, differ := a.livesDiffer()
	require.True(t, differ)
	require.NotEqualValues(t, 60_000, best.TimeoutMS)
	require.Contains(t, fmt.Sprint(a.Warnings()), "lives-differ")
}
