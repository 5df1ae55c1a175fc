package pricing_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// A drawn workload's suspended time is a multiple of nine seconds where hours must be finite decimals: 9 / 3,600 is
// 0.0025. Then nothing is divided at rates per unit, and everything is exact.
const finiteHours = 9

func drawWorkload(t *rapid.T, suspendedStep int64) pricing.Workload {
	s := rapid.SampledFrom(pricing.Sizes()).Draw(t, "size")
	some := func(name string, high int64, places int32) decimal.Decimal {
		if rapid.IntRange(0, 5).Draw(t, name+" is none") == 0 {
			return decimal.Decimal{}
		}
		return decimals(0, high, places).Draw(t, name)
	}
	// A burst lies between the baseline and four times that, in hundredths of the way.
	burst := func(name string, baseline decimal.Decimal) decimal.Decimal {
		extra := decimal.New(rapid.Int64Range(0, 300).Draw(t, name), -2)
		return baseline.Add(baseline.Mul(extra))
	}
	w := pricing.Workload{
		Size:    s,
		Running: some("running", 100_000_000, 3),
		Burst: pricing.Burst{
			Share: decimal.New(rapid.Int64Range(0, 100).Draw(t, "share"), -2),
			VCPU:  burst("burst vCPU", s.VCPU()), GB: burst("burst GB", s.GB()),
		},
		Launches: some("launches", 1_000_000, 0),
		Image: pricing.Image{
			GB: some("image GB", 100_000, 4), Count: some("images", 100, 0),
			Hours: some("hours", 10_000, 1),
		},
		Cycles:    some("cycles", 1_000_000, 0),
		StateGB:   some("state GB", 100_000, 4),
		Suspended: some("suspended", 10_000_000, 0).Mul(whole(suspendedStep)),
	}
	w.Image.NotStored = w.Image.Count.IsZero()
	return w
}

// drawCard draws all five rates, each published in one of the ways its keys allow, or all per unit.
func drawCard(t *rapid.T, perUnit bool) pricing.RateCard {
	card := pricing.RateCard{Name: "drawn", Region: "eu-west-1"}
	for _, q := range pricing.BilledQuantities() {
		rate := pricing.Rate{Figure: decimals(0, 1_000_000_000, 12).Draw(t, "rate"), Per: pricing.PerUnit}
		if !perUnit {
			key := rapid.SampledFrom(q.RateKeys()).Draw(t, "key")
			_, rate.Per, _ = key.Meaning()
		}
		card = card.With(q, rate)
	}
	if rapid.Bool().Draw(t, "discounted") {
		for q := range card.Discounts {
			card.Discounts[q] = decimal.New(rapid.Int64Range(0, 99).Draw(t, "discount"), -2)
		}
	}
	return card
}

func total(t require.TestingT, w pricing.Workload, card pricing.RateCard) decimal.Decimal {
	w.Image.NotStored = w.Image.Count.IsZero()
	bill, err := w.Bill(card)
	require.NoError(t, err)
	return bill.Total()
}

// scalable are the quantities of a workload in each of which the bill is a straight line.
var scalable = map[string]func(*pricing.Workload) *decimal.Decimal{
	"running":   func(w *pricing.Workload) *decimal.Decimal { return &w.Running },
	"launches":  func(w *pricing.Workload) *decimal.Decimal { return &w.Launches },
	"images":    func(w *pricing.Workload) *decimal.Decimal { return &w.Image.Count },
	"cycles":    func(w *pricing.Workload) *decimal.Decimal { return &w.Cycles },
	"suspended": func(w *pricing.Workload) *decimal.Decimal { return &w.Suspended },
	"state":     func(w *pricing.Workload) *decimal.Decimal { return &w.StateGB },
	"image GB":  func(w *pricing.Workload) *decimal.Decimal { return &w.Image.GB },
}

// In each quantity by itself: bill(k × q) − bill(0) = k × (bill(q) − bill(0)), exactly, at rates per unit.
func TestBillIsLinearInEachQuantity(t *testing.T) {
	for name, field := range scalable {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			card, w := drawCard(t, true), drawWorkload(t, finiteHours)
			k := decimals(0, 1000, 1).Draw(t, "k")
			if name == "suspended" {
				k = k.Truncate(0) // keeps the hours finite
			}
			once, without, scaled := w, w, w
			*field(&without) = decimal.Decimal{}
			*field(&scaled) = field(&w).Mul(k)
			base := total(t, without, card)
			requireDecimal(t, total(t, once, card).Sub(base).Mul(k), total(t, scaled, card).Sub(base))
		}))
	}
	// An image's hours are billed as a straight line only from a week on.
	t.Run("image hours beyond a week", rapid.MakeCheck(func(t *rapid.T) {
		card, w := drawCard(t, true), drawWorkload(t, finiteHours)
		w.Image.Hours = whole(pricing.MinImageHours)
		more := decimals(0, 10_000, 2).Draw(t, "more")
		longer, twice := w, w
		longer.Image.Hours = w.Image.Hours.Add(more)
		twice.Image.Hours = longer.Image.Hours.Add(more)
		step := total(t, longer, card).Sub(total(t, w, card))
		requireDecimal(t, step, total(t, twice, card).Sub(total(t, longer, card)))
	}))
}

