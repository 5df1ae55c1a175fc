package tenants

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

const tenantsInCSV = "match,value,tenant,from,to\n" +
	"microvm_id,mvm-0a1b2c,acme,,\n" +
	"image,acme-*,acme,2026-10-01,2026-11-01\n" +
	"role,arn:aws:iam::123456789012:role/tenant-b,bravo,,2026-12-01\n" +
	"image,base,(shared),,\n" +
	",,charlie,,\n"

const tenantsInYAML = `rules:
  - {microvm_id: mvm-0a1b2c, tenant: acme}
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
	want := File{
		Rules: []Rule{
			{Selector: Selector{MicroVM, Exactly("mvm-0a1b2c")}, Tenant: "acme"},
			{Selector{Image, Pattern{text: "acme-", prefix: true}}, "acme", date(t, "2026-10-01"), date(t, "2026-11-01")},
			{
				Selector: Selector{Role, Exactly("arn:aws:iam::123456789012:role/tenant-b")}, Tenant: "bravo",
				To: date(t, "2026-12-01"),
			},
			{Selector: Selector{Image, Exactly("base")}, Tenant: Shared},
		},
		Known: []string{"charlie"},
	}
	reordered := "\ufefftenant, match ,value\r\nacme,microvm,x\r\n"
	for _, test := range []struct {
		name, reason, file, text string
		want                     File
	}{
		{"CSV", "as documented", "tenants.csv", tenantsInCSV, want},
		{"YAML", "the same rules", "tenants.YAML", tenantsInYAML, want},
		{"no ending", "is CSV", "tenants", tenantsInCSV, want},
		{
			"another order", "with a byte order mark and CRLF, as Excel saves it; dates left out", "t.csv", reordered,
			File{Rules: []Rule{{Selector: Selector{MicroVM, Exactly("x")}, Tenant: "acme"}}},
		},
		{"header only", "nobody yet", "t.csv", "match,value,tenant\n", File{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Load(test.file, []byte(test.text))
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
			"t.csv:1:1: column value is missing; columns are match, value, tenant, from, to, group\n" +
				"t.csv:1:1: column tenant is missing; columns are match, value, tenant, from, to, group\n" +
				"t.csv:1:7: column match is given twice\n" +
				"t.csv:1:13: unknown column; columns are match, value, tenant, from, to, group",
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
				"t.csv:2:4: value: \"a*b\" has a * before its end; a * is allowed only at the end, to match any rest\n" +
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
			"YAML", "likewise", "t.yaml",
			"rules:\n- {image: a, role: b, tenant: x}\n- {tenant: (unallocated)}\n- {image: a*b, tenant: ' x'}\n" +
				"- {image: a, tenant: x, from: 2026-10-02, to: 2026-10-01, since: 1}\ntenants: [(shared), ok]\n",
			"t.yaml:2:3: rules[0]: names none or more than one of microvm_id, image and role; give one\n" +
				"t.yaml:3:3: rules[1]: names none or more than one of microvm_id, image and role; give one\n" +
				"t.yaml:3:12: rules[1].tenant: (unallocated) is the label of a row and cannot be a tenant\n" +
				"t.yaml:4:11: rules[2].image: \"a*b\" has a * before its end; a * is allowed only at the end, to match any rest\n" +
				"t.yaml:4:24: rules[2].tenant: \" x\" begins or ends with a blank\n" +
				"t.yaml:5:47: rules[3].to: is not after from; to is the first day on which the rule no longer holds\n" +
				"t.yaml:5:59: rules[3].since: unknown key; allowed here: microvm_id, microvm, image, role, tenant, from, to\n" +
				"t.yaml:6:11: tenants[0]: (shared) is not a tenant to be listed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(test.file, []byte(test.text))
			require.EqualError(t, err, test.want, test.reason)
		})
	}
	_, err := Load("t.csv", make([]byte, MaxFileBytes+1))
	require.EqualError(t, err, "t.csv: is larger than 16 MiB, the most that is read")
}

func TestGroupsReadTheSameFromBothForms(t *testing.T) {
	inCSV := "match,value,tenant,group\n,,acme,Engineering/Platform\nimage,a,acme,\nimage,b,bravo,Engineering\n" +
		",,charlie,Sales\n,,delta,\n"
	inYAML := `rules:
  - {image: a, tenant: acme}
  - {image: b, tenant: bravo}
tenants: [acme, charlie, delta]
groups:
  Engineering:
    tenants: [bravo]
    groups:
      Platform: [acme]
  Sales: [charlie]
