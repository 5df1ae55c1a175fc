package cloudwatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector/mapping"
	"microspend/collector/meter"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

// From the meter inside a MicroVM, by its lines and the metrics that CloudWatch makes of them, into the ledger: the
// seconds and the dollars of a scripted life come out exactly.
func TestFromTheMeterToTheLedger(t *testing.T) {
	for _, perVM := range []bool{false, true} {
		t.Run(fmt.Sprint("per MicroVM ", perVM), func(t *testing.T) {
			of := mapping.Default()
			if perVM {
				of.Dimensions.MicroVM = emf.DimensionMicroVMID
			}
			w := newWorld(t, fakecloudwatch.Options{}, of)
			live(t, w, perVM)
			w.now = w.now.Add(time.Hour)
			w.timing.Lookback = 24 * time.Hour
			require.Empty(t, w.run().Gaps)

			var sum usage.Sum
			for key, r := range w.content() {
				assert.Equal(t, "acme", r.Tenant)
				assert.Equal(t, usage.CoverageComplete, r.Coverage)
				assert.Equal(t, perVM, key.Resource.ID == "mvm-1", key.Resource.ID)
				sum.Add(&r)
			}
			assert.Equal(t, "900000", sum.Amounts[pricing.VCPU].String(), "10 and 5 minutes of one vCPU")
			assert.Equal(t, fmt.Sprint(900_000*2048), sum.Amounts[pricing.Memory].String())
			assert.Equal(t, fmt.Sprint(5<<30), sum.Amounts[pricing.SnapshotRead].String(),
				"an image of 3 GB and a state of 2 GB")
			assert.Equal(t, fmt.Sprint(2<<30), sum.Amounts[pricing.SnapshotWrite].String())
			assert.Equal(t, fmt.Sprint(2*7200<<30), sum.Amounts[pricing.SnapshotStorage].String(), "2 GB for two hours")

			card, err := pricing.EmbeddedCards().Card("eu-west-1")
			require.NoError(t, err)
			bill, err := sum.Measured().Bill(card)
			require.NoError(t, err)
			// 900 × 0.0000291572 + 1800 × 0.0000038603 + 5 × 0.0016403088 + 2 × 0.0040636422 + 4 × 0.0001322222
			assert.Equal(t, "0.0500477372", bill.Total().String())
		})
	}
}

// What stands for a tenant and an image that nobody named are no names in the ledger, as they are none in that of the
// logs.
func TestWhatNobodyNamedHasNoName(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, mapping.Default())
	for _, metric := range mapping.Default().Metrics {
		w.fake.Put(place, fakecloudwatch.Metric{
			Namespace: emf.DefaultNamespace, Name: metric.Name,
			Dimensions: map[string]string{emf.DimensionTenant: emf.NoTenant, emf.DimensionImage: emf.NoImage},
		}, fakecloudwatch.Value(w.now.Add(-time.Hour), 5))
	}
	require.Empty(t, w.run().Gaps)
	content := w.content()
	require.Len(t, content, 1)
	for _, r := range content {
		assert.Equal(t, []string{"", ""}, []string{r.Tenant, r.Image})
		assert.Equal(t, int64(5), r.Amounts[pricing.VCPU])
	}
}

// live lets a MicroVM be launched, run ten minutes, be suspended for two hours, run five more, and end.
func live(t *testing.T, w *world, perVM bool) {
	t.Helper()
	size, err := pricing.ParseSize("2GB")
	require.NoError(t, err)
	recorder := &meter.Recorder{
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, PerMicroVM: perVM}, Timing: meter.DefaultTiming(),
		Emit: func(line *emf.Line) {
			w.show()
			require.NoError(t, w.fake.PutLine(place, line.AppendTo(nil)))
		},
		Say: func(string, ...any) {},
		DrawLife: func(meter.Instant, string) string {
			return "0123456789abcdef0123456789abcdef"
		},
	}
	at := meter.Instant{Mono: time.Hour, Wall: w.now.UnixNano()}
	load := meter.Load{CPUKnown: true, MemoryKnown: true}
	run := func(d time.Duration) {
		for range d / time.Second {
			at.Mono += time.Second
			at.Wall += int64(time.Second)
			w.now = w.now.Add(time.Second)
			recorder.Observe(at, load)
		}
	}
	recorder.Observe(at, load)
	recorder.Run(at, load, meter.Identity{
		MicroVMID: "mvm-1", Tenant: "acme", Image: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:img", Size: size,
		ImageBytes: 3 << 30,
	})
	run(10 * time.Minute)
	recorder.Suspend(at, load)
	at.Wall += int64(2 * time.Hour)
	w.now = w.now.Add(2 * time.Hour)
	recorder.Resume(at, load)
	run(5 * time.Minute)
	recorder.Terminate(at, load)
}
