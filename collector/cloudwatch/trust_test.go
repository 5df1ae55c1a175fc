package cloudwatch

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/tenantproof"
	"microspend/usage"
)

// policies are all that the configuration can say about tenants, and whether a guest's word is billed.
func policies(t *testing.T) map[string]tenantproof.Policy {
	key, err := tenantproof.ParseKey([]byte("0123456789abcdef"))
	require.NoError(t, err)
	return map[string]tenantproof.Policy{
		"nothing":          {},
		"guest":            {Trust: tenantproof.TrustGuest},
		"guest with a key": {Trust: tenantproof.TrustGuest, Keys: []tenantproof.Key{key}},
		"proven":           {Trust: tenantproof.TrustProven},
		"a key":            {Keys: []tenantproof.Key{key}},
		"proven, two keys": {Trust: tenantproof.TrustProven, Keys: []tenantproof.Key{key, key}},
	}
}

// believes are the policies by which what a metric's publisher calls itself is a tenant.
var believes = map[string]bool{"nothing": true, "guest": true, "guest with a key": true}

// trusting makes a world's source believe as a policy says.
func (w *world) trusting(policy tenantproof.Policy, mappings ...mapping.Mapping) {
	w.source = newSource(w.t, w.server.URL, w.options.Now, mappings)
	for i := range w.source.mappings {
		w.source.mappings[i].tenants = policy
	}
	w.options.Source = w.source
}

// TestWhoseWordAMetricsTenantIs: nobody vouches for a dimension, so a record says that its names are the guest's word
// whatever is trusted; where only proofs are, its tenant is shown as unverified.
func TestWhoseWordAMetricsTenantIs(t *testing.T) {
	longest := strings.Repeat("x", 1024)
	for _, tc := range []struct {
		name, tenant       string
		believed, unproven string
		reason             string
	}{
		{"a name", "acme", "acme", "(unverified) acme", ""},
		{"none", "(unallocated)", "", "", "what is nobody's need not be proven"},
		{"an encoded name", "M%C3%BCller", "Müller", "(unverified) Müller", "it is decoded first"},
		{"a name that is encoded and need not be", "acm%65", "acm%65", "(unverified) acm%65", "it is not acme's"},
		{
			"the mark itself", "(unverified) acme", "(unverified) acme", "(unverified) (unverified) acme",
			"two marks are not one: it is told apart from acme's unproven usage",
		},
		{"the longest name", longest, longest, "(unverified) " + longest, ""},
		{"a label of spend", "(shared)", "(shared)", "(unverified) (shared)", ""},
	} {
		for name, policy := range policies(t) {
			for _, perVM := range []bool{false, true} {
				t.Run(tc.name+"/"+name, func(t *testing.T) {
					m, dimensions := mapping.Default(), map[string]string{"Tenant": tc.tenant, "Image": "web"}
					if perVM {
						m, dimensions["MicrovmId"] = perMicroVM(), "mvm-1"
					}
					w := newWorld(t, fakecloudwatch.Options{}, m)
					w.trusting(policy, m)
					for _, metric := range m.Metrics {
						w.fake.Put(place, fakecloudwatch.Metric{Namespace: m.Namespace, Name: metric.Name, Dimensions: dimensions},
							fakecloudwatch.Value(w.now.Add(-time.Hour), 60_000))
					}
					w.timing.Lookback = 2 * time.Hour
					s := w.run()
					require.Empty(t, s.Gaps)
					require.Empty(t, s.Quarantined)
					want := tc.unproven
					if believes[name] {
						want = tc.believed
					}
					content := w.content()
					require.Len(t, content, 1)
					for _, r := range content {
						require.Equal(t, want, r.Tenant, tc.reason)
						require.Equal(t, usage.TenantGuest, r.TenantBy)
						require.Equal(t, perVM, r.Resource.Kind == usage.KindMicroVM)
						require.Equal(t, usage.CoverageComplete, r.Coverage)
					}
				})
			}
		}
	}
}

// TestAChangedTrustReplacesRecords: which of them is in force decides about what is read again, and about nothing
// twice.
func TestAChangedTrustReplacesRecords(t *testing.T) {
	for _, perVM := range []bool{false, true} {
		m, dimensions := mapping.Default(), map[string]string{"Tenant": "acme", "Image": "web"}
		if perVM {
			m, dimensions["MicrovmId"] = perMicroVM(), "mvm-1"
		}
		w := newWorld(t, fakecloudwatch.Options{}, m)
		for _, metric := range m.Metrics {
			w.fake.Put(place, fakecloudwatch.Metric{Namespace: m.Namespace, Name: metric.Name, Dimensions: dimensions},
				fakecloudwatch.Value(w.now.Add(-time.Hour), 60_000))
		}
		w.timing.Lookback = 2 * time.Hour
		all := policies(t)
		for _, step := range []struct{ policy, want string }{
			{"guest", "acme"}, {"a key", "(unverified) acme"}, {"proven", "(unverified) acme"}, {"guest with a key", "acme"},
		} {
			w.trusting(all[step.policy], m)
			s := w.run()
			require.Empty(t, s.Gaps)
			require.Empty(t, s.Quarantined)
			content := w.content()
			require.Len(t, content, 1, "the same record under each of them")
			for _, r := range content {
				require.Equal(t, step.want, r.Tenant, step.policy)
				require.EqualValues(t, 60_000, r.Amounts[0])
			}
			w.now = w.now.Add(10 * time.Minute)
			w.show()
		}
	}
}
