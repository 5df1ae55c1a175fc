package pricing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// Hand-copied from the Price List: service code AWSLambda, group and unit of the ARM products.
func TestBilledQuantities(t *testing.T) {
	table := []struct{ id, name, unit, group string }{
		{"vcpu", "vCPU", "vCPU-Seconds", "AWS-Lambda-MicroVM-vCPU-Second-ARM"},
		{"memory", "memory", "GB-Seconds", "AWS-Lambda-MicroVM-Memory-GB-Second-ARM"},
		{"snapshot.read", "snapshot read", "GB", "AWS-Lambda-MicroVM-Snapshot-Read-GB"},
		{"snapshot.write", "snapshot write", "GB", "AWS-Lambda-MicroVM-Snapshot-Write-GB"},
		{"storage", "snapshot storage", "GB-Hours", "AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour"},
	}
	require.Len(t, pricing.BilledQuantities(), len(table), "five usage types, nothing else")
	for i, q := range pricing.BilledQuantities() {
		require.Equal(t, table[i].id, q.String())
		require.Equal(t, table[i].name, q.Name())
		require.Equal(t, table[i].unit, q.Unit())
		require.Equal(t, table[i].group, q.On(pricing.ArchARM64).PriceListGroup())
		require.Equal(t, strings.TrimSuffix(table[i].group, "-ARM"), q.On(pricing.ArchX86).PriceListGroup())
		require.Equal(t, strings.HasSuffix(table[i].group, "-ARM"), q.ByArch())
	}
}

func TestRateKeys(t *testing.T) {
	table := []struct {
		key pricing.RateKey
		of  pricing.BilledQuantity
		per pricing.Per
	}{
		{"vcpu_second", pricing.VCPU, pricing.PerUnit},
		{"vcpu_hour", pricing.VCPU, pricing.PerHour},
		{"gb_second", pricing.Memory, pricing.PerUnit},
		{"gb_hour", pricing.Memory, pricing.PerHour},
		{"snapshot_read_gb", pricing.SnapshotRead, pricing.PerUnit},
		{"snapshot_write_gb", pricing.SnapshotWrite, pricing.PerUnit},
		{"storage_gb_hour", pricing.SnapshotStorage, pricing.PerUnit},
		{"storage_gb_month", pricing.SnapshotStorage, pricing.PerGBMonth},
	}
	var listed []pricing.RateKey
	for _, q := range pricing.BilledQuantities() {
		listed = append(listed, q.RateKeys()...)
	}
	require.Len(t, listed, len(table))
	for i, row := range table {
		require.Equal(t, row.key, listed[i], "the Price List's own key comes first")
		for _, arch := range pricing.Archs() {
			of, per, ok := row.key.On(arch).Meaning()
			require.True(t, ok)
			require.Equal(t, row.of.On(arch), of)
			require.Equal(t, row.per, per)
		}
	}
	for _, key := range []pricing.RateKey{"vcpu_month", "vcpu_month_x86", "storage_gb_hour_x86", "vcpu_second_arm64", "_x86"} {
		_, _, ok := key.Meaning()
		require.False(t, ok, key)
	}
}

// The ids are a contract with scenario files and other programs.
func TestComponents(t *testing.T) {
	ids := []string{
		"compute.baseline.vcpu", "compute.baseline.memory", "compute.peak.vcpu", "compute.peak.memory",
		"snapshot.write", "snapshot.read.launch", "snapshot.read.resume", "storage.image", "storage.suspended",
	}
	labels := []string{
		"baseline vCPU", "baseline memory", "peak vCPU", "peak memory", "write, suspend", "read, launch", "read, resume",
		"image", "suspended",
	}
	lines := pricing.Components()
	require.Len(t, lines, len(ids))
	for i, c := range lines {
		require.Equal(t, ids[i], c.String())
		group, _, _ := strings.Cut(ids[i], ".")
		require.Equal(t, group, c.Group().String())
		require.Equal(t, labels[i], c.Label())
	}
	for _, id := range append(ids, "total", "compute", "compute.baseline", "compute.peak", "snapshot", "snapshot.read",
		"storage") {
		c, err := pricing.ParseComponent(id)
		require.NoError(t, err)
		require.Equal(t, id, c.String())
		for i, line := range lines {
			require.Equal(t, id == "total" || ids[i] == id || strings.HasPrefix(ids[i], id+"."), line.Within(c), "%s in %s",
				line, c)
		}
	}
	for _, id := range []string{"", "storge", "compute.", "compute.peak.gpu", "Compute", "vcpu", "memory"} {
		_, err := pricing.ParseComponent(id)
		require.Error(t, err, "%q is no line or group of a scenario's bill; a sum over it would be zero", id)
	}
}
