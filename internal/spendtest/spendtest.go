// Package spendtest has what tests of spend share: a ledger in memory, a rate card on which every unit costs a
// dollar, and records that are short to write.
package spendtest

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// Ledger is a ledger of records in memory, grouped the plain way.
type Ledger struct {
	Records []usage.Record
	Damaged []ledger.DamagedFile // of which every answer says that they are
	Queries []ledger.Query       // asked so far
}

// Of is a ledger of records.
func Of(records ...usage.Record) *Ledger { return &Ledger{Records: records} }

// Aggregate answers as a ledger would, with groups in order.
func (m *Ledger) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	m.Queries = append(m.Queries, q)
	result, err := ledgertest.Records(m.Records).Aggregate(ctx, q)
	result.Damaged = m.Damaged
	return result, err
}

// Extent tells how far the records reach.
func (m *Ledger) Extent(ctx context.Context) (ledger.Extent, error) {
	return ledgertest.Records(m.Records).Extent(ctx)
}

// DollarRates is a rate card on which every unit costs one dollar, so that amounts can be read off quantities.
type DollarRates struct{}

// Changes are none.
func (DollarRates) Changes() []pricing.Date { return nil }

// Series gives the card of every region.
func (DollarRates) Series(region string) (pricing.Series, error) {
	card := pricing.RateCard{Name: "flat", Region: region}
	for _, rated := range pricing.AllRated() {
		card = card.For(rated.Arch).With(rated.Quantity, pricing.Rate{Figure: decimal.NewFromInt(1), Per: pricing.PerUnit})
	}
	card = card.For(pricing.ArchUnknown)
	return pricing.OneCard(card), nil
}

// Dec is a decimal.
func Dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// At is a moment in UTC, written as 2026-10-01T12:00 or 2026-10-01.
func At(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment
		}
	}
	require.Fail(t, "not a moment", text)
	return time.Time{}
}

// Zone is a time zone.
func Zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// Hour is an hour of one tenant's use in us-east-1: so many vCPU-seconds.
func Hour(start time.Time, tenant string, vcpuSeconds int64) usage.Record {
	return usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: "us-east-1", Resource: usage.Resource{ID: "mvm-" + tenant},
		Tenant: tenant,
		Source: "test", Image: "app", Amounts: usage.Amounts{pricing.VCPU: vcpuSeconds * 1000},
		Coverage: usage.CoverageComplete,
	}
}

// Hours is one vCPU-second in each hour of a span, so that amounts count hours.
func Hours(from, to time.Time, tenant string) (out []usage.Record) {
	for ; from.Before(to); from = from.Add(time.Hour) {
		out = append(out, Hour(from, tenant, 1))
	}
	return out
}

// Daily is one hour of so many vCPU-seconds at 23:00 of each day, so that each day is a known amount and complete.
func Daily(from, to time.Time, tenant string, amount func(time.Time) int64) (out []usage.Record) {
	for ; from.Before(to); from = from.AddDate(0, 0, 1) {
		out = append(out, Hour(from.Add(23*time.Hour), tenant, amount(from)))
	}
	return out
}

// Always is the same amount each day.
func Always(amount int64) func(time.Time) int64 { return func(time.Time) int64 { return amount } }

// OfficeDays is the same amount each day but at weekends.
func OfficeDays(amount int64) func(time.Time) int64 {
	return func(d time.Time) int64 {
		if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			return 0
		}
		return amount
	}
}

// Stored is a day of image storage that is nobody's: so many GB.
func Stored(day time.Time, image string, gb int64) usage.Record {
	return usage.Record{
		PeriodStart: day, PeriodSeconds: 86_400, Region: "us-east-1",
		Resource: usage.Resource{Kind: usage.KindImage, ID: image}, Image: image,
		Source: "test", Amounts: usage.Amounts{pricing.SnapshotStorage: gb << 30 * 86_400}, Coverage: usage.CoverageComplete,
	}
}

// OrDash is a figure as text, and - where there is none.
func OrDash(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.String()
}

// Frankfurt is usage in a region whose snapshot rates AWS's list does not give.
func Frankfurt(start time.Time, tenant string) usage.Record {
	r := Hour(start, tenant, 3600)
	r.Region, r.Amounts[pricing.SnapshotWrite] = "eu-central-1", 3<<30
	return r
}
