package scenarios

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// requireExplained holds a diff to its promise: the effects of its lines add up to the change of the total, exactly.
func requireExplained(t tester, d Diff) {
	t.Helper()
	sum := decimal.Decimal{}
	for _, line := range d.Lines {
		require.True(t, line.Before != nil || line.After != nil)
		amount := func(l *pricing.Line) decimal.Decimal {
			if l == nil {
				return decimal.Decimal{}
			}
			return l.Amount
		}
		change := amount(line.After).Sub(amount(line.Before))
		requireDecimal(t, change.String(), line.Change(), "%s", line.Component)
		requireDecimal(t, change.String(), line.QuantityEffect.Add(line.RateEffect), "%s", line.Component)
		sum = sum.Add(line.Change())
	}
	requireDecimal(t, d.After.Bill.Total().Sub(d.Before.Bill.Total()).String(), sum, "the total's change")
}

func TestDiffOfRandomScenariosAddsUp(t *testing.T) {
	forRandom(t, func(r scenarioSource) {
		before, after := estimate(r, r.scenario()), estimate(r, r.scenario())
		requireExplained(r, Compare(before, after))
		for _, line := range Compare(before, before).Lines {
			require.True(r, line.QuantityEffect.IsZero() && line.RateEffect.IsZero(), "%s differs from itself", line.Component)
		}
		require.Empty(r, Compare(after, after).Inputs)
	})
}

// effects shows the lines of a diff: what the quantity and what the rate did.
func effects(d Diff) map[pricing.Component][2]string {
	found := map[pricing.Component][2]string{}
	for _, line := range d.Lines {
		found[line.Component] = [2]string{line.QuantityEffect.String(), line.RateEffect.String()}
	}
	return found
}

