package statement_test

import (
	"fmt"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/ledgertest"
	"microspend/internal/sampleledger"
	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
)

var (
	from = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	to   = from.AddDate(0, 1, 0)
)

// demo is the demo's fleet with six of its days in November, so that October is whole. It is written once.
func demo(t testing.TB) (spend.Source, statement.Request) {
	t.Helper()
	in, err := demoOnce()
	require.NoError(t, err)
	return in.Source, statement.Request{Budgets: in.Budgets, AnomalyRule: in.AnomalyRule}
}

var demoOnce = sync.OnceValues(func() (config.Inputs, error) {
	return sampleledger.Demo(folder, to.AddDate(0, 0, 6), 45)
})

var folder string // of the demo's ledger

func TestMain(m *testing.M) {
	folder, _ = os.MkdirTemp("", "microspend-statement")
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func build(t testing.TB, source spend.Source, request statement.Request) statement.Statement {
	t.Helper()
	if request.From.IsZero() {
		request.From, request.To = from, to
	}
	if request.Now.IsZero() {
		request.Now = to.AddDate(0, 0, 6)
	}
	s, err := statement.Build(t.Context(), source, request)
	require.NoError(t, err)
	return s
}

// near asks for two amounts to be the same but for the place at which package spend divides.
func near(t *testing.T, want, got decimal.Decimal, reason string) {
	t.Helper()
	require.True(t, want.Sub(got).Abs().LessThan(decimal.New(1, -12)), "%s: %s and %s", reason, want, got)
}

func TestEverythingAddsUp(t *testing.T) {
	for _, policy := range []spend.Policy{spend.OwnRow, spend.Evenly, spend.ByDirect} {
		t.Run(policy.String(), func(t *testing.T) {
			source, request := demo(t)
			source.Sharing.Policy = policy
			request.Apart, request.Listed = true, math.MaxInt
			s := build(t, source, request)
			require.Len(t, s.Days, 31)
			require.False(t, s.Total.Sum.Amounts[usage.Launches].IsZero() || s.Total.Sum.Amounts[usage.Resumes].IsZero(),
				"what is shown beside the money")
			var tenants, days, lines decimal.Decimal
			for _, tenant := range s.Tenants {
				tenants = tenants.Add(tenant.Amount)
				var own, made, images, microVMs decimal.Decimal
				for n, day := range tenant.Days {
					require.Equal(t, s.Days[n].Day, day.Day)
					own = own.Add(day.Amount)
					parts := decimal.Decimal{}
					for _, part := range day.Parts {
						parts = parts.Add(part.Amount)
					}
					near(t, day.Amount, parts, "the parts of a day are the day")
				}
				near(t, tenant.Amount, own, "the days of a tenant are the tenant")
				for _, line := range tenant.Lines {
					made = made.Add(line.Amount)
					near(t, line.Amount.Sub(line.Shared), line.Rate.Amount(line.Used), "a line is quantity times rate")
				}
				near(t, tenant.Amount, made, "the lines of a tenant are the tenant")
				for _, image := range tenant.Images {
					images = images.Add(image.Amount)
				}
				for _, microVM := range tenant.MicroVMs {
					microVMs = microVMs.Add(microVM.Amount)
				}
				near(t, tenant.Amount.Sub(tenant.Shared), images, "images are what is the tenant's own")
				near(t, tenant.Amount.Sub(tenant.Shared), microVMs, "and so are MicroVMs")
			}
			require.True(t, s.Total.Amount.Equal(tenants), "tenants are the total, exactly")
			for _, day := range s.Days {
				require.True(t, day.Recorded)
				days = days.Add(day.Amount)
			}
			near(t, s.Total.Amount, days, "days are the total")
			for _, line := range s.Lines {
				lines = lines.Add(line.Amount)
			}
			near(t, s.Total.Amount, lines, "lines are the total")
			require.Equal(t, policy != spend.OwnRow, s.SharedOut != nil)
		})
	}
}

// TestForIsBuildWithThatTenantChosen: a tenant's statement is the same whichever way it is made, and so has nobody
// else's figures, as the other way never sees them.
func TestForIsBuildWithThatTenantChosen(t *testing.T) {
	if testing.Short() {
		t.Skip("a statement for each of some tenants takes long")
	}
	for _, policy := range []spend.Policy{spend.OwnRow, spend.Evenly} {
		source, request := demo(t)
		request.Apart = true
		source.Sharing.Policy = policy
		whole := build(t, source, request)
		for i, tenant := range whole.Tenants {
			if i%20 != 0 && tenant.Kind == spend.KindTenant && tenant.Tenant != "cinder" && tenant.Tenant != "borealis" {
				continue
			}
			request.Tenants = []tenants.Pattern{tenants.Exactly(tenant.Tenant)}
			alone := build(t, source, request)
			// The parts of a day are grouped by day alone there, and so may differ where pricing divides.
			got := whole.For(i)
			for n := range alone.Days {
				for q := range alone.Days[n].Parts {
					near(t, alone.Days[n].Parts[q].Amount, got.Days[n].Parts[q].Amount, "parts")
				}
			}
			require.Equal(t, text(alone), text(got), tenant.Tenant)
			require.False(t, got.Whole)
			require.Equal(t, tenant.Kind == spend.KindTenant, got.Tenants[0].Outlook != nil,
				"a forecast for each tenant, budget or not")
			require.Nil(t, got.SharedOut)
		}
	}
}

// text writes a statement for comparing: decimals by their value, parts of days left out.
func text(s statement.Statement) string {
	var out string
	add := func(v ...any) { out += fmt.Sprintln(v...) }
	cost := func(c spend.Cost) string { return fmt.Sprint(c.Amount.StringFixed(12), c.Unknown, c.Known()) }
	add(s.From, s.To, s.Location, s.AsOf, s.Whole, cost(s.Total.Cost), s.Total.Shared.StringFixed(12), s.Total.Sum)
	if p := s.Total.Previous; p != nil {
		add(cost(p.Cost), p.Change, p.Percent)
	}
	for _, d := range s.Days {
		add(d.Day, d.Recorded, cost(d.Cost), d.Sum)
	}
	for _, l := range s.Lines {
		add(l.Region, l.Quantity, l.Used, l.Rate, cost(l.Cost), l.Shared.StringFixed(12))
	}
	for _, tenant := range s.Tenants {
		if o := tenant.Outlook; o != nil {
			add(o.Subject, cost(o.Spent), o.Forecast, o.Method, o.Status)
		}
		add(tenant.Kind, tenant.Tenant, cost(tenant.Cost), tenant.Images, tenant.MicroVMs, tenant.OtherImages.Count,
			tenant.OtherMicroVMs.Count)
	}
	for _, l := range s.Budgets.Lines {
		add(l.Subject, l.Status, cost(l.Spent), l.Forecast)
	}
	for _, r := range s.Rates {
		add(r.Region, r.NoCard, r.Card.Name)
	}
	add(s.Anomalies, s.Assumptions, s.Methods)
	return out
}

func TestUnknownIsNotZero(t *testing.T) {
	hour := usage.Record{
		PeriodStart: from.Add(30 * time.Hour), PeriodSeconds: 3600, Region: "mars-north-1",
		Resource: usage.Resource{ID: "mvm-1"}, Tenant: "acme",
		Source: "test", Amounts: usage.Amounts{pricing.VCPU: 1000}, Coverage: usage.CoveragePartial,
	}
	measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) { yield([]usage.Record{hour}) })
	require.NoError(t, err)
	s := build(t, spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, statement.Request{})
	require.False(t, s.Total.Known())
	require.False(t, s.Days[0].Recorded, "a day of which the ledger has nothing")
	require.True(t, s.Days[1].Recorded)
	require.Equal(t, []statement.RegionRates{{
		Region: "mars-north-1", NoCard: true,
		Card: pricing.RateCard{Region: "mars-north-1"},
	}}, s.Rates)
	require.False(t, s.Lines[0].Rate.Known())
}

