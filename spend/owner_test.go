package spend

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

func TestTenantsOfUsage(t *testing.T) {
	rule := func(field tenants.Field, pattern, tenant string, bounds ...string) tenants.Rule {
		p, err := tenants.ParsePattern(pattern)
		require.NoError(t, err)
		r := tenants.Rule{Selector: tenants.Selector{Field: field, Pattern: p}, Tenant: tenant}
		if len(bounds) == 2 {
			r.From, r.To = date(t, bounds[0]), date(t, bounds[1])
		}
		return r
	}
	noon := func(day string, change func(*usage.Record)) usage.Record {
		r := hour(at(t, day).Add(12*time.Hour), "", 1)
		change(&r)
		return r
	}
	plain := func(*usage.Record) {}
	lastMoment := noon("2026-10-09", func(r *usage.Record) { r.PeriodStart = at(t, "2026-10-09T23:59:59") })
	firstMoment := noon("2026-10-10", func(r *usage.Record) { r.PeriodStart = at(t, "2026-10-10") })
	within := rule(tenants.Image, "app", "acme", "2026-10-05", "2026-10-10")
	for _, test := range []struct {
		name, reason string
		record       usage.Record
		rules        []tenants.Rule
		want         string
	}{
		{"no rule", "nobody", noon("2026-10-05", plain), nil, Unallocated},
		{
			"the record's own", "where no rule matches", noon("2026-10-05", func(r *usage.Record) { r.Tenant = "own" }),
			[]tenants.Rule{rule(tenants.Image, "b*", "x")},
			"own",
		},
		{
			"a rule over the record's own", "the file is finance's",
			noon("2026-10-05", func(r *usage.Record) { r.Tenant = "own" }),
			[]tenants.Rule{rule(tenants.Image, "app", "x")},
			"x",
		},
		{
			"first match", "in the order of the file, whatever the field", noon("2026-10-05", plain),
			[]tenants.Rule{
				rule(tenants.Image, "a*", "first"), rule(tenants.MicroVM, "mvm-", "exact"),
				rule(tenants.Image, "app", "second"),
			},
			"first",
		},
		{
			"first exact match", "a longer pattern is no better", noon("2026-10-05", plain),
			[]tenants.Rule{rule(tenants.Image, "app", "first"), rule(tenants.Image, "a*", "second")},
			"first",
		},
		{
			"exact is exact", "no pattern without *", noon("2026-10-05", plain),
			[]tenants.Rule{rule(tenants.Image, "ap", "x")},
			Unallocated,
		},
		{"everything", "* alone", noon("2026-10-05", plain), []tenants.Rule{rule(tenants.MicroVM, "*", "x")}, "x"},
		{
			"what is not known", "is matched by nothing", noon("2026-10-05", plain),
			[]tenants.Rule{rule(tenants.Role, "*", "x")},
			Unallocated,
		},
		{"day before", "from is the first day", noon("2026-10-04", plain), []tenants.Rule{within}, Unallocated},
		{"first day", "", noon("2026-10-05", plain), []tenants.Rule{within}, "acme"},
		{"last moment", "", lastMoment, []tenants.Rule{within}, "acme"},
		{"to", "is the first day without", firstMoment, []tenants.Rule{within}, Unallocated},
		{
			"expired", "the next rule takes over", firstMoment,
			[]tenants.Rule{within, rule(tenants.Image, "app", "later")},
			"later",
		},
		{
			"shared", "a rule can say so", noon("2026-10-05", plain),
			[]tenants.Rule{rule(tenants.Image, "app", Shared)},
			Shared,
		},
		{"image storage", "is shared if it is nobody's", stored(at(t, "2026-10-05"), "base", 1), nil, Shared},
		{
			"image storage of a tenant", "is theirs", stored(at(t, "2026-10-05"), "acme-app", 1),
			[]tenants.Rule{rule(tenants.Image, "acme-*", "acme")},
			"acme",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(test.record)
			source.Tenants.Rules = test.rules
			// A change of clocks does not move the days of rules: they are UTC days.
			request := october(t, ByTenant)
			request.Location = zoneOf(t, "America/New_York")
			for _, row := range report(t, source, request).Rows {
				if row.Sum.Records > 0 {
					require.Equal(t, test.want, row.Tenant, test.reason)
				}
			}
		})
	}
}

