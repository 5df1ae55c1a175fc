package compare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend/compare"
)

// known is a ledger with data from a moment on up to another, but for some days; damaged ones end with an exclamation
// mark.
func known(t *testing.T, loc *time.Location, first, asOf, without string) compare.Known {
	t.Helper()
	k := compare.Known{Location: loc, Covered: map[civil.Day]bool{}, Damaged: map[civil.Day]bool{}}
	if first == "" {
		return k
	}
	k.First, k.AsOf = in(t, loc, first), in(t, loc, asOf)
	k.Last = k.AsOf.Add(-time.Minute)
	for d := civil.DayOf(k.First, loc); d <= civil.DayOf(k.AsOf.Add(-1), loc); d++ {
		k.Covered[d] = true
	}
	for _, word := range strings.Fields(without) {
		day, damaged := strings.CutSuffix(word, "!")
		switch day {
		case "weekends":
			for d := range k.Covered {
				if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
					delete(k.Covered, d)
				}
			}
		default:
			delete(k.Covered, civil.MustParse(day))
			if damaged {
				k.Damaged[civil.MustParse(day)] = true
			}
		}
	}
	return k
}

func in(t *testing.T, loc *time.Location, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02T15:04", time.DateOnly} {
		if moment, err := time.ParseInLocation(layout, text, loc); err == nil {
			return moment
		}
	}
	require.Fail(t, "not a moment", text)
	return time.Time{}
}

func span(t *testing.T, loc *time.Location, text string) civil.Span {
	from, to, _ := strings.Cut(text, " ")
	return civil.Between(in(t, loc, from), in(t, loc, to))
}

// a pair of stretches as a table writes it.
type pairCase struct {
	name, reason              string
	zone, first, asOf, absent string // what is known
	period                    string
	now, before               string // "" where the sentence tells enough
	sentence, why             string
}

