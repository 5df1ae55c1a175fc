package spend_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/simulate"
	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/tenants"
	"microspend/usage"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

func simulated(t testing.TB) (simulate.Fleet, config.Config, spend.Source, []usage.Record) {
	t.Helper()
	fleet := simulate.Fleet{Seed: 1, End: spendtest.At(t, "2026-10-08")}
	records := fleetRecords()
	read, err := config.Load(config.Name, fleet.ConfigFile())
	require.NoError(t, err)
	named, err := tenants.Load(read.Spend.TenantsFile, fleet.TenantsFile())
	require.NoError(t, err)
	return fleet, read, read.Spend.Source(spendtest.Of(records...), pricing.EmbeddedCards(), named), records
}

var fleetRecords = sync.OnceValue(func() (records []usage.Record) {
	for batch := range (simulate.Fleet{Seed: 1, End: time.Date(2026, time.October, 8, 0, 0, 0, 0, time.UTC)}).Batches() {
		records = append(records, batch...)
	}
	return records
})

// TestFleet shows what the package says of a whole fleet, in one golden file with a section for each question.
func TestFleet(t *testing.T) {
	fleet, read, source, records := simulated(t)
	now := fleet.End.Add(8 * time.Hour)
	var out strings.Builder
	section := func(name string) { fmt.Fprintf(&out, "== %s ==\n", name) }
	rows := func(r spend.Request) {
		got := spend.ReportOf(t, source, r)
		cents, total := got.Cents(spend.AmountOf)
		for i, row := range got.Rows {
			for _, d := range r.By {
				fmt.Fprintf(&out, "%-14s ", row.Value(d))
			}
			fmt.Fprintf(&out, "%9s %s", cents[i].StringFixed(2), row.Amount)
			if row.Previous != nil {
				fmt.Fprintf(&out, " was %s (%s%%)", row.Previous.Amount, spendtest.OrDash(row.Previous.Percent))
			}
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "%-14s %9s %s\n\n", "total", total.StringFixed(2), got.Total.Amount)
	}
	whole := spend.Request{From: fleet.Start(), To: fleet.End, By: []spend.Dimension{spend.ByTenant}}
	section("tenants")
	rows(whole)
	source.Sharing.Policy = spend.ByDirect
	section("tenants, shared cost in proportion")
	rows(whole)
	source.Sharing.Policy = spend.OwnRow
	section("five largest in September and the month before")
	rows(spend.Request{
		From: spendtest.At(t, "2026-09-01"), To: spendtest.At(t, "2026-10-01"),
		By: []spend.Dimension{spend.ByTenant}, Top: 5, Sort: spend.SortAmount, Previous: true,
	})
	section("weeks and components of " + simulate.Growing)
	rows(spend.Request{
		From: fleet.Start(), To: fleet.End, By: []spend.Dimension{spend.ByWeek, spend.ByComponent},
		Filter: spend.Filter{Tenants: []tenants.Pattern{tenants.Exactly(simulate.Growing)}},
	})

	section("budgets")
	budgets, err := budget.Evaluate(t.Context(), source, read.Budgets, now)
	require.NoError(t, err)
	fmt.Fprintf(&out, "as of %s\n", budgets.AsOf.Format(time.RFC3339))
	for _, b := range budgets.Lines {
		runsOut := "-"
		if b.RunsOut != nil {
			runsOut = b.RunsOut.Format(time.DateOnly)
		}
		fmt.Fprintf(&out, "%-10s spent %s used %s hourly %s %s forecast %s by %s runs out %s %s\n", b.Subject, b.Spent.Amount,
			spendtest.OrDash(b.Used),
			spendtest.OrDash(b.BurnDay), spendtest.OrDash(b.BurnPeriod), spendtest.OrDash(b.Forecast), b.Method, runsOut,
			b.Status)
	}
	section("anomalies")
	anomalies, err := anomaly.Find(t.Context(), source, read.Anomalies,
		anomaly.Request{From: fleet.Start(), To: fleet.End, Now: now})
	require.NoError(t, err)
	for _, a := range anomalies.Anomalies {
		fmt.Fprintf(&out, "%s %-10s %s, expected %s..%s, %s by %s\n", a.Day, a.Tenant, a.Amount, a.Low, a.High, a.Component,
			a.Moved)
	}

	golden := filepath.Join("testdata", "fleet.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String(), "run go test -update if this is meant to change")
	spend.RequireNear(t, spend.Oracle(t, records), spend.ReportOf(t, source, whole).Total.Amount, 5*2*50)
}

// TestFleetTellsItsStories: the engine finds what the simulator hid.
func TestFleetTellsItsStories(t *testing.T) {
	fleet, read, source, _ := simulated(t)
	got, err := anomaly.Find(t.Context(), source, read.Anomalies, anomaly.Request{From: fleet.Start(), To: fleet.End})
	require.NoError(t, err)
	found := false
	for _, a := range got.Anomalies {
		found = found || (a.Tenant == simulate.Runaway && a.Day == fleet.BadDay().Format(time.DateOnly) && a.Up)
	}
	require.True(t, found, "the bad day")
	idle := spend.ReportOf(t, source, spend.Request{
		From: fleet.Start(), To: fleet.End,
		By:     []spend.Dimension{spend.ByTenant},
		Filter: spend.Filter{Tenants: []tenants.Pattern{tenants.Exactly(simulate.Idle)}},
	})
	require.Len(t, idle.Rows, 1)
	require.True(t, idle.Total.Amount.IsZero())
	weeks := spend.ReportOf(t, source, spend.Request{
		From: spendtest.At(t, "2026-08-31"), To: spendtest.At(t, "2026-10-05"), By: []spend.Dimension{spend.ByWeek},
		Filter: spend.Filter{Tenants: []tenants.Pattern{tenants.Exactly(simulate.Growing)}},
	})
	require.Len(t, weeks.Rows, 5)
	for i, row := range weeks.Rows[1:] {
		require.True(t, row.Amount.GreaterThan(weeks.Rows[i].Amount), "it grows every week")
	}
}