func TestNothingAtAll(t *testing.T) {
	s := build(t, spend.Source{Usage: ledgertest.Records{}, Rates: pricing.EmbeddedCards()}, statement.Request{})
	require.Empty(t, s.Tenants)
	require.Equal(t, pricing.NotMeasured, s.Total.State())
	require.True(t, s.AsOf.IsZero())
	require.Len(t, s.Days, 31)
}

func TestDaysAreCutInTheLocation(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago") // where clocks change at midnight
	require.NoError(t, err)
	start := time.Date(2026, time.September, 1, 0, 0, 0, 0, santiago)
	source, request := demo(t)
	request.From, request.To, request.Location, request.Now = start, start.AddDate(0, 1, 0), santiago, to
	s := build(t, source, request)
	require.Len(t, s.Days, 30)
	require.Equal(t, "2026-09-06", s.Days[5].Day, "the day that begins at 01:00")
	require.Equal(t, santiago, s.Budgets.Location)
}

func TestLabelsAreNotTenants(t *testing.T) {
	record := func(hours int, tenant, microVM string, vcpu int64) usage.Record {
		return usage.Record{
			PeriodStart: from.Add(time.Duration(hours) * time.Hour), PeriodSeconds: 3600, Region: "us-east-1",
			Resource: usage.Resource{ID: microVM}, Tenant: tenant,
			Source: "test", Amounts: usage.Amounts{pricing.VCPU: vcpu}, Coverage: usage.CoverageComplete,
		}
	}
	measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) {
		yield([]usage.Record{record(0, "a*", "mvm-1", 1000), record(1, "ab", "mvm-2", 5000), record(2, "", "mvm-3", 9000)})
	})
	require.NoError(t, err)
	source := spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}
	s := build(t, source, statement.Request{Tenants: []tenants.Pattern{tenants.Exactly("a*")}, Detailed: 1})
	require.Len(t, s.Tenants, 1, "a name that looks like a pattern is a name")
	require.Equal(t, "a*", s.Tenants[0].Tenant)
	whole := build(t, source, statement.Request{})
	require.Equal(t, spend.KindUnallocated, whole.Tenants[0].Kind)
	require.Len(t, whole.Tenants[0].MicroVMs, 1)
}
