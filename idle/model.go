package idle

import (
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Use is what MicroVMs did, in what they are billed for. Uses add up. The zero value is nothing.
type Use struct {
	RunningMS   int64
	SuspendedMS int64
	Resumes     int64 // each after a suspend
	Unresumed   int64 // suspends that ended in a termination
	Launches    int64
}

// Add returns both together.
func (u Use) Add(other Use) Use {
	return Use{
		u.RunningMS + other.RunningMS, u.SuspendedMS + other.SuspendedMS, u.Resumes + other.Resumes,
		u.Unresumed + other.Unresumed, u.Launches + other.Launches,
	}
}

// Suspends is how often a snapshot was written.
func (u Use) Suspends() int64 { return u.Resumes + u.Unresumed }

// Model is what use costs: MicroVMs of one size, with their state and image, at the rates of one card. Make it with
// [NewModel]: one without prices, as its zero value, weighs all timeouts alike, and Analyse refuses it.
type Model struct {
	Card    pricing.RateCard
	Size    pricing.Size
	StateGB decimal.Decimal // written by a suspend, read by a resume, held while suspended
	ImageGB decimal.Decimal // read by a launch

	prices pricing.GapPrices
	saved  *big.Int // by a millisecond suspended instead of running
	weigh  scale
}

// NewModel settles the prices. A rate that the card does not have is an error.
func NewModel(card pricing.RateCard, size pricing.Size, stateGB, imageGB decimal.Decimal) (Model, error) {
	prices, err := card.GapPrices(size, stateGB, imageGB)
	if err != nil {
		return Model{}, err
	}
	saved := new(big.Int).Sub(prices.Running, prices.Suspended)
	return Model{
		Card: card, Size: size, StateGB: stateGB, ImageGB: imageGB,
		prices: prices, saved: saved, weigh: newScale(saved, prices.Cycle),
	}, nil
}

// BreakEvenSeconds is the gap at which suspending at once costs what running through costs, half-even at 10 decimals.
// It reports false where suspending never pays.
func (m Model) BreakEvenSeconds() (decimal.Decimal, bool) { return m.prices.BreakEvenSeconds() }

// breakEvenMS is the break-even in whole milliseconds, rounded down, and false where suspending never pays.
func (m Model) breakEvenMS() (int64, bool) {
	if m.saved.Sign() <= 0 {
		return 0, false
	}
	whole := new(big.Int).Quo(m.prices.Cycle, m.saved)
	if !whole.IsInt64() || whole.Int64() > maxGapMS {
		return maxGapMS, true // beyond every gap
	}
	return whole.Int64(), true
}

// Cost is what use costs in dollars: the bill of a workload.
func (m Model) Cost(u Use) decimal.Decimal {
	bill, err := m.Workload(u).Bill(m.Card)
	if err != nil {
		panic("idle: a model has every rate, and use is never below zero: " + err.Error())
	}
	return bill.Total()
}

// Workload is use in the terms of a bill. The image's own storage is not part of it, as no policy changes it.
func (m Model) Workload(u Use) pricing.Workload {
	return pricing.Workload{
		Size:      m.Size,
		Running:   seconds(u.RunningMS),
		Launches:  decimal.NewFromInt(u.Launches),
		Image:     pricing.Image{GB: m.ImageGB, NotStored: true},
		Cycles:    decimal.NewFromInt(u.Resumes),
		Unresumed: decimal.NewFromInt(u.Unresumed),
		StateGB:   m.StateGB,
		Suspended: seconds(u.SuspendedMS),
	}
}

// seconds turns milliseconds into seconds, exactly.
func seconds(ms int64) decimal.Decimal { return decimal.New(ms, -3) }

// scale compares what running longer costs with what fewer events save: ms × perMS against events × perEvent. Both are
// at most 2^63; the products are exact, in 128 bits where the prices fit into 64.
type scale struct {
	perMS, perEvent uint64
	wide            bool // the prices do not fit, or running costs no more than being suspended
	bigMS, bigEvent *big.Int
}

func newScale(perMS, perEvent *big.Int) scale {
	common := new(big.Int).GCD(nil, nil, new(big.Int).Abs(perMS), perEvent)
	if common.Sign() == 0 {
		common.SetInt64(1)
	}
	s := scale{bigMS: new(big.Int).Quo(perMS, common), bigEvent: new(big.Int).Quo(perEvent, common)}
	if s.wide = !s.bigMS.IsUint64() || !s.bigEvent.IsUint64(); !s.wide {
		s.perMS, s.perEvent = s.bigMS.Uint64(), s.bigEvent.Uint64()
	}
	return s
}

// cheaper reports whether saving the events is worth more than the milliseconds of running. Neither is below
// zero.
func (s scale) cheaper(ms, events int64) bool {
	if s.wide {
		cost := new(big.Int).Mul(big.NewInt(ms), s.bigMS)
		return cost.Cmp(new(big.Int).Mul(big.NewInt(events), s.bigEvent)) < 0
	}
	costHigh, costLow := bits.Mul64(uint64(ms), s.perMS)
	savedHigh, savedLow := bits.Mul64(uint64(events), s.perEvent)
	return costHigh < savedHigh || costHigh == savedHigh && costLow < savedLow
}
