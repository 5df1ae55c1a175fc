package parquet

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// rolledSizes give every day a rollup, plainSizes none. Their days are of one part, as syncing files takes the most
// time of a test.
var (
	rolledSizes = sizes{partRows: 1000, groupRows: 16, stageRows: 500, rollupFrom: 1}
	plainSizes  = sizes{partRows: 1000, groupRows: 16, stageRows: 500, rollupFrom: math.MaxInt64}
)

// randomRecords are of three days and of few names, so that hours have several records. They are of any length, on and
// off the hour, and now and then beyond what two of them can be added up to in 63 bits.
func randomRecords(r *rand.Rand, count int) []usage.Record {
	records := make([]usage.Record, count)
	pick := func(from ...int64) int64 { return from[r.IntN(len(from))] }
	grain, large := pick(1, 300, 900, 3600), r.IntN(4) == 0
	for i := range records {
		length := min(pick(1, 7, 300, 900, 3600, 5400, 40_000, 86_399, 86_400, 86_400), secondsInDay)
		begin := int64(0)
		if length < secondsInDay {
			begin = r.Int64N(secondsInDay-length+1) / grain * grain
		}
		record := usage.Record{
			PeriodStart:   firstDay.AddDate(0, 0, r.IntN(3)).Add(time.Duration(begin) * time.Second),
			PeriodSeconds: length, Region: fmt.Sprint("region", pick(0, 0, 1)), Account: fmt.Sprint(pick(1, 1, 2)),
			Resource: usage.Resource{Kind: usage.ResourceKind(pick(0, 0, 0, 1, 2)), ID: fmt.Sprint("m", i)},
			Image:    []string{"", "a", "\x1b[31mé"}[r.IntN(3)], Arch: []usage.Arch{"", "arm64", "x86_64"}[r.IntN(3)],
			Tenant: fmt.Sprint("t", r.IntN(3)), TenantBy: []usage.TenantBy{usage.TenantGiven, usage.TenantGuest}[r.IntN(2)],
			Role: fmt.Sprint("r", pick(0, 0, 1)), Source: "import", Coverage: usage.Coverage(r.IntN(3)),
		}
		for m := range record.Amounts {
			record.Amounts[m] = r.Int64N(100_000)
			if large && r.IntN(3) == 0 {
				record.Amounts[m] = math.MaxInt64 - r.Int64N(10)
			}
		}
		records[i] = record
	}
	return records
}

// randomQuery asks for anything that can be asked for. Bounds are mostly on the hour, as others are for the parts.
func randomQuery(t *rapid.T, zones []*time.Location) ledger.Query {
	seconds := func(name string, least, most int64) time.Duration {
		grain := rapid.SampledFrom([]int64{86_400, 3600, 3600, 900, 1}).Draw(t, name+" in")
		return time.Duration(rapid.Int64Range(least/grain, most/grain).Draw(t, name)*grain) * time.Second
	}
	from := firstDay.Add(seconds("from", -20*3600, 70*3600))
	q := ledger.Query{
		From: from, To: from.Add(time.Second + seconds("length", 0, 90*3600)).Truncate(rapid.SampledFrom([]time.Duration{
			time.Second, time.Hour,
		}).Draw(t, "to")), Location: rapid.SampledFrom(zones).Draw(t, "zone"),
		By: rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, int(ledger.FieldDay)+4), func(f int) ledger.Field {
			return ledger.Field(min(f, int(ledger.FieldDay)))
		}), 0, 4, rapid.ID[ledger.Field]).Draw(t, "by"),
		Uncut: rapid.IntRange(0, 4).Draw(t, "uncut") == 4,
	}
	if rapid.Bool().Draw(t, "some sums") {
		q.Sums = ledger.Sums(rapid.IntRange(1, 1<<usage.MeasureCount-1).Draw(t, "sums"))
	}
	if rapid.Bool().Draw(t, "limited") {
		q.Most = rapid.IntRange(1, 12).Draw(t, "most")
	}
	return q
}

// Whatever is asked, a ledger with rollups answers as one without, and as plainly grouping the records does.
func TestRollupsAnswerAsRecordsDo(t *testing.T) {
	zones := []*time.Location{
		nil, time.UTC, location(t, "Europe/Berlin"), location(t, "America/New_York"), location(t, "Asia/Kolkata"),
		location(t, "Australia/Lord_Howe"), location(t, "Asia/Kathmandu"), location(t, "Pacific/Kiritimati"),
	}
	random := rand.New(rand.NewPCG(1, 2))
	type ledgers struct {
		records       ledgertest.Records
		with, without *Ledger
	}
	var all []ledgers
	for n := range 12 {
		records := randomRecords(random, 1+n*25)
		all = append(all, ledgers{records, writtenWith(t, records, rolledSizes), writtenWith(t, records, plainSizes)})
	}
	fromRollups, days := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		of, q := rapid.SampledFrom(all).Draw(t, "ledger"), randomQuery(t, zones)
		if !q.From.Before(q.To) {
			return
		}
		got, err := of.with.Aggregate(context.Background(), q)
		want, wantErr := of.without.Aggregate(context.Background(), q)
		require.Equal(t, wantErr, err, "%+v", q)
		require.Equal(t, want.Groups, got.Groups, "%+v", q)
		require.Empty(t, got.Damaged)
		for _, read := range want.Read {
			require.NotEmpty(t, read.FromRecords)
		}
		for _, read := range got.Read {
			require.NotContains(t, read.FromRecords, "damaged", "the planner refuses what a rollup cannot answer")
			if days++; read.FromRecords == "" {
				fromRollups++
			}
		}
		if q.Sums == 0 {
			plain, err := of.records.Aggregate(context.Background(), q)
			require.Equal(t, wantErr, err, "%+v", q)
			inOrder(plain.Groups)
			inOrder(got.Groups)
			require.Equal(t, plain.Groups, got.Groups, "%+v", q)
		}
	})
	t.Logf("%d of %d days were read from rollups", fromRollups, days)
	assert.Greater(t, fromRollups*8, days)
}