// FuzzTenants wants that a tenants file of any kind moves usage between rows and loses none.
func FuzzTenants(f *testing.F) {
	f.Add("t.csv", "match,value,tenant,from,to\nimage,a*,x,2026-10-01,2026-10-05\n,,charlie,,\n")
	f.Add("t.yaml", "rules: [{microvm: mvm-acme, tenant: (shared)}]\ntenants: [charlie]\n")
	f.Fuzz(func(t *testing.T, file, text string) {
		source := dollars(hour(at(t, "2026-10-05"), "acme", 1))
		var err error
		if source.Tenants, err = tenants.Load(file, []byte(text)); err != nil {
			return
		}
		requireDecimal(t, "1", report(t, source, october(t, ByTenant)).Total.Amount)
	})
}

func date(t testing.TB, text string) pricing.Date {
	t.Helper()
	d, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return d
}

// What is said of a tenant rests on the guest's word where nobody else's is behind the name that decided.
func TestWhatRestsOnTheGuest(t *testing.T) {
	rule := func(field tenants.Field, pattern string) tenants.Rule {
		p, err := tenants.ParsePattern(pattern)
		require.NoError(t, err)
		return tenants.Rule{Selector: tenants.Selector{Field: field, Pattern: p}, Tenant: "owner"}
	}
	for _, test := range []struct {
		by     usage.TenantBy
		tenant string
		rules  []tenants.Rule
		want   bool
		reason string
	}{
		{usage.TenantGiven, "acme", nil, false, "the operator imported it"},
		{usage.TenantProven, "acme", nil, false, "the control plane named it"},
		{usage.TenantAsserted, "acme", nil, true, "nobody else says so"},
		{usage.TenantAsserted, "", nil, false, "nobody is billed for it"},
		{usage.TenantUnverified, "(unverified) acme", nil, false, "it is shown as the guest's word"},
		{usage.TenantGuest, "acme", nil, true, "a dimension is what a guest wrote"},
		{usage.TenantGuest, "(unverified) acme", nil, false, "likewise shown as its word"},
		{usage.TenantAsserted, "acme", []tenants.Rule{rule(tenants.MicroVM, "mvm-*")}, false, "AWS says which MicroVM it is"},
		{usage.TenantAsserted, "acme", []tenants.Rule{rule(tenants.Image, "app")}, false, "and which image"},
		{usage.TenantAsserted, "", []tenants.Rule{rule(tenants.Role, "r")}, true, "but not which role"},
		{usage.TenantProven, "acme", []tenants.Rule{rule(tenants.Role, "r")}, true, "which no proof is about"},
		{usage.TenantGuest, "(unverified) acme", []tenants.Rule{rule(tenants.Image, "app")}, true, "a dimension, too"},
		{usage.TenantUnverified, "(unverified) acme", []tenants.Rule{rule(tenants.Image, "app")}, false, "AWS's word"},
		{usage.TenantGiven, "acme", []tenants.Rule{rule(tenants.Role, "r")}, false, "the operator's word"},
	} {
		record := hour(at(t, "2026-10-05"), test.tenant, 1)
		record.TenantBy, record.Role, record.Image = test.by, "r", "app"
		record.Resource.ID = "mvm-1"
		source := dollars(record)
		source.Tenants.Rules = test.rules
		require.Equal(t, test.want, report(t, source, october(t, ByTenant)).TenantAsserted, "%s: %s", test.by, test.reason)
		require.False(t, report(t, source, october(t, ByDay)).TenantAsserted, "no tenant is named")
	}
}
