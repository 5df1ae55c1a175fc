package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

func TestDaysAreCutWhereTheyAre(t *testing.T) {
	for _, test := range []struct {
		name, reason, zone, from, to string
		by                           Dimension
		want                         []string
	}{
		{
			"spring", "29 March 2026 has 23 hours in Berlin", "Europe/Berlin", "2026-03-27T23:00", "2026-03-30T22:00", ByDay,
			[]string{"2026-03-28 24", "2026-03-29 23", "2026-03-30 24"},
		},
		{
			"autumn", "25 October 2026 has 25", "Europe/Berlin", "2026-10-23T22:00", "2026-10-26T23:00", ByDay,
			[]string{"2026-10-24 24", "2026-10-25 25", "2026-10-26 24"},
		},
		{"UTC", "the same hours in UTC have none", "UTC", "2026-10-25", "2026-10-26", ByDay, []string{"2026-10-25 24"}},
		{
			"half hours", "a period that midnight cuts in half is half of either day", "Asia/Kolkata", "2026-10-01T17:00",
			"2026-10-01T20:00", ByDay,
			[]string{"2026-10-01 1.5", "2026-10-02 1.5"},
		},
		{
			"no midnight", "clocks go forward at midnight in Beirut: 29 March 2026 begins at 01:00", "Asia/Beirut",
			"2026-03-28T20:00",
			"2026-03-29T23:00", ByDay,
			[]string{"2026-03-28 2", "2026-03-29 23", "2026-03-30 2"},
		},
		{
			"weeks over New Year", "1 January 2027 lies in the last week of 2026", "UTC", "2026-12-27", "2027-01-05", ByWeek,
			[]string{"2026-W52 24", "2026-W53 168", "2027-W01 24"},
		},
		{
			"months over New Year", "", "Europe/Berlin", "2026-12-31T22:00", "2027-01-01T01:00", ByMonth,
			[]string{"2026-12 1", "2027-01 2"},
		},
		{
			"a month with a long day", "October 2026 in Berlin has 745 hours", "Europe/Berlin", "2026-09-30T22:00",
			"2026-10-31T23:00", ByMonth,
			[]string{"2026-10 745"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := at(t, test.from), at(t, test.to)
			got := report(t, dollars(hourly(from, to, "acme")...), Request{
				From: from, To: to, By: []Dimension{test.by}, Location: zoneOf(t, test.zone),
			})
			require.Equal(t, test.want, amounts(got), test.reason)
		})
	}
}

func TestPreviousStandsBesideEachRow(t *testing.T) {
	records := []usage.Record{
		hour(at(t, "2026-01-31"), "gone", 8), hour(at(t, "2026-01-02"), "acme", 4),
		hour(at(t, "2026-02-02"), "acme", 5), hour(at(t, "2026-02-03"), "fresh", 1),
	}
	compare := func(by ...Dimension) (out []string) {
		got := report(t, dollars(records...), Request{
			From: at(t, "2026-02-01"), To: at(t, "2026-03-01"), By: by,
			Previous: true,
		})
		for _, row := range got.Rows {
			text := ""
			for _, d := range by {
				text += row.Value(d) + " "
			}
			percent := "new"
			if row.Previous.Percent != nil {
				percent = row.Previous.Percent.String() + "%"
			}
			out = append(out, text+row.Amount.String()+" was "+row.Previous.Amount.String()+" "+row.Previous.Change.String()+" "+
				percent)
		}
		requireDecimal(t, "6", got.Total.Amount)
		requireDecimal(t, "12", got.Total.Previous.Amount)
		requireDecimal(t, "-50", *got.Total.Previous.Percent)
		return out
	}
	require.Equal(t, []string{"acme 5 was 4 1 25%", "fresh 1 was 0 1 new", "gone 0 was 8 -8 -100%"}, compare(ByTenant),
		"tenants of either period")
	require.Equal(t, []string{"2026-01-31 0 was 8 -8 -100%", "2026-02-02 5 was 4 1 25%", "2026-02-03 1 was 0 1 new"},
		compare(ByDay),
		"the 2nd beside the 2nd; February has no 31st, so January's stands alone")
	require.Equal(t, []string{"2026-02 6 was 12 -6 -50%"}, compare(ByMonth),
		"a month beside a month, whatever their lengths")
}
