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
	var d Distribution
	d.n = int64(len(gapsMS))
	different := 0
	for i, length := range gapsMS {
		if i == 0 || length != gapsMS[i-1] {
			different++
		}
	}
	d.counts = make([]int64, 0, different)
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
	distinct := len(a.lengths) + len(b.lengths) - common(a.lengths, b.lengths)
	out := Distribution{
		n: a.n + b.n, totalMS: a.totalMS + b.totalMS,
		lengths: make([]int64, 0, distinct), counts: make([]int64, 0, distinct),
	}
	for i, j := 0, 0; i < len(a.lengths) || j < len(b.lengths); {
		switch {
		case j == len(b.lengths) || i < len(a.lengths) && a.lengths[i] < b.lengths[j]:
			out.lengths, out.counts = append(out.lengths, a.lengths[i]), append(out.counts, a.counts[i])
			i++
		case i == len(a.lengths) || b.lengths[j] < a.lengths[i]:
			out.lengths, out.counts = append(out.lengths, b.lengths[j]), append(out.counts, b.counts[j])
			j++
		default:
			out.lengths, out.counts = append(out.lengths, a.lengths[i]), append(out.counts, a.counts[i]+b.counts[j])
			i, j = i+1, j+1
		}
	}
	return out, nil
}

// common is how many lengths are in both lists, which ascend.
func common(a, b []int64) int {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case b[j] < a[i]:
			j++
		default:
			both++
			i, j = i+1, j+1
		}
	}
	return both
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
