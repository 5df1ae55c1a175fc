package logs

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/tenantproof"
	"microspend/usage"
)

// Mallory's MicroVM calls itself acme, in every way it can. Acme's record is its own lines to the last digit, and
// mallory's is never acme's.
func TestOnlyAProofMakesATenant(t *testing.T) {
	key, err := tenantproof.ParseKey([]byte("0123456789abcdef"))
	require.NoError(t, err)
	other, err := tenantproof.ParseKey([]byte("fedcba9876543210"))
	require.NoError(t, err)
	keys := []tenantproof.Key{other, key} // during a change of keys
	start := monday.Add(20 * time.Hour)
	for _, test := range []struct {
		name, reason string
		policy       tenantproof.Policy
		claim        func(*emf.Line)
		tenant       string
		by           usage.TenantBy
		unproven     bool
	}{
		{
			"no proof", "a key asks for one",
			tenantproof.Policy{Keys: keys},
			func(*emf.Line) {}, "(unverified) acme", usage.TenantUnverified, true,
		},
		{
			"a wrong proof", "it is mallory's own",
			tenantproof.Policy{Keys: keys},
			func(l *emf.Line) { l.TenantProof = key.Proof("mallory") }, "(unverified) acme", usage.TenantUnverified, true,
		},
		{
			"its own proof", "under its own name",
			tenantproof.Policy{Keys: keys},
			func(l *emf.Line) { l.Tenant, l.TenantProof = "mallory", key.Proof("mallory") }, "mallory", usage.TenantProven, false,
		},
		{
			"its own proof now and then", "a proof counts before any line without one",
			tenantproof.Policy{Keys: keys},
			func(l *emf.Line) {
				if l.PeriodStart/60_000%5 != 3 {
					l.Tenant, l.TenantProof = "mallory", key.Proof("mallory")
				}
			}, "mallory", usage.TenantProven, false,
		},
		{
			"what others are shown as", "it is not the same row",
			tenantproof.Policy{Keys: keys},
			func(l *emf.Line) { l.Tenant = "(unverified) acme" }, "(unverified) (unverified) acme", usage.TenantUnverified, true,
		},
		{
			"no key", "nothing can be proven",
			tenantproof.Policy{Trust: tenantproof.TrustProven},
			func(l *emf.Line) { l.TenantProof = key.Proof("acme") }, "(unverified) acme", usage.TenantUnverified, true,
		},
		{
			"trust in guests", "its word is taken, and counted",
			tenantproof.Policy{Keys: keys, Trust: tenantproof.TrustGuest},
			func(*emf.Line) {}, "acme", usage.TenantAsserted, true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
			w.source.options.Tenants = test.policy
			honest, hostile := aDay("mvm-acme", "acme", start), aDay("mvm-evil", "acme", start)
			for i := range honest.lines {
				honest.lines[i].TenantProof = key.Proof("acme")
			}
			for i := range hostile.lines {
				hostile.lines[i].Role = "arn:aws:iam::123456789012:role/acme"
				test.claim(&hostile.lines[i].Line)
			}
			w.put(logGroupName, honest, nil)
			w.put(logGroupName, hostile, nil)
			summary := w.run()
			require.Equal(t, test.unproven, strings.Contains(strings.Join(summary.Notes, "\n"), "mvm-evil: tenant "), summary.Notes)
			for k, got := range w.inLedger() {
				want := w.truth[k]
				if k.Resource.ID == "mvm-acme" {
					want.TenantBy = usage.TenantProven
					if len(test.policy.Keys) == 0 {
						want.Tenant, want.TenantBy = "(unverified) acme", usage.TenantUnverified
					}
				} else {
					want.Tenant, want.TenantBy = test.tenant, test.by
					if !test.policy.OnlyProven() {
						want.Role = hostile.lines[0].Role
					}
				}
				require.Equal(t, want, got, test.reason)
			}
		})
	}
}
