package awssource

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

// TestQuota has figures worked out by hand: a GB has half a vCPU, and a burst four times that.
func TestQuota(t *testing.T) {
	const period = 5 * time.Minute
	for _, tc := range []struct {
		name   string
		quota  Quota
		region string
		of     usage.Measure
		want   int64
	}{
		{"vCPU: 400 GB / 2 × 4 × 300,000 ms", Quota{}, "eu-west-1", usage.Measure(pricing.VCPU), 240_000_000},
		{"vCPU: 1,024 GB / 2 × 4 × 300,000 ms", Quota{}, "us-east-1", usage.Measure(pricing.VCPU), 614_400_000},
		{"memory: 409,600 MiB × 4 × 300,000 ms", Quota{}, "eu-west-1", usage.Measure(pricing.Memory), 491_520_000_000},
		{"800 MicroVMs of 0.5 GB", Quota{}, "eu-west-1", usage.Running, 240_000_000},
		{"800 × (2 GB + 8 GB) × 300 s", Quota{}, "eu-west-1", usage.Measure(pricing.SnapshotStorage), 8000 * 300 << 30},
		{"10 starts a second × 64 GB × 300 s", Quota{}, "eu-west-1", usage.Measure(pricing.SnapshotRead), 640 * 300 << 30},
		{"2 suspends a second × 64 GB × 300 s", Quota{}, "eu-west-1", usage.Measure(pricing.SnapshotWrite), 128 * 300 << 30},
		{"10 starts a second", Quota{}, "eu-west-1", usage.Launches, 3000},
		{"2 TB", Quota{MemoryMiB: 2 << 20}, "us-east-1", usage.Measure(pricing.VCPU), 1_228_800_000},
		{"2 TB, twice the default, has twice the launches", Quota{MemoryMiB: 2 << 20}, "us-east-1", usage.Launches, 6000},
	} {
		require.Equal(t, tc.want, tc.quota.Most(tc.region, tc.of, period), tc.name)
	}
	require.EqualValues(t, math.MaxInt64, product(1<<62, 4), "what is too large stays a bound")
}

func TestAQuotaAsItIsWritten(t *testing.T) {
	for text, want := range map[string]quotaMemory{
		"400GB": 400 << 10, "2TB": 2 << 20, "1.5 TiB": 3 << 19, "512MiB": 512, "1024TB": mostQuota,
	} {
		var m quotaMemory
		require.NoError(t, m.ParseScalar(text), text)
		require.Equal(t, want, m, text)
	}
	for _, text := range []string{"", "400", "-1GB", "0GB", "much", "1025TB"} {
		require.Error(t, new(quotaMemory).ParseScalar(text), text)
	}
}
