package anomaly_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/usage"
)

var (
	at         = spendtest.At
	dec        = spendtest.Dec
	hour       = spendtest.Hour
	daily      = spendtest.Daily
	always     = spendtest.Always
	officeDays = spendtest.OfficeDays
)

// dollars is a source on which each vCPU-second costs a dollar.
func dollars(records ...usage.Record) spend.Source {
	return spend.Source{Usage: spendtest.Of(records...), Rates: spendtest.DollarRates{}}
}

func TestAnomalies(t *testing.T) {
	// Eight weeks up to Thursday 8 October 2026, which is the day that is judged.
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	wavy := func(d time.Time) int64 { return 100 + int64(d.YearDay()%3) } // median 101, MAD 1
	history := func(since time.Time, amount func(time.Time) int64, last int64) []usage.Record {
		return append(daily(since, day, "acme", amount), hour(day.Add(23*time.Hour), "acme", last))
	}
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		rule         anomaly.Rule
		want         string
	}{
		{"as ever", "within the range", history(from, wavy, 103), anomaly.Rule{}, ""},
		{
			"up", "8 Thursdays, median 101, 4 × 1.4826 × 1 around it", history(from, wavy, 107),
			anomaly.Rule{},
			"up 107 of 95.0696..106.9304 same weekday 8",
		},
		{"down", "likewise", history(from, wavy, 95), anomaly.Rule{}, "down 95 of 95.0696..106.9304 same weekday 8"},
		{"just inside", "106.9304 is the end of the range", history(from, wavy, 106), anomaly.Rule{}, ""},
		{
			"another k", "a narrower range", history(from, wavy, 104),
			anomaly.Rule{K: dec("2")},
			"up 104 of 98.0348..103.9652 same weekday 8",
		},
		{
			"floor", "a move of 6 dollars is not worth a word below 7", history(from, wavy, 107),
			anomaly.Rule{Floor: dec("7")},
			"",
		},
		{
			"at the floor", "the floor itself is", history(from, wavy, 107),
			anomaly.Rule{Floor: dec("6")},
			"up 107 of 95..107 same weekday 8",
		},
		{"weekends", "a quiet day of the week is quiet every week", history(from, officeDays(50), 50), anomaly.Rule{}, ""},
		{"flat", "all days the same: a tenth more is no news", history(from, always(100), 110), anomaly.Rule{}, ""},
		{
			"flat and a leap", "more than that is", history(from, always(100), 111),
			anomaly.Rule{},
			"up 111 of 90..110 same weekday 8",
		},
		{
			"out of nothing", "a tenant that never spent", history(from, always(0), 2),
			anomaly.Rule{},
			"up 2 of 0..1 same weekday 8",
		},
		{
			"two weeks", "fewer than 3 Thursdays: all days", history(at(t, "2026-09-24"), wavy, 200),
			anomaly.Rule{},
			"up 200 of 95.0696..106.9304 all days 14",
		},
		{
			"a week", "just enough to say something", history(at(t, "2026-10-01"), wavy, 200),
			anomaly.Rule{},
			"up 200 of 95.0696..106.9304 all days 7",
		},
		{"six days", "nothing said", history(at(t, "2026-10-02"), wavy, 200), anomaly.Rule{}, ""},
		{
			"a day that is not over", "nothing said of it yet", append(daily(from, day, "acme", wavy), hour(day, "acme", 900)),
			anomaly.Rule{},
			"",
		},
		{
			"gone", "usage of others shows that the day is known",
			append(daily(from, day, "acme", wavy), hour(day.Add(23*time.Hour), "bravo", 1)),
			anomaly.Rule{},
			"down 0 of 95.0696..106.9304 same weekday 8",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(test.records...)
			got, err := anomaly.Find(t.Context(), source, test.rule,
				anomaly.Request{From: day, To: day.AddDate(0, 0, 1), Now: at(t, "2026-10-09T08:00")})
			require.NoError(t, err)
			said := ""
			for _, a := range got.Anomalies {
				require.Equal(t, "2026-10-08", a.Day)
				direction, basis := "down", "all days"
				if a.Up {
					direction = "up"
				}
				if a.SameWeekday {
					basis = "same weekday"
				}
				said += fmt.Sprintf("%s %s of %s..%s %s %d", direction, a.Amount, a.Low, a.High, basis, a.Days)
				require.Equal(t, pricing.VCPU, a.Component)
				require.True(t, a.Moved.Equal(a.Amount.Sub(a.Expected)))
			}
			require.Equal(t, test.want, said, test.reason)
		})
	}
}

