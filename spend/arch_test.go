package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

// onArch is 1,000 vCPU-seconds, 2,000 GB-seconds and a GB written, of one tenant on an architecture.
func onArch(t testing.TB, day, tenant string, arch usage.Arch) usage.Record {
	r := hour(at(t, day), tenant, 0)
	r.Arch, r.Resource.ID = arch, "mvm-"+tenant+string(arch)
	r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory] = 1_000_000, 2000*1024*1000
	r.Amounts[pricing.SnapshotWrite] = 1 << 30
	return r
}

// By hand, in us-east-1: on ARM64 1,000 × 0.0000276944 + 2,000 × 0.0000036667 = 0.0350278, on x86-64 1,000 ×
// 0.0000326557 + 2,000 × 0.0000043235 = 0.0413027, and a GB written is 0.0037977138 on both. Where it is not known which
// it was, it is ARM64.
func TestEachArchitectureIsPricedByItsOwnRates(t *testing.T) {
	s := sourceOf(onArch(t, "2026-11-10", "acme", usage.ArchX86), onArch(t, "2026-11-10", "bravo", usage.ArchARM64),
		onArch(t, "2026-11-10", "core", usage.ArchUnknown))
	s.Rates = pricing.EmbeddedCards()
	november := Request{From: at(t, "2026-11-01"), To: at(t, "2026-12-01"), By: []Dimension{ByTenant}}
	got, err := s.Report(t.Context(), november)
	require.NoError(t, err)
	require.Equal(t, []string{"acme 0.0451004138", "bravo 0.0388255138", "core 0.0388255138"}, amounts(got))
	require.Equal(t, "0.1227514414", got.Total.Amount.String())
	require.True(t, got.ArchAssumed)

	november.By = []Dimension{ByArch}
	got, err = s.Report(t.Context(), november)
	require.NoError(t, err)
	require.Equal(t, []string{" 0.0388255138", "arm64 0.0388255138", "x86_64 0.0451004138"}, amounts(got))

	november.Filter.Archs = append(november.Filter.Archs, pattern(t, "x86_64"))
	got, err = s.Report(t.Context(), november)
	require.NoError(t, err)
	require.Equal(t, []string{"x86_64 0.0451004138"}, amounts(got))
	require.False(t, got.ArchAssumed, "of what was chosen all is known")
}

// Before there was another architecture nothing is assumed.
func TestNothingIsAssumedBeforeThereWasX86(t *testing.T) {
	s := sourceOf(onArch(t, "2026-10-05", "acme", usage.ArchUnknown))
	s.Rates = pricing.EmbeddedCards()
	got, err := s.Report(t.Context(), october(t, ByTenant))
	require.NoError(t, err)
	require.False(t, got.ArchAssumed)
}

// A rate that is known on one architecture is not taken for the other.
func TestUnknownOnOneArchitecture(t *testing.T) {
	arm, x86 := onArch(t, "2026-11-10", "acme", usage.ArchARM64), onArch(t, "2026-11-10", "acme", usage.ArchX86)
	arm.Region, x86.Region = "eu-central-1", "eu-central-1"
	arm.Amounts[pricing.SnapshotWrite], x86.Amounts[pricing.SnapshotWrite] = 0, 0
	s := sourceOf(arm, x86)
	s.Rates = pricing.EmbeddedCards()
	got, err := s.Report(t.Context(), Request{From: at(t, "2026-11-01"), To: at(t, "2026-12-01"), By: []Dimension{ByTenant}})
	require.NoError(t, err)
	require.Len(t, got.Total.Unknown, 2)
	require.Equal(t, "the x86-64 vCPU rate of eu-central-1 is not known; give it under "+
		"rates.eu-central-1.vcpu_second_x86 in microspend.yaml or refresh the rates", got.Total.Unknown[0].String())
	require.True(t, got.Total.Known(), "what ran on ARM64 has a price")
}

// Lines for exports are by architecture where rates are, and snapshots are one line, as they are on AWS's bill.
func TestChargesTellArchitecturesApart(t *testing.T) {
	s := sourceOf(onArch(t, "2026-11-10", "acme", usage.ArchX86), onArch(t, "2026-11-10", "acme", usage.ArchARM64))
	s.Rates = pricing.EmbeddedCards()
	got, err := s.Charges(t.Context(), at(t, "2026-11-01"), at(t, "2026-12-01"), Filter{})
	require.NoError(t, err)
	var lines []string
	for _, line := range got.Lines {
		lines = append(lines, line.Rated().UsageTypeIn(line.Region)+" "+line.Used.String()+" "+line.Amount.String())
	}
	require.ElementsMatch(t, []string{
		"Lambda-MicroVM-vCPU-Second-ARM 1000 0.0276944", "Lambda-MicroVM-vCPU-Second 1000 0.0326557",
		"Lambda-MicroVM-Memory-GB-Second-ARM 2000 0.0073334", "Lambda-MicroVM-Memory-GB-Second 2000 0.008647",
		"Lambda-MicroVM-Snapshot-Write-GB 2 0.0075954276",
	}, lines)
}
