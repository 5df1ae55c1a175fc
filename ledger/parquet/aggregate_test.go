package parquet

import (
	"context"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// nameOf gives a record's value of a field, as a group's.
func nameOf(r usage.Record, f ledger.Field, location *time.Location) string {
	switch f {
	case ledger.FieldTenant:
		return r.Tenant
	case ledger.FieldImage:
		return r.Image
	case ledger.FieldResource:
		return r.Resource.ID
	case ledger.FieldRole:
		return r.Role
	case ledger.FieldRegion:
		return r.Region
	case ledger.FieldAccount:
		return r.Account
	case ledger.FieldSource:
		return r.Source
	}
	return r.PeriodStart.In(location).Format(time.DateOnly)
}

// partsOf cuts a record at the ends of a query and where the location's date changes, which is at a quarter. A part
// that does not begin with its period begins a nanosecond late, so that bigSum does not count it.
func partsOf(r usage.Record, q ledger.Query, location *time.Location) (parts []usage.Record) {
	dateOf := func(second int64) string {
		return r.PeriodStart.Add(time.Duration(second) * time.Second).In(location).String()[:10]
	}
	next := func(second int64) int64 {
		to := min(r.PeriodSeconds, second+900-(r.PeriodStart.Unix()+second)%900)
		for _, end := range []time.Time{q.From, q.To} {
			if at := end.Unix() - r.PeriodStart.Unix(); at > second {
				to = min(to, at)
			}
		}
		return to
	}
	for from := int64(0); from < r.PeriodSeconds; {
		to := next(from)
		inside := func(second int64) bool {
			at := r.PeriodStart.Add(time.Duration(second) * time.Second)
			return !at.Before(q.From) && at.Before(q.To)
		}
		for to < r.PeriodSeconds && dateOf(to) == dateOf(from) && inside(to) == inside(from) {
			to = next(to)
		}
		part := r
		part.PeriodStart = r.PeriodStart.Add(time.Duration(from)*time.Second + time.Duration(min(from, 1)))
		part.PeriodSeconds = to - from
		for m, amount := range r.Amounts {
			used := func(at int64) *big.Int { // ⌊(2 × amount × at + length) / (2 × length)⌋, which is rounded half up
				n := new(big.Int).Mul(big.NewInt(2*at), big.NewInt(amount))
				return n.Div(n.Add(n, big.NewInt(r.PeriodSeconds)), big.NewInt(2*r.PeriodSeconds))
			}
			part.Amounts[m] = new(big.Int).Sub(used(to), used(from)).Int64()
		}
		if inside(from) {
			parts = append(parts, part)
		}
		from = to
	}
	return parts
}

func TestAggregateIsExact(t *testing.T) {
	cairo, err := time.LoadLocation("Africa/Cairo")
	require.NoError(t, err)
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	require.NoError(t, err)
	records := fleet{microVMs: 11, tenants: 4, days: 32, periods: 6}.all()
	for i := range records {
		if i%50 == 0 { // two of these do not fit into 63 bits together
			records[i].Amounts[pricing.SnapshotRead], records[i].Amounts[pricing.SnapshotStorage] = math.MaxInt64,
				math.MaxInt64-int64(i)
		}
		records[i].Role = []string{"", "arn:aws:iam::1:role/a", "Ünïcode\x1b[31m"}[i%3]
	}
	dir := t.TempDir()
	w := openWriter(t, dir)
	upsert(t, w, records)

	day := func(d int) time.Time { return firstDay.AddDate(0, 0, d) }
	for _, test := range []struct {
		name, reason string
		query        ledger.Query
	}{
		{"all in one", "no field is one sum over everything", ledger.Query{From: day(0), To: day(40)}},
		{"tenant and day", "what finance asks for", ledger.Query{From: day(0), To: day(40), By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay}}},
		{"MicroVM", "the most groups there are", ledger.Query{From: day(0), To: day(40), By: []ledger.Field{ledger.FieldResource}}},
		{"all names", "each field has a column of its own", ledger.Query{From: day(0), To: day(40), By: []ledger.Field{
			ledger.FieldRole, ledger.FieldTenant, ledger.FieldImage, ledger.FieldResource, ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource, ledger.FieldDay,
		}}},
		{"some days", "days outside are not read", ledger.Query{From: day(3), To: day(5), By: []ledger.Field{ledger.FieldDay}}},
		{"parts of days", "half-open: 04:00 is in, 08:00 is out", ledger.Query{
			From: day(3).Add(4 * time.Hour), To: day(5).Add(8 * time.Hour), By: []ledger.Field{ledger.FieldImage, ledger.FieldDay},
		}},
		{"moments within periods", "they are cut there", ledger.Query{
			From: day(3).Add(5*time.Hour + time.Second), To: day(5).Add(9*time.Hour + time.Minute), By: []ledger.Field{ledger.FieldImage, ledger.FieldDay},
		}},
		{"Kathmandu", "45 minutes are cut off a day, from a quarter to", ledger.Query{
			From: day(3), To: day(9), By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay}, Location: kathmandu,
		}},
		{"Cairo", "clocks are put back within the month, at midnight", ledger.Query{
			From: day(0), To: day(40), By: []ledger.Field{ledger.FieldDay}, Location: cairo,
		}},
		{"nothing", "no records there", ledger.Query{From: day(100), To: day(101), By: []ledger.Field{ledger.FieldTenant}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			location := test.query.Location
			if location == nil {
				location = time.UTC
			}
			var inside []usage.Record
			for _, r := range records {
				inside = append(inside, partsOf(r, test.query, location)...)
			}
			want := bigSum(inside, func(r usage.Record) string {
				var key []string
				for _, f := range test.query.By {
					key = append(key, nameOf(r, f, location))
				}
				return strings.Join(key, "|")
			})
			result, err := w.Aggregate(context.Background(), test.query)
			require.NoError(t, err)
			assert.Empty(t, result.Damaged)
			got := sumTexts(result.Groups, func(g ledger.Group) string {
				var key []string
				for _, f := range test.query.By {
					r := usage.Record{
						PeriodStart: g.Day, Region: g.Region, Account: g.Account, Resource: g.Resource, Image: g.Image,
						Tenant: g.Tenant, Role: g.Role, Source: g.Source,
					}
					key = append(key, nameOf(r, f, location))
				}
				return strings.Join(key, "|")
			})
			assert.Equal(t, want, got, test.reason)
			assert.Len(t, result.Groups, len(want))
		})
	}
}

