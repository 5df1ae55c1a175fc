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

// IsZero says whether u is zero.
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

// Sum adds up records: the five billed quantities and what is shown beside them. The zero value is the sum of none.
type Sum struct {
	VCPUMillis, MemMiBMillis, ReadBytes, WriteBytes, StorageByteSeconds Uint128

	RunningMS, SuspendedMS      Uint128
	Launches, Suspends, Resumes Uint128

	// Seconds is the length of all periods together, and CoveredSeconds of those with complete coverage, so that their
	// ratio is the coverage of the sum.
	Seconds, CoveredSeconds Uint128
	Records                 int64
}

// Add adds one record.
func (s *Sum) Add(r *Record) {
	s.VCPUMillis = s.VCPUMillis.AddInt(r.VCPUMillis)
	s.MemMiBMillis = s.MemMiBMillis.AddInt(r.MemMiBMillis)
	s.ReadBytes = s.ReadBytes.AddInt(r.ReadBytes)
	s.WriteBytes = s.WriteBytes.AddInt(r.WriteBytes)
	s.StorageByteSeconds = s.StorageByteSeconds.AddInt(r.StorageByteSeconds)
	s.RunningMS = s.RunningMS.AddInt(r.RunningMS)
	s.SuspendedMS = s.SuspendedMS.AddInt(r.SuspendedMS)
	s.Launches = s.Launches.AddInt(r.Launches)
	s.Suspends = s.Suspends.AddInt(r.Suspends)
	s.Resumes = s.Resumes.AddInt(r.Resumes)
	s.Seconds = s.Seconds.AddInt(r.PeriodSeconds)
	if r.Coverage == CoverageComplete {
		s.CoveredSeconds = s.CoveredSeconds.AddInt(r.PeriodSeconds)
	}
	s.Records++
}

// Merge adds another sum.
func (s *Sum) Merge(t *Sum) {
	s.VCPUMillis = s.VCPUMillis.Add(t.VCPUMillis)
	s.MemMiBMillis = s.MemMiBMillis.Add(t.MemMiBMillis)
	s.ReadBytes = s.ReadBytes.Add(t.ReadBytes)
	s.WriteBytes = s.WriteBytes.Add(t.WriteBytes)
	s.StorageByteSeconds = s.StorageByteSeconds.Add(t.StorageByteSeconds)
	s.RunningMS = s.RunningMS.Add(t.RunningMS)
	s.SuspendedMS = s.SuspendedMS.Add(t.SuspendedMS)
	s.Launches = s.Launches.Add(t.Launches)
	s.Suspends = s.Suspends.Add(t.Suspends)
	s.Resumes = s.Resumes.Add(t.Resumes)
	s.Seconds = s.Seconds.Add(t.Seconds)
	s.CoveredSeconds = s.CoveredSeconds.Add(t.CoveredSeconds)
	s.Records += t.Records
}

// How many of a record's units make up one billed unit.
const (
	vcpuMillisPerSecond  = 1000
	mibMillisPerGBSecond = 1024 * 1000
	bytesPerGB           = 1 << 30
	byteSecondsPerGBHour = bytesPerGB * 3600
)

// Measured is the sum in the form that is priced.
func (s *Sum) Measured() pricing.Measured {
	return pricing.Measured{
		pricing.VCPU:            {Units: s.VCPUMillis.Decimal(), Per: vcpuMillisPerSecond},
		pricing.Memory:          {Units: s.MemMiBMillis.Decimal(), Per: mibMillisPerGBSecond},
		pricing.SnapshotRead:    {Units: s.ReadBytes.Decimal(), Per: bytesPerGB},
		pricing.SnapshotWrite:   {Units: s.WriteBytes.Decimal(), Per: bytesPerGB},
		pricing.SnapshotStorage: {Units: s.StorageByteSeconds.Decimal(), Per: byteSecondsPerGBHour},
	}
}
