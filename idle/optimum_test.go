package idle

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// oracle is the cost of gaps as the contract writes it, in fractions, with rates typed in by hand.
type oracle struct{ r, s, c *big.Rat }

func rat(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return r
}

// usEastOracle: 2 GB / 1 vCPU, 2 GB of state, us-east-1 as read on 2026-09-19.
func usEastOracle() oracle {
	r := new(big.Rat).Add(rat("0.0000276944"), new(big.Rat).Mul(rat("2"), rat("0.0000036667")))
	s := new(big.Rat).Quo(new(big.Rat).Mul(rat("2"), rat("0.0001111111")), rat("3600"))
	c := new(big.Rat).Mul(rat("2"), new(big.Rat).Add(rat("0.0037977138"), rat("0.0015467699")))
	return oracle{r, s, c}
}

func (o oracle) gap(g, t *big.Rat) *big.Rat {
	if g.Cmp(t) <= 0 {
		return new(big.Rat).Mul(g, o.r)
	}
	sum := new(big.Rat).Mul(t, o.r)
	sum.Add(sum, o.c)
	return sum.Add(sum, new(big.Rat).Mul(new(big.Rat).Sub(g, t), o.s))
}

func (o oracle) cost(gapsMS []int64, timeout int64) *big.Rat {
	sum := new(big.Rat)
	for _, g := range gapsMS {
		sum.Add(sum, o.gap(big.NewRat(g, 1000), big.NewRat(timeout, 1)))
	}
	return sum
}

// best looks at every second from 60 to beyond the longest gap.
func (o oracle) best(gapsMS []int64) (timeout int64, cost *big.Rat) {
	longest := int64(0)
	for _, g := range gapsMS {
		longest = max(longest, g)
	}
	for t := int64(60); t <= max(longest/1000+2, 60); t++ {
		if now := o.cost(gapsMS, t); cost == nil || now.Cmp(cost) < 0 {
			timeout, cost = t, now
		}
	}
	return timeout, cost
}

// requireEqualMoney compares a cost with a fraction: a bill rounds the storage line at 20 decimals.
func requireEqualMoney(t require.TestingT, want *big.Rat, got decimal.Decimal) {
	off := new(big.Rat).Sub(want, got.Rat())
	require.LessOrEqual(t, off.Abs(off).Cmp(rat("0.00000000000000000001")), 0, "want %s, got %s", want.FloatString(24),
		got)
}

// The optimum is that of looking at every second, on gaps of whole seconds and of milliseconds.
func TestBestIsThatOfEverySecond(t *testing.T) {
	m, o := usEast(t), usEastOracle()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int64{1, 250, 1000, 60_000}).Draw(t, "unit")
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 900_000/unit), 1, 12).Draw(t, "gaps")
		for i := range gaps {
			gaps[i] *= unit
		}
		d, err := NewDistribution(append([]int64(nil), gaps...))
		require.NoError(t, err)
		got := m.Best(d, LeastTimeout)
		timeout, cost := o.best(gaps)
		require.Equal(t, timeout, got.TimeoutSeconds())
		requireEqualMoney(t, cost, m.Cost(got.Use))
		require.Equal(t, d.At(got.TimeoutMS), got, "the optimum's use is that of its timeout")
	})
}

// The same where rates are such that other parts of the formula decide: cycles that cost nothing, storage dearer than
// running, figures too long for 64 bits.
func TestBestAtOddRates(t *testing.T) {
	for _, tc := range []struct{ name, reason, vcpu, read, write, storage string }{
		{"free cycles", "suspending soonest is best", "0.0000276944", "0", "0", "0.0001111111"},
		{"dear storage", "suspending never pays", "0.0000276944", "0.001", "0.001", "9"},
		{"dear storage, free cycles", "not even then", "0.0000276944", "0", "0", "9"},
		{"everything free", "all the same, so the smallest", "0", "0", "0", "0"},
		{
			"long figures", "128 bits are not enough", "0.12345678901234567891", "7.00000000000000000001", "3.1",
			"0.00000000000000000007",
		},
		{"storage as dear as running", "no second matters, only cycles do", "0.00001", "0.1", "0.1", "0.0216"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card := pricing.RateCard{Region: "xx-test-1"}
			for q, figure := range map[pricing.BilledQuantity]string{
				pricing.VCPU: tc.vcpu, pricing.Memory: "0", pricing.SnapshotRead: tc.read, pricing.SnapshotWrite: tc.write,
				pricing.SnapshotStorage: tc.storage,
			} {
				card = card.With(q, pricing.Rate{Figure: dec(figure), Per: pricing.PerUnit})
			}
			size, err := pricing.ParseSize("2GB")
			require.NoError(t, err)
			m, err := NewModel(card, size, dec("1.5"), dec("1"))
			require.NoError(t, err)
			state := rat("1.5")
			o := oracle{
				rat(tc.vcpu), new(big.Rat).Quo(new(big.Rat).Mul(state, rat(tc.storage)), rat("3600")),
				new(big.Rat).Mul(state, new(big.Rat).Add(rat(tc.read), rat(tc.write))),
			}
			rapid.Check(t, func(t *rapid.T) {
				gaps := rapid.SliceOfN(rapid.Int64Range(0, 400), 1, 8).Draw(t, "gaps")
				for i := range gaps {
					gaps[i] *= 1000
				}
				d, err := NewDistribution(append([]int64(nil), gaps...))
				require.NoError(t, err)
				timeout, cost := o.best(gaps)
				got := m.Best(d, LeastTimeout)
				require.Equal(t, timeout, got.TimeoutSeconds(), tc.reason)
				requireEqualMoney(t, cost, m.Cost(got.Use))
			})
		})
	}
}

