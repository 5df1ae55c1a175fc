package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/browsertest"
	"microspend/internal/sampleledger"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/serve"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/spend/tenants"
	"microspend/usage"
)

// sumOf adds up the samples of a metric.
func sumOf(t *testing.T, text, name string) float64 {
	t.Helper()
	sum := 0.0
	for _, match := range regexp.MustCompile(`(?m)^`+name+`(?:\{[^\n]*\})? (\S+)$`).FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(match[1], 64)
		require.NoError(t, err)
		sum += value
	}
	return sum
}

func TestMetrics(t *testing.T) {
	r := start(t, serve.Options{})
	_, _, _ = r.get(t, "/")
	_, header, text := r.get(t, "/metrics")
	require.Contains(t, header.Get("Content-Type"), "text/plain")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)

	in, err := demo()
	require.NoError(t, err)
	source := in.Source
	source.Sharing.Policy = spend.OwnRow
	all, err := source.Report(t.Context(), spend.Request{From: noon.AddDate(-1, 0, 0), To: noon, Counts: true})
	require.NoError(t, err)
	require.InEpsilon(t, all.Total.Amount.InexactFloat64(), sumOf(t, text, "microspend_spend_dollars_total"), 1e-9,
		"the dollars of the whole ledger")
	quantities := spend.Quantities(&all.Total.Sum)
	gb := float64(1 << 30)
	for name, want := range map[string]float64{
		"microspend_vcpu_seconds_total":                  quantities[pricing.VCPU].InexactFloat64(),
		"microspend_memory_byte_seconds_total":           quantities[pricing.Memory].InexactFloat64() * gb,
		"microspend_snapshot_read_bytes_total":           quantities[pricing.SnapshotRead].InexactFloat64() * gb,
		"microspend_snapshot_written_bytes_total":        quantities[pricing.SnapshotWrite].InexactFloat64() * gb,
		"microspend_snapshot_storage_byte_seconds_total": quantities[pricing.SnapshotStorage].InexactFloat64() * gb * 3600,
		"microspend_running_seconds_total":               all.Total.Sum.Amounts[usage.Running].Decimal().InexactFloat64() / 1000,
		"microspend_suspended_seconds_total":             all.Total.Sum.Amounts[usage.Suspended].Decimal().InexactFloat64() / 1000,
		"microspend_launches_total":                      all.Total.Sum.Amounts[usage.Launches].Decimal().InexactFloat64(),
	} {
		require.InEpsilon(t, want, sumOf(t, text, name), 1e-9, name)
	}
	for _, line := range []string{
		`microspend_budget_dollars{tenant="(total)"} 7500`, `microspend_budget_exceeded{tenant="cinder"} 1`,
		`microspend_budget_exceeded{tenant="dormouse"} 0`, `microspend_month_spend_complete{tenant="dormouse"} 1`,
		`microspend_budget_spent_complete{name="cinder",period="month",scope="tenant"} 1`,
		`microspend_budget_amount_dollars{name="borealis",period="month",scope="tenant"} 70`,
		`microspend_budget_status{name="",period="month",scope="total",status="ok"} 1`,
		`microspend_ledger_partitions 8`, `microspend_ledger_damaged_files 0`, `microspend_unknown_rates 0`,
		`microspend_folded_series 0`,
		`microspend_http_requests_total{code="200",handler="page"} 1`,
	} {
		require.Contains(t, text, "\n"+line+"\n")
	}
	require.InDelta(t, float64(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Unix()),
		sumOf(t, text, "microspend_data_until_timestamp_seconds"), 1)
}