func TestDaysBeginWhereTheLocationSays(t *testing.T) {
	for _, test := range []struct{ place, day, begins, reason string }{
		{"Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00", "the clocks go back later that day"},
		{"Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00", "midnight is skipped"},
		{"UTC", "2026-04-24", "2026-04-24T00:00:00Z", "the default"},
	} {
		location, err := time.LoadLocation(test.place)
		require.NoError(t, err)
		assert.Equal(t, test.begins, civil.MustParse(test.day).Start(location).Format(time.RFC3339), test.reason)
	}
}

// Sums that are not asked for are not decoded. But a file whose bytes are damaged is left out of every query, whichever
// columns it reads: otherwise two reports of the same days would not agree.
func TestOnlyTheSumsAskedForAreRead(t *testing.T) {
	dir, within, records := damagedDay(t)
	query := ledger.Query{From: always[0], To: always[1], Sums: ledger.SumBilled | ledger.SumOf(usage.Running)}
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	result, err := l.Aggregate(t.Context(), query)
	require.NoError(t, err)
	require.Empty(t, result.Damaged)
	var want usage.Sum
	for i := range records {
		want.Add(&records[i])
	}
	want.Amounts[usage.Suspended], want.Amounts[usage.Launches], want.Amounts[usage.Suspends],
		want.Amounts[usage.Resumes] = usage.Uint128{}, usage.Uint128{}, usage.Uint128{}, usage.Uint128{}
	require.Equal(t, want, result.Groups[0].Sum)

	m, _, err := readManifest(t.Context(), folder(dir), dayOf(firstDay)+1)
	require.NoError(t, err)
	p, err := openPart(t.Context(), folder(dir), dayOf(firstDay)+1, m.Parts[0])
	require.NoError(t, err)
	from, length := p.parsed.ChunkRange(0, int(amountColumn(usage.Suspended)))
	p.close()
	path := filepath.Join(within, m.Parts[0].Name)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[from+length-1] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o644))
	var counted []int64
	for _, sums := range []ledger.Sums{query.Sums, 0} {
		query.Sums = sums
		result, err = l.Aggregate(t.Context(), query)
		require.NoError(t, err)
		require.Len(t, result.Damaged, 1)
		counted = append(counted, result.Groups[0].Sum.Records)
	}
	require.Less(t, counted[0], want.Records)
	require.Equal(t, counted[0], counted[1])

	query.Sums = 1 << usage.MeasureCount
	_, err = l.Aggregate(t.Context(), query)
	require.ErrorContains(t, err, "unknown")
}