`
	for file, text := range map[string]string{"t.csv": inCSV, "t.yaml": inYAML} {
		got, err := Load(file, []byte(text))
		require.NoError(t, err, file)
		for _, tc := range []struct {
			tenant string
			depth  int
			want   string
			reason string
		}{
			{"acme", 0, "Engineering/Platform", "its full path"},
			{"acme", 1, "Engineering", "the first name of it"},
			{"acme", 7, "Engineering/Platform", "a path that is shorter stays as it is"},
			{"bravo", 1, "Engineering", "a group that has groups below it may have tenants of its own"},
			{"charlie", 2, "Sales", "named by its group's row alone"},
			{"delta", 0, NoGroup, "listed without a group"},
			{"other", 1, NoGroup, "known to the ledger alone"},
		} {
			require.Equal(t, tc.want, got.Group(tc.tenant, tc.depth), "%s %s: %s", file, tc.tenant, tc.reason)
		}
		require.Equal(t, []string{"acme", "bravo", "charlie", "delta"}, got.Names(), file)
	}
}

func TestGroupsNameEveryFault(t *testing.T) {
	for _, tc := range []struct{ reason, file, text, want string }{
		{
			"a tenant would be counted in two cost centers", "t.csv",
			"match,value,tenant,group\n,,acme,A\nimage,a,acme,B\nimage,x,acme,A\n",
			`t.csv:3:14: group: tenant "acme" is in group "A" already; a tenant is in one group`,
		},
		{
			"paths without a name in one place, labels of rows, and shared cost", "t.csv",
			"match,value,tenant,group\n,,a,A//B\n,,b, A\n,,c,(no group)\nimage,x,(shared),A\n",
			"t.csv:2:5: group: \"A//B\" has a group whose name is empty\n" +
				"t.csv:3:5: group: \" A\" begins or ends with a blank\n" +
				"t.csv:4:5: group: \"(no group)\" cannot be a group; names in parentheses are labels of rows\n" +
				"t.csv:5:18: group: (shared) is no tenant and cannot be in a group",
		},
		{
			"the same in YAML, where a mistyped tenant shows as well", "t.yaml",
			"tenants: [a, b]\ngroups:\n  A: {tenants: [a, bb], groups: {B: [b], (x): [a]}}\n  C: [a]\n  D/E: [b]\n",
			"t.yaml:3:20: groups.A.tenants[1]: unknown tenant \"bb\"; list it under tenants if only the ledger names it\n" +
				"t.yaml:3:47: groups.A.groups.(x): \"(x)\" cannot be a group; names in parentheses are labels of rows\n" +
				"t.yaml:4:7: groups.C.tenants[0]: tenant \"a\" is in group \"A\" already; a tenant is in one group\n" +
				"t.yaml:5:8: groups.D/E: has a / in its name; give the groups below a group under groups",
		},
		{
			"a group cannot be above itself: there is nothing to refer to one with", "t.yaml",
			"tenants: [a]\ngroups:\n  A: &a\n    groups: {B: *a}\n", "t.yaml:3:6: anchors and aliases are not supported; write the value out",
		},
	} {
		_, err := Load(tc.file, []byte(tc.text))
		require.EqualError(t, err, tc.want, tc.reason)
	}
}

func TestTenantsInGroups(t *testing.T) {
	f := File{Groups: map[string]string{"acme": "Eng/Platform", "bravo": "Eng", "core": "Engines"}}
	got, err := f.InGroups([]string{"Eng"})
	require.NoError(t, err)
	require.Equal(t, []Pattern{Exactly("acme"), Exactly("bravo")}, got, "with those below it")
	_, err = f.InGroups([]string{"Eng", "Egn"})
	require.EqualError(t, err, `the tenants file puts no tenant into group "Egn"`)
	_, err = f.InGroups([]string{"E*g"})
	require.ErrorContains(t, err, "before its end")
}

func TestPatternsOfGroupsMatchWhatIsBelow(t *testing.T) {
	for _, tc := range []struct {
		pattern, path string
		want          bool
	}{
		{"Eng", "Eng", true},
		{"Eng", "Eng/Platform", true},
		{"Eng", "Engines", false},
		{"Eng", "Sales/Eng", false},
		{"Eng*", "Engines/A", true},
		{"Eng/Pl*", "Eng/Platform/Build", true},
		{"Eng/Pl*", "Eng", false},
	} {
		p, err := ParsePattern(tc.pattern)
		require.NoError(t, err)
		require.Equal(t, tc.want, p.WithSubgroups().Match(tc.path), "%s matches %s", tc.pattern, tc.path)
	}
	require.False(t, Exactly("Eng").Match("Eng/Platform"), "a name alone is that group without those below it")
}

func FuzzLoad(f *testing.F) {
	f.Add("t.csv", tenantsInCSV)
	f.Add("t.yaml", tenantsInYAML)
	f.Add("t.csv", "tenant,match,value,group\na,,,A/B\nb,,,A\n")
	f.Add("t.yaml", "tenants: [a]\ngroups: {A: {tenants: [a], groups: {B: []}}}\n")
	f.Add("t.csv", "match,value,tenant\n\"a\nb\",\"c")
	f.Add("t.csv", "tenant,match,value\n=1+1,image,\x1b[2J*\n")
	f.Fuzz(func(t *testing.T, file, text string) {
		got, err := Load(file, []byte(text))
		if err != nil {
			var faults *strictyaml.Faults
			require.True(t, errors.As(err, &faults))
			require.NotEmpty(t, faults.List)
			return
		}
		for _, rule := range got.Rules {
			checkTenant(rule.Tenant, func(_, format string, args ...any) { t.Errorf(format, args...) })
			require.Equal(t, 0, strings.Count(rule.Pattern.text, "*"))
		}
	})
}
