package pricing_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// By hand, 2 GB and 1 h in us-east-1: 3,600 × (0.0000326557 + 2 × 0.0000043235) = 0.14868972 on x86-64, and 3,600 ×
// (0.0000276944 + 2 × 0.0000036667) = 0.12610008 on ARM64. Snapshots cost the same: 2 × 0.0015467699 read, and
// 2 × 720 × 0.0001111111 stored.
func TestArchitecturesHaveTheirOwnCompute(t *testing.T) {
	w := pricing.Workload{
		Size: size(t, "2GB"), Running: whole(3600), Launches: whole(1),
		Image: pricing.Image{GB: whole(2), Count: whole(1), Hours: whole(720)},
	}
	card := listCard(t, "us-east-1")
	for _, tc := range []struct {
		arch           pricing.Arch
		compute, total string
	}{
		{pricing.ArchX86, "0.14868972", "0.3117832438"},
		{pricing.ArchARM64, "0.12610008", "0.2891936038"},
		{pricing.ArchUnknown, "0.12610008", "0.2891936038"},
	} {
		bill, err := w.Bill(card.For(pricing.ArchX86).For(tc.arch))
		require.NoError(t, err)
		require.Equal(t, tc.compute, bill.Sum(pricing.Compute).String(), "%q", tc.arch)
		require.Equal(t, tc.total, bill.Total().String(), "%q", tc.arch)
	}
	require.Equal(t, pricing.ArchX86, card.For(pricing.ArchX86).Arch())
	require.Equal(t, pricing.ArchARM64, card.Arch())
}

// A rate that is not known on one architecture is not taken from another.
func TestUnknownOnOneArchitecture(t *testing.T) {
	card := listCard(t, "eu-central-1")
	require.True(t, card.Rate(pricing.VCPU).Known())
	for _, arch := range []pricing.Arch{pricing.ArchX86, "riscv64"} {
		require.False(t, card.For(arch).Rate(pricing.VCPU).Known(), "%q", arch)
		require.Contains(t, card.For(arch).Unknown(), pricing.Memory)
	}
	_, err := pricing.Quantities{pricing.VCPU: whole(1)}.Bill(card.For(pricing.ArchX86))
	require.EqualError(t, err,
		"the x86-64 vCPU rate of eu-central-1 is not known")
}

// What a card says of one architecture is not changed by what is said of another, however a changed card is made.
func TestCardsOfBothArchitectures(t *testing.T) {
	rate := func(figure string) pricing.Rate {
		return pricing.Rate{Figure: dec(figure), Per: pricing.PerUnit, Source: "s", ReadOn: date(t, "2026-11-05")}
	}
	card := listCard(t, "us-east-1")
	changed := card.For(pricing.ArchX86).With(pricing.VCPU, rate("0.00002"))
	require.Equal(t, "0.00002", changed.Rate(pricing.VCPU).Figure.String())
	require.Equal(t, "0.0000276944", changed.For(pricing.ArchARM64).Rate(pricing.VCPU).Figure.String())
	require.False(t, changed.SamePrices(card.For(pricing.ArchX86)), "whichever the card stands for")
	require.False(t, changed.For(pricing.ArchARM64).SamePrices(card))

	given := card.WithRates(map[pricing.Rated]pricing.Rate{
		pricing.VCPU.On(pricing.ArchX86): rate("0.00003"), pricing.Memory.On(pricing.ArchARM64): rate("0.000004"),
		pricing.SnapshotRead.On(pricing.ArchX86): rate("0.002"),
	})
	require.Equal(t, pricing.ArchARM64, given.Arch())
	require.Equal(t, "0.0000276944", given.Rate(pricing.VCPU).Figure.String())
	require.Equal(t, "0.000004", given.Rate(pricing.Memory).Figure.String())
	require.Equal(t, "0.002", given.Rate(pricing.SnapshotRead).Figure.String(), "snapshots are billed alike")
	onX86 := given.AgainstList(card).For(pricing.ArchX86)
	require.Equal(t, "0.00003", onX86.Rate(pricing.VCPU).Figure.String())
	require.Equal(t, "0.0000326557", onX86.ListRate(pricing.VCPU).Figure.String())

	text, err := pricing.EncodeCard(given)
	require.NoError(t, err)
	read, err := pricing.ParseCard(text)
	require.NoError(t, err)
	require.True(t, read.SamePrices(given))

	later := card
	later.From = date(t, "2026-12-01")
	series := pricing.NewSeries(card, later.For(pricing.ArchX86).With(pricing.VCPU, pricing.Rate{}).For(""))
	require.Equal(t, "0.0000326557", series.Newest().For(pricing.ArchX86).Rate(pricing.VCPU).Figure.String(),
		"the last one known")
	require.Empty(t, series.Changes())
}

func TestParseArch(t *testing.T) {
	for _, arch := range pricing.Archs() {
		parsed, err := pricing.ParseArch(string(arch))
		require.NoError(t, err)
		require.Equal(t, arch, parsed)
		require.True(t, arch.Valid())
	}
	for _, text := range []string{"", "x86", "amd64", "ARM64"} {
		_, err := pricing.ParseArch(text)
		require.Error(t, err, text)
	}
	require.True(t, pricing.ArchUnknown.Valid())
	require.False(t, pricing.Arch("x86").Valid())
	require.Equal(t, pricing.ArchX86, pricing.ArchOfGo("amd64"))
	require.Equal(t, pricing.ArchARM64, pricing.ArchOfAPI("ARM_64"))
	require.Equal(t, pricing.ArchUnknown, pricing.ArchOfGo("riscv64"))
}

func TestArchsMentioned(t *testing.T) {
	for text, want := range map[string][]pricing.Arch{
		"Lambda-MicroVM-vCPU-Second-ARM":        {pricing.ArchARM64},
		"vCPU on ARM_64 (Graviton)":             {pricing.ArchARM64},
		"an alarm for the farm":                 {},
		"per X86 vCPU":                          {pricing.ArchX86},
		"snapshots of arm64 and x86_64 images":  {pricing.ArchARM64, pricing.ArchX86},
		"Lambda-MicroVM-Memory-GB-Second":       {},
		"Lambda-MicroVM-Memory-GB-Second (x86)": {pricing.ArchX86},
	} {
		require.Equal(t, want, pricing.ArchsMentioned(text), text)
	}
}

// What is rated is read back from its id, which no two share, and the ids of quantities are those of ARM64.
func TestParseRated(t *testing.T) {
	for _, rated := range pricing.AllRated() {
		got, ok := pricing.ParseRated(rated.String())
		require.True(t, ok, rated)
		require.Equal(t, rated, got)
	}
	got, ok := pricing.ParseRated("memory")
	require.True(t, ok)
	require.Equal(t, pricing.Rated{Quantity: pricing.Memory, Arch: pricing.ArchARM64}, got)
	for _, id := range []string{"", "vcpu.arm64", "storage.x86_64", "vcpu.", "VCPU"} {
		_, ok := pricing.ParseRated(id)
		require.False(t, ok, id)
	}
}

func TestRatedInOrder(t *testing.T) {
	all := pricing.AllRated()
	slices.SortFunc(all, pricing.Rated.Compare)
	var ids []string
	for _, rated := range all {
		ids = append(ids, rated.String())
	}
	require.Equal(t, []string{
		"vcpu", "vcpu.x86_64", "memory", "memory.x86_64", "snapshot.read", "snapshot.write", "storage",
	}, ids)
}
