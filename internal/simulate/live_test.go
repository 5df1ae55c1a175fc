package simulate

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/usage"
)

func lookAt(t *testing.T, f Fleet, at time.Time) watch.Look {
	t.Helper()
	look, err := f.Live(func() time.Time { return at }).Look(t.Context())
	require.NoError(t, err)
	return look
}

// What is played live is what the records of the day say: the same MicroVMs, running and suspended for as long.
func TestLiveIsTheFleetOfTheRecords(t *testing.T) {
	fleet, now := Fleet{Seed: 1, End: end}, end.Truncate(24*time.Hour).Add(15*time.Hour)
	look := lookAt(t, fleet, now)
	type times struct{ running, suspended time.Duration }
	measured := map[string]times{}
	for _, r := range fleet.Today(now) {
		if r.Resource.Kind == usage.KindMicroVM {
			of := measured[r.Resource.ID]
			of.running += time.Duration(r.Amounts[usage.Running]) * time.Millisecond
			of.suspended += time.Duration(r.Amounts[usage.Suspended]) * time.Millisecond
			measured[r.Resource.ID] = of
		}
	}
	found := 0
	for _, m := range look.MicroVMs {
		require.NotEmpty(t, m.State)
		if m.StartedAt.Before(now.Truncate(24 * time.Hour)) {
			continue
		}
		var of times
		for i, s := range m.Life {
			require.True(t, i == 0 || m.Life[i-1].To.Equal(s.From), "a life has no holes")
			switch s.State {
			case watch.Running, watch.Pending:
				of.running += s.To.Sub(s.From)
			case watch.Suspended, watch.Suspending:
				of.suspended += s.To.Sub(s.From)
			}
		}
		if m.State == watch.Terminated {
			found++
			require.InDelta(t, measured[m.ID].running.Seconds(), of.running.Seconds(), terminatingSeconds, m.ID)
			require.InDelta(t, measured[m.ID].suspended.Seconds(), of.suspended.Seconds(), terminatingSeconds, m.ID)
		}
	}
	require.Greater(t, found, 50)
}

func TestLiveHasEveryState(t *testing.T) {
	fleet := Fleet{Seed: 1, End: end}
	live := fleet.Live(nil)
	day := end.Truncate(24 * time.Hour)
	seen, regions, archs := map[watch.State]int{}, map[string]bool{}, map[usage.Arch]bool{}
	gauged, capped := 0, 0
	for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(211 * time.Second) {
		live.now = func() time.Time { return at }
		look, err := live.Look(t.Context())
		require.NoError(t, err)
		require.True(t, slices.IsSortedFunc(look.MicroVMs, func(a, b watch.MicroVM) int {
			if a.Region != b.Region {
				return map[bool]int{true: -1, false: 1}[a.Region < b.Region]
			}
			return map[bool]int{true: -1, false: 1}[a.ID < b.ID]
		}))
		for _, m := range look.MicroVMs {
			seen[m.State]++
			regions[m.Region], archs[m.Arch] = true, true
			gauged += len(m.Gauges)
			require.LessOrEqual(t, len(m.Gauges), 60+len(m.Life))
			if !m.EndedAt.IsZero() && m.EndedAt.Sub(m.StartedAt) == m.MaxLife {
				capped++
			}
			require.False(t, m.LastActivity.After(at))
		}
	}
	for _, state := range watch.States() {
		require.Positive(t, seen[state], state)
	}
	require.Len(t, regions, 2)
	require.Positive(t, gauged)
	require.Positive(t, capped, "some reach their cap")
}

func TestLiveIsDeterministic(t *testing.T) {
	at := end.Add(2 * time.Hour)
	require.Equal(t, lookAt(t, Fleet{Seed: 3, End: end}, at), lookAt(t, Fleet{Seed: 3, End: end}, at))
	require.NotEqual(t, lookAt(t, Fleet{Seed: 3, End: end}, at), lookAt(t, Fleet{Seed: 4, End: end}, at))
}

func TestWorldShowsAPlaceInTroubleAsItWas(t *testing.T) {
	start := end
	world := World{
		Places: []watch.Place{{Region: "eu-west-1"}, {Region: "us-east-1"}},
		Scripts: []Script{
			{MicroVM: watch.MicroVM{ID: "a", Region: "eu-west-1"}, Changes: []Change{
				{start, watch.Pending}, {start.Add(time.Minute), watch.Running}, {start.Add(time.Hour), watch.Terminated},
			}},
			{MicroVM: watch.MicroVM{ID: "a", Region: "us-east-1"}, Changes: []Change{{start, watch.Running}}},
		},
		Troubles: []Trouble{{
			Region: "eu-west-1", From: start.Add(10 * time.Second), To: start.Add(time.Hour), Fault: "down", Throttled: true,
		}},
	}
	look := func(after time.Duration) watch.Look {
		world.Now = func() time.Time { return start.Add(after) }
		out, err := world.Look(t.Context())
		require.NoError(t, err)
		return out
	}
	down := look(30 * time.Minute)
	require.Equal(t, watch.Pending, down.MicroVMs[0].State, "as it was when the trouble began")
	require.Equal(t, start.Add(10*time.Second), down.Places[0].ListedAt)
	require.Equal(t, "down", down.Places[0].Fault)
	require.Empty(t, down.Places[1].Fault)
	require.Equal(t, start.Add(30*time.Minute), down.MicroVMs[1].SeenAt)

	back := look(2 * time.Hour)
	require.Equal(t, watch.Terminated, back.MicroVMs[0].State)
	require.Equal(t, start.Add(time.Hour), back.MicroVMs[0].EndedAt)
	require.Len(t, back.MicroVMs[0].Life, 2)
	require.Len(t, look(25*time.Hour).MicroVMs, 1, "what has ended is listed for a day")
}
