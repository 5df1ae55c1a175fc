package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// several are three tenants, one of them nobody's usage, in one to three regions, of which one has no rates, on five
// days of a week.
func several(t *testing.T) *memory {
	out := &memory{}
	for day := range 5 {
		for i, tenant := range []string{"acme", "bravo", ""} {
			for _, region := range []string{"us-east-1", "eu-west-1", "mars-north-1"}[:1+i] {
				r := hour(at(t, "2026-10-01").AddDate(0, 0, day), tenant, int64(day+1)*7)
				r.Region, r.Resource.ID = region, "mvm-"+tenant+region
				r.Amounts[pricing.SnapshotStorage] = 7 << 40
				if day == 2 {
					r.Coverage = usage.CoveragePartial
				}
				out.Records = append(out.Records, r)
			}
		}
	}
	lonely := hour(at(t, "2026-10-01"), "nowhere", 1)
	lonely.Region = "mars-north-1"
	out.Records = append(out.Records, lonely)
	return out
}

// TestEachRowIsOfTheReport: whatever is read at a time, the rows are those of one report on all days.
func TestEachRowIsOfTheReport(t *testing.T) {
	damage := []ledger.DamagedFile{{Path: "one", Day: at(t, "2026-10-04"), Reason: "checksum"}}
	for _, test := range []struct {
		name, reason string
		zone         string
		most         int // groups of usage at a time, of which a day in UTC has 6, and the first 7
		queries      int // that are answered or refused
	}{
		{"at once", "31 groups in all", "UTC", 31, 1},
		{"in two steps", "7 days are refused; then one at a time, as a quarter of seven is", "UTC", 30, 1 + 7},
		{"a day at a time", "a day is read whatever it has", "UTC", 1, 1 + 7},
		{"elsewhere", "days begin at 22:00 in UTC: the last of them is an eighth", "Europe/Berlin", 1, 1 + 2 + 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			usage := several(t)
			usage.Damaged = damage
			source := Source{Usage: usage, Rates: pricing.EmbeddedCards()}
			request := Request{
				From: at(t, "2026-10-01"), To: at(t, "2026-10-08"), By: []Dimension{ByTenant, ByDay},
				Location: zoneOf(t, test.zone),
			}
			want := map[Key]Row{}
			for _, row := range report(t, source, request).Rows {
				want[row.Key] = row
			}
			usage.Queries = nil
			got := map[Key]Row{}
			damaged, err := source.eachRow(t.Context(), request, test.most, func(row *Row) {
				require.NotContains(t, got, row.Key, "once")
				got[row.Key] = *row
			})
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, damage, damaged, "once")
			require.Len(t, usage.Queries, test.queries, test.reason)
		})
	}
}

// TestEachRowSharesNothingOut: a share would follow from what all spend on all days.
func TestEachRowSharesNothingOut(t *testing.T) {
	source := sourceOf(hour(at(t, "2026-10-01"), "acme", 100), stored(at(t, "2026-10-01"), "base", 10))
	source.Sharing.Policy = Evenly
	kinds := map[Kind]bool{}
	_, err := source.EachRow(t.Context(), Request{
		From: at(t, "2026-10-01"), To: at(t, "2026-10-02"), By: []Dimension{ByTenant, ByDay},
	}, func(row *Row) {
		kinds[row.Kind] = true
		require.True(t, row.Shared.IsZero())
	})
	require.NoError(t, err)
	require.Equal(t, map[Kind]bool{KindTenant: true, KindShared: true}, kinds)
	_, err = source.EachRow(t.Context(), Request{By: []Dimension{ByDay}}, nil)
	require.ErrorContains(t, err, "is not before")
}
