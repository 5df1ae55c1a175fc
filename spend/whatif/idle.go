package whatif

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// IdleModel says what another idle timeout would do to measured usage.
type IdleModel interface {
	// Effect on a part, of which the facts are given, of a timeout of then in place of now, in seconds.
	Effect(part *Part, f Facts, now, then int64) Effect
}

// Effect is how usage changes. The zero value changes nothing.
type Effect struct {
	Running   decimal.Decimal // seconds
	Suspended decimal.Decimal // seconds
	Suspends  decimal.Decimal // each followed by a resume
	Notes     []pricing.Note
}

// Memoryless is an [IdleModel] from averages alone. It takes the pauses between uses for memoryless (exponential):
// however long a pause has lasted, what is left of it is m on average, which is the suspended time of an average
// suspend. Of n suspends at a timeout T there are then n·e^((T−U)/m) at a timeout U, and each suspend less is m
// seconds more of running, idle, in place of suspended time.
//
// Pauses of real workloads are often many short ones and a few very long ones, for which this understates what a
// shorter timeout saves.
type Memoryless struct{}

// largestExponent keeps a model that does not fit from getting out of hand.
var largestExponent = decimal.NewFromInt(12)

// Effect implements [IdleModel].
func (Memoryless) Effect(_ *Part, f Facts, now, then int64) Effect {
	if now == then {
		return Effect{}
	}
	if !f.Suspends.IsPositive() || !f.Suspended.IsPositive() {
		return Effect{Notes: []pricing.Note{assumption.IdleNoSuspends.Clause()}}
	}
	mean := pricing.Divide(f.Suspended, f.Suspends, pricing.RatioPlaces)
	exponent := pricing.Divide(decimal.NewFromInt(now-then), mean, pricing.RatioPlaces)
	exponent = decimal.Max(decimal.Min(exponent, largestExponent), largestExponent.Neg())
	factor, err := exponent.ExpTaylor(pricing.AmountPlaces)
	if err != nil {
		return Effect{Notes: []pricing.Note{assumption.IdleModel.Clause(err)}}
	}
	suspends := f.Suspends.Mul(factor.Sub(one))
	running := suspends.Mul(mean).Neg()
	if floor := f.Running.Neg(); running.LessThan(floor) { // no more than all running time can be idle
		running = floor
		suspends = pricing.Divide(f.Running, mean, pricing.RatioPlaces)
	}
	return Effect{
		Running: running, Suspended: running.Neg(), Suspends: suspends,
		Notes: []pricing.Note{assumption.IdleMemoryless.Clause(figures.Fixed(mean, 0), figures.Grouped(f.Suspends))},
	}
}
