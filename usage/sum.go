package usage

import (
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Uint128 is a whole number of 128 bits: enough for the sum of 2^65 records of 63 bits each. The zero value is zero.
type Uint128 struct{ Hi, Lo uint64 }

// Add returns u + v. It panics on overflow, which takes more records than fit into the world's disks.
func (u Uint128) Add(v Uint128) Uint128 {
	lo, carry := bits.Add64(u.Lo, v.Lo, 0)
	hi, over := bits.Add64(u.Hi, v.Hi, carry)
	if over != 0 {
		panic("usage: a sum does not fit into 128 bits")
	}
	return Uint128{hi, lo}
}

// AddInt returns u + n for a quantity of a record, which is never negative.
func (u Uint128) AddInt(n int64) Uint128 {
	if n < 0 {
		panic("usage: a quantity below zero was not refused where it came in")
	}
	return u.Add(Uint128{0, uint64(n)})
}

// IsZero reports whether u is zero.
func (u Uint128) IsZero() bool { return u == Uint128{} }

// Decimal returns u as a decimal, exactly.
func (u Uint128) Decimal() decimal.Decimal {
	if u.Hi == 0 && u.Lo < 1<<63 {
		return decimal.NewFromInt(int64(u.Lo))
	}
	n := new(big.Int).SetUint64(u.Hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(u.Lo))
	return decimal.NewFromBigInt(n, 0)
}

// String writes u in decimal.
func (u Uint128) String() string { return u.Decimal().String() }

// Totals are sums of [Amounts], by [Measure].
type Totals [MeasureCount]Uint128

// Sum adds up records. The zero value is the sum of none.
type Sum struct {
	Amounts Totals

	// Seconds is the length of all periods together, and CoveredSeconds of those with complete coverage, so that their
	// ratio is the coverage of the sum.
	Seconds, CoveredSeconds Uint128
	// Records is how many periods begin in what was summed up. There may be a part of a period that begins elsewhere.
	Records int64
	// ByDate is how many of the records are of a [WholeDay] and were taken for the day with that date in a time zone that
	// cuts days elsewhere.
	ByDate Uint128
}

// Empty reports whether nothing was recorded at all, in contrast to nothing used.
func (s *Sum) Empty() bool { return s.Records == 0 && s.Seconds.IsZero() }

// Add adds one record.
func (s *Sum) Add(r *Record) {
	for i, amount := range r.Amounts {
		s.Amounts[i] = s.Amounts[i].AddInt(amount)
	}
	s.Seconds = s.Seconds.AddInt(r.PeriodSeconds)
	if r.Coverage == CoverageComplete {
		s.CoveredSeconds = s.CoveredSeconds.AddInt(r.PeriodSeconds)
	}
	s.Records++
}

// Merge adds another sum.
func (s *Sum) Merge(t *Sum) {
	for i := range s.Amounts {
		s.Amounts[i] = s.Amounts[i].Add(t.Amounts[i])
	}
	s.Seconds = s.Seconds.Add(t.Seconds)
	s.CoveredSeconds = s.CoveredSeconds.Add(t.CoveredSeconds)
	s.Records += t.Records
	s.ByDate = s.ByDate.Add(t.ByDate)
}

// Measured is the sum in the form that is priced.
func (s *Sum) Measured() pricing.Measured {
	var m pricing.Measured
	for i := range m {
		m[i] = pricing.Count{Units: s.Amounts[i].Decimal(), Per: Measure(i).Counted().PerUnit}
	}
	return m
}
