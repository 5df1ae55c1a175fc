package spend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/spend/tenants"
	"microspend/usage"
)

// Each row says for itself whether it rests on a guest's word, in reports and in exports of every line.
func TestEachRowSaysWhetherItRestsOnAGuest(t *testing.T) {
	of := func(tenant string, by usage.TenantBy, image string) usage.Record {
		r := hour(at(t, "2026-10-05"), tenant, 1)
		r.TenantBy, r.Image, r.Role = by, image, "r"
		r.Resource.ID += "-" + image
		return r
	}
	shared, err := tenants.ParsePattern("r")
	require.NoError(t, err)
	for _, test := range []struct {
		name, reason string
		policy       Policy
		shared       []tenants.Selector
		by           []Dimension
		want         map[string]bool // by tenant or group
	}{
		{"by tenant", "", OwnRow, nil, []Dimension{ByTenant}, map[string]bool{"acme": true, "bravo": false, "charlie": true}},
		{
			"by tenant and day", "the day is the same", OwnRow, nil,
			[]Dimension{ByTenant, ByDay},
			map[string]bool{"acme": true, "bravo": false, "charlie": true},
		},
		{
			"by group", "of any of its tenants", OwnRow, nil,
			[]Dimension{ByGroup},
			map[string]bool{"sales": true, "research": false, NoGroup: true},
		},
		{
			"shared out by a role", "the role is the guest's word, so what bravo bears is, too", Evenly,
			[]tenants.Selector{{Field: tenants.Role, Pattern: shared}},
			[]Dimension{ByTenant},
			map[string]bool{"acme": true, "bravo": true, "charlie": true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(of("acme", usage.TenantProven, "a"), of("acme", usage.TenantAsserted, "b"),
				of("bravo", usage.TenantProven, "a"), of("charlie", usage.TenantGuest, "a"))
			source.Tenants = tenants.File{
				Known: []string{"acme", "bravo", "charlie"}, Groups: map[string]string{"acme": "sales", "bravo": "research"},
			}
			source.Sharing = Sharing{Policy: test.policy, Usage: test.shared}
			got := map[string]bool{}
			out := report(t, source, october(t, test.by...))
			for _, row := range out.Rows {
				got[row.Name(test.by[0])] = row.TenantAsserted
			}
			require.True(t, out.TenantAsserted)
			require.Equal(t, test.want, got, test.reason)
		})
	}
	source := dollars(of("acme", usage.TenantAsserted, "a"), of("bravo", usage.TenantProven, "a"))
	from, to := october(t).From, october(t).To
	charges, err := source.Charges(t.Context(), from, to, Filter{})
	require.NoError(t, err)
	require.NotEmpty(t, charges.Lines)
	for _, line := range charges.Lines {
		require.Equal(t, line.Tenant == "acme", line.TenantAsserted)
	}
}
