package spend

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/usage"
)

// Quantities are the five billed quantities of a sum in the units of the bill: vCPU-seconds, GB-seconds, GB read, GB
// written, GB-hours stored. Each is half-even at [pricing.AmountPlaces] where it is no finite decimal.
func Quantities(sum *usage.Sum) pricing.Quantities {
	var out pricing.Quantities
	for i := range out {
		out[i] = Quantity(sum, pricing.BilledQuantity(i))
	}
	return out
}

// Quantity is one of them.
func Quantity(sum *usage.Sum, q pricing.BilledQuantity) decimal.Decimal {
	return pricing.Count{Units: sum.Amounts[q].Decimal(), Per: q.Counted().PerUnit}.Quantity()
}

// Coverage is the part of the time that was measured completely, from 0 to 1, half-even at [pricing.RatioPlaces]. It is
// nil where nothing was measured, which is not the same as 0.
func Coverage(sum *usage.Sum) *decimal.Decimal {
	if sum.Seconds.IsZero() {
		return nil
	}
	ratio := pricing.Divide(sum.CoveredSeconds.Decimal(), sum.Seconds.Decimal(), pricing.RatioPlaces)
	return &ratio
}

// Counted reports whether a count or a time that is not billed was measured at all. Sources that give billed quantities
// alone, such as many CSV files, leave these at zero; what was billed shows that they were not: what ran has a running
// time, and what was read was read by a launch or a resume.
func Counted(sum *usage.Sum, m usage.Measure) bool {
	none := func(measures ...usage.Measure) bool {
		return !slices.ContainsFunc(measures, func(m usage.Measure) bool { return !sum.Amounts[m].IsZero() })
	}
	const (
		vcpu, memory = usage.Measure(pricing.VCPU), usage.Measure(pricing.Memory)
		read, write  = usage.Measure(pricing.SnapshotRead), usage.Measure(pricing.SnapshotWrite)
	)
	switch {
	case !none(m):
		return true
	case none(usage.Running) && !none(vcpu, memory):
		return false
	case m == usage.Launches || m == usage.Resumes:
		return none(read) || !none(usage.Launches, usage.Resumes)
	case m == usage.Suspends:
		return none(write)
	default:
		return true
	}
}

// onlyComponent is the sum with one billed quantity and the time measured; the counts beside it belong to no quantity.
func onlyComponent(sum *usage.Sum, q pricing.BilledQuantity) usage.Sum {
	only := usage.Sum{Seconds: sum.Seconds, CoveredSeconds: sum.CoveredSeconds, Records: sum.Records}
	only.Amounts[q] = sum.Amounts[q]
	return only
}