var pairs = []pairCase{
	{
		name: "month that runs", reason: "up to the 26th at 10:00 with the month before up to its 26th at 10:00",
		first: "2026-01-01", asOf: "2026-11-26T10:00", period: "2026-11-01 2026-12-01",
		now: "2026-11-01 2026-11-26T10:00", before: "2026-10-01 2026-10-26T10:00",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
	},
	{
		name: "month that is over", reason: "all of it with all of the one before, long or short",
		first: "2025-01-01", asOf: "2026-11-26T10:00", period: "2026-03-01 2026-04-01", before: "2026-02-01 2026-03-01",
		sentence: "March with February",
	},
	{
		name: "31st against a month of 30", reason: "it has no such day, so all of it",
		first: "2026-01-01", asOf: "2026-10-31T10:00", period: "2026-10-01 2026-11-01", before: "2026-09-01 2026-10-01",
		sentence: "1–31 October 10:00 with September",
	},
	{
		name: "30 March against February", reason: "two days that February lacks", first: "2026-01-01",
		asOf: "2026-03-30T08:00", period: "2026-03-01 2026-04-01", before: "2026-02-01 2026-03-01",
		sentence: "1–30 March 08:00 with February",
	},
	{
		name: "29 March against a leap February", reason: "which has the day", first: "2028-01-01",
		asOf: "2028-03-29T08:00", period: "2028-03-01 2028-04-01", before: "2028-02-01 2028-02-29T08:00",
		sentence: "1–29 March 08:00 with 1–29 February 08:00",
	},
	{
		name: "data ends with a day", reason: "25 whole days with 25 whole days", first: "2026-01-01", asOf: "2026-11-26",
		period: "2026-11-01 2026-12-01", before: "2026-10-01 2026-10-26",
		sentence: "1–25 November with 1–25 October",
	},
	{
		name: "first day of a month", reason: "hours with hours", first: "2026-01-01", asOf: "2026-11-01T06:30",
		period: "2026-11-01 2026-12-01", before: "2026-10-01 2026-10-01T06:30",
		sentence: "Sun 1 November until 06:30 with Thu 1 October until 06:30",
	},
	{
		name: "January", reason: "with December of the year before, so years are named", first: "2026-01-01",
		asOf: "2027-01-05", period: "2027-01-01 2027-02-01", before: "2026-12-01 2026-12-05",
		sentence: "1–4 January 2027 with 1–4 December 2026",
	},
	{
		name: "quarter that runs", reason: "its second month's 26th with the quarter before up to there",
		first: "2026-01-01", asOf: "2026-11-26T10:00", period: "2026-10-01 2027-01-01",
		before: "2026-07-01 2026-08-26T10:00", sentence: "1 October – 26 November 10:00 with 1 July – 26 August 10:00",
	},
	{
		name: "quarter that is over", reason: "months with months", first: "2026-01-01", asOf: "2026-11-26T10:00",
		period: "2026-07-01 2026-10-01", before: "2026-04-01 2026-07-01",
		sentence: "July–September with April–June",
	},
	{
		name: "year that runs", reason: "with the year before up to the same day", first: "2025-01-01",
		asOf: "2026-11-26T10:00", period: "2026-01-01 2027-01-01", before: "2025-01-01 2025-11-26T10:00",
		sentence: "1 January – 26 November 2026 10:00 with 1 January – 26 November 2025 10:00",
	},
	{
		name: "year that is over", reason: "year with year", first: "2024-01-01", asOf: "2026-11-26T10:00",
		period: "2025-01-01 2026-01-01", before: "2024-01-01 2025-01-01", sentence: "2025 with 2024",
	},
	{
		name: "today", reason: "until 10:00 with yesterday until 10:00, not with its last ten hours", first: "2026-01-01",
		asOf: "2026-11-26T10:00", period: "2026-11-26 2026-11-27", before: "2026-11-25 2026-11-25T10:00",
		sentence: "Thu 26 November until 10:00 with Wed 25 November until 10:00",
	},
	{
		name: "today as it is asked for", reason: "the hours from midnight are a day that runs until then",
		first: "2026-01-01", asOf: "2026-11-26T12:00", period: "2026-11-26 2026-11-26T10:00",
		before:   "2026-11-25 2026-11-25T10:00",
		sentence: "Thu 26 November until 10:00 with Wed 25 November until 10:00",
	},
	{
		name: "the month as it is asked for", reason: "likewise a month until then", first: "2026-01-01",
		asOf: "2026-11-26T12:00", period: "2026-11-01 2026-11-26T10:00", before: "2026-10-01 2026-10-26T10:00",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
	},
	{
		name: "a day that is over", reason: "with the same weekday a week before", first: "2026-01-01",
		asOf: "2026-11-26T10:00", period: "2026-11-25 2026-11-26", before: "2026-11-18 2026-11-19",
		sentence: "Wed 25 November with Wed 18 November",
	},
	{
		name: "seven days that run", reason: "the same hours of the seven days before", first: "2026-01-01",
		asOf: "2026-11-26T10:00", period: "2026-11-20 2026-11-27", before: "2026-11-13 2026-11-19T10:00",
		sentence: "20–26 November 10:00 with 13–19 November 10:00",
	},
	{
		name: "days that are over", reason: "the equally long stretch right before", first: "2026-01-01",
		asOf: "2026-11-26T10:00", period: "2026-11-02 2026-11-12", before: "2026-10-23 2026-11-02",
		sentence: "2–11 November with 23 October – 1 November",
	},
	{
		name: "hours", reason: "the hours right before", first: "2026-01-01", asOf: "2026-11-26T10:00",
		period: "2026-11-20T10:00 2026-11-20T12:30", before: "2026-11-20T07:30 2026-11-20T10:00",
		sentence: "Fri 20 November 10:00–12:30 with Fri 20 November 07:30–10:00",
	},
	{
		name: "clocks go back", reason: "ten o'clock is ten o'clock, on a day of 25 hours, too", zone: "Europe/Berlin",
		first: "2026-01-01", asOf: "2026-10-25T10:00", period: "2026-10-25 2026-10-26",
		before:   "2026-10-24 2026-10-24T10:00",
		sentence: "Sun 25 October until 10:00 with Sat 24 October until 10:00",
	},
	{
		name: "a time that clocks leave out", reason: "half past two is not there on the day before", zone: "Europe/Berlin",
		first: "2026-01-01", asOf: "2026-03-30T02:30", period: "2026-03-30 2026-03-31",
		before:   "2026-03-29 2026-03-29T03:30",
		sentence: "Mon 30 March until 02:30 with Sun 29 March until 03:30",
	},
	{
		name: "ledger that begins later", reason: "25 days are not compared with 20", first: "2026-10-12",
		asOf: "2026-11-26T10:00", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00", why: "no data before 12 Oct",
	},
	{
		name: "ledger that begins after it", reason: "nothing measured is not nothing spent", first: "2026-11-03",
		asOf: "2026-11-26T10:00", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00", why: "no data before 3 Nov",
	},
	{
		name: "ledger that begins on the first morning", reason: "what runs begins at some time of the day",
		first: "2026-10-01T08:13", asOf: "2026-11-26T10:00", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
	},
	{
		name: "ledger that began yesterday morning", reason: "of hours, hours must be known", first: "2026-11-25T08:13",
		asOf: "2026-11-26T10:00", period: "2026-11-26 2026-11-27",
		sentence: "Thu 26 November until 10:00 with Wed 25 November until 10:00", why: "no data before 25 Nov 08:13",
	},
	{
		name: "gap before", reason: "two days nobody measured", first: "2026-01-01", asOf: "2026-11-26T10:00",
		absent: "2026-10-12 2026-10-13", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00", why: "no data on 12–13 Oct",
	},
	{
		name: "gap after what is compared", reason: "the 28th is not looked at", first: "2026-01-01",
		asOf: "2026-11-26T10:00", absent: "2026-10-28", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
	},
	{
		name: "gap now", reason: "a fall would be made of missing data", first: "2026-01-01", asOf: "2026-11-26T10:00",
		absent: "2026-11-05 2026-11-07", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00", why: "no data on 5 Nov and 7 Nov",
	},
	{
		name: "many gaps", reason: "the first are named and the rest is counted", first: "2026-01-01",
		asOf: "2026-11-26T10:00", absent: "2026-10-01 2026-10-05 2026-10-07 2026-10-09 2026-10-12",
		period:   "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
		why:      "no data on 1 Oct, 5 Oct, 7 Oct and 2 other days",
	},
	{
		name: "weekends without data", reason: "nothing ever runs then, so nothing is missing", first: "2026-01-01",
		asOf: "2026-11-26T10:00", absent: "weekends", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
	},
	{
		name: "a Saturday against a Saturday of rest", reason: "nothing with nothing", first: "2026-01-01",
		asOf: "2026-11-26T10:00", absent: "weekends", period: "2026-11-21 2026-11-22",
		sentence: "Sat 21 November with Sat 14 November",
	},
	{
		name: "one weekend without data", reason: "may be a gap as well as rest", first: "2026-11-03",
		asOf: "2026-11-13", absent: "2026-11-07 2026-11-08", period: "2026-11-08 2026-11-13",
		sentence: "8–12 November with 3–7 November", why: "no data on 7 Nov",
	},
	{
		name: "damaged before", reason: "what is there is too little", first: "2026-01-01", asOf: "2026-11-26T10:00",
		absent: "2026-10-07!", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00", why: "2026-10-07 is damaged",
	},
	{
		name: "damaged now", reason: "likewise", first: "2026-01-01", asOf: "2026-11-26T10:00",
		absent: "2026-11-07! 2026-11-09!", period: "2026-11-01 2026-12-01",
		sentence: "1–26 November 10:00 with 1–26 October 10:00",
		why:      "2026-11-07 and 1 other day are damaged",
	},
	{
		name: "no data yet", reason: "a month that data has not reached", first: "2026-01-01", asOf: "2026-11-26T10:00",
		period: "2026-12-01 2027-01-01", sentence: "December with November", why: "no data after 26 Nov 10:00",
	},
	{
		name: "empty ledger", reason: "nothing is known", period: "2026-11-01 2026-12-01",
		sentence: "November with October", why: "no data",
	},
}

