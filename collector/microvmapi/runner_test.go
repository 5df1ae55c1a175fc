package microvmapi_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// runnerOf runs a world's source into a ledger, a new process each time.
func runnerOf(t *testing.T, w *world, folder string) *collector.Runner {
	runner, err := collector.New(collector.Options{
		SameUsage: []string{"logs", "microvms"},
		Source:    w.remake(), Ledger: collector.In(folder, ""), Now: w.time,
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) { return []collector.Target{target}, nil },
	})
	require.NoError(t, err)
	return runner
}

func ledgerSum(t *testing.T, folder string) (sum usage.Record) {
	l, err := parquet.Open(folder, ledger.Options{})
	require.NoError(t, err)
	for r, err := range l.Records(context.Background(), start.AddDate(0, 0, -1), start.AddDate(0, 0, 2)) {
		require.NoError(t, err)
		sum.Amounts[usage.Running] += r.Amounts[usage.Running]
		sum.Amounts[usage.Suspended] += r.Amounts[usage.Suspended]
		sum.Amounts[usage.Launches] += r.Amounts[usage.Launches]
		sum.Amounts[pricing.VCPU] += r.Amounts[pricing.VCPU]
		sum.Amounts[pricing.SnapshotStorage] += r.Amounts[pricing.SnapshotStorage]
	}
	return sum
}

// TestPollsGoIntoTheLedger lets every poll be a process of its own: all that is remembered lies beside the ledger.
func TestPollsGoIntoTheLedger(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	folder := filepath.Join(t.TempDir(), "ledger")
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 30*time.Second, at(30*time.Second, running), at(10*time.Minute+30*time.Second, suspended),
		at(20*time.Minute+30*time.Second, running), at(27*time.Minute+15*time.Second, terminated)))
	for minute := range 41 {
		w.advance(time.Minute)
		summary, err := runnerOf(t, w, folder).Run(t.Context())
		require.NoError(t, err)
		require.Empty(t, summary.Gaps, "minute %d", minute)
	}
	truth, sum := w.service.Truth(start, w.time()), ledgerSum(t, folder)
	require.Equal(t, truth.Suspended.Milliseconds(), sum.Amounts[usage.Suspended])
	// It started half a minute before the first poll, which is not known of.
	require.Equal(t, truth.Running.Milliseconds()-30_000, sum.Amounts[usage.Running])
	require.Equal(t, sum.Amounts[usage.Running], sum.Amounts[pricing.VCPU])
	require.Equal(t, 2*gib*600, sum.Amounts[pricing.SnapshotStorage])
}

func TestADaemonThatIsStoppedLosesTheGapOnly(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	folder := filepath.Join(t.TempDir(), "ledger")
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	step := func(d time.Duration) collector.Summary {
		w.advance(d)
		summary, err := runnerOf(t, w, folder).Run(t.Context())
		require.NoError(t, err)
		return summary
	}
	step(0)
	for range 12 {
		step(time.Minute)
	}
	summary := step(2 * time.Hour)
	require.Len(t, summary.Gaps, 1)
	require.Contains(t, summary.Gaps[0].String(), "there was no poll for 2h0m0s")
	for range 10 {
		step(time.Minute)
	}
	require.Equal(t, 20*time.Minute.Milliseconds(), ledgerSum(t, folder).Amounts[usage.Running],
		"12 and 8 minutes; two are of a period that is not over")
}

func TestAnotherSourceForTheSameUsageIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	folder := filepath.Join(t.TempDir(), "ledger")
	writer, err := parquet.OpenForWriting(folder, ledger.Options{})
	require.NoError(t, err)
	_, err = writer.Upsert(t.Context(), func(yield func([]usage.Record, error) bool) {
		yield([]usage.Record{{
			PeriodStart: start, PeriodSeconds: 300, Region: target.Region, Account: target.Account,
			Resource: usage.Resource{ID: "mvm-1"}, Source: "logs",
		}}, nil)
	})
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	w.advance(2 * time.Minute)
	_, err = runnerOf(t, w, folder).Run(t.Context())
	var overlap *collector.OverlapError
	require.True(t, errors.As(err, &overlap), "%v", err)
	w.advance(10 * time.Minute)
	_, err = runnerOf(t, w, folder).Run(t.Context())
	require.NoError(t, err, "after the other source has ended")
}
