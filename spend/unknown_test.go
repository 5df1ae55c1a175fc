package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestUnknownRatesAreNotZero(t *testing.T) {
	day := at(t, "2026-10-05")
	nowhere := hour(day, "lost", 10)
	nowhere.Region = "xx-nowhere-1"
	source := sourceOf(hour(day, "acme", 3600), frankfurt(day, "bravo"), nowhere)

	got := report(t, source, october(t, ByTenant))
	acme, bravo, lost := got.Rows[0], got.Rows[1], got.Rows[2]
	require.True(t, acme.Complete() && acme.Known())
	requireDecimal(t, "0.12599", bravo.Amount, "what has a rate is priced")
	require.False(t, bravo.Complete())
	require.True(t, bravo.Known(), "a part of it")
	require.Equal(t, pricing.SnapshotWrite, bravo.Unknown[0].Quantity)
	requireDecimal(t, "3", bravo.Unknown[0].Used.Quantity())
	require.False(t, lost.Known(), "no part of it")
	require.True(t, lost.Unknown[0].NoCard)
	require.Len(t, got.Total.Unknown, 2, "the total says what it lacks")

	components := report(t, source, october(t, ByTenant, ByComponent))
	require.Equal(t, []string{"acme vcpu 0.09969984", "bravo vcpu 0.12599", "bravo snapshot.write 0", "lost vcpu 0"},
		amounts(components))
	require.False(t, components.Rows[2].Known())

	request := october(t, ByTenant)
	request.Min = dec("1000")
	folded := report(t, source, request)
	require.Equal(t, []string{"bravo 0.12599", "lost 0", "(other) 0.09969984"}, amounts(folded),
		"what is unknown is not small")

	request.Min, request.Previous = dec("0"), true
	require.Nil(t, report(t, source, request).Rows[1].Previous.Change, "a change of what is not known is not known")

	request.Strict = true
	_, err := source.Report(t.Context(), request)
	require.EqualError(t, err, "the snapshot write rate of eu-central-1 is not known; give it under "+
		"rates.eu-central-1.snapshot_write_gb in microspend.yaml or refresh the rates\n"+
		"the vCPU rate of xx-nowhere-1 is not known, as there is no rate card for the region; give it under "+
		"rates.xx-nowhere-1.vcpu_second in microspend.yaml or refresh the rates")
}

func TestUnknownSharedCostMarksEveryShare(t *testing.T) {
	day := at(t, "2026-10-05")
	image := stored(day, "base", 1)
	image.Region = "eu-central-1"
	source := sourceOf(hour(day, "acme", 1), hour(day, "bravo", 3), image)
	source.Sharing.Policy = ByDirect
	got := report(t, source, october(t, ByTenant))
	require.Len(t, got.Rows, 2)
	for _, row := range got.Rows {
		require.Equal(t, pricing.SnapshotStorage, row.Unknown[0].Quantity)
		require.True(t, row.Known())
	}
	requireDecimal(t, "24", got.Total.Unknown[0].Used.Quantity(), "counted once, whole")
}

func TestSpendWithoutAnyRateIsUnknown(t *testing.T) {
	r := hour(at(t, "2026-10-05"), "acme", 0)
	r.Region, r.Amounts[pricing.SnapshotWrite] = "eu-central-1", 1
	got := report(t, sourceOf(r), october(t, ByTenant))
	require.False(t, got.Total.Known())
}
