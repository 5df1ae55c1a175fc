package pricing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestRateAmount(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		figure       string
		per          pricing.Per
		units, want  string
	}{
		{"per unit", "a product is exact", "0.0000291572", pricing.PerUnit, "576000", "16.7945472"},
		{
			"per unit, long", "forty decimals are kept, not rounded", "0.00000000000000000001", pricing.PerUnit,
			"0.00000000000000000001", "0.0000000000000000000000000000000000000001",
		},
		{
			"an hour at an hourly rate", "3,600 s × 0.09975 / 3,600 is the figure itself", "0.09975", pricing.PerHour,
			"3600", "0.09975",
		},
		{
			"a second at an hourly rate", "0.09975 / 3,600 = 0.0000277083…, half-even at twenty places", "0.09975",
			pricing.PerHour, "1", "0.00002770833333333333",
		},
		{"a GB-month", "720 GB-hours × 0.0952 / 720", "0.0952", pricing.PerGBMonth, "720", "0.0952"},
		{
			"a GB-hour at a monthly rate", "0.0952 / 720 = 0.000132222…", "0.0952", pricing.PerGBMonth, "1",
			"0.00013222222222222222",
		},
		{
			"a year of hours", "8,760 × 0.08 / 720: the months of storage have 720 hours", "0.08", pricing.PerGBMonth,
			"8760", "0.97333333333333333333",
		},
		{"nothing", "zero units", "0.0952", pricing.PerGBMonth, "0", "0"},
		{"free", "a rate of zero is known", "0", pricing.PerUnit, "12", "0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rate := pricing.Rate{Figure: dec(tc.figure), Per: tc.per}
			require.True(t, rate.Known())
			require.Equal(t, tc.want, rate.Amount(dec(tc.units)).String(), tc.reason)
		})
	}
	require.False(t, pricing.Rate{}.Known(), "the zero value is not known, which is not zero")
}

func TestParseDate(t *testing.T) {
	for _, tc := range []struct {
		name, reason, in string
		ok               bool
	}{
		{"day", "the one form", "2026-09-19", true},
		{"leap day", "2028 has one", "2028-02-29", true},
		{"no leap day", "2026 has none", "2026-02-29", false},
		{"day one", "it stands for a day not known and is nobody's date", "0001-01-01", false},
		{"month only", "a card's figures are dated to the day", "2026-09", false},
		{"one digit", "two digits each", "2026-9-19", false},
		{"slashes", "two readings", "09/19/2026", false},
		{"time", "days only", "2026-09-19T00:00:00Z", false},
		{"empty", "a day not known is left out, not parsed", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := pricing.ParseDate(tc.in)
			if !tc.ok {
				require.EqualError(t, err, `"`+tc.in+`" is not a date such as 2026-09-19`, tc.reason)
				require.True(t, d.IsZero())
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.in, d.String())
			require.False(t, d.IsZero())
		})
	}
}

func TestDate(t *testing.T) {
	day := date(t, "2026-09-19")
	require.Equal(t, "", pricing.Date{}.String(), "a day not known")
	require.True(t, pricing.Date{}.IsZero())
	require.True(t, day.Before(date(t, "2026-09-20")))
	require.False(t, day.Before(day))

	tokyo := time.FixedZone("JST", 9*3600)
	require.Equal(t, day, pricing.DateOf(time.Date(2026, 9, 20, 8, 59, 59, 0, tokyo)), "days are cut in UTC")
	require.Equal(t, 0, day.DaysUntil(moment(t, "2026-09-19T23:59:59Z")), "whole days only")
	require.Equal(t, 1, day.DaysUntil(moment(t, "2026-09-20T00:00:00Z")))
	require.Equal(t, -1, day.DaysUntil(moment(t, "2026-09-18T23:59:59Z")), "the day before")
	require.Equal(t, 365, day.DaysUntil(moment(t, "2027-09-19T12:00:00Z")))
}

