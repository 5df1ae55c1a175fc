package cloudwatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
)

// What a day of runs is said to take is what the service is asked for in a day of runs: every call, every metric, and
// every cent of it.
func TestADayOfRunsIsPricedAsItIs(t *testing.T) {
	days := []struct {
		reason        string
		every, reread time.Duration
		runs, rereads int64
	}{
		{"every 5 minutes, the overlap once an hour", 5 * time.Minute, time.Hour, 288, 24},
		{"every 7 minutes, which is no whole period", 7 * time.Minute, time.Hour, 205, 22},
		{"every hour, each with the overlap", time.Hour, 0, 24, 24},
	}
	if testing.Short() {
		days = days[2:] // of 24 runs
	}
	for _, test := range days {
		w := newWorld(t, fakecloudwatch.Options{}, perMicroVM())
		start := w.now
		w.busy(start.Add(-72*time.Hour), start.Add(26*time.Hour), 3)
		w.timing.Overlap, w.timing.Reread = 48*time.Hour, test.reread
		w.options.Interval = test.every
		w.run()
		asked := w.options
		// As of a process of its own, which has yet to list what there is to read.
		asked.Source = newSource(t, w.server.URL, w.options.Now, []mapping.Mapping{perMicroVM()})
		r, err := collector.New(asked)
		require.NoError(t, err)
		said, err := r.Estimate(t.Context())
		require.NoError(t, err)
		require.NotNil(t, said.Every)
		assert.Equal(t, test.runs, said.Every.Runs, test.reason)
		assert.Equal(t, test.rereads, said.Every.Rereads, test.reason)

		before := len(w.fake.Calls())
		spent, err := collector.ReadSpending(t.Context(), w.reader())
		require.NoError(t, err)
		paid := spent.Of("", collector.Target{}, start.AddDate(0, 0, -1), start.AddDate(0, 0, 2))
		for w.now = start.Add(test.every); !w.now.After(start.Add(24 * time.Hour)); w.now = w.now.Add(test.every) {
			w.run()
		}
		var calls, metrics int64
		for _, call := range w.fake.Calls()[before:] {
			calls++
			if call.Get != nil {
				metrics += int64(len(call.Get.MetricDataQueries))
			}
		}
		spent, err = collector.ReadSpending(t.Context(), w.reader())
		require.NoError(t, err)
		now := spent.Of("", collector.Target{}, start.AddDate(0, 0, -1), start.AddDate(0, 0, 2))
		assert.Equal(t, calls, said.Every.Day.Calls, test.reason)
		assert.Equal(t, metrics, said.Every.Day.Metrics, test.reason)
		assert.Equal(t, now.APIPrice.Sub(paid.APIPrice).String(), said.Every.Day.APIPrice.String(), test.reason)
		assert.Equal(t, calls, now.Calls-paid.Calls, "what was counted as spent")
	}
}
