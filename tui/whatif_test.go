package tui

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/ledger/parquet"
	"microspend/usage"
	"microspend/view"
)

func TestWhatIf(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	s.press("2", "w").has("what if: acme", "no difference", "‹ 5 min")
	s.press("right").has("‹ 10 min", "costs $", "idle-memoryless", "the current timeout is assumed to be 300 s")
	s.press("left", "left").has("‹ 2 min", "saves $")
	s.press("right", "down", "right", "right").has("‹ 1GB", "size-scales", "-48.8 %").press("left", "left")
	s.press("down", "right").has("region", "‹ ap-northeast-1", "same-usage")
	s.press("right").has("‹ ap-south-1", "the difference is not known", "is not known").press("left", "left")
	s.press("down", "right").has("EC2 t4g.small", "730 h", "EC2 on-demand").press("right").has("Fargate")
	s.press("esc").has("3 tenants")
	s.press("5", "w").has("what if is for a tenant")
}

// TestWhatIfStartsFromWhatIsRecorded: the timeout is that which the MicroVMs were launched with, on the screen and in
// the export.
func TestWhatIfStartsFromWhatIsRecorded(t *testing.T) {
	records := fewRecords()
	l, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	defer l.Close()
	for _, r := range records.all {
		require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{{
			ID: r.Resource.ID, Region: r.Region, Account: r.Account, StartedAt: r.PeriodStart, MaxIdle: new(int64(450)),
			ReadAt: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		}}))
	}
	options := over(t, records, nil)
	options.Reader.Launched = func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error) {
		return lifecycle.Read(ctx, l, from, to)
	}
	options.Reader.Records = func(context.Context, time.Time, time.Time) iter.Seq2[usage.Record, error] {
		return func(yield func(usage.Record, error) bool) {
			for _, r := range records.all {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	s := open(t, options, 120, 40)
	s.m.overview().state.Advice = nil // which a what-if would start from
	s.press("2", "w").has("no difference", "‹ 450 s", "from the MicroVM API, 2026-11-20, ")
	s.press("right").has("‹ 10 min", "idle-timeout-recorded").lacks("idle-timeout-now")
	document, _, _ := s.m.document()
	var out bytes.Buffer
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatJSON}, *document))
	require.Contains(t, out.String(), `"timeout_now_source": "from the MicroVM API, 2026-11-20, `)
}

// TestWhatIfOfPartialUsage: what was measured in part makes lower bounds of the bill as it was and of that which it
// would have been, on the screen and in the export.
func TestWhatIfOfPartialUsage(t *testing.T) {
	measured := fewRecords()
	for i := range measured.all {
		measured.all[i].Coverage = usage.CoveragePartial
	}
	s := open(t, over(t, measured, nil), 120, 40)
	s.press("2", "w", "down", "right", "right").has("‹ 1GB", "≥ $")
	document, _, _ := s.m.document()
	var out bytes.Buffer
	require.NoError(t, view.Render(&out, view.Options{Format: view.FormatJSON}, *document))
	require.Contains(t, out.String(), `"state": "at-least"`)
	require.Contains(t, out.String(), `"state_what_if": "at-least"`)
}

// TestWhatIfPauseByPause reads single pauses once a longer timeout asks for them, and says from what it judges.
func TestWhatIfPauseByPause(t *testing.T) {
	measured, reads := fewRecords(), 0
	var fault error
	options := over(t, measured, nil)
	options.Reader.Records = func(context.Context, time.Time, time.Time) iter.Seq2[usage.Record, error] {
		return func(yield func(usage.Record, error) bool) {
			reads++
			if !yield(usage.Record{}, &ledger.DamagedError{File: ledger.DamagedFile{Path: "part", Reason: "cut"}}) {
				return
			}
			for _, r := range measured.all {
				if fault != nil {
					yield(usage.Record{}, fault)
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	s := open(t, options, 120, 40)
	reads = 0                         // the overview's advice has gone through them
	s.m.overview().state.Advice = nil // which a what-if would start from
	s.press("2", "w").has("no difference")
	require.Zero(t, reads, "nothing asks for single pauses yet")
	s.press("right").has("worked out from 10 pauses", "idle-pauses", "10 suspensions of eu-west-1",
		"idle-cheapest").lacks("idle-memoryless")
	s.press("right", "right").has("worked out from 10 pauses")
	require.Equal(t, 1, reads, "they are read once")
	s.press("left", "left", "left", "left").has("estimated: the ledger hides short pauses", "idle-shorter",
		"idle-memoryless")
	s.resize(40, 10)
	s.press("right", "right").has("idle timeout then", "actual", "what if  ")
	s.resize(120, 40)

	fault = errors.New("the disk is gone")
	s.press("esc", "w", "right").has("estimated from averages", "idle-memoryless",
		"single pauses were not read: the disk is gone")
	fault = context.DeadlineExceeded
	s.press("r").has("estimated from averages")
	fault = nil
	s.press("r").has("worked out from 10 pauses").lacks("not read")
}
