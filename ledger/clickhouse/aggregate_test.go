package clickhouse

import (
	"context"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/clickhousetest"
	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/conformance"
	"microspend/pricing"
	"microspend/usage"
)

// store opens a ledger that nobody else has.
func store(t testing.TB, options ledger.Options) *Store {
	t.Helper()
	s, err := OpenForWriting(t.Context(), clickhousetest.Ledger(t), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func batches(records ...usage.Record) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) { yield(records, nil) }
}

func upsert(t testing.TB, s *Store, records ...usage.Record) ledger.Changes {
	t.Helper()
	n, err := s.Upsert(t.Context(), batches(records...))
	require.NoError(t, err)
	return n
}

var firstDay = time.Date(2026, time.October, 24, 0, 0, 0, 0, time.UTC) // Berlin's clocks go back on the 25th

// genRecord makes records of few names around a change of clocks: of hours and minutes, across hours, of whole days.
func genRecord(t *rapid.T) usage.Record {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	r := usage.Record{
		Region: pick("region", "eu-west-1", "us-east-1"), Account: pick("account", "", "111122223333"),
		Image: pick("image", "", "base", "ä '\\\t\"\n"), Arch: usage.Arch(pick("arch", "", "arm64")),
		Tenant: pick("tenant", "", "acme", "zoë", "x\x01y"), TenantBy: usage.TenantBy(pick("by", "", "proven")),
		Source: pick("source", "cloudwatch", "import"), Role: pick("role", "", "arn:aws:iam::1:role/a"),
		Resource: rapid.SampledFrom([]usage.Resource{
			{ID: "microvm-a"},
			{ID: "microvm-b"},
			{ID: "!'b"},
			{ID: "(imagine)"},
			{Kind: usage.KindImage},
			{Kind: usage.KindImage, ID: "base"},
			{Kind: usage.KindFleet, ID: "acme/base"},
			{Kind: usage.KindImage, ID: "(image)base"},
		}).Draw(t, "resource"),
		Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
	}
	day := firstDay.AddDate(0, 0, rapid.IntRange(0, 3).Draw(t, "day")).Unix()
	start, seconds := int64(0), int64(86_400)
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		start, seconds = 3600*rapid.Int64Range(0, 23).Draw(t, "hour"), 3600
	case 1:
		start, seconds = 300*rapid.Int64Range(0, 287).Draw(t, "slot"), 300
	case 2:
		start = rapid.Int64Range(0, 86_399).Draw(t, "second")
		seconds = rapid.Int64Range(1, 86_400-start).Draw(t, "seconds")
	}
	r.PeriodStart, r.PeriodSeconds = time.Unix(day+start, 0).UTC(), seconds
	for m := range r.Amounts {
		r.Amounts[m] = rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "amount")
	}
	return r
}

func genQuery(t *rapid.T) ledger.Query {
	loc, err := time.LoadLocation(rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu",
	}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	if loc.String() == "UTC" {
		loc = rapid.SampledFrom([]*time.Location{nil, time.UTC}).Draw(t, "UTC")
	}
	moment := func(label string) time.Time {
		at := firstDay.AddDate(0, 0, rapid.IntRange(-1, 5).Draw(t, label+" day"))
		switch rapid.IntRange(0, 2).Draw(t, label+" form") {
		case 0:
			if loc != nil {
				year, month, day := at.Date()
				at = time.Date(year, month, day, 0, 0, 0, 0, loc)
			}
		case 1:
			at = at.Add(time.Duration(rapid.IntRange(0, 23).Draw(t, label+" hour")) * time.Hour)
		case 2:
			at = at.Add(time.Duration(rapid.Int64Range(0, 86_400_000).Draw(t, label)) * time.Millisecond)
		}
		return at
	}
	q := ledger.Query{
		From: moment("from"), To: moment("to"), Location: loc, Uncut: rapid.Bool().Draw(t, "uncut"),
		Sums: rapid.SampledFrom([]ledger.Sums{0, ledger.SumBilled, ledger.SumOf(usage.Launches)}).Draw(t, "sums"),
	}
	if q.To.Before(q.From) {
		q.From, q.To = q.To, q.From
	}
	if !q.From.Before(q.To) {
		q.To = q.From.Add(time.Second)
	}
	for f := ledger.FieldTenant; f <= ledger.FieldDay; f++ {
		if rapid.IntRange(0, 4).Draw(t, "by") == 0 || f == ledger.FieldDay && rapid.Bool().Draw(t, "by day") {
			q.By = append(q.By, f)
		}
	}
	if rapid.IntRange(0, 5).Draw(t, "bounded") == 0 {
		q.Most = rapid.IntRange(1, 20).Draw(t, "most")
	}
	return q
}

