package spend

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

func TestSharedCost(t *testing.T) {
	day := at(t, "2026-10-05")
	next := day.AddDate(0, 0, 1)
	image, other := stored(day, "base", 1), stored(next, "node", 2) // 24 and 48 GB-hours
	idle := hour(day, "idle", 0)
	use := []usage.Record{hour(day, "acme", 30), hour(next, "bravo", 10), idle, image, other}
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		policy       Policy
		change       func(*Source, *Request)
		by           []Dimension
		want         []string
	}{
		{
			"own row", "as it is", use, OwnRow, nil,
			[]Dimension{ByTenant},
			[]string{"acme 30", "bravo 10", "idle 0", "(shared) 72"},
		},
		{
			"even", "among those with spend", use, Evenly, nil,
			[]Dimension{ByTenant},
			[]string{"acme 66", "bravo 46", "idle 0"},
		},
		{"direct", "three to one", use, ByDirect, nil, []Dimension{ByTenant}, []string{"acme 84", "bravo 28", "idle 0"}},
		{
			"by day", "each share where it arose, by the spend of the whole period", use, ByDirect, nil,
			[]Dimension{ByTenant, ByDay},
			[]string{
				"acme 2026-10-05 48", "acme 2026-10-06 36", "bravo 2026-10-05 6", "bravo 2026-10-06 22",
				"idle 2026-10-05 0",
			},
		},
		{
			"by component", "a share of storage is storage", use, Evenly, nil,
			[]Dimension{ByTenant, ByComponent},
			[]string{"acme vcpu 30", "acme storage 36", "bravo vcpu 10", "bravo storage 36", "idle  0"},
		},
		{
			"not by tenant", "there is nobody to share it out to", use, ByDirect, nil,
			[]Dimension{ByImage},
			[]string{"app 40", "base 24", "node 48"},
		},
		{
			"filter", "a tenant's share stays the same when only they are shown", use, ByDirect,
			func(_ *Source, r *Request) { r.Filter.Tenants = []tenants.Pattern{tenants.Exactly("bravo")} },
			[]Dimension{ByTenant},
			[]string{"bravo 28"},
		},
		{
			"zero direct spend", "even among all that are there or are known",
			[]usage.Record{idle, image},
			ByDirect,
			func(s *Source, _ *Request) { s.Tenants.Known = []string{"charlie"} },
			[]Dimension{ByTenant},
			[]string{"charlie 12", "idle 12"},
		},
		{
			"nobody", "then it keeps its row",
			[]usage.Record{image},
			Evenly, nil,
			[]Dimension{ByTenant},
			[]string{"(shared) 24"},
		},
		{
			"unallocated", "bears nothing: it is no tenant", append([]usage.Record{hour(day, "", 5)}, use...), Evenly, nil,
			[]Dimension{ByTenant},
			[]string{"acme 66", "bravo 46", "idle 0", "(unallocated) 5"},
		},
		{
			"a shared tenant", "a platform team's spend is everybody's",
			append([]usage.Record{hour(day, "platform", 8)}, use...), ByDirect,
			func(s *Source, _ *Request) {
				s.Sharing.Usage = []tenants.Selector{{Field: tenants.Tenant, Pattern: pattern(t, "plat*")}}
			},
			[]Dimension{ByTenant},
			[]string{"acme 90", "bravo 30", "idle 0"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source, request := dollars(test.records...), october(t, test.by...)
			source.Sharing.Policy = test.policy
			if test.change != nil {
				test.change(&source, &request)
			}
			require.Equal(t, test.want, amounts(report(t, source, request)), test.reason)
		})
	}
}

func TestSharedOutSaysWhatWasShared(t *testing.T) {
	day := at(t, "2026-10-05")
	source := dollars(hour(day, "acme", 1), hour(day, "bravo", 1), hour(day, "charlie", 1), stored(day, "base", 1))
	require.Nil(t, report(t, source, october(t, ByTenant)).SharedOut)
	source.Sharing.Policy = Evenly
	got := report(t, source, october(t, ByTenant))
	require.Equal(t, 3, got.SharedOut.Tenants)
	requireDecimal(t, "24", got.SharedOut.Amount)
	requireDecimal(t, "24", got.Total.Shared)
	require.Equal(t, int64(1), got.SharedOut.Sum.Records)
	require.True(t, got.Rows[0].Sum.Amounts[pricing.SnapshotStorage].IsZero(),
		"money is shared out, not what was measured")
}

func TestAllocateGivesTheRestToTheLargestRemainder(t *testing.T) {
	for _, test := range []struct {
		name, reason, amount string
		weights              []string
		want                 []string
	}{
		{
			"even", "the rest goes to the first by name", "1",
			[]string{"1", "1", "1"},
			[]string{"0.33333333333333333334", "0.33333333333333333333", "0.33333333333333333333"},
		},
		{
			"two thirds", "the larger remainder is the second's", "1",
			[]string{"1", "2"},
			[]string{"0.33333333333333333333", "0.66666666666666666667"},
		},
		{"no weight", "no share", "5", []string{"0", "2"}, []string{"0", "5"}},
		{"nothing", "nothing for everyone", "0", []string{"1", "1"}, []string{"0", "0"}},
		{
			"finer than 20 places", "nothing is lost", "0.0000000000000000000003",
			[]string{"1", "1"},
			[]string{"0.0000000000000000000002", "0.0000000000000000000001"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			weights := []decimal.Decimal{}
			for _, w := range test.weights {
				weights = append(weights, dec(w))
			}
			got := []string{}
			for _, share := range allocate(dec(test.amount), weights) {
				got = append(got, share.String())
			}
			require.Equal(t, test.want, got, test.reason)
		})
	}
}

// TestTenantsWithoutARateBearAnEvenShare: their spend is not known, which is not the same as none.
func TestTenantsWithoutARateBearAnEvenShare(t *testing.T) {
	day := at(t, "2026-10-05")
	lost := hour(day, "lost", 10)
	lost.Region = "xx-nowhere-1"
	source := sourceOf(hour(day, "acme", 3600), lost, stored(day, "base", 100))
	source.Tenants.Known = []string{"idle"}
	source.Sharing.Policy = Evenly
	got := report(t, source, october(t, ByTenant))
	shares := map[string]bool{}
	for _, row := range got.Rows {
		shares[row.Tenant] = row.Shared.IsPositive()
	}
	require.Equal(t, map[string]bool{"acme": true, "lost": true, "idle": false}, shares)
	require.Equal(t, 2, got.SharedOut.Tenants)
}
