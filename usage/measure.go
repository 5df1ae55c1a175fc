package usage

import (
	"microspend/internal/figures"
	"microspend/pricing"
)

// Measure is one of the numbers that a record counts: the billed quantities first, under their own indexes, then what
// is shown beside them. So an array by Measure is indexed by a [pricing.BilledQuantity], too.
type Measure uint8

// What is counted besides the billed quantities, for showing and for what-if questions. None of it is on a bill.
const (
	Running   Measure = Measure(pricing.QuantityCount) + iota // time in state RUNNING
	Suspended                                                 // time in state SUSPENDED
	Launches
	Suspends
	Resumes

	// MeasureCount is how many measures there are.
	MeasureCount = int(iota) + pricing.QuantityCount
)

// Amounts are the whole numbers of a record, by [Measure], each in the small unit of [Measure.Counted].
type Amounts [MeasureCount]int64

// activity is what pricing says of the billed quantities, for the other measures.
var activity = [MeasureCount - pricing.QuantityCount]struct {
	column  string
	counted pricing.CountUnit
}{
	{"running_seconds", pricing.CountUnit{Column: "running_ms", Name: "ms", PerUnit: 1000}},
	{"suspended_seconds", pricing.CountUnit{Column: "suspended_ms", Name: "ms", PerUnit: 1000}},
	{"launches", pricing.CountUnit{Column: "launches", PerUnit: 1}},
	{"suspends", pricing.CountUnit{Column: "suspends", PerUnit: 1}},
	{"resumes", pricing.CountUnit{Column: "resumes", PerUnit: 1}},
}

// Billed reports whether the measure is a billed quantity.
func (m Measure) Billed() bool { return int(m) < pricing.QuantityCount }

// Required reports whether a file of records from outside must have the measure: without what is billed it would
// import as nothing spent.
func (m Measure) Required() bool { return m.Billed() }

// Column heads columns of the measure in the units that people read, as in CSV files: vcpu_seconds, launches.
func (m Measure) Column() string {
	if m.Billed() {
		return pricing.BilledQuantity(m).Column()
	}
	if int(m) < MeasureCount {
		return activity[int(m)-pricing.QuantityCount].column
	}
	return figures.Word("measure", nil, m)
}

// Counted is the unit in which records count the measure. Its column is the one of the ledger's files.
func (m Measure) Counted() pricing.CountUnit {
	if m.Billed() {
		return pricing.BilledQuantity(m).Counted()
	}
	if int(m) < MeasureCount {
		return activity[int(m)-pricing.QuantityCount].counted
	}
	return pricing.CountUnit{}
}

// Measures returns every measure in order.
func Measures() []Measure {
	measures := make([]Measure, MeasureCount)
	for i := range measures {
		measures[i] = Measure(i)
	}
	return measures
}
