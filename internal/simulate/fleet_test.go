package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

var end = time.Date(2026, time.October, 8, 15, 0, 0, 0, time.UTC)

func all(f Fleet) []usage.Record {
	var out []usage.Record
	for batch := range f.Batches() {
		out = append(out, batch...)
	}
	return out
}

func TestFleetKeepsTheRulesOfTheService(t *testing.T) {
	fleet := Fleet{Seed: 1, End: end}
	seen := map[usage.Key]bool{}
	lives, launches, resumes, suspends := map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	day := fleet.Start()
	for batch := range fleet.Batches() {
		for _, r := range batch {
			require.NoError(t, r.Check())
			require.True(t, r.Day().Equal(day), "a batch is one day")
			require.False(t, seen[r.Key()], "keys are unique")
			seen[r.Key()] = true
			if r.Amounts[usage.Launches]+r.Amounts[usage.Running]+r.Amounts[usage.Suspended] == 0 {
				require.Equal(t, r.PeriodSeconds*1000, int64(secondsPerDay*1000), "only image storage neither runs nor rests")
				continue
			}
			require.LessOrEqual(t, r.Amounts[usage.Running]+r.Amounts[usage.Suspended], r.PeriodSeconds*1000,
				"an hour has an hour")
			require.LessOrEqual(t, r.Amounts[pricing.Memory], r.Amounts[usage.Running]*8192*pricing.BurstFactor)
			require.Equal(t, r.Amounts[pricing.Memory], r.Amounts[pricing.VCPU]*2048, "half a vCPU per GB, in bursts too")
			require.Zero(t, (r.Amounts[usage.Suspended] > 0) != (r.Amounts[pricing.SnapshotStorage] > 0),
				"suspended state is stored, nothing else is")
			lives[r.Resource.ID] += r.Amounts[usage.Running] + r.Amounts[usage.Suspended]
			launches[r.Resource.ID] += r.Amounts[usage.Launches]
			resumes[r.Resource.ID] += r.Amounts[usage.Resumes]
			suspends[r.Resource.ID] += r.Amounts[usage.Suspends]
		}
		day = day.AddDate(0, 0, 1)
	}
	require.True(t, day.Equal(time.Date(2026, time.October, 8, 0, 0, 0, 0, time.UTC)))
	longest := int64(0)
	for id, life := range lives {
		require.LessOrEqual(t, life, int64(pricing.MaxLifeSeconds*1000), id)
		require.EqualValues(t, 1, launches[id], id)
		require.LessOrEqual(t, resumes[id], suspends[id], "what resumes was suspended before")
		longest = max(longest, life)
	}
	require.EqualValues(t, pricing.MaxLifeSeconds*1000, longest, "some live their 8 hours")
}

func TestFleetIsDeterministic(t *testing.T) {
	digest := func(f Fleet) string {
		sum := sha256.New()
		for _, r := range all(f) {
			fmt.Fprintln(sum, r)
		}
		return hex.EncodeToString(sum.Sum(nil))
	}
	require.Equal(t, digest(Fleet{Seed: 7, End: end}), digest(Fleet{Seed: 7, End: end}))
	require.NotEqual(t, digest(Fleet{Seed: 7, End: end}), digest(Fleet{Seed: 8, End: end}))
}

func TestFleetHasItsStories(t *testing.T) {
	fleet := Fleet{Seed: 1, End: end}
	records := all(fleet)
	require.Greater(t, len(records), 20_000)
	require.Less(t, len(records), 400_000)
	perDay := map[string]map[string]int64{}
	regions, nobody, images := map[string]bool{}, 0, 0
	for _, r := range records {
		regions[r.Region] = true
		name := r.Tenant
		if r.Role != "" {
			name = r.Role
		}
		if perDay[name] == nil {
			perDay[name] = map[string]int64{}
		}
		perDay[name][r.Day().Format(time.DateOnly)] += r.Amounts[usage.Running]
		if r.Tenant == "" && r.Role == "" && r.Image == "sandbox-python" && r.Amounts[usage.Launches] > 0 {
			nobody++
		}
		if r.PeriodSeconds == secondsPerDay {
			images++
		}
	}
	require.Len(t, regions, 2)
	require.Positive(t, nobody, "some usage is nobody's")
	require.Positive(t, images, "images are stored")
	require.NotContains(t, perDay, Idle)
	require.Contains(t, string(fleet.TenantsFile()), ",,"+Idle+",,,")
	runaway := perDay[tenant{name: Runaway}.role()]
	if runaway == nil {
		runaway = perDay[Runaway]
	}
	lost, back := fleet.Outage()
	partial := 0
	for _, r := range records {
		if r.Coverage != usage.CoverageComplete {
			require.False(t, r.PeriodStart.Before(lost) || !r.PeriodStart.Before(back), "one outage")
			partial++
		}
	}
	require.Positive(t, partial)
	bad := runaway[fleet.BadDay().Format(time.DateOnly)]
	for day, running := range runaway {
		if day != fleet.BadDay().Format(time.DateOnly) && day != fleet.BadDay().AddDate(0, 0, 1).Format(time.DateOnly) {
			require.Greater(t, bad, 5*running, day)
		}
	}
}

// Before there was x86-64 everything ran on ARM64. Since then what is launched from one image runs on it, and what was
// launched before goes on as it was.
func TestFleetHasAnImageThatMoves(t *testing.T) {
	since := pricing.ArchsSince().Start()
	lives := map[string]usage.Arch{}
	x86, tenants := 0, map[string]bool{}
	for _, r := range all(Fleet{Seed: 1, End: since.AddDate(0, 0, 20)}) {
		if r.Arch == usage.ArchX86 {
			x86++
			require.Equal(t, Moving, r.Image)
			require.False(t, r.PeriodStart.Before(since))
			tenants[r.Tenant+r.Role] = true
		} else {
			require.Equal(t, usage.ArchARM64, r.Arch)
		}
		id := r.Resource.String()
		if r.Image == Moving && r.Resource.Kind != usage.KindImage {
			known, seen := lives[id]
			require.True(t, !seen || known == r.Arch, "%s moved while it ran", id)
			lives[id] = r.Arch
		}
	}
	require.Greater(t, x86, 1000)
	require.Greater(t, len(tenants), 2, "more than one tenant uses it")
	require.Less(t, len(tenants), 20)
}

func TestFleetStopsWhenNobodyListens(t *testing.T) {
	for range (Fleet{Seed: 1, End: end}).Batches() {
		break
	}
}

func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		n := 0
		for batch := range (Fleet{Seed: 1, End: end}).Batches() {
			n += len(batch)
		}
		b.ReportMetric(float64(n), "records")
	}
}
