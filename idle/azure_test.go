package idle

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is known of the subset of the Azure Functions Trace beforehand, and what follows for a 2 GB MicroVM in
// us-east-1: the figures are those of a dozen lines of Python in fractions, which read the file and price every gap by
// itself.
func TestAzureSubset(t *testing.T) {
	trace := azureTrace(t)
	d := trace.All
	require.EqualValues(t, 19_168, d.Gaps())
	require.EqualValues(t, 38_453, trace.Adjacent)
	require.EqualValues(t, 3_037_902, trace.Requests)
	require.EqualValues(t, 500, trace.Count)
	minutes := func(ms int64) int64 { return ms / minuteMS }
	require.EqualValues(t, []int64{4, 10, 59, 418}, []int64{
		minutes(d.Percentile(50)), minutes(d.Percentile(90)), minutes(d.Percentile(99)), minutes(d.LongestMS()),
	})
	require.EqualValues(t, 480*minuteMS, trace.PeriodMS)

	a, err := usEast(t).Analyse(trace, Options{})
	require.NoError(t, err)
	require.EqualValues(t, 240, a.Best.TimeoutSeconds())
	require.EqualValues(t, 60, a.Terminated.TimeoutSeconds())
	for what, figure := range map[string]struct{ want, got string }{
		"best":                {"152.68074105045", a.Best.Cost.String()},
		"60 s":                {"189.78727876471", a.Policies[0].Cost.String()},
		"300 s":               {"156.44402074962667", a.Policies[1].Cost.StringFixed(14)},
		"1,800 s, in force":   {"202.71696765762", a.Current.Cost.String()},
		"never":               {"244.194906588", a.Never.Cost.String()},
		"at once":             {"205.31646411720333", a.AtOnce.Cost.StringFixed(14)},
		"hindsight":           {"122.59336682291", a.Hindsight.Cost.String()},
		"terminated":          {"83.4489330534", a.Terminated.Cost.String()},
		"break-even rule":     {"157.0866189966688", a.Online[0].Cost.StringFixed(13)},
		"randomised":          {"193.6894046239164", a.Online[1].Cost.StringFixed(13)},
		"saving over the day": {"50.03622660717", a.Saving().String()},
	} {
		require.Equal(t, figure.want, figure.got, what)
	}
	require.Equal(t, "histogram", a.Online[3].ID)
	require.True(t, a.Online[3].Cost.LessThan(a.Current.Cost), "learning by tenant beats what is in force")
	require.Less(t, *a.Online[3].Waits, a.Best.Suspends, "and makes fewer requests wait than the best fixed timeout")
	monthly, ok := a.Monthly(a.Saving())
	require.True(t, ok)
	require.Equal(t, "4503.2603946453", monthly.String(), "90 times 8 hours")

	costs := map[Grain]string{}
	for _, c := range a.Choices {
		costs[c.Grain] = c.Cost.StringFixed(2)
	}
	require.Equal(t, map[Grain]string{
		GrainAll: "152.68", GrainImage: "132.32", GrainTenant: "132.68",
		GrainMicroVM: "132.23",
	}, costs)
	require.NotNil(t, a.Lives.Best)
	require.EqualValues(t, 240_000, a.Lives.Best.TimeoutMS)
	require.Zero(t, a.Lives.Best.Lost, "lives of 8 hours are as long as the trace")
}
