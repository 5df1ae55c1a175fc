package meter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/usage"
)

// TestThresholdsFire: each once in a life, lower ones first, and at a resume where a suspend has passed them.
func TestThresholdsFire(t *testing.T) {
	b := newBudgeted(t, knownRates, "100%=signal:TERM", "50%=exec:half; 0.0060usd=exec:dollars", "running:10%=exec:running",
		"30s=exec:thirty", "life:1h=exec:life", "life:50%=exec:never").limits("0.02", "10m", "")
	b.identity.ImageBytes = 1 << 30 // 0.0016
	b.does(b.launched)
	b.each(70 * time.Second)
	require.Equal(t, []string{"30s at 0.00274: exec:thirty", "running:10% at 0.00388: exec:running"}, b.fired)
	b.fired = nil
	b.does(b.suspend) // 0.0016 + 70 × 0.000038 + 0.008
	require.Equal(t, []string{"0.0060usd at 0.01226: exec:dollars", "50% at 0.01226: exec:half"}, b.fired,
		"by what they are a limit of, and then by the limit")
	b.fired = nil
	b.frozen(70 * time.Minute)
	require.Equal(t, int64(0), b.sum().Amounts[usage.Resumes].Decimal().IntPart())
	b.does(b.resume)
	// 0.0032 for the resume and 2 GB × 7/6 h × 0.00013 = 0.000303333… for the storage: 0.01576333…
	require.Equal(t, []string{"life:1h at 0.01576333333333333333: exec:life"}, b.fired)
	b.fired = nil
	b.each(111 * time.Second)
	require.Empty(t, b.fired, "0.01998133… is a little less than 0.02")
	require.NotContains(t, b.notes(), emf.NoteBudgetExhausted)
	b.each(time.Second)
	require.Equal(t, []string{"100% at 0.02001933333333333333: signal:TERM"}, b.fired)
	require.True(t, b.document().Exhausted)
	require.Equal(t, "0", b.document().ToBudget.String())
	b.does(b.suspend)
	b.frozen(time.Minute)
	b.does(b.resume)
	b.each(time.Minute)
	require.Len(t, b.fired, 1, "a resume fires nothing again")
	require.Contains(t, b.notes(), emf.NoteBudgetThreshold)
	require.Contains(t, b.notes(), emf.NoteBudgetExhausted)

	b.fired = nil
	require.Equal(t, 1, b.lives)
	b.identity.MicroVMID = "mvm-2"
	b.does(b.launched)
	require.Equal(t, 2, b.lives)
	b.each(30 * time.Second)
	require.Equal(t, []string{"30s at 0.00274: exec:thirty"}, b.fired, "another life has all of it before it")
}

// TestThresholdsWait: what cannot be begun now is begun later, and notes never fill a line.
func TestThresholdsWait(t *testing.T) {
	var at []string
	for i := range maxThresholds {
		at = append(at, fmt.Sprintf("%ds=exec:true", i+1))
	}
	b := newBudgeted(t, knownRates, at...)
	b.full = true
	b.does(b.launched)
	b.each(40 * time.Second)
	require.Empty(t, b.fired)
	b.full = false
	b.each(time.Second)
	require.Len(t, b.fired, maxThresholds)
	require.True(t, strings.HasPrefix(b.fired[0], "1s at "), b.fired[0])
	b.does(b.terminate) // its lines are checked as they come
	require.Contains(t, b.notes(), emf.NoteBudgetThreshold)
	var more thresholds
	require.NoError(t, more.Set(strings.Join(at, ";")))
	require.ErrorContains(t, more.Set("33s=exec:true"), "more than 32 thresholds")
}

