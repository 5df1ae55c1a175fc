package idle

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	msPerSecond = 1000
	// LeastTimeout is the least maxIdleDurationSeconds that the service takes. Source: AWS Lambda MicroVMs
	// documentation, read 2026-09-19.
	LeastTimeout = 60
	// maxGapMS bounds one gap: a hundred years.
	maxGapMS = 100 * 366 * 86_400 * msPerSecond
)

// maxTotalMS bounds what all gaps, or all requests, of a trace are together, so that no sum of the two overflows.
const maxTotalMS = math.MaxInt64 / 4

// errTooLong is for gaps or requests whose sum is beyond maxTotalMS; nobody has measured them.
var errTooLong = errors.New("the gaps, or the requests, add up to more than 70 million years")

// Distribution says how often each length of gap occurs. It holds each distinct length once, so its memory is bounded
// by the number of distinct lengths, not of gaps. Its methods never change it. The zero value has no gaps.
type Distribution struct {
	lengths []int64 // in milliseconds, ascending, distinct
	counts  []int64 // of each, above zero
	n       int64
	totalMS int64
}

// NewDistribution counts gaps, given in milliseconds. It sorts the slice and then owns it. A gap below zero, or gaps
// that add up to more than 2^61 milliseconds, are errors.
func NewDistribution(gapsMS []int64) (Distribution, error) {
	slices.Sort(gapsMS)
	if len(gapsMS) > 0 && gapsMS[0] < 0 {
		return Distribution{}, fmt.Errorf("a gap of %d ms is below zero", gapsMS[0])
	}
	d := Distribution{n: int64(len(gapsMS))}
	distinct := gapsMS[:0]
	for from := 0; from < len(gapsMS); {
		length, to := gapsMS[from], from+1
		for to < len(gapsMS) && gapsMS[to] == length {
			to++
		}
		count := int64(to - from)
		if length > 0 && count > (maxTotalMS-d.totalMS)/length {
			return Distribution{}, errTooLong
		}
		d.totalMS += count * length
		distinct = append(distinct, length) // never overtakes what is still to be read
		d.counts = append(d.counts, count)
		from = to
	}
	d.lengths = distinct
	return d, nil
}

// Gaps is how many gaps there are.
func (d Distribution) Gaps() int64 { return d.n }

// TotalMS is how long they are together.
func (d Distribution) TotalMS() int64 { return d.totalMS }

// LongestMS is the longest gap, 0 without gaps.
func (d Distribution) LongestMS() int64 {
	if len(d.lengths) == 0 {
		return 0
	}
	return d.lengths[len(d.lengths)-1]
}

// Percentile is the least length that at least p of 100 gaps do not exceed; 0 without gaps.
func (d Distribution) Percentile(p int64) int64 {
	need := (d.n*p + 99) / 100
	for i, count := range d.counts {
		if need -= count; need <= 0 {
			return d.lengths[i]
		}
	}
	return d.LongestMS()
}

// merge adds two distributions up.
func merge(a, b Distribution) (Distribution, error) {
	if b.totalMS > maxTotalMS-a.totalMS {
		return Distribution{}, errTooLong
	}
	most := len(a.lengths) + len(b.lengths)
	sum := Distribution{
		n: a.n + b.n, totalMS: a.totalMS + b.totalMS,
		lengths: make([]int64, 0, most), counts: make([]int64, 0, most),
	}
	for len(a.lengths)+len(b.lengths) > 0 {
		length := min(a.shortest(), b.shortest())
		sum.lengths = append(sum.lengths, length)
		sum.counts = append(sum.counts, a.take(length)+b.take(length))
	}
	return sum, nil
}

func (d *Distribution) shortest() int64 {
	if len(d.lengths) == 0 {
		return math.MaxInt64
	}
	return d.lengths[0]
}

// take removes the shortest length if it is the given one, and returns how often it occurs.
func (d *Distribution) take(length int64) (count int64) {
	if d.shortest() == length {
		count = d.counts[0]
		d.lengths, d.counts = d.lengths[1:], d.counts[1:]
	}
	return count
}

// tally counts gaps as they come in, holding each distinct length once and a buffer of no more than as many again.
type tally struct {
	counted Distribution
	buffer  []int64
	err     error
}

const leastBuffer = 1 << 16

func (t *tally) add(gapMS int64) {
	if t.err != nil {
		return
	}
	t.buffer = append(t.buffer, gapMS)
	if len(t.buffer) >= max(leastBuffer, len(t.counted.lengths)) {
		t.flush()
	}
}

func (t *tally) flush() {
	// What the distribution of the buffer holds is merged into memory of its own, so the buffer can be used again.
	fresh, err := NewDistribution(t.buffer)
	if err == nil {
		t.counted, err = merge(t.counted, fresh)
	}
	t.buffer, t.err = t.buffer[:0], err
}

func (t *tally) distribution() (Distribution, error) {
	if len(t.buffer) > 0 && t.err == nil {
		t.flush()
	}
	return t.counted, t.err
}