// A rate and what is made of it, each typed from the definition: 0.08 a GB-month is 0.08 / 720 a GB-hour.
func TestRateConversions(t *testing.T) {
	month := pricing.Rate{Figure: dec("0.08"), Per: pricing.PerGBMonth}
	hour := pricing.Rate{Figure: dec("0.0001111111"), Per: pricing.PerUnit}

	requireDecimal(t, dec("0.00011111111111111111"), month.In(pricing.PerUnit).Figure, "0.08 / 720 at 20 places")
	require.Equal(t, pricing.PerUnit, month.In(pricing.PerUnit).Per)
	requireDecimal(t, dec("0.079999992"), hour.In(pricing.PerGBMonth).Figure, "720 GB-hours")
	require.Equal(t, month, month.In(pricing.PerGBMonth), "nothing to convert")

	quantity, cost := month.Quoted(dec("1440"))
	requireDecimal(t, dec("2"), quantity, "two GB-months")
	requireDecimal(t, dec("0.16"), cost, "2 × 0.08")
	quantity, cost = hour.Quoted(dec("1440"))
	requireDecimal(t, dec("1440"), quantity, "billed units are the unit of the rate")
	requireDecimal(t, dec("0.159999984"), cost, "1,440 × 0.0001111111")

	units, ok := month.Units(dec("0.16"))
	require.True(t, ok)
	requireDecimal(t, dec("1440"), units, "what 0.16 pays for")
	_, ok = pricing.Rate{}.Units(dec("1"))
	require.False(t, ok, "not known")
	_, ok = pricing.Rate{Per: pricing.PerUnit}.Units(dec("1"))
	require.False(t, ok, "any number of units costs nothing")

	require.True(t, month.Equal(month.Net(dec("0"))), "no discount changes nothing")
	require.False(t, month.Equal(pricing.Rate{Figure: dec("0.08"), Per: pricing.PerUnit}),
		"the same figure per another unit is another rate")
	requireDecimal(t, dec("0.076"), month.Net(dec("0.05")).Figure, "less 5 %")
	requireDecimal(t, dec("95"), pricing.ChargedPercent(dec("0.05")), "what is left of it")

	require.Equal(t, 1, month.Compare(hour, 1), "0.08 / 720 is 0.000111111111…")
	require.Equal(t, -1, month.Compare(hour, 2))
	percent, ok := hour.ChangePercent(pricing.Rate{Figure: dec("0.16"), Per: pricing.PerGBMonth})
	require.True(t, ok)
	requireDecimal(t, dec("100.00002"), percent, "of the rate before, at 10 places: 0.16 / 720 over 0.0001111111, less 1")
	_, ok = hour.ChangePercent(pricing.Rate{})
	require.False(t, ok)

	requireDecimal(t, dec("0.33333333333333333333"), pricing.ProrateTime(dec("1"), 1, 3), "half-even at 20 places")
	requireDecimal(t, dec("300"), pricing.Prorate(dec("10"), dec("30"), dec("1")), "thirty days at 10 a day")
}

func TestUnitsOfRates(t *testing.T) {
	for _, test := range []struct {
		q               pricing.BilledQuantity
		per             pricing.Per
		quoted, publish string
	}{
		{pricing.VCPU, pricing.PerUnit, "vCPU-Seconds", "vCPU-Second"},
		{pricing.VCPU, pricing.PerHour, "vCPU-Hours", "vCPU-hour"},
		{pricing.Memory, pricing.PerUnit, "GB-Seconds", "GB-Second"},
		{pricing.Memory, pricing.PerHour, "GB-Hours", "GB-hour"},
		{pricing.SnapshotRead, pricing.PerUnit, "GB", "GB"},
		{pricing.SnapshotWrite, pricing.PerUnit, "GB", "GB"},
		{pricing.SnapshotStorage, pricing.PerUnit, "GB-Hours", "GB-Hour"},
		{pricing.SnapshotStorage, pricing.PerGBMonth, "GB-Months", "GB-month of 720 hours"},
	} {
		require.Equal(t, test.quoted, test.q.QuotedUnit(test.per))
		require.Equal(t, test.publish, test.q.PublishedUnit(test.per))
		require.Equal(t, test.q.QuotedUnit(pricing.PerUnit), test.q.Unit(), "the Price List's unit")
	}
}