// times scales a workload by its extent: what happens, not how large images and states are.
func times(k decimal.Decimal, w pricing.Workload) pricing.Workload {
	w.Running, w.Suspended = w.Running.Mul(k), w.Suspended.Mul(k)
	w.Launches, w.Cycles, w.Image.Count = w.Launches.Mul(k), w.Cycles.Mul(k), w.Image.Count.Mul(k)
	return w
}

func TestBillOfManyIsManyBills(t *testing.T) {
	t.Run("exact at rates per unit", rapid.MakeCheck(func(t *rapid.T) {
		card, w := drawCard(t, true), drawWorkload(t, finiteHours)
		k := whole(rapid.Int64Range(0, 1_000_000).Draw(t, "k"))
		requireDecimal(t, total(t, w, card).Mul(k), total(t, times(k, w), card))
	}))
	t.Run("within the rounding where something is divided", rapid.MakeCheck(func(t *rapid.T) {
		card, w := drawCard(t, false), drawWorkload(t, 1)
		k := whole(rapid.Int64Range(0, 20).Draw(t, "k"))
		// Nine lines at 5 × 10⁻²¹ each, times k + 1, stay below 10⁻¹⁸.
		requireWithin(t, tenToMinus(18), total(t, w, card).Mul(k).Rat(), total(t, times(k, w), card).Rat())
	}))
}

// Whoever splits a workload, by tenant or by day, finds the same money.
func TestSplittingAWorkloadChangesNothing(t *testing.T) {
	split := func(t *rapid.T, w pricing.Workload, step int64) (left, right pricing.Workload) {
		left, right = w, w
		for _, name := range []string{"running", "launches", "images", "cycles", "suspended"} {
			all := *scalable[name](&w)
			part := all.Mul(decimal.New(rapid.Int64Range(0, 100).Draw(t, "percent of "+name), -2))
			if name == "suspended" { // whole steps, so that both parts keep finite hours
				part = pricing.Divide(part, whole(step), 0).Mul(whole(step))
			}
			*scalable[name](&left), *scalable[name](&right) = part, all.Sub(part)
		}
		return left, right
	}
	t.Run("exact at rates per unit", rapid.MakeCheck(func(t *rapid.T) {
		card, w := drawCard(t, true), drawWorkload(t, finiteHours)
		left, right := split(t, w, finiteHours)
		requireDecimal(t, total(t, w, card), total(t, left, card).Add(total(t, right, card)))
	}))
	t.Run("within the rounding where something is divided", rapid.MakeCheck(func(t *rapid.T) {
		card, w := drawCard(t, false), drawWorkload(t, 1)
		left, right := split(t, w, 1)
		parts := total(t, left, card).Add(total(t, right, card))
		requireWithin(t, tenToMinus(18), total(t, w, card).Rat(), parts.Rat())
	}))
}

func TestLinesAddUpToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bill, err := drawWorkload(t, 1).Bill(drawCard(t, false))
		require.NoError(t, err)
		sum := decimal.Decimal{}
		for _, line := range bill.Lines {
			sum = sum.Add(line.Amount)
		}
		requireDecimal(t, sum, bill.Total())
		groups := decimal.Decimal{}
		for _, group := range pricing.Groups() {
			groups = groups.Add(bill.Sum(group))
		}
		requireDecimal(t, sum, groups, "the groups leave nothing out")
	})
}

// Two ways to bill bursts come to the same: the peak for its seconds and the baseline for the rest, or the baseline
// for all seconds plus the extra 3× over the peak's seconds.
func TestBurstIsBaselinePlusExtra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card, w := drawCard(t, true), drawWorkload(t, finiteHours)
		w = pricing.Workload{Size: w.Size, Running: w.Running, Burst: pricing.Burst{
			Share: w.Burst.Share, VCPU: w.Size.PeakVCPU(), GB: w.Size.PeakGB(),
		}}
		throughout := w
		throughout.Burst = pricing.Burst{}
		peakSeconds := w.Running.Mul(w.Burst.Share)
		three := whole(pricing.BurstFactor - 1)
		extra, err := pricing.Quantities{
			pricing.VCPU:   peakSeconds.Mul(w.Size.VCPU()).Mul(three),
			pricing.Memory: peakSeconds.Mul(w.Size.GB()).Mul(three),
		}.Bill(card)
		require.NoError(t, err)
		requireDecimal(t, total(t, throughout, card).Add(extra.Total()), total(t, w, card))
	})
}

// The bill of a workload and the bill of the quantities it amounts to are one engine and one number.
func TestWorkloadAndItsQuantitiesCostTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := drawCard(t, false)
		bill, err := drawWorkload(t, finiteHours).Bill(card)
		require.NoError(t, err)
		used := pricing.Quantities{}
		for _, line := range bill.Lines {
			used[line.Of] = used[line.Of].Add(line.Quantity)
		}
		plain, err := used.Bill(card)
		require.NoError(t, err)
		requireWithin(t, tenToMinus(18), bill.Total().Rat(), plain.Total().Rat())
	})
}

func TestBillNeverNegativeAndNeverBelowItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bill, err := drawWorkload(t, 1).Bill(drawCard(t, false))
		require.NoError(t, err)
		for _, line := range bill.Lines {
			require.Positive(t, line.Quantity.Sign(), "%s: a line that is there has a quantity", line.Component)
			require.GreaterOrEqual(t, line.Amount.Sign(), 0)
			require.LessOrEqual(t, line.Amount.Cmp(line.ListAmount), 0, "a discount never adds")
			require.LessOrEqual(t, line.Amount.Cmp(bill.Total()), 0)
		}
	})
}