func TestAnomalyNamesTheComponentThatMoved(t *testing.T) {
	day := at(t, "2026-10-08")
	records := daily(at(t, "2026-08-13"), day.AddDate(0, 0, 1), "acme", always(100))
	records[len(records)-1].Amounts[pricing.VCPU] = 60_000
	records[len(records)-1].Amounts[pricing.SnapshotWrite] = 400 << 30
	got, err := anomaly.Find(t.Context(), dollars(records...), anomaly.Rule{},
		anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
	require.NoError(t, err)
	require.Len(t, got.Anomalies, 1, "a now that is not given is the end")
	require.Equal(t, pricing.SnapshotWrite, got.Anomalies[0].Component)
	require.Equal(t, "400", got.Anomalies[0].Moved.String(), "while vCPU fell by 40")
	require.Equal(t, "460", got.Anomalies[0].Amount.String())
}

func TestAnomaliesDoNotTakeGapsForSilence(t *testing.T) {
	day := at(t, "2026-10-08")
	records := []usage.Record{}
	for _, r := range daily(at(t, "2026-08-13"), day.AddDate(0, 0, 1), "acme", always(100)) {
		if r.PeriodStart.Day()%2 == 0 { // the collector was off every other day
			records = append(records, r)
		}
	}
	got, err := anomaly.Find(t.Context(), dollars(records...), anomaly.Rule{},
		anomaly.Request{From: at(t, "2026-09-01"), To: day.AddDate(0, 0, 1), Now: at(t, "2026-10-20")})
	require.NoError(t, err)
	require.Empty(t, got.Anomalies)

	none, err := anomaly.Find(t.Context(), dollars(), anomaly.Rule{},
		anomaly.Request{From: day, To: day.AddDate(0, 0, 1), Now: day})
	require.NoError(t, err)
	require.True(t, none.AsOf.IsZero())
	_, err = anomaly.Find(t.Context(), dollars(), anomaly.Rule{}, anomaly.Request{From: day, To: day})
	require.Error(t, err)
}

func TestDamageIsNamedWhereNothingStandsOut(t *testing.T) {
	damage := []ledger.DamagedFile{{Path: "usage/dt=2026-10-05/part-0.parquet", Reason: "checksum"}}
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	source := dollars(daily(from, day.AddDate(0, 0, 1), "acme", always(100))...)
	source.Usage.(*spendtest.Ledger).Damaged = damage
	got, err := anomaly.Find(t.Context(), source, anomaly.Rule{}, anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
	require.NoError(t, err)
	require.Empty(t, got.Anomalies)
	require.Equal(t, damage, got.Damaged, "once")
}

func TestFindStopsWhenToldTo(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	request := anomaly.Request{From: at(t, "2026-10-05"), To: at(t, "2026-10-06")}
	_, err := anomaly.Find(stopped, dollars(hour(request.From, "acme", 1)), anomaly.Rule{}, request)
	require.ErrorIs(t, err, context.Canceled)
}

// TestOnlyWholeDaysAreJudged: a day of which the request wants a part is not.
func TestOnlyWholeDaysAreJudged(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	source := dollars(append(daily(from, day, "acme", always(100)), hour(day.Add(23*time.Hour), "acme", 900))...)
	for start, want := range map[time.Time]int{day: 1, day.Add(time.Hour): 0} {
		got, err := anomaly.Find(t.Context(), source, anomaly.Rule{}, anomaly.Request{From: start, To: day.AddDate(0, 0, 1)})
		require.NoError(t, err)
		require.Len(t, got.Anomalies, want, start)
	}
}

// TestSharedCostStandsOutByItself: whatever the policy, a tenant does not stand out for its share of what others
// caused.
func TestSharedCostStandsOutByItself(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	records := daily(from, day.AddDate(0, 0, 1), "acme", always(100))
	for d := from; !d.After(day); d = d.AddDate(0, 0, 1) {
		gb := int64(1)
		if d.Equal(day) {
			gb = 100 // GB over a day are 2,400 GB-hours, a dollar each
		}
		records = append(records, spendtest.Stored(d, "base", gb))
	}
	source := dollars(records...)
	source.Sharing.Policy = spend.Evenly
	got, err := anomaly.Find(t.Context(), source, anomaly.Rule{}, anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
	require.NoError(t, err)
	require.Len(t, got.Anomalies, 1)
	require.Equal(t, spend.KindShared, got.Anomalies[0].Kind)
}

// TestDamagedDaysAreNotKnown: what is left of a day whose file is damaged is neither a fall nor a day to compare with.
func TestDamagedDaysAreNotKnown(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	for _, test := range []struct {
		name, reason, damaged string
		last                  int64
		want                  string
	}{
		{"whole", "8 Thursdays of 100", "2026-06-01", 10, "2026-10-08 10 of 100 by 8"},
		{"the day itself", "90 of 100 may be in the damaged file", "2026-10-08", 10, ""},
		{"the day itself, above", "nor is it judged where it is above: the figure is not known", "2026-10-08", 111, ""},
		{"a Thursday before", "is left out of the eight", "2026-10-01", 111, "2026-10-08 111 of 100 by 7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(append(daily(from, day, "acme", always(100)), hour(day.Add(23*time.Hour), "acme", test.last))...)
			source.Usage.(*spendtest.Ledger).Damaged = []ledger.DamagedFile{{Path: "one", Day: at(t, test.damaged)}}
			got, err := anomaly.Find(t.Context(), source, anomaly.Rule{}, anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
			require.NoError(t, err)
			said := ""
			for _, a := range got.Anomalies {
				said += fmt.Sprintf("%s %s of %s by %d", a.Day, a.Amount, a.Expected, a.Days)
				require.Equal(t, pricing.Exact, a.State)
			}
			require.Equal(t, test.want, said, test.reason)
			require.Len(t, got.Damaged, 1)
		})
	}
}

// TestALowerBoundIsNoFall: of a day that was measured in part, more than the usual is news and less is not.
func TestALowerBoundIsNoFall(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	for amount, want := range map[int64]int{200: 1, 10: 0} {
		last := hour(day.Add(23*time.Hour), "acme", amount)
		last.Coverage = usage.CoveragePartial
		got, err := anomaly.Find(t.Context(), dollars(append(daily(from, day, "acme", always(100)), last)...), anomaly.Rule{},
			anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
		require.NoError(t, err)
		require.Len(t, got.Anomalies, want, amount)
		for _, a := range got.Anomalies {
			require.Equal(t, pricing.AtLeast, a.State)
		}
	}
}

// TestNoAmountIsTooLarge: a fall from two hundred million dollars a day to half a dollar less than one hundred million
// leaves 180 to 220 million, as a flat habit is left at a tenth. Amounts that were cut off at one hundred million, and
// in millionths of a dollar, made it a fall of half a dollar, which is below the floor.
func TestNoAmountIsTooLarge(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	last := hour(day.Add(23*time.Hour), "acme", 0)
	last.Amounts[pricing.VCPU] = 99_999_999_500 // ms
	got, err := anomaly.Find(t.Context(), dollars(append(daily(from, day, "acme", always(200_000_000)), last)...),
		anomaly.Rule{}, anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
	require.NoError(t, err)
	require.Len(t, got.Anomalies, 1)
	a := got.Anomalies[0]
	require.Equal(t, "99999999.5 of 180000000..220000000, moved -100000000.5",
		fmt.Sprintf("%s of %s..%s, moved %s", a.Amount, a.Low, a.High, a.Moved))
	require.False(t, a.Up)
}

// TestDaysAreReadOnce: exact sums of all days by one question, and billed quantities by another only if a day stands
// out.
func TestDaysAreReadOnce(t *testing.T) {
	from, day := at(t, "2026-08-13"), at(t, "2026-10-08")
	for last, want := range map[int64]int{100: 1, 200: 2} {
		source := dollars(append(daily(from, day, "acme", always(100)), hour(day.Add(23*time.Hour), "acme", last))...)
		_, err := anomaly.Find(t.Context(), source, anomaly.Rule{}, anomaly.Request{From: day, To: day.AddDate(0, 0, 1)})
		require.NoError(t, err)
		byTenant := 0
		for _, q := range source.Usage.(*spendtest.Ledger).Queries {
			if slices.Contains(q.By, ledger.FieldTenant) {
				byTenant++
				require.Equal(t, from, q.From)
				require.Equal(t, day.AddDate(0, 0, 1), q.To)
			}
		}
		require.Equal(t, want, byTenant, "%d dollars on the last day", last)
	}
}