func TestDiff(t *testing.T) {
	const base = "region: eu-west-1\nrates: {vcpu_second: 0.00003, gb_second: 0.000004, snapshot_read_gb: 0.002, snapshot_write_gb: 0.004, storage_gb_month: 0.072}\n" +
		"microvm: {memory: 2GB}\nimage: {size: 1GB}\nworkload: {jobs: 10, running: 100s, launches: 1}\n"
	none := [2]string{"0", "0"}
	for _, tc := range []struct {
		name, reason  string
		before, after string
		effects       map[pricing.Component][2]string // quantity, rate
		inputs        []InputChange
	}{
		{
			"the same", "what does not enter the bill is no change",
			base + "name: a\ntitle: a\ncompare: [ec2: t4g.medium]\ntraits: [state]\n", base +
				"name: b\ndocumented: {figures: {total: 1}}\n",
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: none, pricing.BaselineMemory: none, pricing.ReadLaunch: none, pricing.StorageImage: none,
			},
			nil,
		},
		{
			"quantity", "twice the time, at the old rate; 1,000 s × 0.00003 and × 2 × 0.000004",
			base, replace(base, "running: 100s", "running: 200s"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: {"0.03", "0"}, pricing.BaselineMemory: {"0.008", "0"}, pricing.ReadLaunch: none,
				pricing.StorageImage: none,
			},
			[]InputChange{change("workload.running", "100s", "200s")},
		},
		{
			"rate", "the quantity is the same",
			base, replace(base, "vcpu_second: 0.00003", "vcpu_second: 0.00004"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: {"0", "0.01"}, pricing.BaselineMemory: none, pricing.ReadLaunch: none,
				pricing.StorageImage: none,
			},
			[]InputChange{change("rates.vcpu_second", "0.00003", "0.00004")},
		},
		{
			"both", "the new quantity carries the change of rate: 1,000 s more at 0.00003, 2,000 s at 0.00001 more",
			base, replace(base, "running: 100s", "running: 200s", "vcpu_second: 0.00003", "vcpu_second: 0.00004"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: {"0.03", "0.02"}, pricing.BaselineMemory: {"0.008", "0"}, pricing.ReadLaunch: none,
				pricing.StorageImage: none,
			},
			[]InputChange{change("rates.vcpu_second", "0.00003", "0.00004"), change("workload.running", "100s", "200s")},
		},
		{
			"unit of a rate", "0.072 a month is 0.0001 an hour: another way to write the same",
			base, replace(base, "storage_gb_month: 0.072", "storage_gb_hour: 0.0001"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: none, pricing.BaselineMemory: none, pricing.ReadLaunch: none, pricing.StorageImage: none,
			},
			[]InputChange{change("rates.storage_gb_hour", "", "0.0001"), change("rates.storage_gb_month", "0.072", "")},
		},
		{
			"discount", "a discount is a change of rate",
			base, replace(base, "rates: {", "rates: {discount: 50%, "),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: {"0", "-0.015"}, pricing.BaselineMemory: {"0", "-0.004"},
				pricing.ReadLaunch: {"0", "-0.01"}, pricing.StorageImage: {"0", "-0.036"},
			},
			[]InputChange{change("rates.discount", "", "50%")},
		},
		{
			"new lines", "what was not there before comes at the old rate, which was known",
			base, replace(base, "launches: 1", "launches: 1, cycles: 1", "snapshot_write_gb: 0.004", "snapshot_write_gb: 0.005"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: none, pricing.BaselineMemory: none, pricing.ReadLaunch: none, pricing.StorageImage: none,
				pricing.WriteSuspend: {"0.08", "0.02"}, // 10 × 2 GB
				pricing.ReadResume:   {"0.04", "0"},
			},
			[]InputChange{change("rates.snapshot_write_gb", "0.004", "0.005"), change("workload.cycles", "", "1")},
		},
		{
			"lost lines", "what is no more is a change of quantity, whatever the rates do",
			base, replace(base, "launches: 1", "launches: 0", "size: 1GB", "size: 1GB, count: 0", "snapshot_read_gb: 0.002",
				"snapshot_read_gb: 0.003"),
			map[pricing.Component][2]string{
				pricing.BaselineVCPU: none, pricing.BaselineMemory: none,
				pricing.ReadLaunch: {"-0.02", "0"}, pricing.StorageImage: {"-0.072", "0"},
			},
			[]InputChange{
				change("rates.snapshot_read_gb", "0.002", "0.003"), change("image.count", "", "0"), change("workload.launches", "1", "0"),
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Compare(estimate(t, tc.before), estimate(t, tc.after))
			requireExplained(t, d)
			require.Equal(t, tc.effects, effects(d), tc.reason)
			require.Equal(t, tc.inputs, d.Inputs, tc.reason)
		})
	}
}

// TestDiffOfRegions: another region is other rates for the same quantities.
func TestDiffOfRegions(t *testing.T) {
	const text = "region: us-east-1\nmicrovm: {memory: 4GB}\nworkload: {users: 3, days: 20, running: 3h, suspended: 1s, cycles: 2}\n"
	d := Compare(estimate(t, text), estimate(t, replace(text, "us-east-1", "ap-northeast-1")))
	requireExplained(t, d)
	require.Equal(t, []InputChange{change("region", "us-east-1", "ap-northeast-1")}, d.Inputs)
	require.Len(t, d.Lines, 7)
	for _, line := range d.Lines {
		require.True(t, line.QuantityEffect.IsZero(), "%s: the quantity did not change, but costs %s", line.Component,
			line.QuantityEffect)
		require.True(t, line.RateEffect.IsPositive(), "%s: Tokyo is dearer", line.Component)
	}
}

// TestDiffFromUnknownRate: a line that could not have been priced before is new as a whole.
func TestDiffFromUnknownRate(t *testing.T) {
	const text = "region: eu-central-1\nmicrovm: {memory: 4GB}\nimage: {count: 0}\nworkload: {jobs: 10, running: 1h, launches: 0}\n"
	d := Compare(estimate(t, text), estimate(t, replace(text, "launches: 0", "launches: 1")+
		"rates: {snapshot_read_gb: 0.002}\n"))
	requireExplained(t, d)
	require.Equal(t, [2]string{"0.08", "0"}, effects(d)[pricing.ReadLaunch])
}
