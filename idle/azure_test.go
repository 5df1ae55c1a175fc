package idle

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is known of the subset of the Azure Functions Trace beforehand, and what follows for a 2 GB MicroVM in us-east-1.
func TestAzureSubset(t *testing.T) {
	trace := azureTrace(t)
	d := trace.All
	require.EqualValues(t, 19_168, d.Gaps())
	require.EqualValues(t, 3_037_902, trace.Requests)
	minutes := func(ms int64) int64 { return ms / minuteMS }
	require.EqualValues(t, []int64{4, 10, 59, 418}, []int64{
		minutes(d.Percentile(50)), minutes(d.Percentile(90)), minutes(d.Percentile(99)), minutes(d.LongestMS()),
	})
	require.EqualValues(t, 480*minuteMS, trace.PeriodMS)
	a, err := usEast(t).Analyse(trace, Options{})
	require.NoError(t, err)
	t.Log(a.Best.TimeoutSeconds(), a.Best.Cost, a.Never.Cost, a.Current.Cost, a.Hindsight.Cost, a.AtOnce.Cost, a.Terminated.Cost)
	for _, o := range a.Online {
		t.Log(o.ID, o.Cost, o.Ratio)
	}
	for _, c := range a.Choices {
		t.Log(c.Grain, c.Policies, c.Cost)
	}
	for _, o := range a.Lives.Outcomes {
		t.Log(o.TimeoutMS/1000, o.HeldMS/1000, o.Cost, o.Waits, o.WaitMS, o.Frontier)
	}
}
