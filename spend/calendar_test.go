package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
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

// compared is what a report says of the change of its rows, and last of its total.
func compared(s Spend) (out []string) {
	text := func(what string, t *Total) string {
		p := t.Previous
		word := spendtest.OrDash(p.Percent) + "%"
		switch {
		case p.New:
			word = "new"
		case p.Gone:
			word = "gone"
		case p.Reason != "":
			word = p.Reason
		}
		return what + t.Amount.String() + " was " + p.Amount.String() + ": " + word
	}
	for i := range s.Rows {
		name := ""
		for _, d := range s.By {
			name += s.Rows[i].Value(d) + " "
		}
		out = append(out, text(name, &s.Rows[i].Total))
	}
	return append(out, text("", &s.Total))
}

// TestLikeIsComparedWithLike: a fleet that spends a dollar an hour, day and night, does not move, wherever one looks.
func TestLikeIsComparedWithLike(t *testing.T) {
	source := dollars(hourly(at(t, "2026-09-01"), at(t, "2026-11-26T10:00"), "acme")...)
	for _, test := range []struct {
		name, reason, from, to string
		by                     []Dimension
		want                   []string
		sentence               string
	}{
		{
			"month", "25 days and 10 hours with as many", "2026-11-01", "2026-12-01",
			[]Dimension{ByTenant},
			[]string{"acme 610 was 610: 0%", "610 was 610: 0%"},
			"1–26 November 10:00 with 1–26 October 10:00",
		},
		{
			"today", "ten hours with ten", "2026-11-26", "2026-11-27", nil,
			[]string{"10 was 10: 0%", "10 was 10: 0%"},
			"Thu 26 November until 10:00 with Wed 25 November until 10:00",
		},
		{
			"days", "the day that runs with the same hours of its weekday", "2026-11-24", "2026-11-27",
			[]Dimension{ByDay},
			[]string{
				"2026-11-24 24 was 24: 0%", "2026-11-25 24 was 24: 0%", "2026-11-26 10 was 10: 0%", "58 was 58: 0%",
			},
			"24–26 November 10:00 with 21–23 November 10:00",
		},
		{
			"weeks", "the last one is not over", "2026-11-16", "2026-11-30",
			[]Dimension{ByWeek},
			[]string{"2026-W47 168 was 168: 0%", "2026-W48 82 was 82: 0%", "250 was 250: 0%"},
			"16–26 November 10:00 with 2–12 November 10:00",
		},
		{
			"months", "each with its own month before: 31 days in October, 30 in September", "2026-10-01", "2026-12-01",
			[]Dimension{ByMonth},
			[]string{"2026-10 744 was 720: 3.3333333333%", "2026-11 610 was 610: 0%", "1354 was 610: no data before 1 Sep"},
			"1 October – 26 November 10:00 with 1 August – 26 September 10:00",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := report(t, source, Request{From: at(t, test.from), To: at(t, test.to), By: test.by, Previous: true})
			require.Equal(t, test.want, compared(got)[:len(test.want)], test.reason)
			require.Equal(t, test.sentence, got.Compared.Sentence)
		})
	}
	today := report(t, source, Request{From: at(t, "2026-11-26"), To: at(t, "2026-11-27"), Previous: true})
	require.Equal(t, "Thu 26 November until 10:00 with Thu 19 November until 10:00", today.SameWeekday.Sentence)
	requireDecimal(t, "0", *today.SameWeekday.Percent)
}
