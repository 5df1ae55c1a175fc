package pricing_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// oracleLine is a line of the bill worked out in rationals, without rounding and in a different order of operations.
type oracleLine struct {
	component string
	of        pricing.BilledQuantity
	quantity  *big.Rat
	amount    *big.Rat
}

// oracle states the bill once more, straight from AWS's pricing page: rates are brought to one billed unit first, then
// quantities of all nine lines are written out, then they are multiplied. It shares no arithmetic with the package.
func oracle(w pricing.Workload, card pricing.RateCard) []oracleLine {
	product := func(factors ...*big.Rat) *big.Rat {
		p := big.NewRat(1, 1)
		for _, f := range factors {
			p.Mul(p, f)
		}
		return p
	}
	doublings := map[int64]int64{512: 1, 1024: 2, 2048: 4, 4096: 8, 8192: 16} // MiB: halves of a GB, quarters of a vCPU
	gb, vcpu := big.NewRat(doublings[w.Size.MiB()], 2), big.NewRat(doublings[w.Size.MiB()], 4)

	running, share := w.Running.Rat(), w.Burst.Share.Rat()
	peak := product(running, share)
	base := product(running, new(big.Rat).Sub(big.NewRat(1, 1), share))
	hours := w.Image.Hours.Rat()
	if hours.Sign() == 0 {
		hours = big.NewRat(720, 1)
	}
	if week := big.NewRat(7*24, 1); hours.Cmp(week) < 0 {
		hours = week
	}
	state, image, cycles := w.StateGB.Rat(), w.Image.GB.Rat(), w.Cycles.Rat()
	all := []oracleLine{
		{component: "compute.baseline.vcpu", of: pricing.VCPU, quantity: product(base, vcpu)},
		{component: "compute.baseline.memory", of: pricing.Memory, quantity: product(base, gb)},
		{component: "compute.peak.vcpu", of: pricing.VCPU, quantity: product(peak, w.Burst.VCPU.Rat())},
		{component: "compute.peak.memory", of: pricing.Memory, quantity: product(peak, w.Burst.GB.Rat())},
		{component: "snapshot.write", of: pricing.SnapshotWrite, quantity: product(cycles, state)},
		{component: "snapshot.read.launch", of: pricing.SnapshotRead, quantity: product(w.Launches.Rat(), image)},
		{component: "snapshot.read.resume", of: pricing.SnapshotRead, quantity: product(cycles, state)},
		{component: "storage.image", of: pricing.SnapshotStorage, quantity: product(hours, w.Image.Count.Rat(), image)},
		{
			component: "storage.suspended", of: pricing.SnapshotStorage,
			quantity: product(state, w.Suspended.Rat(), big.NewRat(1, 60*60)),
		},
	}
	var lines []oracleLine
	for _, line := range all {
		if line.quantity.Sign() == 0 {
			continue
		}
		rate := card.Rate(line.of)
		charged := new(big.Rat).Sub(big.NewRat(1, 1), card.Discounts[line.of].Rat())
		perUnit := new(big.Rat).Quo(rate.Figure.Rat(), big.NewRat(int64(rate.Per), 1))
		line.amount = product(perUnit, charged, line.quantity)
		lines = append(lines, line)
	}
	return lines
}

func TestBillAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, card := drawWorkload(t, 1), drawCard(t, false)
		bill, err := w.Bill(card)
		require.NoError(t, err)
		want := oracle(w, card)
		require.Len(t, bill.Lines, len(want))
		sum := new(big.Rat)
		for i, line := range bill.Lines {
			require.Equal(t, want[i].component, line.Component.String(), "in the order of a bill")
			require.Equal(t, want[i].of, line.Of)
			requireWithin(t, tenToMinus(20), want[i].quantity, line.Quantity.Rat(), "quantity of %s", line.Component)
			requireWithin(t, tenToMinus(20), want[i].amount, line.Amount.Rat(), "amount of %s", line.Component)
			sum.Add(sum, want[i].amount)
		}
		requireWithin(t, tenToMinus(19), sum, bill.Total().Rat())
	})
}

// Where nothing has to be divided, not even the last place may be off.
func TestBillAgainstRationalsIsExactPerUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, card := drawWorkload(t, finiteHours), drawCard(t, true)
		bill, err := w.Bill(card)
		require.NoError(t, err)
		lines := oracle(w, card)
		require.Len(t, bill.Lines, len(lines))
		for i, want := range lines {
			require.Zero(t, want.amount.Cmp(bill.Lines[i].Amount.Rat()), "%s", want.component)
			require.Zero(t, want.quantity.Cmp(bill.Lines[i].Quantity.Rat()), "%s", want.component)
		}
	})
}
