package idle

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// What is advised says of what a saving is a share, and how a month comes of the trace.
func TestRecommendation(t *testing.T) {
	const rest = ", that MicroVMs of 2 GB write and read 2 GB a cycle at the rates of us-east-1, and that "
	const hour, day = 3600, 86_400
	for _, tc := range []struct {
		name, reason string
		gaps         []int64 // in seconds
		options      Options
		want         string
		short        bool
	}{
		{
			"an hour", "so often over that it is said",
			[]int64{100, 3500},
			Options{PeriodMS: hour * msPerSecond, CurrentSeconds: 1800},
			"Set maxIdleDurationSeconds to 100: that saves $42.80 a month against 1,800 s, 76.9 % of what the gaps cost with that. This " +
				"assumes that a month of 30 days is the trace's 1 hour 720 times over" + rest +
				"24 requests a day may wait for a resume.", true,
		},
		{
			"two months", "a trace of a month or more is not repeated",
			[]int64{100, 3500},
			Options{PeriodMS: 60 * day * msPerSecond},
			"Set maxIdleDurationSeconds to 100: that saves $0.03 a month against an assumed 1,800 s, 76.9 % of what the gaps cost with that. " +
				"This assumes that every 30 days are like the trace's 60 days" + rest +
				"0.02 requests a day may wait for a resume.", false,
		},
		{
			"gaps alone", "they are all that is known of time",
			[]int64{100, 3500},
			Options{CurrentSeconds: 100},
			"Leave maxIdleDurationSeconds at 100 s: no other timeout costs less. This assumes that these gaps follow each other and come " +
				"again all month" + rest + "24 requests a day may wait for a resume.", false,
		},
		{
			"no time at all", "then there is no month either",
			[]int64{0, 0},
			Options{CurrentSeconds: 60},
			"Leave maxIdleDurationSeconds at 60 s: no other timeout costs less. This assumes that the trace shows what usually happens" + rest +
				"0 requests a day may wait for a resume.", false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			trace := &Trace{All: gapsOf(t, tc.gaps...), Count: 1}
			a, err := usEast(t).Analyse(trace, tc.options)
			require.NoError(t, err)
			require.Equal(t, tc.want, a.Recommendation(), tc.reason)
			short := slices.ContainsFunc(a.Warnings(), func(n pricing.Note) bool { return n.ID == "short-trace" })
			require.Equal(t, tc.short, short)
		})
	}
}

// A period shorter than what the trace itself spans would multiply every saving.
func TestPeriodShorterThanTheTrace(t *testing.T) {
	for periodMS, want := range map[int64]bool{3_599_000: true, 3_600_000: false, 0: false} {
		a, err := usEast(t).Analyse(&Trace{All: gapsOf(t, 100, 3500), Count: 1}, Options{PeriodMS: periodMS})
		require.NoError(t, err)
		got := slices.ContainsFunc(a.Warnings(), func(n pricing.Note) bool { return n.ID == "period-too-short" })
		require.Equal(t, want, got, periodMS)
	}
}
