package report_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/pricing"
	"microspend/report"
	"microspend/view"
)

func usd(text string) fleet.Amount {
	return fleet.Amount{USD: decimal.RequireFromString(text), Known: true}
}

// TestTopColumns reads the cells of MicroVMs of which everything, little and nothing is known.
func TestTopColumns(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := &fleet.Snapshot{At: at, MicroVMs: []fleet.MicroVM{
		{
			MicroVM: watch.MicroVM{
				ID: "mvm-a", Region: "eu-west-1", Account: "1", Image: "sandbox", Arch: pricing.ArchARM64,
				State: watch.Running, StartedAt: at.Add(-7*time.Hour - 41*time.Minute), MaxLife: 8 * time.Hour,
				LastActivity: at.Add(-90 * time.Second), Policy: watch.Policy{Known: true, MaxIdle: 5 * time.Minute},
			},
			Owner: "umber", Running: 7*time.Hour + 33*time.Minute, Suspended: 8 * time.Minute,
			BurnPerHour: usd("0.708849"), Spent: usd("5.27"), Newer: usd("0.140249"),
		},
		{
			MicroVM: watch.MicroVM{
				ID: "mvm-b", Region: "us-east-1", Account: "1", State: watch.Suspended,
				StartedAt: at.Add(-time.Hour), Arch: pricing.ArchARM64, LastActivity: at.Add(-50 * time.Minute),
			},
			Running: 10 * time.Minute, Suspended: 50 * time.Minute,
			BurnPerHour: usd("0.000348"), Spent: usd("0.1"), Newer: fleet.Amount{State: pricing.NotMeasured},
		},
		{MicroVM: watch.MicroVM{
			ID: "mvm-c", Region: "us-east-1", Account: "1", State: "REHYDRATING", Arch: pricing.ArchARM64,
		}},
	}}
	want := map[string][3]string{
		"microvm_id": {"mvm-a", "mvm-b", "mvm-c"},
		"tenant":     {"umber", "–", "–"},
		"image":      {"sandbox", "–", "–"},
		"state":      {"running", "suspended", "rehydrating"}, // one that is new to us is shown as it is called
		"region":     {"eu-west-1", "us-east-1", "us-east-1"},

		"age_seconds":            {"7h41m", "1h00m", "–"},
		"left_seconds":           {"19m00s", "–", "–"},
		"running_seconds":        {"7h33m", "10m00s", "–"},
		"suspended_seconds":      {"8m00s", "50m00s", "–"},
		"idle_seconds":           {"1m30s", "50m00s", "–"},
		"idle_remaining_seconds": {"3m30s", "–", "–"},

		// 0.708849 and 0.000348 are 0.7088 and 0.0003, and their sum is 0.7092: the first is nearer to its next.
		"burn_per_hour": {"0.7089", "0.0003", "–"},
		"so_far":        {"≈ 5.4102", "≥ 0.1000", "–"}, // what is newer than the ledger is not known of the second
	}
	for _, c := range report.TopColumns(s) {
		if c.Scope == view.Data {
			require.NotContains(t, want, c.ID, "programs alone have it")
			continue
		}
		require.Contains(t, want, c.ID)
		for i := range s.MicroVMs {
			require.Equal(t, want[c.ID][i], c.Value(&s.MicroVMs[i]).String(), "%s of %s", c.ID, s.MicroVMs[i].ID)
		}
		delete(want, c.ID)
	}
	require.Empty(t, want, "columns that are missing")
}