// TestMetricsAreBounded gives series to the most costly and counts the rest together.
func TestMetricsAreBounded(t *testing.T) {
	whole := start(t, serve.Options{})
	_, _, all := whole.get(t, "/metrics")
	r := start(t, serve.Options{Series: 7})
	_, _, text := r.get(t, "/metrics")
	places := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^microspend_spend_dollars_total\{component="[^"]*",(image="[^"]*",region="[^"]*",tenant="[^"]*")`).FindAllStringSubmatch(text, -1) {
		places[match[1]] = true
	}
	require.Len(t, places, 8)
	require.True(t, places[`image="(other)",region="(other)",tenant="(other)"`])
	for _, name := range []string{
		"microspend_spend_dollars_total", "microspend_vcpu_seconds_total",
		"microspend_launches_total",
	} {
		require.InEpsilon(t, sumOf(t, all, name), sumOf(t, text, name), 1e-9, "nothing is lost: %s", name)
	}
	require.Positive(t, sumOf(t, text, "microspend_folded_series"))
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestCountersNeverGoDown heals a day downwards while Prometheus looks on.
func TestCountersNeverGoDown(t *testing.T) {
	dir := t.TempDir()
	put := func(records ...usage.Record) {
		_, err := sampleledger.Write(dir, func(yield func([]usage.Record) bool) { yield(records) })
		require.NoError(t, err)
	}
	put(hour(0, 1<<40))
	measured, err := sampleledger.Write(dir, func(func([]usage.Record) bool) {})
	require.NoError(t, err)
	r := start(t, serve.Options{Refresh: 20 * time.Millisecond, Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, Ledger: measured}, nil
	}})
	look := func(until float64) float64 {
		require.Eventually(t, func() bool {
			_, _, text := r.get(t, "/metrics")
			return sumOf(t, text, "microspend_refreshes_total") >= until
		}, 10*time.Second, 20*time.Millisecond)
		_, _, text := r.get(t, "/metrics") // a scrape does not take all counters at the same moment
		return sumOf(t, text, "microspend_spend_dollars_total")
	}
	first := look(1)
	require.Positive(t, first)
	put(hour(0, 1<<39))
	require.InEpsilon(t, first, look(2), 1e-12, "half of it was taken back; the counter waits")
	put(hour(1, 1<<41))
	// A write may be refreshed in two steps, so that it is not the third refresh that has it, but one after it.
	require.Eventually(t, func() bool { return look(3) > first }, 10*time.Second, 20*time.Millisecond)
}

// TestHostileLabels gives names that only look like labels, and those that need escapes.
func TestHostileLabels(t *testing.T) {
	names := []string{
		"(other)", "(unallocated)", "(shared)", "(total)", `"}{x="`, "a\nb", `\`, "",
		strings.Repeat("長", 80),
	}
	dir := t.TempDir()
	measured, err := sampleledger.Write(dir, func(yield func([]usage.Record) bool) {
		var batch []usage.Record
		for i, name := range names {
			r := hour(i, 1<<40)
			r.Tenant, r.Image, r.Resource.ID = name, name, fmt.Sprint("mvm-", i)
			batch = append(batch, r)
		}
		yield(batch)
	})
	require.NoError(t, err)
	source := spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}
	budgets := budget.Set{Budgets: []budget.Budget{
		{Subject: budget.OfTenant("(total)"), Amount: decimal.NewFromInt(1)},
	}}
	r := start(t, serve.Options{Series: 4, Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: source, Budgets: budgets, Ledger: measured}, nil
	}})
	status, _, text := r.get(t, "/metrics")
	require.Equal(t, 200, status, text)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err, text)
	require.Empty(t, problems)
	require.Contains(t, text, "microspend_folded_series")
	require.Contains(t, text, `microspend_budget_dollars{tenant="tenant (total)"} 1`)
}

// TestTenantsNamedLikeLabels: what a tenant spent who is named like a label is not added to what the label stands for.
func TestTenantsNamedLikeLabels(t *testing.T) {
	named := []string{"(shared)", "", "(unallocated)", "plat"}
	measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) {
		var batch []usage.Record
		for i, name := range named {
			r := hour(i, int64(i+1)*1_000_000_000)
			r.Tenant, r.Image, r.Resource.ID = name, "web", fmt.Sprint("mvm-", i)
			batch = append(batch, r)
		}
		yield(batch)
	})
	require.NoError(t, err)
	source := spend.Source{
		Usage: measured, Rates: pricing.EmbeddedCards(),
		Sharing: spend.Sharing{Usage: []tenants.Selector{{Field: tenants.Tenant, Pattern: tenants.Exactly("plat")}}},
	}
	r := start(t, serve.Options{Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: source, Ledger: measured}, nil
	}})
	_, _, text := r.get(t, "/metrics")
	for label, seconds := range map[string]string{
		"tenant (shared)": "1e+06", "(unallocated)": "2e+06", "tenant (unallocated)": "3e+06", "(shared)": "4e+06",
	} {
		require.Contains(t, text,
			fmt.Sprintf("microspend_vcpu_seconds_total{image=\"web\",region=\"us-east-1\",tenant=%q} %s\n", label, seconds))
	}
}

// The alert rules in the docs are YAML, and ask for metrics that there are.
func TestAlertRules(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "prometheus", "budget-alerts.yml"))
	require.NoError(t, err)
	_, err = strictyaml.Parse("budget-alerts.yml", text)
	require.NoError(t, err)
	r := start(t, serve.Options{})
	_, _, _ = r.get(t, "/")
	_, _, metrics := r.get(t, "/metrics")
	rules := regexp.MustCompile(`(?m)^ +expr: (.*)$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, rules, strings.Count(string(text), "- alert: "))
	for _, rule := range rules {
		names := regexp.MustCompile(`microspend_[a-z_]+`).FindAllString(rule[1], -1)
		require.NotEmpty(t, names, rule[1])
		for _, name := range names {
			require.Contains(t, metrics, "# TYPE "+name+" gauge\n", rule[1])
		}
	}
	require.Equal(t, "warning", budget.Warning.String(), "the status that a rule asks for")
}

