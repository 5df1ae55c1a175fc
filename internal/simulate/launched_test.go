package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger/lifecycle"
	"microspend/usage"
)

// What is kept of launches is that of all that ran in the last 30 days, and today, and no more than a day beside it.
func TestLaunchesOfAllThatAdviceLooksAt(t *testing.T) {
	end := time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC)
	now := end.Add(15*time.Hour + 20*time.Minute)
	fleet := Fleet{Seed: 1, End: end, Tenants: 12}
	known := map[string]lifecycle.MicroVM{}
	for _, m := range fleet.Launched() {
		require.False(t, m.StartedAt.Before(end.AddDate(0, 0, -LaunchedDays)))
		require.EqualValues(t, 300, *m.MaxIdle)
		known[m.ID] = m
	}
	for _, m := range fleet.LaunchedToday(now) {
		require.False(t, m.StartedAt.Before(end) || m.StartedAt.After(now))
		known[m.ID] = m
	}
	records := fleet.Today(now)
	for batch := range fleet.Batches() {
		records = append(records, batch...)
	}
	for _, r := range records {
		if r.Resource.Kind != usage.KindMicroVM || r.PeriodStart.Before(end.AddDate(0, 0, -30)) {
			continue
		}
		m, found := known[r.Resource.ID]
		require.True(t, found, "%s in the hour of %s", r.Resource.ID, r.PeriodStart)
		require.Equal(t, r.Arch, m.Arch)
		require.Equal(t, r.Image, m.Image)
		require.Equal(t, r.Region, m.Region)
		require.Equal(t, r.Account, m.Account)
	}
}