// want is what the plain ledger of tests answers, with the sums alone that are asked for, in the order of names.
func want(t require.TestingT, records ledgertest.Records, q ledger.Query) (ledger.Result, error) {
	result, err := records.Aggregate(context.Background(), q)
	for i := range result.Groups {
		for _, m := range usage.Measures() {
			if !q.Sums.Has(m) {
				result.Groups[i].Sum.Amounts[m] = usage.Uint128{}
			}
		}
	}
	slices.SortFunc(result.Groups, func(a, b ledger.Group) int { return compareGroups(&a, &b) })
	return result, err
}

// TestAnswersAreExact holds every answer, from rows, from rollups and from both, to the plain ledger of tests.
func TestAnswersAreExact(t *testing.T) {
	conformance.Draw(t, 8)
	rapid.Check(t, func(rt *rapid.T) {
		s := store(t, ledger.Options{})
		held := map[usage.Key]usage.Record{}
		for range rapid.IntRange(1, 3).Draw(rt, "imports") {
			records := rapid.SliceOfN(rapid.Custom(genRecord), 1, 60).Draw(rt, "records")
			for _, r := range records {
				held[r.Key()] = r
			}
			upsert(t, s, records...)
		}
		var records ledgertest.Records
		for _, r := range held {
			records = append(records, r)
		}
		slices.SortFunc(records, func(a, b usage.Record) int {
			if c := a.Day().Compare(b.Day()); c != 0 {
				return c
			}
			return ledger.CompareKeys(&a, &b)
		})
		var read ledgertest.Records
		for r, err := range s.Records(t.Context(), firstDay, firstDay.AddDate(0, 0, 9)) {
			require.NoError(rt, err)
			read = append(read, r)
		}
		require.Equal(rt, records, read)
		for _, rolledUp := range []bool{false, true} {
			if rolledUp {
				rollUpAll(t, s)
			}
			for range 12 {
				q := genQuery(rt)
				wanted, wantErr := want(rt, records, q)
				got, err := s.Aggregate(t.Context(), q)
				require.Equal(rt, wantErr, err, "%+v", q)
				require.Equal(rt, len(wanted.Groups), len(got.Groups), "%+v", q)
				for i := range got.Groups {
					require.Equal(rt, wanted.Groups[i], got.Groups[i], "%+v", q)
				}
			}
		}
	})
}

// rollUpAll makes rollups of all days, also where they would not be worth it.
func rollUpAll(t testing.TB, s *Store) {
	t.Helper()
	s.sizes.hourlyShare = 0
	found, err := s.states(t.Context())
	require.NoError(t, err)
	for _, day := range found.days() {
		require.NoError(t, s.rollUpDay(t.Context(), day, found[day]))
	}
	found, err = s.states(t.Context())
	require.NoError(t, err)
	for _, day := range found.days() {
		require.True(t, found[day].rolled(), "%s", day)
	}
}

// TestPlainSumWraps shows why sums are taken of 128 bits: ClickHouse's own sum of whole numbers has 64 and wraps.
func TestPlainSumWraps(t *testing.T) {
	s := store(t, ledger.Options{})
	a := usage.Record{
		PeriodStart: firstDay, PeriodSeconds: 3600, Region: "us-east-1", Source: "import", Resource: usage.Resource{ID: "a"},
	}
	a.Amounts[pricing.SnapshotStorage] = math.MaxInt64
	b := a
	b.Resource.ID = "b"
	upsert(t, s, a, b)
	server := clickhousetest.Shared(t)
	column := usage.Measure(pricing.SnapshotStorage).Counted().Column
	assert.Equal(t, "-2", server.Query(t, "SELECT sum("+column+") FROM "+s.client.database+".usage"))
	result, err := s.Aggregate(t.Context(), ledger.Query{From: firstDay, To: firstDay.AddDate(0, 0, 1)})
	require.NoError(t, err)
	require.Len(t, result.Groups, 1)
	assert.Equal(t, "18446744073709551614", result.Groups[0].Sum.Amounts[pricing.SnapshotStorage].String(), "2 × (2^63 − 1)")
}
