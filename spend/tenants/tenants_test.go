package tenants

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/usage"
)

const tenantsInCSV = "match,value,tenant,from,to\n" +
	"microvm_id,mvm-0a1b2c,acme,,\n" +
	"image,acme-*,acme,2026-10-01,2026-11-01\n" +
	"role,arn:aws:iam::123456789012:role/tenant-b,bravo,,2026-12-01\n" +
	"image,base,(shared),,\n" +
	",,charlie,,\n"

const tenantsInYAML = `rules:
  - {microvm: mvm-0a1b2c, tenant: acme}
  - {image: acme-*, tenant: acme, from: 2026-10-01, to: 2026-11-01}
  - {role: "arn:aws:iam::123456789012:role/tenant-b", tenant: bravo, to: 2026-12-01}
  - {image: base, tenant: (shared)}
tenants: [charlie]
`

func date(t testing.TB, text string) pricing.Date {
	t.Helper()
	d, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return d
}

func TestTenantsFileReadsTheSameFromBothForms(t *testing.T) {
	want := Tenants{
		Rules: []Rule{
			{Field: MatchMicroVM, Pattern: Pattern{"mvm-0a1b2c", false}, Tenant: "acme"},
			{MatchImage, Pattern{"acme-", true}, "acme", date(t, "2026-10-01"), date(t, "2026-11-01")},
			{Field: MatchRole, Pattern: Pattern{"arn:aws:iam::123456789012:role/tenant-b", false}, Tenant: "bravo", To: date(t, "2026-12-01")},
			{Field: MatchImage, Pattern: Pattern{"base", false}, Tenant: Shared},
		},
		Known: []string{"charlie"},
	}
	reordered := "\ufefftenant, match ,value\r\nacme,microvm,x\r\n"
	for _, test := range []struct {
		name, reason, file, text string
		want                     Tenants
	}{
		{"CSV", "as documented", "tenants.csv", tenantsInCSV, want},
		{"YAML", "the same rules", "tenants.YAML", tenantsInYAML, want},
		{"no ending", "is CSV", "tenants", tenantsInCSV, want},
		{
			"another order", "with a byte order mark and CRLF, as Excel saves it; dates left out", "t.csv", reordered,
			Tenants{Rules: []Rule{{Pattern: Pattern{"x", false}, Tenant: "acme"}}},
		},
		{"header only", "nobody yet", "t.csv", "match,value,tenant\n", Tenants{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := LoadTenants(test.file, []byte(test.text))
			require.NoError(t, err)
			require.Equal(t, test.want, got, test.reason)
		})
	}
	require.Equal(t, []string{"acme", "bravo", "charlie"}, want.Names(), "each once, without the label of shared cost")
}

func TestTenantsFileNamesEveryFault(t *testing.T) {
	for _, test := range []struct{ name, reason, file, text, want string }{
		{"empty", "is a mistake", "t.csv", "", "t.csv:1:1: is empty; it begins with the header match,value,tenant,from,to"},
		{
			"semicolons", "as Excel saves it in some countries", "t.csv", "match;value;tenant\n",
			"t.csv:1:1: has columns separated by ; but commas separate columns",
		},
		{
			"columns", "without them rows have no meaning", "t.csv", "match,match,owner\nx,y,z\n",
			"t.csv:1:1: column value is missing; columns are match, value, tenant, from, to\n" +
				"t.csv:1:1: column tenant is missing; columns are match, value, tenant, from, to\n" +
				"t.csv:1:7: column match is given twice\n" +
				"t.csv:1:13: unknown column \"owner\"; columns are match, value, tenant, from, to",
		},
		{
			"rows", "all of them at once, each with its place", "t.csv", "match,value,tenant,from,to\n" +
				"vm,a*b,,2026-13-01,x\n" +
				"image,a,b\n" +
				"image,a,b,2026-10-02,2026-10-02\n" +
				"image,, c,,\n" +
				"image,\"a\"b,c,,\n" +
				",,(other),2026-10-01,\n" +
				",,(shared),,\n",
			"t.csv:2:1: match: \"vm\" cannot be matched; choose microvm_id, image or role\n" +
				"t.csv:2:4: value: \"a*b\" has a * before its end; a * stands at the end only, for every name that begins so\n" +
				"t.csv:2:8: tenant: is empty\n" +
				"t.csv:2:9: from: \"2026-13-01\" is not a date such as 2026-09-19\n" +
				"t.csv:2:20: to: \"x\" is not a date such as 2026-09-19\n" +
				"t.csv:3:1: has 3 columns; the header has 5\n" +
				"t.csv:4:22: to: is not after from; to is the first day on which the rule no longer holds\n" +
				"t.csv:5:7: value: is empty\n" +
				"t.csv:5:8: tenant: \" c\" begins or ends with a blank\n" +
				"t.csv:6:9: is not valid CSV: extraneous or missing \" in quoted-field\n" +
				"t.csv:7:3: tenant: (other) is the label of a row and cannot be a tenant\n" +
				"t.csv:7:11: from: has no meaning without match and value\n" +
				"t.csv:8:3: tenant: (shared) is not a tenant to be listed",
		},
		{
			"YAML", "likewise", "t.yaml", "rules:\n- {image: a, role: b, tenant: x}\n- {tenant: (unallocated)}\n- {image: a*b, tenant: ' x'}\n" +
				"- {image: a, tenant: x, from: 2026-10-02, to: 2026-10-01, since: 1}\ntenants: [(shared), ok]\n",
			"t.yaml:2:3: rules[0]: names none or more than one of microvm, image and role; give one\n" +
				"t.yaml:3:3: rules[1]: names none or more than one of microvm, image and role; give one\n" +
				"t.yaml:3:12: rules[1].tenant: (unallocated) is the label of a row and cannot be a tenant\n" +
				"t.yaml:4:11: rules[2].image: \"a*b\" has a * before its end; a * stands at the end only, for every name that begins so\n" +
				"t.yaml:4:24: rules[2].tenant: \" x\" begins or ends with a blank\n" +
				"t.yaml:5:47: rules[3].to: is not after from; to is the first day on which the rule no longer holds\n" +
				"t.yaml:5:59: rules[3].since: unknown key; allowed here: microvm, image, role, tenant, from, to\n" +
				"t.yaml:6:11: tenants[0]: (shared) is not a tenant to be listed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := LoadTenants(test.file, []byte(test.text))
			require.EqualError(t, err, test.want, test.reason)
		})
	}
	_, err := LoadTenants("t.csv", make([]byte, maxTenantsBytes+1))
	require.EqualError(t, err, "t.csv: is larger than 16 MiB, the most that is read")
}

