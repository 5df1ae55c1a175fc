package chart

import (
	"math"
	"strconv"
)

// largest is the magnitude above which a number is left out of a picture, so that differences stay finite.
const largest = 1e300

func drawable(v float64) bool { return math.Abs(v) <= largest }

// span is a stretch of an axis in the units of the data. Every span in use has lo < hi, far enough apart to be told
// apart.
type span struct{ lo, hi float64 }

// share says how far along the span a value lies, 0 at its start and 1 at its end.
func (s span) share(v float64) float64 { return (v - s.lo) / (s.hi - s.lo) }

func (s span) contains(v float64) bool { return v >= s.lo && v <= s.hi }

func (s span) wide() bool {
	return s.hi-s.lo > 1e-290 && s.hi-s.lo > 1e-9*math.Max(math.Abs(s.lo), math.Abs(s.hi))
}

// extent gathers the drawable values of some data.
type extent struct {
	span
	any bool
}

func (e *extent) add(v float64) {
	switch {
	case !drawable(v):
	case !e.any:
		e.span, e.any = span{v, v}, true
	default:
		e.lo, e.hi = math.Min(e.lo, v), math.Max(e.hi, v)
	}
}

// some is the extent itself, or where that has no width one that reaches to zero or from it to one.
func (e extent) some() span {
	s := e.span
	if !s.wide() {
		s = span{math.Min(s.lo, 0), math.Max(s.hi, 0)}
	}
	if !s.wide() {
		s = span{0, 1}
	}
	return s
}

// round widens the data's extent to round numbers, in about the given number of steps. It starts at zero unless zero
// lies further from the data than the data is wide.
func (e extent) round(steps int) span {
	s := e.some()
	if width := s.hi - s.lo; s.lo > 0 && s.lo <= width {
		s.lo = 0
	} else if s.hi < 0 && -s.hi <= width {
		s.hi = 0
	}
	step := stepFor(s, steps)
	return span{step.times(math.Floor(step.count(s.lo) + 1e-9)), step.times(math.Ceil(step.count(s.hi) - 1e-9))}
}

// roundStep is a short number times a power of ten.
type roundStep struct {
	digit    float64
	exponent int
}

// stepFor is the smallest step of 1, 2 or 5 times a power of ten of which at most the given number fit into the span.
func stepFor(s span, most int) roundStep { return stepOf(s, most, 1, 2, 5) }

// stepOf is the smallest step of one of the digits, in order, times a power of ten of which at most the given number
// fit.
func stepOf(s span, most int, digits ...float64) roundStep {
	raw := (s.hi - s.lo) / float64(max(most, 1))
	exponent := int(math.Floor(math.Log10(raw)))
	power := math.Pow10(exponent)
	for _, digit := range digits {
		if digit*power >= raw*(1-1e-9) {
			return roundStep{digit, exponent}
		}
	}
	return roundStep{digits[0], exponent + 1}
}

// times is n steps, correctly rounded: three steps of 0.1 are 0.3.
func (r roundStep) times(n float64) float64 {
	if n == 0 {
		return 0
	}
	if r.exponent < 0 {
		return n * r.digit / math.Pow10(-r.exponent)
	}
	return n * r.digit * math.Pow10(r.exponent)
}

func (r roundStep) count(v float64) float64 {
	if r.exponent < 0 {
		return v * math.Pow10(-r.exponent) / r.digit
	}
	return v / math.Pow10(r.exponent) / r.digit
}

// tick is a labelled place on an axis.
type tick struct {
	at    float64
	label string
}

func ticksIn(s span, most int, format func(float64) string) []tick {
	step := stepFor(s, most)
	var ticks []tick
	last := math.Floor(step.count(s.hi) + 1e-9)
	for n := math.Ceil(step.count(s.lo) - 1e-9); n <= last && len(ticks) <= most+1; n++ {
		at := math.Min(math.Max(step.times(n), s.lo), s.hi)
		ticks = append(ticks, tick{at, clean(format(at))})
	}
	return ticks
}

// fittingTicks are as many ticks as fit and can be told apart by their labels.
func fittingTicks(s span, most int, format func(float64) string, fits func([]tick) bool) []tick {
	for ; most > 1; most-- {
		if ticks := ticksIn(s, most, format); distinct(ticks) && fits(ticks) {
			return ticks
		}
	}
	ticks := ticksIn(s, 1, format)
	if len(ticks) > 1 && !fits(ticks) {
		ticks = ticks[:1]
	}
	return ticks
}

func distinct(ticks []tick) bool {
	for i := 1; i < len(ticks); i++ {
		if ticks[i].label == ticks[i-1].label {
			return false
		}
	}
	return true
}

// formatOr is the formatting function, or one with up to six significant digits where there is none.
func formatOr(format func(float64) string) func(float64) string {
	if format != nil {
		return format
	}
	return func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
}