// TestDashboard checks that every query of the Grafana dashboard is about metrics and labels that there are.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "grafana", "microspend.json"))
	require.NoError(t, err)
	var dashboard struct {
		Title, UID string
		Panels     []struct {
			Title, Type, Description string
			Targets                  []struct{ Expr string }
			GridPos                  struct{ X, Y, W, H int }
		}
		Templating struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	require.NotEmpty(t, dashboard.UID)
	require.GreaterOrEqual(t, len(dashboard.Panels), 8)

	r := start(t, serve.Options{Series: 5})
	_, _, _ = r.get(t, "/")
	_, _, metrics := r.get(t, "/metrics")
	known := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(metrics, -1) {
		known[match[1]] = true
		if match[2] == "histogram" {
			known[match[1]+"_bucket"], known[match[1]+"_count"], known[match[1]+"_sum"] = true, true, true
		}
	}
	asked := 0
	check := func(query string) {
		names := regexp.MustCompile(`\b(microspend_[a-z_]+|process_[a-z_]+|go_[a-z_]+)\b`).FindAllString(query, -1)
		require.NotEmpty(t, names, query)
		for _, name := range names {
			require.True(t, known[name], "%s in %s", name, query)
			asked++
		}
		for _, label := range regexp.MustCompile(`(?:by|without)\s*\(([a-z_, ]+)\)`).FindAllStringSubmatch(query, -1) {
			for _, name := range strings.Split(label[1], ",") {
				require.Contains(t, []string{"tenant", "image", "region", "component", "handler", "code", "result", "le"},
					strings.TrimSpace(name), query)
			}
		}
		for i, bracket := range "(){}[]" {
			if i%2 == 0 {
				require.Equal(t, strings.Count(query, string(bracket)), strings.Count(query, string("(){}[]"[i+1])), query)
			}
		}
		if strings.Contains(query, "_total") {
			require.Regexp(t, `(rate|increase)\(|^sum|topk|label_values`, query)
		}
	}
	seen := map[string]bool{}
	for _, panel := range dashboard.Panels {
		if panel.Type == "row" {
			continue
		}
		require.NotEmpty(t, panel.Title)
		require.NotEmpty(t, panel.Description, "%s: a panel says what it shows", panel.Title)
		require.NotEmpty(t, panel.Targets, panel.Title)
		place := fmt.Sprint(panel.GridPos.X, " ", panel.GridPos.Y)
		require.False(t, seen[place], "two panels in one place: %s", panel.Title)
		seen[place] = true
		require.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24)
		for _, target := range panel.Targets {
			check(target.Expr)
		}
	}
	for _, variable := range dashboard.Templating.List {
		if query, ok := variable.Query.(string); ok && strings.Contains(query, "microspend") {
			check(query)
		}
	}
	require.Greater(t, asked, 10)
}

// TestServedInBrowser opens the served page and a tenant's from there.
func TestServedInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	r := start(t, serve.Options{})
	tab := browser.Open(t, r.base+"/", browsertest.View{Width: 1280, Height: 800})
	tab.Click(t, `a[href="/?tenant=cinder"]`)
	tab.WaitFor(t, `document.querySelector("h1")?.textContent === "cinder"`)
	require.Empty(t, tab.Errors())
	for _, address := range tab.Requests() {
		require.True(t, strings.HasPrefix(address, r.base), address)
	}
}