func TestTenantsOfUsage(t *testing.T) {
	rule := func(field RuleField, pattern, tenant string, bounds ...string) Rule {
		p, err := ParsePattern(pattern)
		require.NoError(t, err)
		r := Rule{Field: field, Pattern: p, Tenant: tenant}
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
	within := rule(MatchImage, "app", "acme", "2026-10-05", "2026-10-10")
	for _, test := range []struct {
		name, reason string
		record       usage.Record
		rules        []Rule
		want         string
	}{
		{"no rule", "nobody", noon("2026-10-05", plain), nil, Unallocated},
		{"the record's own", "where no rule matches", noon("2026-10-05", func(r *usage.Record) { r.Tenant = "own" }), []Rule{rule(MatchImage, "b*", "x")}, "own"},
		{"a rule over the record's own", "the file is finance's", noon("2026-10-05", func(r *usage.Record) { r.Tenant = "own" }), []Rule{rule(MatchImage, "app", "x")}, "x"},
		{"first match", "in the order of the file, whatever the field", noon("2026-10-05", plain), []Rule{rule(MatchImage, "a*", "first"), rule(MatchMicroVM, "mvm-", "exact"), rule(MatchImage, "app", "second")}, "first"},
		{"first exact match", "a longer pattern is no better", noon("2026-10-05", plain), []Rule{rule(MatchImage, "app", "first"), rule(MatchImage, "a*", "second")}, "first"},
		{"exact is exact", "no pattern without *", noon("2026-10-05", plain), []Rule{rule(MatchImage, "ap", "x")}, Unallocated},
		{"everything", "* alone", noon("2026-10-05", plain), []Rule{rule(MatchMicroVM, "*", "x")}, "x"},
		{"what is not known", "is matched by nothing", noon("2026-10-05", plain), []Rule{rule(MatchRole, "*", "x")}, Unallocated},
		{"day before", "from is the first day", noon("2026-10-04", plain), []Rule{within}, Unallocated},
		{"first day", "", noon("2026-10-05", plain), []Rule{within}, "acme"},
		{"last moment", "", lastMoment, []Rule{within}, "acme"},
		{"to", "is the first day without", firstMoment, []Rule{within}, Unallocated},
		{"expired", "the next rule takes over", firstMoment, []Rule{within, rule(MatchImage, "app", "later")}, "later"},
		{"shared", "a rule can say so", noon("2026-10-05", plain), []Rule{rule(MatchImage, "app", Shared)}, Shared},
		{"image storage", "is shared if it is nobody's", stored(at(t, "2026-10-05"), "base", 1), nil, Shared},
		{"image storage of a tenant", "is theirs", stored(at(t, "2026-10-05"), "acme-app", 1), []Rule{rule(MatchImage, "acme-*", "acme")}, "acme"},
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

func FuzzTenants(f *testing.F) {
	f.Add("t.csv", tenantsInCSV)
	f.Add("t.yaml", tenantsInYAML)
	f.Add("t.csv", "match,value,tenant\n\"a\nb\",\"c")
	f.Add("t.csv", "tenant,match,value\n=1+1,image,\x1b[2J*\n")
	f.Fuzz(func(t *testing.T, file, text string) {
		got, err := LoadTenants(file, []byte(text))
		if err != nil {
			var faults *strictyaml.Faults
			require.True(t, errors.As(err, &faults))
			require.NotEmpty(t, faults.List)
			return
		}
		for _, rule := range got.Rules {
			require.NoError(t, checkTenant(rule.Tenant))
			require.Equal(t, 0, strings.Count(rule.Pattern.text, "*"))
		}
		source := dollars(hour(at(t, "2026-10-05"), "acme", 1))
		source.Tenants = got
		requireDecimal(t, "1", report(t, source, october(t, ByTenant)).Total.Amount)
	})
}
