package spend

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// memory is a ledger of records in memory, grouped the plain way.
type memory struct {
	records []usage.Record
	damaged []ledger.DamagedFile
	queries []ledger.Query
}

func (m *memory) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	m.queries = append(m.queries, q)
	if err := ctx.Err(); err != nil {
		return ledger.Result{}, err
	}
	loc := q.Location
	if loc == nil {
		loc = time.UTC
	}
	type key struct {
		tenant, image, microvm, role, region, account, source string
		day                                                   time.Time
	}
	groups := map[key]*ledger.Group{}
	for i := range m.records {
		r := &m.records[i]
		if r.PeriodStart.Before(q.From) || !r.PeriodStart.Before(q.To) {
			continue
		}
		var k key
		var g ledger.Group
		for _, field := range q.By {
			switch field {
			case ledger.FieldTenant:
				k.tenant, g.Tenant = r.Tenant, r.Tenant
			case ledger.FieldImage:
				k.image, g.Image = r.Image, r.Image
			case ledger.FieldMicroVM:
				k.microvm, g.MicroVMID = r.MicroVMID, r.MicroVMID
			case ledger.FieldRole:
				k.role, g.Role = r.Role, r.Role
			case ledger.FieldRegion:
				k.region, g.Region = r.Region, r.Region
			case ledger.FieldAccount:
				k.account, g.Account = r.Account, r.Account
			case ledger.FieldSource:
				k.source, g.Source = r.Source, r.Source
			case ledger.FieldDay:
				year, month, day := r.PeriodStart.In(loc).Date()
				g.Day = time.Date(year, month, day, 0, 0, 0, 0, loc)
				k.day = g.Day
			}
		}
		if groups[k] == nil {
			groups[k] = &g
		}
		groups[k].Sum.Add(r)
	}
	result := ledger.Result{Damaged: m.damaged}
	for _, g := range groups {
		result.Groups = append(result.Groups, *g)
	}
	slices.SortFunc(result.Groups, func(a, b ledger.Group) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Image, b.Image), cmp.Compare(a.MicroVMID, b.MicroVMID),
			cmp.Compare(a.Role, b.Role), cmp.Compare(a.Region, b.Region), a.Day.Compare(b.Day))
	})
	return result, nil
}

// sourceOf is a source over records at AWS's list prices.
func sourceOf(records ...usage.Record) Source {
	return Source{Usage: &memory{records: records}, Rates: pricing.EmbeddedCards()}
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// at is a moment in UTC, written as 2026-10-01T12:00 or 2026-10-01.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment
		}
	}
	require.Fail(t, "not a moment", text)
	return time.Time{}
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := ParseLocation(name)
	require.NoError(t, err)
	return loc
}

// hour is an hour of one tenant's use in us-east-1: so many vCPU-seconds.
func hour(start time.Time, tenant string, vcpuSeconds int64) usage.Record {
	return usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: "us-east-1", MicroVMID: "mvm-" + tenant, Tenant: tenant, Source: "test",
		Image: "app", Amounts: usage.Amounts{pricing.VCPU: vcpuSeconds * 1000}, Coverage: usage.CoverageComplete,
	}
}

// stored is a day of image storage that is nobody's: so many GB.
func stored(day time.Time, image string, gb int64) usage.Record {
	return usage.Record{
		PeriodStart: day, PeriodSeconds: 86_400, Region: "us-east-1", MicroVMID: ImageStorage + " " + image, Image: image,
		Source: "test", Amounts: usage.Amounts{pricing.SnapshotStorage: gb << 30 * 86_400}, Coverage: usage.CoverageComplete,
	}
}

// oracle prices records one quantity at a time in fractions, sharing no code with the engine: the sum of what is used in
// a region, times its rate.
func oracle(t testing.TB, records []usage.Record) *big.Rat {
	t.Helper()
	total, cards := new(big.Rat), pricing.EmbeddedCards()
	for _, r := range records {
		card, err := cards.Card(r.Region)
		require.NoError(t, err)
		for q, count := range map[pricing.BilledQuantity]struct{ units, per int64 }{
			pricing.VCPU:            {r.Amounts[pricing.VCPU], 1000},
			pricing.Memory:          {r.Amounts[pricing.Memory], 1024 * 1000},
			pricing.SnapshotRead:    {r.Amounts[pricing.SnapshotRead], 1 << 30},
			pricing.SnapshotWrite:   {r.Amounts[pricing.SnapshotWrite], 1 << 30},
			pricing.SnapshotStorage: {r.Amounts[pricing.SnapshotStorage], 3600 << 30},
		} {
			if count.units == 0 {
				continue
			}
			rate := card.Rate(q)
			require.True(t, rate.Known())
			amount := new(big.Rat).Mul(rate.Figure.Rat(), big.NewRat(count.units, count.per))
			total.Add(total, amount.Quo(amount, new(big.Rat).SetInt64(int64(rate.Per))))
		}
	}
	return total
}

// requireNear holds an amount to an exact one, up to half a unit of the last place for each rounding.
func requireNear(t require.TestingT, want *big.Rat, got decimal.Decimal, roundings int) {
	away := new(big.Rat).Sub(want, got.Rat())
	most := new(big.Rat).Mul(big.NewRat(int64(roundings), 2), dec("0.00000000000000000001").Rat())
	require.LessOrEqual(t, away.Abs(away).Cmp(most), 0, "%s is not %s", got, want.FloatString(25))
}

func requireDecimal(t require.TestingT, want string, got decimal.Decimal, reason ...any) {
	require.Equal(t, dec(want).String(), got.String(), reason...)
}

// amounts lists rows as "label amount", the label being the values of the dimensions.
func amounts(s Spend) []string {
	out := []string{}
	for _, row := range s.Rows {
		text := ""
		for _, d := range s.By {
			text += row.Value(d) + " "
		}
		if row.Kind == KindOther && !slices.Contains(s.By, ByTenant) && len(s.By) == 0 {
			text = Other + " "
		}
		out = append(out, text+row.Amount.String())
	}
	return out
}

func report(t testing.TB, s Source, r Request) Spend {
	t.Helper()
	out, err := s.Report(t.Context(), r)
	require.NoError(t, err)
	requireAddsUp(t, out)
	return out
}

// requireAddsUp holds a report to what every report promises.
func requireAddsUp(t require.TestingT, s Spend) {
	sum, shared, complete := decimal.Decimal{}, decimal.Decimal{}, true
	var measured usage.Sum
	for _, row := range s.Rows {
		sum, shared = sum.Add(row.Amount), shared.Add(row.Shared)
		complete = complete && row.Complete()
		measured.Merge(&row.Sum)
		require.False(t, row.Amount.IsNegative())
	}
	require.True(t, sum.Equal(s.Total.Amount), "rows %s, total %s", sum, s.Total.Amount)
	require.True(t, shared.Equal(s.Total.Shared))
	require.Equal(t, complete, s.Total.Complete())
	require.Equal(t, s.Total.Sum.Amounts[pricing.VCPU], measured.Amounts[pricing.VCPU])
	require.Equal(t, s.Total.Sum.Amounts[pricing.SnapshotStorage], measured.Amounts[pricing.SnapshotStorage])
}
