package spend

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// dollars is a source on which each vCPU-second costs a dollar.
func dollars(records ...usage.Record) Source {
	s := sourceOf(records...)
	s.Rates = spendtest.DollarRates{}
	return s
}

func october(t testing.TB, by ...Dimension) Request {
	return Request{From: at(t, "2026-10-01"), To: at(t, "2026-11-01"), By: by}
}

func TestReport(t *testing.T) {
	day := at(t, "2026-10-05")
	acme, bravo, small := hour(day, "acme", 100), hour(day.Add(time.Hour), "bravo", 50), hour(day, "small", 1)
	eu := hour(day, "acme", 7)
	eu.Region, eu.Resource.ID = "eu-west-1", "mvm-eu"
	nobody := hour(day, "", 3)
	mixed := hour(day.AddDate(0, 0, 1), "acme", 2)
	mixed.Amounts[pricing.SnapshotRead] = 5 << 30
	oct := func(change func(*Request), by ...Dimension) Request {
		r := october(t, by...)
		change(&r)
		return r
	}
	same := func(*Request) {}
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		request      Request
		want         []string
	}{
		{"nothing", "no usage is no rows", nil, october(t, ByTenant), []string{}},
		{"no dimension", "one row over all", []usage.Record{acme, bravo}, oct(same), []string{"150"}},
		{
			"tenants", "in the order of their names",
			[]usage.Record{bravo, acme},
			oct(same, ByTenant),
			[]string{"acme 100", "bravo 50"},
		},
		{
			"regions", "a tenant is the sum of its regions",
			[]usage.Record{acme, eu},
			oct(same, ByTenant),
			[]string{"acme 107"},
		},
		{
			"by region", "and can be told by them",
			[]usage.Record{acme, eu},
			oct(same, ByRegion, ByTenant),
			[]string{"eu-west-1 acme 7", "us-east-1 acme 100"},
		},
		{
			"unallocated", "usage of nobody is not dropped",
			[]usage.Record{nobody, acme},
			oct(same, ByTenant),
			[]string{"acme 100", "(unallocated) 3"},
		},
		{
			"components", "in the order of a bill; only what was used",
			[]usage.Record{acme, mixed},
			oct(same, ByTenant, ByComponent),
			[]string{"acme vcpu 102", "acme snapshot.read 5"},
		},
		{
			"by component first", "dimensions come in the order asked for",
			[]usage.Record{bravo, mixed},
			oct(same, ByComponent, ByTenant),
			[]string{"vcpu acme 2", "vcpu bravo 50", "snapshot.read acme 5"},
		},
		{
			"interval", "half-open: the last moment is not part of it",
			[]usage.Record{acme, bravo},
			oct(func(r *Request) { r.To = day.Add(time.Hour) }, ByTenant),
			[]string{"acme 100"},
		},
		{
			"by amount", "the largest first",
			[]usage.Record{small, bravo, acme},
			oct(func(r *Request) { r.Sort = SortAmount }, ByTenant),
			[]string{"acme 100", "bravo 50", "small 1"},
		},
		{
			"top", "the rest is one row, so that the sum stays",
			[]usage.Record{small, bravo, acme, nobody},
			oct(func(r *Request) { r.Top = 1 }, ByTenant),
			[]string{"acme 100", "(other) 54"},
		},
		{
			"top of all", "nothing to fold, no row for it",
			[]usage.Record{small, acme},
			oct(func(r *Request) { r.Top = 2 }, ByTenant),
			[]string{"acme 100", "small 1"},
		},
		{
			"min", "at the minimum is kept",
			[]usage.Record{small, bravo, acme},
			oct(func(r *Request) { r.Min = dec("50") }, ByTenant),
			[]string{"acme 100", "bravo 50", "(other) 1"},
		},
		{
			"top of days", "the label stands where there is no tenant",
			[]usage.Record{acme, mixed},
			oct(func(r *Request) { r.Top = 1 }, ByDay),
			[]string{"2026-10-05 100", "(other) 7"},
		},
		{
			"filter", "by tenant",
			[]usage.Record{acme, bravo, small},
			oct(func(r *Request) { r.Filter.Tenants = []tenants.Pattern{pattern(t, "b*")} }, ByTenant),
			[]string{"bravo 50"},
		},
		{
			"filter without the dimension", "the tenant need not be shown",
			[]usage.Record{acme, bravo, small},
			oct(func(r *Request) {
				r.Filter.Tenants = []tenants.Pattern{tenants.Exactly("acme"), tenants.Exactly("small")}
			}, ByDay),
			[]string{"2026-10-05 101"},
		},
		{
			"filter of usage", "by region",
			[]usage.Record{acme, eu},
			oct(func(r *Request) { r.Filter.Regions = []tenants.Pattern{pattern(t, "eu-*")} }, ByTenant),
			[]string{"acme 7"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, amounts(report(t, dollars(test.records...), test.request)), test.reason)
		})
	}
}

