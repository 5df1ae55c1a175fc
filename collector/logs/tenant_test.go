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

// Where each tenant has log groups of its own, the operator says whose they are, and no line does.
func TestTheTenantOfALogGroup(t *testing.T) {
	start := monday.Add(20 * time.Hour)
	for _, test := range []struct {
		name, reason   string
		groups         []string
		rules          []GroupRule
		policy         tenantproof.Policy
		group, says    string
		tenant         string
		by             usage.TenantBy
		role, unproven bool
	}{
		{
			"one group", "the line's word does not count",
			[]string{"/acme/sandboxes"},
			[]GroupRule{{Name: "/acme/sandboxes", Tenant: "acme"}},
			tenantproof.Policy{},
			"/acme/sandboxes", "bravo", "acme", usage.TenantGiven, false, false,
		},
		{
			"each its own", "what the asterisk stands for",
			[]string{"/tenants/*"},
			[]GroupRule{{Name: "/tenants/*", Tenant: "*"}},
			tenantproof.Policy{Trust: tenantproof.TrustProven},
			"/tenants/acme/prod", "bravo", "acme/prod", usage.TenantGiven, false, false,
		},
		{
			"one of them alone", "--log-group reads less, and believes no more",
			[]string{"/tenants/acme"},
			[]GroupRule{{Name: "/tenants/*", Tenant: "*"}},
			tenantproof.Policy{},
			"/tenants/acme", "bravo", "acme", usage.TenantGiven, false, false,
		},
		{
			"of several entries the first", "the others are for the rest",
			[]string{"/tenants/acme-*", "/tenants/*"},
			[]GroupRule{{Name: "/tenants/acme-*", Tenant: "acme"}, {Name: "/tenants/*", Tenant: "*"}},
			tenantproof.Policy{},
			"/tenants/acme-eu", "bravo", "acme", usage.TenantGiven, false, false,
		},
		{
			"no name that none says", "a MicroVM without a tenant has the group's",
			[]string{"/acme/sandboxes"},
			[]GroupRule{{Name: "/acme/sandboxes", Tenant: "acme"}},
			tenantproof.Policy{},
			"/acme/sandboxes", "", "acme", usage.TenantGiven, false, false,
		},
		{
			"another group", "the guest's word, as everywhere",
			[]string{"/acme/*", "/bravo"},
			[]GroupRule{{Name: "/acme/*", Tenant: "acme"}},
			tenantproof.Policy{},
			"/bravo", "bravo", "bravo", usage.TenantGuest, true, false,
		},
		{
			"another group where proofs are asked for", "nobody says whose it is",
			[]string{"/acme/*", "/bravo"},
			[]GroupRule{{Name: "/acme/*", Tenant: "acme"}},
			tenantproof.Policy{Trust: tenantproof.TrustProven},
			"/bravo", "bravo", "(unverified) bravo", usage.TenantUnverified, false, true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, test.groups...)
			w.source.options.Rules, w.source.options.Tenants = test.rules, test.policy
			m := aDay("mvm-1", test.says, start)
			for i := range m.lines {
				m.lines[i].Role = "arn:aws:iam::123456789012:role/other"
			}
			w.put(test.group, m, nil)
			summary := w.run()
			require.Equal(t, test.unproven, summary.Counts[countUnproven] > 0)
			ledger := w.inLedger()
			require.NotEmpty(t, ledger)
			for _, r := range ledger {
				require.Equal(t, test.tenant, r.Tenant, test.reason)
				require.Equal(t, test.by, r.TenantBy, test.reason)
				require.Equal(t, test.role, r.Role != "", "a role is the guest's word")
			}
		})
	}
}

func TestTenantsOfLogGroupsThatCannotBe(t *testing.T) {
	for group, test := range map[string]struct{ tenant, want string }{
		"/acme":   {"*", `the tenant "*" of /acme is what the * at the end of a log group's name stands for, and it has none`},
		"/bravo*": {"(unverified) x", "stands for usage that is nobody's"},
		"/c":      {"a\x1bb", "control or invisible characters"},
	} {
		_, err := New(Options{Groups: []string{group}, Rules: []GroupRule{{Name: group, Tenant: test.tenant}}})
		require.ErrorContains(t, err, test.want)
	}
}

// A line whose clock may not have been set lacks what was suspended: its period is a lower bound, and no other is.
func TestALineWhoseClockWasNotSetIsIncomplete(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
	noted := m.lines[30].PeriodStart
	m.lines[30].Notes = append(m.lines[30].Notes, emf.NoteClockUncorrected)
	w.put(logGroupName, m, nil)
	w.run()
	found := false
	for k, r := range w.inLedger() {
		want := w.truth[k].Coverage
		start := r.PeriodStart.UnixMilli()
		if noted >= start && noted < start+1000*r.PeriodSeconds {
			want, found = usage.CoveragePartial, true
		}
		require.Equal(t, want, r.Coverage, r.PeriodStart)
	}
	require.True(t, found)
}
