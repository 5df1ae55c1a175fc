package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/tenantproof"
	"microspend/pricing"
	"microspend/usage"
)

// states are what the source microvms would have recorded of the honest MicroVMs: how long each ran, in periods of five
// minutes from 09:00 to 11:30, without amounts that would count twice.
func (w *hostileWorld) states() string {
	var text strings.Builder
	text.WriteString("period_start,period_seconds,region,account,microvm_id,image,tenant,source,coverage,running_seconds," +
		"vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours\n")
	for n := range 30 {
		at := scriptDay.Add(-3*time.Hour + time.Duration(n)*5*time.Minute)
		for _, of := range []struct {
			name     string
			from, to int // the periods in which it ran
		}{{"mvm-acme", 0, 13}, {"mvm-bravo", 2, 11}, {"mvm-idle", 0, 30}} {
			if n >= of.from && n < of.to {
				fmt.Fprintf(&text, "%s,300,eu-west-1,123456789012,%s,,,microvms,complete,300,0,0,0,0,0\n",
					at.Format(time.RFC3339), of.name)
			}
		}
	}
	return text.String()
}

// TestUsageThatCannotBeIsNamed: 51 MicroVMs that do not exist, at the peak of the largest size, are 1,632 GB and 816
// vCPU. eu-west-1's quota of 400 GB permits 1,600 GB and 800 vCPU in bursts. The figures stay what the records say; who
// contributes most, and that AWS lists no such MicroVMs, stands beside them.
func TestUsageThatCannotBeIsNamed(t *testing.T) {
	requireSentence(t, "What an account used in a period as a whole is held against its quota of memory, too")
	w := newHostileWorld(t, tenantproof.TrustProven)
	require.NoError(t, os.WriteFile(w.path("states.csv"), []byte(w.states()), 0o600))
	got := w.microspend("import", w.path("states.csv"))
	require.Equal(t, exitDone, got.code, got.err)
	w.honest()
	for i := range 51 {
		own := fmt.Sprintf("mvm-forged-%02d", i)
		w.print(ownGroup, own, w.evil(own, func(l *emf.Line) {
			ms := l.Amounts[usage.Running]
			l.Image = "evil"
			l.Amounts[pricing.VCPU], l.Amounts[pricing.Memory] = 16*ms, 32768*ms
		}))
	}
	got = w.collect("--allow-overlapping-sources")
	require.Equal(t, exitDone, got.code, "%s%s", got.out, got.err)
	require.Regexp(t, `periods in which an account used more than its quota of memory permits +24\n`, got.out,
		"twelve periods, vCPU and memory")
	require.Regexp(t, `MicroVMs with usage that AWS does not list +51\n`, got.out)
	w.requireBills(honestBills, "doubts")
	w.requireAudited()

	spend := func(more ...string) said {
		t.Helper()
		got := w.microspend(append([]string{
			"spend", "--config", w.path("microspend.yaml"), "--from", "2026-11-23", "--to", "2026-11-24",
		}, more...)...)
		require.Equal(t, exitDone, got.code, got.err)
		got.out = blanks.ReplaceAllString(got.out, " ")
		return got
	}
	table := spend().out
	require.Contains(t, table, "beyond-quota: 123456789012 in eu-west-1 (source logs) used 817 vCPU on average from "+
		"2026-11-23T09:05:00Z to 2026-11-23T09:10:00Z, and the account's quota of memory permits 800 vCPU at most: some of it was "+
		"not used; most is recorded for mvm-forged-")
	require.Contains(t, table, "used 1,634 GB on average")
	require.Contains(t, table, "65 cases of doubtful usage not shown")

	var document struct {
		Warnings []struct{ ID, Text, Account, Region, Source, MicroVM, Tenant string }
	}
	require.NoError(t, json.Unmarshal([]byte(spend("--format", "json").out), &document))
	require.Len(t, document.Warnings, 24+51)
	listed := 0
	for _, warning := range document.Warnings {
		require.Equal(t, "logs 123456789012 eu-west-1", warning.Source+" "+warning.Account+" "+warning.Region)
		require.Contains(t, warning.MicroVM, "mvm-forged-")
		if warning.ID == "not-listed" {
			listed++
			require.Equal(t, "AWS lists no such MicroVM: "+warning.MicroVM+" (tenant mallory) in 123456789012 eu-west-1 has 1h0m0s of "+
				"running time (source logs) between 2026-11-23T09:05:00Z and 2026-11-23T10:05:00Z.", warning.Text)
		}
	}
	require.Equal(t, 51, listed)

	// A tenant's own statement says nothing of what others used.
	require.NotContains(t, spend("--tenant", "acme", "--format", "json").out, "warnings")
	require.Contains(t, spend("--tenant", "mallory").out, "not-listed")
	require.NotContains(t, spend("--tenant", "mallory").out, "beyond-quota")

	page := w.microspend("report", "--config", w.path("microspend.yaml"), "--from", "2026-11-01", "--output", w.path("report.html"))
	require.Equal(t, exitDone, page.code, page.err)
	text, err := os.ReadFile(w.path("report.html"))
	require.NoError(t, err)
	require.Contains(t, string(text), "AWS lists no such MicroVM: mvm-forged-")

	got = w.microspend("report", "--config", w.path("microspend.yaml"), "--from", "2026-11-01", "--per-tenant", w.path("pages"))
	require.Equal(t, exitDone, got.code, got.err)
	pages, err := os.ReadDir(w.path("pages"))
	require.NoError(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(w.path("pages"), page.Name()))
		require.NoError(t, err)
		if strings.Contains(page.Name(), "acme") || strings.Contains(page.Name(), "bravo") {
			require.NotContains(t, string(text), "mvm-forged-", page.Name())
		}
	}
}
