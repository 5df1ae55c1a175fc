package usage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

func at(text string) time.Time {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return moment.UTC()
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func TestSplit(t *testing.T) {
	r := usage.Record{PeriodStart: at("2026-08-31T22:00:00Z"), PeriodSeconds: 4 * 3600, Tenant: "acme"}
	r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory], r.Amounts[usage.Launches] = 14_400_001, 3, 1
	parts := r.Split()
	require.Len(t, parts, 2)
	assert.Equal(t, []time.Time{at("2026-08-31T22:00:00Z"), at("2026-09-01T00:00:00Z")},
		[]time.Time{parts[0].PeriodStart, parts[1].PeriodStart})
	assert.Equal(t, [2]int64{7200, 7200}, [2]int64{parts[0].PeriodSeconds, parts[1].PeriodSeconds})
	assert.Equal(t, [2]int64{7_200_001, 7_200_000}, [2]int64{parts[0].Amounts[pricing.VCPU], parts[1].Amounts[pricing.VCPU]},
		"what is left goes to the earlier of equals")
	assert.Equal(t, [2]int64{2, 1}, [2]int64{parts[0].Amounts[pricing.Memory], parts[1].Amounts[pricing.Memory]})
	assert.Equal(t, [2]int64{1, 0}, [2]int64{parts[0].Amounts[usage.Launches], parts[1].Amounts[usage.Launches]})
	assert.Equal(t, "acme", parts[1].Tenant)

	// 10 units over 12 h, 24 h and 6 h are 2.857, 5.714 and 1.429: the largest remainders are the first and the second.
	r = usage.Record{PeriodStart: at("2026-10-01T12:00:00Z"), PeriodSeconds: 42 * 3600}
	r.Amounts[pricing.SnapshotRead] = 10
	parts = r.Split()
	require.Len(t, parts, 3)
	assert.Equal(t, [3]int64{3, 6, 1}, [3]int64{
		parts[0].Amounts[pricing.SnapshotRead], parts[1].Amounts[pricing.SnapshotRead], parts[2].Amounts[pricing.SnapshotRead],
	})
}

// The parts of a record add up to it, whatever it counts.
func TestSplitConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := usage.Record{
			PeriodStart:   time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "start"), 0).UTC(),
			PeriodSeconds: rapid.Int64Range(1, 40*86_400).Draw(t, "seconds"),
		}
		for m := range r.Amounts {
			r.Amounts[m] = rapid.Int64Min(0).Draw(t, "amount")
		}
		var sum usage.Amounts
		next := r.PeriodStart
		for _, part := range r.Split() {
			require.Equal(t, next, part.PeriodStart)
			require.LessOrEqual(t, part.PeriodStart.Unix()%86_400+part.PeriodSeconds, int64(86_400))
			next = next.Add(time.Duration(part.PeriodSeconds) * time.Second)
			for m := range sum {
				sum[m] += part.Amounts[m]
			}
		}
		require.Equal(t, r.Amounts, sum)
		require.Equal(t, r.PeriodStart.Add(time.Duration(r.PeriodSeconds)*time.Second), next)
	})
}

func TestWithin(t *testing.T) {
	newYork, samoa := zone(t, "America/New_York"), zone(t, "Pacific/Apia")
	october := func(loc *time.Location) civil.Span {
		return civil.Between(civil.MustParse("2026-10-01").Start(loc), civil.MustParse("2026-11-01").Start(loc))
	}
	for _, test := range []struct {
		name, reason string
		start        string
		seconds      int64
		in           civil.Span
		loc          *time.Location
		used, length int64 // of 1000
		records      int64
	}{
		{"inside", "as it is", "2026-10-01T00:00:00Z", 3600, october(time.UTC), time.UTC, 1000, 3600, 1},
		{"before", "ends where it begins", "2026-09-30T23:00:00Z", 3600, october(time.UTC), time.UTC, 0, 0, 0},
		{
			"cut by local midnight", "of 03:30 to 04:30, half an hour is October's; it was counted in September",
			"2026-10-01T03:30:00Z", 3600, october(newYork), newYork, 500, 1800, 0,
		},
		{"before local midnight", "September's", "2026-10-01T02:30:00Z", 3600, october(newYork), newYork, 0, 0, 0},
		{
			"cut by its end", "a third of an hour is 333.3 of 1000", "2026-10-31T23:40:00Z", 3600, october(time.UTC), time.UTC,
			333, 1200, 1,
		},
		{
			"whole day", "is of its date everywhere", "2026-10-01T00:00:00Z", 86_400, october(newYork), newYork,
			1000, 86_400, 1,
		},
		{
			"whole day, the last", "although it ends before the month does", "2026-10-31T00:00:00Z", 86_400, october(newYork),
			newYork, 1000, 86_400, 1,
		},
		{
			"whole day of the next month", "although it begins before the month is over", "2026-11-01T00:00:00Z", 86_400,
			october(newYork), newYork, 0, 0, 0,
		},
		{
			"whole day, 13 hours ahead", "even where most of it is the next day", "2026-10-31T00:00:00Z", 86_400,
			october(samoa), samoa, 1000, 86_400, 1,
		},
		{
			"a second less than a day", "is a period like any other: 20 of 24 hours", "2026-10-01T00:00:00Z", 86_399,
			october(newYork), newYork, 833, 71_999, 0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := usage.Record{PeriodStart: at(test.start), PeriodSeconds: test.seconds, Coverage: usage.CoverageComplete}
			r.Amounts[pricing.VCPU] = 1000
			got, ok := r.Within(test.in, test.loc)
			assert.Equal(t, test.length > 0, ok, test.reason)
			assert.Equal(t, uint64(test.used), got.Amounts[pricing.VCPU].Lo, test.reason)
			assert.Equal(t, uint64(test.length), got.Seconds.Lo, test.reason)
			assert.Equal(t, got.Seconds, got.CoveredSeconds)
			assert.Equal(t, test.records, got.Records, test.reason)
		})
	}
}

