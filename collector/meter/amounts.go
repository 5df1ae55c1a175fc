package meter

import (
	"math/bits"
	"time"

	"microspend/pricing"
)

const (
	minute            = int64(time.Minute)
	suspendedGrain    = 5 * minute
	nsPerMS           = int64(time.Millisecond)
	kibPerMiB         = 1024
	quarters          = 4 // of a vCPU, in which every baseline is a whole number
	quarterPerMiB     = 512
	vcpuUnit          = quarters * nsPerMS  // quarter-vCPU × ns in a vCPU-millisecond
	memoryUnit        = kibPerMiB * nsPerMS // KiB × ns in a MiB-millisecond
	unitsPerByteMilli = 1000                // byte-milliseconds in a byte-second
)

// amounts is usage that has not been told yet, in units so small that nothing is rounded while it adds up. What is
// told is whole units; the rest stays for the next line, so that the lines of a life add up to all of it.
type amounts struct {
	running int64 // ns
	vcpu    int64 // quarter-vCPU × ns
	memory  int64 // KiB × ns
	storage int64 // bytes × ms
}

// draw takes as many whole units as there are.
func draw(amount *int64, unit int64) int64 {
	whole := *amount / unit
	*amount -= whole * unit
	return whole
}

// segment is a stretch of running time between two looks at the guest.
type segment struct {
	length time.Duration
	vcpu   int64 // used above the baseline in all, quarter-vCPU × ns
	memory int64 // used above the baseline all along, KiB
	// unknown says that CPU or memory could not be read, so that there may be more use above the baseline.
	unknown bool
}

// segmentOf is the stretch of so much running time, at the ends of which the guest had those loads.
func segmentOf(size pricing.Size, length time.Duration, before, after Load) segment {
	s := segment{length: length}
	baseline := int64(length) * baselineQuarters(size)
	if used := after.CPU - before.CPU; before.CPUKnown && after.CPUKnown && used >= 0 {
		s.vcpu = min(max(int64(used)*quarters-baseline, 0), (pricing.BurstFactor-1)*baseline)
	} else {
		s.unknown = true
	}
	if after.MemoryKnown {
		baseline := size.MiB() * kibPerMiB
		s.memory = min(max(after.MemoryKiB-baseline, 0), (pricing.BurstFactor-1)*baseline)
	} else {
		s.unknown = true
	}
	return s
}

// baselineQuarters is the baseline in quarters of a vCPU: one for 512 MiB.
func baselineQuarters(size pricing.Size) int64 { return size.MiB() / quarterPerMiB }

// shortest keeps a flood of hooks from filling the memory with segments.
const shortest = 100 * time.Millisecond

// appendSegment keeps a segment for later, as part of the last one where that is very short.
func appendSegment(kept []segment, s segment) []segment {
	if len(kept) == 0 || kept[len(kept)-1].length >= shortest {
		return append(kept, s)
	}
	last := &kept[len(kept)-1]
	last.length += s.length
	last.vcpu += s.vcpu
	last.memory = s.memory
	last.unknown = last.unknown || s.unknown
	return kept
}

// add counts the part of a segment from one moment of it to another.
func (a *amounts) add(size pricing.Size, s segment, from, to int64) {
	length := to - from
	a.running += length
	a.vcpu += length*baselineQuarters(size) + share(s.vcpu, to, int64(s.length)) - share(s.vcpu, from, int64(s.length))
	a.memory += length * (size.MiB()*kibPerMiB + s.memory)
}

// share is total × part / whole, rounded down: shares of adjoining parts add up. None is negative, and the result must
// fit, as it does where part is no more than whole.
func share(total, part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(total), uint64(part))
	quotient, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(quotient)
}
