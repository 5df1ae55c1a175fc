package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/ledger"
)

// What sums by hour answer for a day, and why they do not answer the rest. The day is 1 October 2026, whose records lie
// between 09:20 and 15:15 UTC unless the case says otherwise.
func TestWhatSumsByHourAnswer(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.October, day, hour, minute, 0, 0, time.UTC)
	}
	first := civil.Date(2026, time.October, 1)
	between := func(from, to time.Time) ledger.Hourly {
		return ledger.Hourly{Day: first, From: from.Unix(), Until: to.Unix()}
	}
	hours := between(at(1, 9, 20), at(1, 15, 15))
	whole := hours
	whole.WholeDays = true
	onlyWhole := ledger.Hourly{Day: first, WholeDays: true}
	late := between(at(1, 17, 0), at(1, 19, 0)) // over Kolkata's midnight, at 18:30
	anything := ledger.AnyRecords(first)
	day, tenant := []ledger.Field{ledger.FieldDay}, []ledger.Field{ledger.FieldTenant}
	const berlin, kolkata, adelaide = "Europe/Berlin", "Asia/Kolkata", "Australia/Adelaide"
	for _, test := range []struct {
		name, reason string
		of           ledger.Hourly
		from, to     time.Time
		by           []ledger.Field
		zone         string
		uncut        bool
		why          string
	}{
		{"whole days", "as budgets ask", hours, at(1, 0, 0), at(2, 0, 0), day, "", false, ""},
		{"another day", "nothing of it is asked for, nothing is cut", hours, at(5, 0, 1), at(5, 0, 2), day, "", false, ""},
		{"an hour", "bounds on the hour cut no hour", hours, at(1, 10, 0), at(1, 11, 0), nil, "", false, ""},
		{"the end of data", "nothing is cut where there is nothing", hours, at(1, 9, 20), at(1, 15, 15), tenant, "", false, ""},
		{
			"a second before the end of data", "a record may have used something in it",
			hours, at(1, 0, 0), at(1, 15, 15).Add(-time.Second), tenant, "", false, "15:14:59 +00:00 is within an hour of UTC",
		},
		{
			"a moment within an hour", "the sum of an hour does not say what was used by then",
			hours, at(1, 0, 0), at(1, 15, 5), nil, "", false, "15:05:00 +00:00 is within an hour of UTC",
		},
		{
			"its start within an hour", "likewise", hours, at(1, 9, 30), at(2, 0, 0), nil, "", false,
			"09:30:00 +00:00 is within an hour of UTC",
		},
		{
			"half a second", "the bounds of a query are whole seconds, from the first that ends after it",
			hours, at(1, 0, 0), at(1, 15, 14).Add(500 * time.Millisecond), nil, "", false,
			"15:14:01 +00:00 is within an hour of UTC",
		},
		{
			"MicroVMs", "of which sums by hour know nothing", hours, at(1, 0, 0), at(2, 0, 0),
			[]ledger.Field{ledger.FieldDay, ledger.FieldResource},
			"", false, "the query is by MicroVM",
		},
		{"kinds of resources", "which they do know", hours, at(1, 0, 0), at(2, 0, 0), []ledger.Field{ledger.FieldKind}, "", false, ""},
		{"days in Berlin", "they begin on an hour", anything, at(1, 0, 0).Add(-2 * time.Hour), at(2, 22, 0), day, berlin, false, ""},
		{"days in Kolkata", "they begin at 18:30, after the last record", hours, at(1, 0, 0), at(3, 0, 0), day, kolkata, false, ""},
		{
			"a midnight in Kolkata", "it cuts a record", late, at(1, 0, 0), at(3, 0, 0), day, kolkata, false,
			"00:00:00 +05:30 is within an hour of UTC",
		},
		{"no days in Kolkata", "a zone alone cuts nothing", late, at(1, 0, 0), at(3, 0, 0), nil, kolkata, false, ""},
		{
			"a month in Kolkata", "its bounds are within an hour as well", anything, at(1, 18, 30), at(31, 18, 30), nil, kolkata, false,
			"00:00:00 +05:30 is within an hour of UTC",
		},
		{
			"a midnight in Adelaide", "the day after clocks were set forward begins at 13:30, not at 14:30",
			ledger.Hourly{Day: first + 3, From: at(4, 13, 0).Unix(), Until: at(4, 14, 0).Unix()},
			at(1, 0, 0), at(9, 0, 0), day, adelaide, false,
			"00:00:00 +10:30 is within an hour of UTC",
		},
		{"a whole day", "nothing of it is cut", whole, at(1, 0, 0), at(2, 0, 0), day, "", false, ""},
		{
			"a whole day, cut", "each record has units of its own to round", whole, at(1, 10, 0), at(2, 0, 0), nil, "", false,
			"records of the whole day are cut",
		},
		{
			"a whole day alone, cut", "also where there are no other records", onlyWhole, at(1, 0, 0), at(1, 10, 0), nil, "", false,
			"records of the whole day are cut",
		},
		{
			"a whole day in Berlin", "it is of that date there", whole, at(1, 0, 0).Add(-2 * time.Hour), at(1, 22, 0), day, berlin, false,
			"",
		},
		{
			"a whole day in Berlin, cut", "midnight in UTC is within 2 October there", whole, at(1, 0, 0), at(2, 0, 0), day, berlin, false,
			"records of the whole day are cut",
		},
		{
			"a whole day in Kolkata", "days cut no record that is of the date, and there are no others", onlyWhole,
			at(1, 0, 0).Add(-330 * time.Minute), at(1, 18, 30), day, kolkata, false, "",
		},
		{
			"periods as a whole", "one may begin before the bound and end after it", hours, at(1, 10, 0), at(2, 0, 0), nil, "", true,
			"periods are taken as a whole where 10:00:00 +00:00 cuts them",
		},
		{"periods as a whole, all", "none does", hours, at(1, 9, 20), at(1, 15, 15), nil, "", true, ""},
		{"a whole day as a whole", "it begins on one side of the bound", onlyWhole, at(1, 10, 0), at(2, 0, 0), nil, "", true, ""},
		{
			"an unknown day", "a record may lie anywhere in it", anything, at(1, 0, 0), at(1, 15, 15), nil, "", false,
			"15:15:00 +00:00 is within an hour of UTC",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := ledger.Query{From: test.from, To: test.to, By: test.by, Uncut: test.uncut}
			if test.zone != "" {
				var err error
				q.Location, err = time.LoadLocation(test.zone)
				require.NoError(t, err)
			}
			assert.Equal(t, test.why, test.of.Refuses(&q), test.reason)
		})
	}
}

