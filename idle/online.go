package idle

import (
	"math/rand/v2"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Online is a policy for those who call SuspendMicrovm themselves, which decides without knowing what comes. Its waits
// are not bound to whole seconds or to the service's least timeout.
type Online struct {
	ID, Name string
	Rule     string // what it does, in a sentence
	Promise  string // what is known of it beforehand
	Cost     decimal.Decimal
	Use      *Use // nil where only an expectation is known
	// Waits is how many requests found the MicroVM suspended.
	Waits *int64
}

// online scores every online policy on the same trace.
func (m Model) online(t *Trace, hindsight Use, seed uint64) []Online {
	wait, pays := m.breakEvenMS()
	if !pays {
		return nil
	}
	rule := t.All.At(wait)
	all := []Online{
		{
			ID: "break-even", Name: "break-even rule",
			Rule:    "suspends once a gap has lasted for " + seconds(wait).String() + " s, the break-even.",
			Promise: "never costs more than twice what hindsight does",
			Cost:    m.Cost(rule.Use), Use: &rule.Use, Waits: &rule.Suspends,
		},
		{
			ID: "randomised", Name: "randomised, on average",
			Rule:    "draws each wait between 0 s and the break-even, later ones more likely (density e^(x/B) / (B(e − 1))).",
			Promise: "costs e/(e − 1) = 1.582 times what hindsight does at most, on average",
			Cost:    pricing.RandomisedCost(m.Cost(hindsight), m.Cost(Use{SuspendedMS: t.All.TotalMS()})),
		},
	}
	if drawn := drawnWaits(wait); drawn != nil && t.All.Gaps() <= KeptGaps {
		use := drawn.play(t.All, seed)
		all = append(all, Online{
			ID: "randomised-drawn", Name: "randomised, one draw",
			Rule: "one run of it with the seed given, its waits drawn from 1,024 that are equally likely.",
			Cost: m.Cost(use), Use: &use, Waits: &use.Resumes,
		})
	}
	if t.MicroVMs != nil {
		played := m.histogram(t, wait)
		all = append(all, Online{
			ID: "histogram", Name: "histogram by tenant",
			Rule: "learns each tenant's gaps in bins of a minute: waits until the 99th percentile and, where the 5th is " +
				"beyond the break-even, suspends at once and resumes before it; " +
				"the break-even rule where there is too little to learn from.",
			Cost: m.Cost(played.use), Use: &played.use, Waits: &played.waits,
		})
	}
	return all
}

// waits are a number of times, each as likely as the others.
type waits []int64

const drawnCount = 1024

// drawnWaits are the middles of equally likely parts of the randomised rule's distribution: where B·ln(1 + u(e − 1))
// is at the middle u of each part, to the millisecond.
func drawnWaits(breakEvenMS int64) waits {
	if breakEvenMS == 0 {
		return nil
	}
	const places = 16
	span := eulerMinusOne
	drawn := make(waits, drawnCount)
	for i := range drawn {
		u := pricing.Divide(decimal.NewFromInt(int64(2*i+1)).Mul(span), decimal.NewFromInt(2*drawnCount), places)
		log, err := u.Add(decimal.NewFromInt(1)).Ln(places)
		if err != nil {
			return nil // the argument lies between 1 and e
		}
		drawn[i] = log.Mul(decimal.NewFromInt(breakEvenMS)).RoundBank(0).IntPart()
	}
	return drawn
}

// eulerMinusOne is e − 1 to 30 decimals.
var eulerMinusOne = decimal.RequireFromString("1.718281828459045235360287471353")

// play draws a wait for every gap. Which gap gets which wait depends on the seed alone.
func (w waits) play(d Distribution, seed uint64) Use {
	source := rand.New(rand.NewPCG(seed, 0))
	var u Use
	for i, length := range d.lengths {
		for range d.counts[i] {
			wait := w[source.IntN(len(w))]
			if length <= wait {
				u.RunningMS += length
				continue
			}
			u.RunningMS += wait
			u.SuspendedMS += length - wait
			u.Resumes++
		}
	}
	return u
}