// TestThresholdForms: what --at takes, and what it refuses.
func TestThresholdForms(t *testing.T) {
	for _, good := range []string{
		"75%=http://127.0.0.1:8080/slow-down", "12.5%=exec:/bin/save --all", "1.50usd=signal:SIGUSR1", "30m=aws:suspend",
		"life:7h30m=aws:terminate", "life:95%=https://localhost/x?y=z", "running:80%=signal:TERM", "1800=exec:a",
	} {
		var all thresholds
		require.NoError(t, all.Set(" "+good+" ;"), good)
		require.Equal(t, good, all.String())
	}
	for bad, want := range map[string]string{
		"75%":                      "not a threshold and an action",
		"0%=exec:a":                "not a percentage",
		"-5%=exec:a":               "not a percentage",
		"1001%=exec:a":             "not a percentage",
		"0usd=exec:a":              "not an amount",
		"life:1usd=exec:a":         "is none of",
		"9h=exec:a":                "is none of",
		"soon=exec:a":              "is none of",
		"5m=exec:":                 "no command",
		"5m=signal:NOSUCH":         "unknown signal",
		"5m=aws:reboot":            "valid values: suspend, terminate",
		"5m=mail:me":               "valid actions",
		"5m=http:///x":             "a URL has a host",
		"5m=http://u:p@localhost/": "neither a user",
	} {
		var all thresholds
		require.ErrorContains(t, all.Set(bad), want, bad)
	}
}

// TestLimitsOfAPayload: what the run hook says goes before flags, and what cannot be read is named and changes nothing.
func TestLimitsOfAPayload(t *testing.T) {
	flags := limitsOf("5", "1h", "", func(string, error) bool { return false })
	for _, tc := range []struct {
		name, reason, payload   string
		keys                    string
		budget, running, faults string
	}{
		{"nothing said", "flags hold", `{"tenant":"acme"}`, "", "5", "1h0m0s", ""},
		{"all said", "the payload holds", `{"budget":"2.00","max_running":"30m"}`, "", "2", "30m0s", ""},
		{"numbers", "as JSON has them", `{"budget":0.1,"max_running":90}`, "", "0.1", "1m30s", ""},
		{"null", "is nothing said", `{"budget":null}`, "", "5", "1h0m0s", ""},
		{"renamed", "by keys", `{"limits":{"usd":"3"}}`, "budget=limits.usd", "3", "1h0m0s", ""},
		{"not read", "by keys", `{"budget":"3"}`, "budget=", "5", "1h0m0s", ""},
		{"no number", "flags hold", `{"budget":"lots"}`, "", "5", "1h0m0s", "the payload's budget: \"lots\": not a plain"},
		{"exponent", "is no plain number", `{"budget":1e9}`, "", "5", "1h0m0s", "the payload's budget"},
		{"a list", "nor is that", `{"budget":[2]}`, "", "5", "1h0m0s", "neither a text nor a number"},
		{"no time", "flags hold", `{"max_running":"soon"}`, "", "5", "1h0m0s", "neither a duration such as 30m nor"},
		{"too long", "nothing lives so long", `{"max_running":"9h"}`, "", "5", "1h0m0s", "longer than a MicroVM lives"},
		{"broken", "somebody may have meant a budget", `{"budget":"2"`, "", "5", "1h0m0s", "begins like a JSON object"},
		{"array", "likewise", `["2"]`, "", "5", "1h0m0s", "a JSON array"},
		{"endless", "likewise", strings.Repeat("x", MaxPayload+1), "", "5", "1h0m0s", "more than the 4096"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys, err := ParsePayloadKeys(tc.keys)
			require.NoError(t, err)
			w := newWorld(t)
			w.identity.Limits = flags
			err = w.identity.apply(tc.payload, PayloadAuto, keys)
			l := w.identity.Limits
			require.Equal(t, tc.budget+" "+tc.running, l.Dollars.String()+" "+l.Running.String(), tc.reason)
			require.Contains(t, strings.Join(l.Faults, "\n"), tc.faults)
			require.Equal(t, tc.faults == "", len(l.Faults) == 0, l.Faults)
			w.launched()
			if tc.faults != "" {
				require.Contains(t, w.lines[0].Notes, emf.NoteBudgetUnreadable)
			} else {
				require.NoError(t, err)
				require.NotContains(t, w.lines[0].Notes, emf.NoteBudgetUnreadable)
			}
		})
	}
	require.Empty(t, flags.Faults, "what one life's payload has wrong is not the next one's")
}
