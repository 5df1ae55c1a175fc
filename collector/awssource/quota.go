package awssource

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/usage"
)

// Quota is what AWS lets an account use in a region at a time, which bounds what can have been used in a period. The
// zero value is AWS's default.
type Quota struct {
	MemoryMiB int64 // baseline memory of running and suspended MicroVMs; 0 means AWS's default for the region
}

// quotaFile is a Quota as it is written: quota: {memory: 2TB}.
type quotaFile struct {
	Memory quotaMemory `yaml:"memory"`
}

// quotaMemory is an amount of memory in MiB.
type quotaMemory int64

// mostQuota is more than any account has: a pebibyte.
const mostQuota = 1 << 30

// ParseScalar implements strictyaml.Scalar.
func (m *quotaMemory) ParseScalar(text string) error {
	number, times := text, int64(1)
	for _, unit := range []string{"TiB", "TB"} {
		if tb, found := strings.CutSuffix(text, unit); found {
			number, times = strings.TrimSpace(tb)+"GB", 1024
		}
	}
	gb, err := pricing.ParseGB(number)
	if err != nil {
		return fmt.Errorf("%.40q is not an amount of memory such as 400GB or 2TB", text)
	}
	mib := gb.Mul(decimal.NewFromInt(1024 * times)).Ceil()
	if mib.GreaterThan(decimal.NewFromInt(mostQuota)) {
		return fmt.Errorf("%.40q is more than 1024TB", text)
	}
	*m = quotaMemory(mib.IntPart())
	return nil
}

// The default quotas. Source: AWS Lambda MicroVMs quotas, read 2026-09-19.
const (
	defaultMemoryGB = 400
	largerMemoryGB  = 1024 // in largerRegions
	startsPerSecond = 5 + 5
	suspendsASecond = 2
)

var largerRegions = []string{"us-east-1", "us-east-2", "us-west-2", "ap-northeast-1"}

// Memory is the quota of memory in a region, in MiB.
func (q Quota) Memory(region string) int64 {
	mib, _ := q.memoryMiB(region)
	return mib
}

// memoryMiB is the quota of memory in a region, and how many times the default it is, rounded up: an account that was
// granted more memory was granted more launches, too.
func (q Quota) memoryMiB(region string) (mib, times int64) {
	usual := int64(defaultMemoryGB << 10)
	if slices.Contains(largerRegions, region) {
		usual = largerMemoryGB << 10
	}
	mib = q.MemoryMiB
	if mib == 0 {
		mib = usual
	}
	return mib, max(1, (mib+usual-1)/usual)
}

// Most is the most that an account can use of a quantity in a period in a region, in the record's unit. Of memory and
// vCPU that is the peak of all that the quota permits, as MicroVMs burst to four times their baseline; AWS does not say
// whether its quota counts bursts, and what is refused here must be what cannot be.
func (q Quota) Most(region string, of usage.Measure, period time.Duration) int64 {
	mib, times := q.memoryMiB(region)
	smallest := pricing.Sizes()[0]
	ms, seconds := period.Milliseconds(), int64(period/time.Second)
	microVMs := mib / smallest.MiB()
	// A snapshot has memory and disk; the smallest size has the most disk beside its memory.
	state := smallest.MiB()*pricing.BurstFactor<<20 + smallest.DiskGB().IntPart()<<30
	switch of {
	case usage.Measure(pricing.VCPU): // half a vCPU a GB
		return product(mib*pricing.BurstFactor/2048, ms)
	case usage.Measure(pricing.Memory):
		return product(mib*pricing.BurstFactor, ms)
	case usage.Measure(pricing.SnapshotStorage):
		return product(product(microVMs, state), seconds)
	case usage.Measure(pricing.SnapshotRead):
		return product(product(startsPerSecond*times, largestState), seconds)
	case usage.Measure(pricing.SnapshotWrite):
		return product(product(suspendsASecond*times, largestState), seconds)
	case usage.Running, usage.Suspended:
		return product(microVMs, ms)
	default:
		return product(startsPerSecond*times, seconds)
	}
}

// largestState is the largest snapshot in bytes: the largest size's memory at its peak, and its disk.
var largestState = func() int64 {
	largest := pricing.Sizes()[len(pricing.Sizes())-1]
	return largest.MiB()*pricing.BurstFactor<<20 + largest.DiskGB().IntPart()<<30
}()

// product multiplies two numbers from 0 on; what is too large is the largest there is.
func product(a, b int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high != 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}