// Which queries want all of a day, so that its sum answers them. Records are of 9:00 to 17:01.
func TestWhatWantsAllOfADay(t *testing.T) {
	at := func(hour, minute int) time.Time {
		return time.Date(2026, time.October, 1, hour, minute, 0, 0, time.UTC)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	byDay := []ledger.Field{ledger.FieldDay}
	hours := ledger.Hourly{Day: civil.Date(2026, time.October, 1), From: at(9, 0).Unix(), Until: at(17, 1).Unix()}
	whole := hours
	whole.WholeDays = true
	for _, test := range []struct {
		name, reason string
		of           ledger.Hourly
		query        ledger.Query
		all          bool
	}{
		{"the day", "all of it", hours, ledger.Query{From: at(0, 0), To: at(24, 0), By: byDay}, true},
		{"what was used", "nothing is outside of that", hours, ledger.Query{From: at(9, 0), To: at(17, 1)}, true},
		{"a later beginning", "9:00 is left out", hours, ledger.Query{From: at(10, 0), To: at(24, 0)}, false},
		{"an earlier end", "the last minute is left out", hours, ledger.Query{From: at(0, 0), To: at(17, 0)}, false},
		{"a time in Berlin", "days are not asked for", hours, ledger.Query{From: at(-2, 0), To: at(48, 0), Location: berlin}, true},
		{
			"days in Berlin", "the day has hours of two", hours,
			ledger.Query{From: at(-2, 0), To: at(48, 0), Location: berlin, By: byDay},
			false,
		},
		{"records of the whole day", "they are of all of it", whole, ledger.Query{From: at(9, 0), To: at(17, 1)}, false},
		{"those and all of the day", "they lie within", whole, ledger.Query{From: at(0, 0), To: at(24, 0), By: byDay}, true},
		{
			"those in Berlin", "how many there are is told apart", whole,
			ledger.Query{From: at(-2, 0), To: at(48, 0), Location: berlin},
			false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.all, test.of.Whole(&test.query), test.reason)
		})
	}
}
