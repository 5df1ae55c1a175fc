package ledgertest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// FirstDay is the day on which a [Fleet] begins.
var FirstDay = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// Fleet makes deterministic records: periods of MicroVMs that run, are suspended and launched, over some days. About
// one record in 33 has amounts that a meter would give (no two alike), the rest is noise around habits.
type Fleet struct {
	MicroVMs, Tenants, Days int
	Periods                 int // a day
}

// Record makes record number i; neighbors are MicroVMs of the same period.
func (f Fleet) Record(i int) usage.Record {
	vm, slot := i%f.MicroVMs, i/f.MicroVMs
	noise := rand.New(rand.NewPCG(uint64(vm), uint64(slot)))
	seconds := int64(usage.MaxPeriodSeconds / f.Periods)
	memory := int64(512 << (vm % 5)) // MiB
	running := noise.Int64N(seconds*1000 + 1)
	r := usage.Record{
		PeriodStart:   FirstDay.Add(time.Duration(slot) * time.Duration(seconds) * time.Second),
		PeriodSeconds: seconds,
		Region:        []string{"eu-west-1", "us-east-1"}[vm%2],
		Account:       "111122223333",
		Resource:      usage.Resource{ID: fmt.Sprintf("microvm-%017x", uint64(vm+1)*0x9e3779b97f4a7c15>>1)},
		Image:         fmt.Sprintf("image-%d", vm%40),
		Tenant:        fmt.Sprintf("tenant-%03d", vm%f.Tenants),
		Source:        "cloudwatch",
		Amounts:       usage.Amounts{usage.Running: running, usage.Suspended: seconds*1000 - running},
		Coverage:      usage.Coverage(noise.IntN(20)/9) % 3,
	}
	r.Amounts[pricing.VCPU] = running * memory / 2048
	r.Amounts[pricing.Memory] = running * memory
	if noise.IntN(4) == 0 { // a burst, as metered
		r.Amounts[pricing.VCPU] += noise.Int64N(running/2 + 1)
		r.Amounts[pricing.Memory] += noise.Int64N(running*memory/2 + 1)
	}
	r.Amounts[usage.Suspends] = noise.Int64N(3)
	r.Amounts[usage.Resumes] = noise.Int64N(3)
	r.Amounts[usage.Launches] = noise.Int64N(8) / 7
	r.Amounts[pricing.SnapshotWrite] = r.Amounts[usage.Suspends] * memory << 20
	r.Amounts[pricing.SnapshotRead] = r.Amounts[usage.Resumes]*memory<<20 + r.Amounts[usage.Launches]*2<<30
	r.Amounts[pricing.SnapshotStorage] = (r.Amounts[usage.Suspended] / 1000) * memory << 20
	return r
}

// Count is how many records there are.
func (f Fleet) Count() int { return f.MicroVMs * f.Days * f.Periods }

// All makes every record.
func (f Fleet) All() []usage.Record {
	records := make([]usage.Record, f.Count())
	for i := range records {
		records[i] = f.Record(i)
	}
	return records
}

// Batches gives records as an import does, some at a time.
func Batches(records []usage.Record, size int) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch := range slices.Chunk(records, size) {
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// Latest is what a ledger must hold after imports: the latest record of each key, in the order of a ledger's records.
func Latest(imports ...[]usage.Record) Records {
	latest := map[usage.Key]usage.Record{}
	for _, records := range imports {
		for _, r := range records {
			latest[r.Key()] = r
		}
	}
	var records Records
	for _, r := range latest {
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b usage.Record) int {
		if c := a.Day().Compare(b.Day()); c != 0 {
			return c
		}
		return ledger.CompareKeys(&a, &b)
	})
	return records
}