func TestPairs(t *testing.T) {
	for _, test := range pairs {
		t.Run(test.name, func(t *testing.T) {
			loc := time.UTC
			if test.zone != "" {
				loc = spendtest.Zone(t, test.zone)
			}
			pair := known(t, loc, test.first, test.asOf, test.absent).Pair(span(t, loc, test.period))
			require.Equal(t, test.sentence, pair.Sentence, test.reason)
			require.Equal(t, test.why, pair.Reason, test.reason)
			if test.now != "" {
				require.Equal(t, span(t, loc, test.now), pair.Now, test.reason)
			}
			if test.before != "" {
				require.Equal(t, span(t, loc, test.before), pair.Before, test.reason)
			}
		})
	}
}

func TestRowsOfDaysWeeksAndMonths(t *testing.T) {
	k := known(t, time.UTC, "2026-01-01", "2026-11-26T10:00", "2026-11-10")
	today := k.WeekBefore(span(t, time.UTC, "2026-11-26 2026-11-27"))
	require.Equal(t, "Thu 26 November until 10:00 with Thu 19 November until 10:00", today.Sentence,
		"a day that runs with the same hours of its weekday")
	require.Empty(t, today.Reason)
	require.Equal(t, "no data on 10 Nov", k.WeekBefore(span(t, time.UTC, "2026-11-17 2026-11-18")).Reason)
	week := k.WeekBefore(span(t, time.UTC, "2026-11-23 2026-11-30"))
	require.Equal(t, "23–26 November 10:00 with 16–19 November 10:00", week.Sentence)
	month := k.MonthBefore(span(t, time.UTC, "2026-11-01 2026-12-01"))
	require.Equal(t, "1–26 November 10:00 with 1–26 October 10:00", month.Sentence)
}

