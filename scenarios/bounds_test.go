package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestBounds: of every bound, the last value that is allowed and the first that isn't. The bad files show the messages.
func TestBounds(t *testing.T) {
	const user, fit = "workload: {users: 1, days: 20, running: 4h, ", "workload: {users: 1, days: 20, running: 4h}\n"
	for _, tc := range []struct{ name, reason, good, bad, fault string }{
		{
			"days", "the longest month",
			"workload: {users: 1, days: 31, running: 4h}", "workload: {users: 1, days: 31.001, running: 4h}",
			"workload.days: 31.001 is not possible",
		},
		{
			"few days", "one day in ten months",
			"workload: {users: 1, days: 0.1, running: 4h}", "workload: {users: 1, days: 0, running: 4h}",
			"workload.days: 0 is not possible",
		},
		{
			"running", "a day has 24 hours",
			"workload: {users: 1, days: 20, running: 24h}", "workload: {users: 1, days: 20, running: 24h1ms}",
			"workload.running: is 24",
		},
		{
			"suspended", "with running time, a day has 24 hours",
			user + "suspended: 20h, cycles: 1}", user + "suspended: 20h1s, cycles: 1}",
			"workload.suspended: makes 24.0003 hours",
		},
		{
			"running per month", "20 days have 480 hours",
			"workload: {users: 2, days: 20, running: 480h/month}", "workload: {users: 2, days: 20, running: 481h/month}",
			"workload.running: is 24.05 hours",
		},
		{
			"jobs", "run side by side, as many as there are",
			"workload: {jobs: 1, running: 1000h}", "workload: {jobs: 0, running: 1h}", "workload.jobs: 0 is not a whole number",
		},
		{
			"burst vCPU, low", "the baseline is no burst, but can be written",
			user + "burst: {share: 1%, vcpu: 2}}", user + "burst: {share: 1%, vcpu: 1.99}}",
			"workload.burst.vcpu: 1.99 is not possible",
		},
		{
			"burst vCPU, high", "four times the baseline",
			user + "burst: {share: 1%, vcpu: 8}}", user + "burst: {share: 1%, vcpu: 8.01}}",
			"workload.burst.vcpu: 8.01 is not possible",
		},
		{
			"burst memory, low", "the baseline",
			user + "burst: {share: 1%, memory: 4GB}}", user + "burst: {share: 1%, memory: 4095MiB}}",
			"workload.burst.memory: 3.9990234375GB",
		},
		{
			"burst memory, high", "four times the baseline",
			user + "burst: {share: 1%, memory: 16GB}}", user + "burst: {share: 1%, memory: 16.1GB}}",
			"workload.burst.memory: 16.1GB",
		},
		{
			"state", "peak memory and disk, 16 GB each",
			fit + "state: {size: 32GB}", fit + "state: {size: 32.01GB}",
			"state.size: 32.01GB is more than a 4GB MicroVM can hold",
		},
		{
			"image hours", "31 days",
			fit + "image: {hours: 31d}", fit + "image: {hours: 744h1s}", "image.hours: is longer than the 744 hours",
		},
		{
			"name", "a name, not a story",
			fit + "name: " + strings.Repeat("n", 200), fit + "name: " + strings.Repeat("n", 201),
			"name: is longer than 200 bytes",
		},
		{
			"function memory", "what Lambda allows",
			fit + "compare: [function: 10GB]", fit + "compare: [function: 10.1GB]",
			"compare[0].function.memory: is above the 10 GB",
		},
		{
			"users per instance", "one at least",
			fit + "compare: [ec2: {type: t4g.medium, users_per_instance: 1}]",
			fit + "compare: [ec2: {type: t4g.medium, users_per_instance: 0.99}]", "0.99 is not a whole number of at least 1",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requireConsistent(t, estimate(t, atPostRates(tc.good)))
			_, err := Load("test.yaml", []byte(atPostRates(tc.bad)))
			require.ErrorContains(t, err, tc.fault, tc.reason)
		})
	}
	_, err := Load("test.yaml", []byte(strings.Replace(atPostRates(fit), "rates:\n", "rates:\n  discount: 99.99%\n", 1)))
	require.NoError(t, err, "nearly everything off is a price still")
}

// TestInlineRates: what the scenario gives stands in the card with its source and date, and wins over the card's own.
func TestInlineRates(t *testing.T) {
	const workload = "\nmicrovm: {memory: 4GB}\nworkload: {users: 1, days: 20, running: 4h}\n"
	e := estimate(t, "region: eu-west-1\nrates: {vcpu_hour: 0.1, source: an offer, read_on: 2020-01-02}"+workload)
	card := e.Bill.Card
	require.Equal(t, "aws-list with inline figures", card.Name)
	inline := card.Rate(pricing.VCPU)
	require.True(t, inline.Inline)
	require.Equal(t, "an offer", inline.Source)
	require.Equal(t, "2020-01-02", inline.ReadOn.String())
	requireDecimal(t, "0.1", inline.Figure)
	require.Equal(t, "2026-09-19", card.ReadOn().String(), "the card's own figures are no older for it")
	require.Empty(t, e.Warnings, "the user knows how old the offer is")
	requireDecimal(t, "0.0000038603", card.Rate(pricing.Memory).Figure, "the card's")

	require.Equal(t, "given in the workload", estimate(t, atPostRates(workload[1:])).Bill.Card.Rate(pricing.VCPU).Source)
	require.Equal(t, "inline", estimate(t, atPostRates(workload[1:])).Bill.Card.Name)
	require.Equal(t, "aws-list", estimate(t, "region: eu-west-1"+workload).Bill.Card.Name)
	require.Equal(t, "aws-list", estimate(t, "region: eu-west-1\nrates: {card: aws-list, discount: 10%}"+
		workload).Bill.Card.Name)
}