func TestReportRefuses(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		change       func(*Request)
		message      string
	}{
		{
			"backwards", "nothing lies in it", func(r *Request) { r.To = r.From },
			"from 2026-10-01T00:00:00Z is not before to 2026-10-01T00:00:00Z",
		},
		{"twice", "a column would come twice", func(r *Request) { r.By = []Dimension{ByDay, ByDay} }, "day is given twice"},
		{"no such dimension", "", func(r *Request) { r.By = []Dimension{99} }, "dimension 99 does not exist"},
		{"negative top", "", func(r *Request) { r.Top = -1 }, "top -1 is below zero"},
		{"negative min", "", func(r *Request) { r.Min = dec("-1") }, "min -1 is below zero"},
		{
			"order by a change that is not there", "", func(r *Request) { r.Sort = SortChange },
			"an order by change needs the previous period",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := october(t)
			test.change(&request)
			_, err := dollars().Report(t.Context(), request)
			require.EqualError(t, err, test.message, test.reason)
		})
	}
}

func TestReportAsksForNoMoreThanItNeeds(t *testing.T) {
	data := spendtest.Of(hour(at(t, "2026-10-05"), "acme", 1))
	source := Source{Usage: data, Rates: spendtest.DollarRates{}}
	_, err := source.Report(t.Context(), october(t, ByDay))
	require.NoError(t, err)
	_, err = source.Report(t.Context(), october(t, ByTenant))
	require.NoError(t, err)
	source.Tenants.Rules = []tenants.Rule{{
		Selector: tenants.Selector{Field: tenants.Role, Pattern: tenants.Exactly("r")},
		Tenant:   "x",
	}}
	_, err = source.Report(t.Context(), october(t, ByTenant))
	require.NoError(t, err)
	data.Records[0].Tenant = ""
	_, err = source.Report(t.Context(), october(t, ByTenant))
	require.NoError(t, err)
	asked := [][]ledger.Field{}
	for _, q := range data.Queries {
		asked = append(asked, q.By)
	}
	require.Equal(t, [][]ledger.Field{
		{ledger.FieldArch, ledger.FieldRegion, ledger.FieldDay},
		{ledger.FieldTenant, ledger.FieldTenantBy, ledger.FieldArch, ledger.FieldKind, ledger.FieldRegion},
		{ledger.FieldTenant, ledger.FieldTenantBy, ledger.FieldArch, ledger.FieldKind, ledger.FieldRole, ledger.FieldRegion},
		{ledger.FieldTenant, ledger.FieldTenantBy, ledger.FieldArch, ledger.FieldKind, ledger.FieldRole, ledger.FieldRegion},
	}, asked, "a tenant may be named by a guest alone")
}

func TestReportPassesOnWhatGoesWrong(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dollars().Report(stopped, october(t))
	require.ErrorIs(t, err, context.Canceled)

	damage := []ledger.DamagedFile{{Path: "usage/dt=2026-10-05/part-0.parquet", Reason: "checksum"}}
	source := Source{Usage: &memory{Damaged: damage}, Rates: spendtest.DollarRates{}}
	request := october(t, ByTenant)
	request.Previous = true
	got, err := source.Report(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, damage, got.Damaged, "once, however many queries met it")
}

func TestCoverageIsShownOrUnknown(t *testing.T) {
	full, part := hour(at(t, "2026-10-05"), "acme", 1), hour(at(t, "2026-10-06"), "acme", 1)
	part.Coverage, part.PeriodSeconds = usage.CoveragePartial, 7200
	source := dollars(full, part)
	source.Tenants.Known = []string{"idle"}
	got := report(t, source, october(t, ByTenant))
	requireDecimal(t, "0.3333333333", *Coverage(&got.Rows[0].Sum))
	require.Nil(t, Coverage(&got.Rows[1].Sum), "nothing measured is not nothing covered")
	require.Equal(t, "idle", got.Rows[1].Tenant)
	require.True(t, got.Rows[1].Known())
	requireDecimal(t, "2", Quantities(&got.Rows[0].Sum)[pricing.VCPU])
}
