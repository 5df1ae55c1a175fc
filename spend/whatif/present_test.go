package whatif_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend/whatif"
)

// launched is a table of MicroVMs of a region, mvm-0 on, with the idle timeouts that they were launched with; 0 is none
// that is known.
func launched(t *testing.T, region string, timeouts ...int64) *lifecycle.Table {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	records := suspended(region, make([]int64, len(timeouts))...)
	l, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	defer l.Close()
	for i, timeout := range timeouts {
		m := lifecycle.MicroVM{ID: records[i].Resource.ID, Region: region, StartedAt: at, ReadAt: at.AddDate(0, 0, 19)}
		if timeout > 0 {
			m.MaxIdle = &timeout
		}
		require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{m}))
	}
	table, err := lifecycle.Read(t.Context(), l, at, at.AddDate(0, 1, 0))
	require.NoError(t, err)
	return table
}

// TestATimeoutThatIsRecordedIsNotAssumed: three MicroVMs at 300 s, suspended for 100, 200 and 1,000 s; one at 600 s,
// for 4,000 s. With 600 s for all, the first two are run through (100 + 200), the third begins 300 s later, and the
// fourth is as it was: 3,600 × 4 + 600 s of running, and 2 suspends less.
func TestATimeoutThatIsRecordedIsNotAssumed(t *testing.T) {
	records := suspended("eu-west-1", 100, 200, 1000, 4000)
	pauses, err := whatif.ReadPauses(each(records), launched(t, "eu-west-1", 300, 300, 300, 600))
	require.NoError(t, err)
	out := apply(t, whatif.Change{TimeoutNow: 60, TimeoutThen: 600, Idle: pauses}, partOf(t, "eu-west-1", records))
	require.Equal(t, "15000", out.ThenRunning.String())
	require.Equal(t, "2", out.ThenSuspend.String())
	require.Equal(t, "15000", line(t, out, pricing.VCPU).Then.String())
	require.Empty(t, note(out, "idle-timeout-now"), "nothing is assumed")
	require.Equal(t, "the current timeout in eu-west-1 is the one that MicroVMs were launched with, 300 s, 600 s: "+
		"from the MicroVM API, 2026-11-20, 4 MicroVMs: 300 s on 3, 600 s on 1\n", note(out, "idle-timeout-recorded"))
	require.Contains(t, note(out, "idle-pauses"), "from 3 suspensions")

	present := pauses.Present()
	require.EqualValues(t, 300, present.Usual())
	require.Equal(t, 4, present.Recorded)
	require.Equal(t, []whatif.PresentTimeout{{Seconds: 300, MicroVMs: 3}, {Seconds: 600, MicroVMs: 1}}, present.Timeouts)
}

// TestWhatIsNotRecordedIsAssumed: one MicroVM at a recorded 300 s, suspended for 100 s, and one that is taken for 60 s,
// for 1,000 s. With 600 s the first runs through its 100 s, the second for 540 s more.
func TestWhatIsNotRecordedIsAssumed(t *testing.T) {
	records := suspended("eu-west-1", 100, 1000)
	pauses, err := whatif.ReadPauses(each(records), launched(t, "eu-west-1", 300, 0))
	require.NoError(t, err)
	out := apply(t, whatif.Change{TimeoutNow: 60, TimeoutThen: 600, Idle: pauses}, partOf(t, "eu-west-1", records))
	require.Equal(t, "7840", out.ThenRunning.String())
	require.Contains(t, note(out, "idle-timeout-now"), "60 s")
	require.Contains(t, note(out, "idle-timeout-recorded"), "1 MicroVMs; not recorded for 1 more")
}

// TestAShorterTimeoutThanOneOfSeveral is estimated for the MicroVMs that have a longer one, from their own pauses, and
// worked out for the others: at 300 s a suspension of 100 s each, at 60 s one of 1,000 s.
func TestAShorterTimeoutThanOneOfSeveral(t *testing.T) {
	records := suspended("eu-west-1", 100, 1000)
	pauses, err := whatif.ReadPauses(each(records), launched(t, "eu-west-1", 300, 60))
	require.NoError(t, err)
	both := apply(t, whatif.Change{TimeoutNow: 60, TimeoutThen: 120, Idle: pauses}, partOf(t, "eu-west-1", records))

	first, second := records[:1], records[1:]
	estimated := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 120}, partOf(t, "eu-west-1", first))
	one, err := whatif.ReadPauses(each(second), nil)
	require.NoError(t, err)
	exact := apply(t, whatif.Change{TimeoutNow: 60, TimeoutThen: 120, Idle: one}, partOf(t, "eu-west-1", second))
	require.Equal(t, estimated.ThenRunning.Add(exact.ThenRunning).String(), both.ThenRunning.String())
	require.Equal(t, estimated.ThenSuspend.Add(exact.ThenSuspend).String(), both.ThenSuspend.String())
	require.Contains(t, note(both, "idle-shorter"), "less than 300 s")
}

func TestNothingIsRecorded(t *testing.T) {
	pauses, err := whatif.ReadPauses(each(suspended("eu-west-1", 100)), launched(t, "us-east-1", 300))
	require.NoError(t, err)
	require.Zero(t, pauses.Present().Recorded)
	require.Zero(t, pauses.Present().Usual())
	require.Equal(t, 1, pauses.Present().Unknown)
}
