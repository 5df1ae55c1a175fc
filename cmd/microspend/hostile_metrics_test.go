package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/tenantproof"
)

// What acme and bravo spend by their metrics, for 150 minutes at 2 GB: 9,000 vCPU-s × 0.0000291572 = 0.2624148, and
// 18,000 GB-s × 0.0000038603 = 0.0694854.
const meteredBill = "0.3319002"

// forgedMetric is what a line in Embedded Metric Format on the attacker's standard output says.
type forgedMetric struct {
	namespace  string // "" is the meter's
	dimensions map[string]string
	metric     string // "" is VCPUMilliseconds
	value      any
}

// publish has CloudWatch make metrics of what a MicroVM prints.
func (w *hostileWorld) publish(at time.Time, of forgedMetric) {
	w.t.Helper()
	if of.namespace == "" {
		of.namespace = emf.DefaultNamespace
	}
	if of.metric == "" {
		of.metric = "VCPUMilliseconds"
	}
	if of.dimensions == nil {
		of.dimensions = map[string]string{"Tenant": "acme", "Image": "web"}
	}
	var names []string
	line := map[string]any{of.metric: of.value}
	for name, value := range of.dimensions {
		names, line[name] = append(names, name), value
	}
	line["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": []any{map[string]any{
		"Namespace": of.namespace, "Dimensions": [][]string{names},
		"Metrics": []any{map[string]string{"Name": of.metric, "Unit": "Milliseconds"}},
	}}}
	text, err := json.Marshal(line)
	require.NoError(w.t, err)
	require.NoError(w.t, w.metrics.PutLine(hostilePlace, text))
}

const (
	cannotBeTold  = "metrics are sums, and neither which MicroVM caused one nor a negative value that others outweigh can be told from them"
	quotaRefuses  = "Of metrics, a datapoint beyond what the account's quota of memory permits is refused"
	seriesOfAcme  = "microspend VCPUMilliseconds {Tenant=acme, Image=web}"
	periodMissing = "0.32315304" // without the vCPU of one period of five minutes: 300 × 0.0000291572 = 0.00874716
)

// The attacks over metrics, all of which anybody can make whose output becomes metrics. acme's bill is exact wherever
// the attack shows; where it cannot show, it is off by what was forged, and rests on the guest's word by its own
// account.
var hostileMetrics = []struct {
	name, sentence string
	forged         forgedMetric
	exit           int
	names          string
	acme           billed
}{
	{
		"a vCPU-hour for acme", cannotBeTold,
		forgedMetric{value: 3_600_000},
		exitDone, "",
		billed{"0.43686612", "1", "exact"}, // + 3,600 × 0.0000291572 = 0.10496592
	},
	{
		"less than nothing, which other values outweigh", cannotBeTold,
		forgedMetric{value: -119_000},
		exitDone, "",
		billed{"0.3284304932", "1", "exact"}, // - 119 × 0.0000291572 = 0.0034697068
	},
	{
		"many values at once", cannotBeTold,
		forgedMetric{value: []int64{1_200_000, 1_200_000, 1_200_000}},
		exitDone, "",
		billed{"0.43686612", "1", "exact"},
	},
	{
		"a sum below zero", quotaRefuses,
		forgedMetric{value: -319_000},
		exitOutside, seriesOfAcme,
		billed{periodMissing, "0.9666666667", "at-least"}, // 29 of 30 periods
	},
	{
		"$262,414,800 in one line", quotaRefuses,
		forgedMetric{value: int64(9_000_000_000_000_000)},
		exitOutside, seriesOfAcme,
		billed{periodMissing, "0.9666666667", "at-least"},
	},
	{
		"more than a float has digits for", quotaRefuses,
		forgedMetric{value: 1e300},
		exitOutside, seriesOfAcme,
		billed{periodMissing, "0.9666666667", "at-least"},
	},
	{
		"another namespace", costsItself,
		forgedMetric{namespace: "microspend/evil", value: 3_600_000},
		exitDone, "",
		billed{meteredBill, "1", "exact"},
	},
	{
		"other dimensions", costsItself,
		forgedMetric{dimensions: map[string]string{"Tenant": "acme"}, value: 3_600_000},
		exitDone, "",
		billed{meteredBill, "1", "exact"},
	},
	{
		"one dimension more", costsItself,
		forgedMetric{dimensions: map[string]string{"Tenant": "acme", "Image": "web", "Stage": "evil"}, value: 3_600_000},
		exitDone, "",
		billed{meteredBill, "1", "exact"},
	},
	{
		"a metric that nobody asks for", costsItself,
		forgedMetric{metric: "VCPUHours", value: 3_600_000},
		exitDone, "",
		billed{meteredBill, "1", "exact"},
	},
	{
		"a name that a terminal obeys", costsItself,
		forgedMetric{dimensions: map[string]string{"Tenant": "ac\x1b[31mme\u202e", "Image": "web"}, value: -1},
		exitOutside, "VCPUMilliseconds",
		billed{meteredBill, "1", "exact"},
	},
}

// TestAHostileTenantOverMetrics: with a key no tenant is billed by metrics, which have no room for a proof.
func TestAHostileTenantOverMetrics(t *testing.T) {
	for _, trust := range hostileTrusts {
		for _, attack := range hostileMetrics {
			t.Run(string(trust)+"/"+attack.name, func(t *testing.T) {
				requireSentence(t, attack.sentence)
				w := newHostileWorld(t, trust)
				w.publish(scriptDay.Add(-2*time.Hour), attack.forged)
				got := w.collectMetrics()
				require.Equal(t, attack.exit, got.code, got.out+got.err)
				require.Contains(t, got.err, attack.names)
				w.requireMetered(bills{"acme": attack.acme, "bravo": {meteredBill, "1", "exact"}})
				again := w.collectMetrics()
				require.Equal(t, exitDone, again.code, again.out)
				w.requireAudited()
			})
		}
	}
}

// TestHostileTenantsOverMetricsTogether plays all of them, each in a period of its own.
func TestHostileTenantsOverMetricsTogether(t *testing.T) {
	for _, trust := range hostileTrusts {
		w := newHostileWorld(t, trust)
		for i, attack := range hostileMetrics {
			w.publish(scriptDay.Add(-2*time.Hour+time.Duration(i)*5*time.Minute), attack.forged)
		}
		got := w.collectMetrics()
		require.Equal(t, exitOutside, got.code, got.out)
		require.Contains(t, blanks.ReplaceAllString(got.out, " "), seriesOfAcme)
		// 0.3319002 + 2 × 0.10496592 - 0.0034697068 - 3 × 0.00874716; 27 of 30 periods
		w.requireMetered(bills{"acme": {"0.5121208532", "0.9", "at-least"}, "bravo": {meteredBill, "1", "exact"}})
		w.requireAudited()
	}
}

func (w *hostileWorld) collectMetrics() said {
	w.t.Helper()
	return w.microspend("collect", "--config", w.path("microspend.yaml"), "--source", "cloudwatch", "--region", "eu-west-1",
		"--endpoint-url", w.metered)
}

// requireMetered checks what tenants of metrics are billed: what rests on a guest's word says so.
func (w *hostileWorld) requireMetered(want bills) {
	w.t.Helper()
	all, assumes := w.spent()
	for tenant, is := range want {
		if w.trust == tenantproof.TrustProven {
			require.NotContains(w.t, all, tenant)
			tenant = fmt.Sprintf("(unverified) %s", tenant)
		}
		require.Equal(w.t, is, all[tenant], tenant)
	}
	require.Equal(w.t, w.trust == tenantproof.TrustGuest, len(assumes) > 0, assumes)
}