// inOrder puts groups into one order, of kinds of resources in particular.
func inOrder(groups []ledger.Group) {
	key := func(g ledger.Group) string {
		g.Sum = usage.Sum{}
		return fmt.Sprint(g)
	}
	slices.SortFunc(groups, func(a, b ledger.Group) int { return strings.Compare(key(a), key(b)) })
}

func writtenWith(t *testing.T, records []usage.Record, s sizes) *Ledger {
	t.Helper()
	w := openWriter(t, t.TempDir())
	w.sizes = s
	upsert(t, w, records)
	return &w.Ledger
}

// What a manifest says of a rollup's records is what [ledger.Hourly] decides by.
func TestWhatRollupsSayOfRecords(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.October, day, hour, minute, 0, 0, time.UTC)
	}
	record := func(i int, start time.Time, seconds int64) usage.Record {
		r := fleet{microVMs: 5, tenants: 1, days: 1, periods: 1}.record(i)
		r.PeriodStart, r.PeriodSeconds = start, seconds
		return r
	}
	hours := []usage.Record{record(0, at(1, 9, 20), 1800), record(1, at(1, 9, 50), 1200), record(2, at(1, 15, 0), 900)}
	whole := record(3, at(1, 0, 0), secondsInDay)
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		query        ledger.Query
		why          string
	}{
		{
			"the end of data", "nothing is cut where there is nothing", hours,
			ledger.Query{From: at(1, 9, 20), To: at(1, 15, 15), By: []ledger.Field{ledger.FieldTenant}},
			"",
		},
		{
			"within the data", "the sum of an hour does not say what was used by then", hours,
			ledger.Query{From: at(1, 9, 21), To: at(1, 15, 15)},
			"09:21:00 +00:00 is within an hour of UTC",
		},
		{
			"a whole day, cut", "each record has units of its own to round", append(slices.Clone(hours), whole),
			ledger.Query{From: at(1, 10, 0), To: at(2, 0, 0)},
			"records of the whole day are cut",
		},
		{
			"a whole day alone", "it takes up no hours that could be cut",
			[]usage.Record{whole},
			ledger.Query{From: at(1, 10, 30), To: at(2, 0, 0), Uncut: true},
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := writtenWith(t, test.records, rolledSizes)
			result, err := w.Aggregate(t.Context(), test.query)
			require.NoError(t, err)
			assert.Equal(t, []ledger.DayRead{{Day: firstDay, FromRecords: test.why}}, result.Read, test.reason)
			plain, err := ledgertest.Records(test.records).Aggregate(t.Context(), test.query)
			require.NoError(t, err)
			assert.Equal(t, plain.Groups, result.Groups)
		})
	}
}

// A program that knows hours alone must not add up those and the days: it finds the rollup to be of other records.
func TestSumsOfADayAreToldApart(t *testing.T) {
	m := manifest{Parts: []partEntry{{Name: "part-00000.parquet", SHA256: "ab"}}}
	hours, days := rollupEntry{}, rollupEntry{DayRows: 1}
	assert.Equal(t, "2abcc2640fa0ad1340e58d32554a7008d381f025c305693578e213d7c66b1c76", hours.content(&m))
	assert.NotEqual(t, hours.content(&m), days.content(&m))
}

// Which days get a rollup.
func TestWhichDaysHaveRollups(t *testing.T) {
	of := func(names, count int) (records []usage.Record) {
		for i := range count {
			r := fleet{microVMs: count, tenants: names, days: 1, periods: 24}.record(i)
			r.Image, r.Region, r.Resource.Kind = "", "r", usage.KindMicroVM
			records = append(records, r)
		}
		return records
	}
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		why          string
	}{
		{"small", "opening another file takes as long as reading 4,095 rows", of(1, 4095), "the day is small"},
		{"large", "one row of 4,096", of(1, 4096), ""},
		{"a quarter", "the most it may be", of(1024, 4096), ""},
		{"more than a quarter", "the parts are read as fast", of(1025, 4096), "a rollup would have more than a quarter of the day's rows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := openWriter(t, t.TempDir())
			w.sizes = defaultSizes
			upsert(t, w, test.records)
			result, err := w.Aggregate(t.Context(), ledger.Query{From: always[0], To: always[1]})
			require.NoError(t, err)
			assert.Equal(t, []ledger.DayRead{{Day: firstDay, FromRecords: test.why}}, result.Read, test.reason)
		})
	}
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}
