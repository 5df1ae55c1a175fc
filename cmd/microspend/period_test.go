package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestPeriodFlags: a command that looks at a period takes it as every other does, in the same words.
func TestPeriodFlags(t *testing.T) {
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	usage := map[string]string{}
	var found []string
	for _, cmd := range withSubcommands(a.rootCommand()) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		if strings.HasPrefix(path, "rates ") { // --from is where rates are fetched from, or when they begin to hold
			continue
		}
		if flags := cmd.Flags(); flags.Lookup("from") == nil && flags.Lookup("to") == nil && flags.Lookup("period") == nil {
			continue
		}
		found = append(found, path)
		for _, name := range []string{"period", "from", "to"} {
			flag := cmd.Flags().Lookup(name)
			require.NotNil(t, flag, "%s --%s", path, name)
			words, _, _ := strings.Cut(flag.Usage, " (default ")
			if usage[name] == "" {
				usage[name] = words
			}
			require.Equal(t, usage[name], words, "%s --%s", path, name)
		}
	}
	require.ElementsMatch(t, []string{
		"spend", "report", "dash", "anomalies", "reconcile", "advise", "idle", "collect", "ledger export", "ledger move",
		"ledger audit",
	}, found)
}

// TestFormerLengths: what --period was before it was a period still works, and says nothing of it.
func TestFormerLengths(t *testing.T) {
	for _, test := range []struct {
		period, length, left string
		noPeriod             bool
		reason               string
	}{
		{period: "5m", length: "5m", reason: "a duration"},
		{period: "24h", length: "24h"},
		{period: "30d", left: "30d", reason: "a period as well"},
		{period: "30d", noPeriod: true, length: "30d", reason: "of a trace, which has no days to choose from"},
		{period: "86400", noPeriod: true, length: "86400", reason: "seconds"},
		{period: "2026", left: "2026", reason: "a year"},
		{period: "2026-10", left: "2026-10", noPeriod: true, reason: "refused later, as it needs --from-ledger"},
		{period: "soon", left: "soon", reason: "refused later"},
		{},
	} {
		a := &app{process: process{now: scriptDay.UTC}}
		a.flags.Period = test.period
		cmd := &cobra.Command{}
		length := cmd.Flags().String("resolution", "", "")
		require.NoError(t, a.formerlyLength(cmd, "resolution", test.noPeriod))
		require.Equal(t, test.length, *length, "%s: %s", test.period, test.reason)
		require.Equal(t, test.left, a.flags.Period, "%s: %s", test.period, test.reason)
	}
}
