package cloudwatch

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
)

// CloudWatch says what time it is with every reply: a first run of a clock that is 30 days ahead reads nothing and says
// why, and leaves nothing that later runs would go on from, whether it lists series or has them given.
func TestClockOfCloudWatch(t *testing.T) {
	for _, given := range []bool{false, true} {
		w := newWorld(t, fakecloudwatch.Options{})
		w.busy(w.now.Add(-5*time.Hour), w.now, 2)
		w.timing.Lookback = 4 * time.Hour
		late := time.Duration(0)
		server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
			out.Header().Set("Date", time.Now().Add(-late).UTC().Format(http.TimeFormat))
			w.fake.ServeHTTP(out, in)
		}))
		t.Cleanup(server.Close)
		of := perMicroVM()
		if given {
			of.Series = []mapping.Subject{{Tenant: "acme", Image: "web", MicroVM: "m0"}}
		}
		run := func() collector.Summary { // as a program of its own, which has nothing listed
			w.options.Source = newSource(t, server.URL, func() time.Time { return *w.shown.Load() }, []mapping.Mapping{of})
			return w.run()
		}
		right := w.now
		late, w.now = 30*24*time.Hour, right.Add(30*24*time.Hour)
		for range 2 {
			s := run()
			require.Len(t, s.Gaps, 1)
			assert.Contains(t, s.Gaps[0].Reason, "this machine's clock is wrong: it says ")
			if !given { // else only what was asked for tells the time, and is right, if not all there is
				assert.Empty(t, w.content())
			}
		}
		late, w.now = 0, right
		assert.Empty(t, run().Gaps)
		if !given {
			require.NoError(t, w.holdsTruth(right.Add(-4*time.Hour), right.Add(-10*time.Minute), right))
		}
	}
}