func TestBreakEven(t *testing.T) {
	got, ok := usEast(t).BreakEvenSeconds()
	require.True(t, ok)
	o := usEastOracle()
	want := new(big.Rat).Quo(o.c, new(big.Rat).Sub(o.r, o.s))
	require.Equal(t, want.FloatString(10), got.String(), "c / (r − s)")
	require.Equal(t, "305.6954043589", got.String())
}

// Whatever the gaps: hindsight costs no more than the best, the best no more than any timeout, and the break-even rule
// no more than twice hindsight.
func TestOrderOfPolicies(t *testing.T) {
	m := usEast(t)
	rapid.Check(t, func(t *rapid.T) {
		d, err := NewDistribution(rapid.SliceOfN(rapid.Int64Range(0, 4_000_000), 1, 200).Draw(t, "gaps"))
		require.NoError(t, err)
		a, err := m.Analyse(&Trace{All: d, Count: 1}, Options{})
		require.NoError(t, err)
		require.False(t, a.Hindsight.Cost.GreaterThan(a.Best.Cost))
		for _, p := range append(a.Policies, a.Never, a.Current) {
			require.False(t, a.Best.Cost.GreaterThan(p.Cost), "%d ms", p.TimeoutMS)
		}
		for _, o := range a.Online {
			require.False(t, a.Hindsight.Cost.GreaterThan(o.Cost), o.ID)
			if o.ID == "break-even" {
				require.False(t, o.Cost.GreaterThan(a.Hindsight.Cost.Mul(dec("2"))), "twice hindsight at most")
			}
		}
	})
}

// The order of rows changes nothing, and every gap twice costs twice.
func TestOrderAndRepetition(t *testing.T) {
	m := usEast(t)
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 4_000), 1, 100).Draw(t, "gaps")
		for i := range gaps {
			gaps[i] *= 1800 // so that storage makes whole amounts and nothing is rounded
		}
		shuffled := rapid.Permutation(gaps).Draw(t, "shuffled")
		twice := append(append([]int64(nil), gaps...), shuffled...)
		one, err := NewDistribution(append([]int64(nil), gaps...))
		require.NoError(t, err)
		other, err := NewDistribution(shuffled)
		require.NoError(t, err)
		require.Equal(t, one, other)
		both, err := NewDistribution(twice)
		require.NoError(t, err)
		require.Equal(t, m.Best(one, 60).TimeoutMS, m.Best(both, 60).TimeoutMS)
		for _, timeout := range []int64{0, 60_000, 300_000, Never} {
			u, v := one.At(timeout).Use, both.At(timeout).Use
			require.Equal(t, u.Add(u), v)
		}
	})
}

// Limits on suspends: the cheapest of the timeouts that hold them.
func TestBestWithin(t *testing.T) {
	m, o := usEast(t), usEastOracle()
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 900), 1, 12).Draw(t, "gaps")
		for i := range gaps {
			gaps[i] *= 1000
		}
		allowed := rapid.Int64Range(0, 12).Draw(t, "allowed")
		d, err := NewDistribution(append([]int64(nil), gaps...))
		require.NoError(t, err)
		var want int64
		var least *big.Rat
		for timeout := int64(60); timeout <= 901; timeout++ {
			if d.At(timeout*1000).Suspends > allowed {
				continue
			}
			if cost := o.cost(gaps, timeout); least == nil || cost.Cmp(least) < 0 {
				want, least = timeout, cost
			}
		}
		require.Equal(t, want, m.BestWithin(d, LeastTimeout, allowed).TimeoutSeconds())
	})
}

// A tally is a distribution, however the gaps come in.
func TestTally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 50), 0, 60).Draw(t, "gaps")
		var sum tally
		for i, g := range gaps {
			sum.add(g)
			if i%7 == 3 {
				sum.flush()
			}
		}
		got, err := sum.distribution()
		require.NoError(t, err)
		want, err := NewDistribution(append([]int64(nil), gaps...))
		require.NoError(t, err)
		require.Equal(t, want.n, got.n)
		require.Equal(t, want.totalMS, got.totalMS)
		require.ElementsMatch(t, want.lengths, got.lengths)
		require.ElementsMatch(t, want.counts, got.counts)
	})
}

func TestDistributionRefusals(t *testing.T) {
	_, err := NewDistribution([]int64{5, -1})
	require.EqualError(t, err, "a gap of -1 ms is below zero")
	_, err = NewDistribution([]int64{1 << 62, 1 << 62})
	require.ErrorIs(t, err, errTooLong)
	require.Zero(t, Distribution{}.LongestMS())
	require.Zero(t, Distribution{}.Percentile(50))
	_, err = usEast(t).Analyse(&Trace{}, Options{})
	require.ErrorIs(t, err, ErrNoGaps)
}