// However a stretch of time is cut, its parts add up to it.
func TestWithinAddsUp(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		day := at("2026-10-24T00:00:00Z").Unix() // the clocks go back on the 25th
		r := usage.Record{PeriodSeconds: rapid.Int64Range(1, 86_400).Draw(t, "seconds")}
		r.PeriodStart = time.Unix(day+rapid.Int64Range(0, 86_400-r.PeriodSeconds).Draw(t, "start"), 0).UTC()
		r.Amounts[pricing.Memory] = rapid.Int64Min(0).Draw(t, "amount")
		cuts := []int64{day - 86_400, day + 3*86_400}
		for range 4 {
			cuts = append(cuts, day+rapid.Int64Range(-3600, 90_000).Draw(t, "cut"))
		}
		slices.Sort(cuts)
		var sum usage.Sum
		for i := 1; i < len(cuts); i++ {
			if part, ok := r.Within(civil.Between(time.Unix(cuts[i-1], 0), time.Unix(cuts[i], 0)), loc); ok {
				sum.Merge(&part)
			}
		}
		require.Equal(t, uint64(r.Amounts[pricing.Memory]), sum.Amounts[pricing.Memory].Lo)
		require.Equal(t, uint64(r.PeriodSeconds), sum.Seconds.Lo)
		require.Equal(t, int64(1), sum.Records)
	})
}

func TestRowsAreSplitAtMidnight(t *testing.T) {
	reader := usage.ReadCSV(strings.NewReader(header+
		"2026-08-31T22:00:00Z,14400,us-east-1,microvm-s1,base,acme,14400,28800,0,0,0\n"+row), usage.CSVOptions{})
	records, err := readAll(reader)
	require.NoError(t, err)
	require.Len(t, records, 3)
	assert.Equal(t, at("2026-09-01T00:00:00Z"), records[1].PeriodStart)
	for _, half := range records[:2] {
		assert.Equal(t, [2]int64{7_200_000, 14_400 << 10 * 1000}, [2]int64{half.Amounts[pricing.VCPU], half.Amounts[pricing.Memory]})
	}
	report := reader.Report()
	assert.Equal(t, [2]int64{2, 1}, [2]int64{report.Rows, report.Split})
}

func TestMissingQuantitiesMakeARowPartial(t *testing.T) {
	reader := usage.ReadCSV(strings.NewReader(header+
		strings.Replace(row, ",1,0.5,3", ",,NaN,3", 1)+row), usage.CSVOptions{})
	records, err := readAll(reader)
	require.NoError(t, err)
	require.Len(t, records, 2)
	assert.Equal(t, usage.CoveragePartial, records[0].Coverage)
	assert.Equal(t, int64(3_600_000), records[0].Amounts[pricing.VCPU])
	assert.Equal(t, usage.CoverageComplete, records[1].Coverage)
	assert.Equal(t, int64(1), reader.Report().Incomplete)

	_, err = readAll(usage.ReadCSV(strings.NewReader(header+
		strings.Replace(row, "3600,7200,1,0.5,3", ",,,,", 1)), usage.CSVOptions{}))
	assert.ErrorContains(t, err, "no quantity is given")
}