func TestChange(t *testing.T) {
	exact := func(text string) compare.Figure {
		return compare.Figure{Amount: decimal.RequireFromString(text)}
	}
	in := func(state pricing.State, text string) compare.Figure {
		return compare.Figure{Amount: decimal.RequireFromString(text), State: state}
	}
	for _, test := range []struct {
		name, reason    string
		pair            compare.Pair
		now, before     compare.Figure
		amount, percent string
		isNew, gone     bool
		why             string
	}{
		{
			name: "more", reason: "10 is a quarter of 40", now: exact("50"), before: exact("40"),
			amount: "10", percent: "25",
		},
		{
			name: "less", reason: "a third, to ten places", now: exact("2"), before: exact("3"),
			amount: "-1", percent: "-33.3333333333",
		},
		{
			name: "same", reason: "nothing moved", now: exact("3"), before: exact("3"),
			amount: "0", percent: "0",
		},
		{
			name: "new", reason: "there is no percentage of nothing", now: exact("2"), before: exact("0"),
			amount: "2", percent: "-", isNew: true,
		},
		{
			name: "gone", reason: "all of it", now: exact("0"), before: exact("2"),
			amount: "-2", percent: "-100", gone: true,
		},
		{
			name: "idle", reason: "nothing either way is neither", now: exact("0"), before: exact("0"),
			amount: "0", percent: "-",
		},
		{
			name: "stretch unknown", reason: "the reason stands for the figures",
			pair: compare.Pair{Reason: "no data before 12 Oct"}, now: exact("2"), before: exact("0"),
			amount: "-", percent: "-", why: "no data before 12 Oct",
		},
		{
			name: "rate unknown now", reason: "what could be priced is not what was spent", now: in(pricing.UnknownRates, "2"),
			before: exact("1"), amount: "-", percent: "-", why: "not every rate is known",
		},
		{
			name: "rate unknown before", reason: "likewise", now: exact("2"), before: in(pricing.UnknownRates, "1"),
			amount: "-", percent: "-", why: "not every rate is known",
		},
		{
			name: "not measured", reason: "is not zero", now: in(pricing.NotMeasured, "0"), before: exact("1"), amount: "-",
			percent: "-", why: "not measured",
		},
		{
			name: "lower bounds", reason: "coverage of a part is told by the figures' state, and compared",
			now: in(pricing.AtLeast, "3"), before: in(pricing.AtLeast, "2"), amount: "1", percent: "50",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.pair.Change(test.now, test.before)
			require.Equal(t, test.amount, spendtest.OrDash(got.Amount), test.reason)
			require.Equal(t, test.percent, spendtest.OrDash(got.Percent), test.reason)
			require.Equal(t, test.isNew, got.New, test.reason)
			require.Equal(t, test.gone, got.Gone, test.reason)
			require.Equal(t, test.why, got.Reason, test.reason)
		})
	}
}

func TestStateOfStretches(t *testing.T) {
	k := known(t, time.UTC, "2026-10-12", "2026-11-26T10:00", "2026-11-07! 2026-11-09")
	for _, test := range []struct {
		period, reason string
		want           pricing.State
	}{
		{"2026-10-12 2026-11-01", "all there", pricing.Exact},
		{"2026-11-01 2026-12-01", "a damaged day makes it a lower bound", pricing.AtLeast},
		{"2026-11-07 2026-11-08", "alone there is nothing left of it", pricing.NotMeasured},
		{"2026-09-01 2026-10-01", "before all data", pricing.NotMeasured},
		{"2026-12-01 2027-01-01", "after all data", pricing.NotMeasured},
		{"2026-11-09 2026-11-10", "within a gap", pricing.NotMeasured},
	} {
		require.Equal(t, test.want, k.State(span(t, time.UTC, test.period)), test.reason)
	}
}
