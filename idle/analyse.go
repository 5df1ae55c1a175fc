package idle

import (
	"cmp"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// MonthMS is the month that savings are given for: 30 days, in milliseconds.
const MonthMS = 30 * 86_400 * msPerSecond

// Options say what is asked of a trace. The zero value asks for everything, with the defaults.
type Options struct {
	Timeouts       []int64  // in whole seconds: the fixed timeouts that are priced; nil means FixedTimeouts
	CurrentSeconds int64    // the timeout in force, against which savings are; 0 means DefaultCurrent
	HeldSeconds    *int64   // the one suspended duration to look at; nil for several
	LifeSeconds    int64    // of a MicroVM at most; 0 means the service's limit
	Latency        *Latency // nil means DefaultLatency
	Limits         Limits
	Validate       *decimal.Decimal // the share of the trace that a choice is made on; nil for no validation
	Seed           uint64           // of the randomised policy
	PeriodMS       int64            // that the trace covers; 0 for what it says itself
	NoLives        bool             // leaves the lives of MicroVMs out

	// What was not given but assumed, which is then named in the assumptions.
	StateAssumed, ImageAssumed, CurrentAssumed bool
}

// FixedTimeouts are the idle timeouts that people use, in seconds: the service's least, those of samples (300 and
// 900), that of a published post (1,800), and what lies between and beyond.
func FixedTimeouts() []int64 { return []int64{60, 300, 600, 900, 1800, 3600} }

const (
	// DefaultCurrent is the timeout that savings are against where none is given: that of a published post.
	DefaultCurrent = 1800
	// MaxTimeout is the largest timeout in seconds that can be asked for: a hundred years.
	MaxTimeout = maxGapMS / msPerSecond
)

// Priced is a policy with its cost.
type Priced struct {
	Fixed
	Cost decimal.Decimal
	// Ratio is the cost over what hindsight costs, half-even at 10 decimals; nil where hindsight costs nothing.
	Ratio *decimal.Decimal
}

// Analysis is everything that a trace says about how long to wait.
type Analysis struct {
	Trace   *Trace
	Model   Model
	Options Options // with the defaults in their places

	LeastSeconds int64 // of the timeouts to choose from: the service's least, or from where on the trace shows gaps

	BreakEven  *decimal.Decimal // in seconds, half-even at 10 decimals; nil where suspending never pays
	Policies   []Priced         // the fixed timeouts, in the order in which they were given
	Never      Priced           // never suspended
	AtOnce     Priced           // suspended as soon as a request is done, by a call of one's own
	Hindsight  Priced           // what somebody pays who knows each gap beforehand: no timeout, a bound for all policies
	Best       Priced           // the cheapest timeout of LeastSeconds or more
	Limited    *Priced          // the cheapest within the limits, where there are any
	Current    Priced           // the timeout in force
	Terminated Priced           // the cheapest with termination in place of suspension; Suspends counts terminations
	Online     []Scored
	Choices    []Choice     // nil where the trace is not kept
	Validation *Validation  // nil where it was not asked for, or there is too little to split
	Lives      *Frontier    // nil where lives cannot be followed
	Curve      []CurvePoint // the cost by timeout, for a picture

	PeriodMS     int64
	PeriodStated bool // by the source or the user, rather than taken from the gaps themselves
}

// Scored is an online policy against hindsight.
type Scored struct {
	Online
	Ratio *decimal.Decimal
}

// CurvePoint is the cost at one timeout. Between two points of the curve the cost is a straight line, or falls at a
// length that occurs.
type CurvePoint struct {
	TimeoutMS int64
	Cost      decimal.Decimal
}

// Advised is the policy to take: the best, or the best within the limits where there are any.
func (a *Analysis) Advised() Priced {
	if a.Limited != nil {
		return *a.Limited
	}
	return a.Best
}

// Saving is what the advised policy costs less than the one in force over the trace. It is below zero where limits
// make it dearer.
func (a *Analysis) Saving() decimal.Decimal { return a.Current.Cost.Sub(a.Advised().Cost) }

// Monthly is an amount of the trace's over 30 days of the same, half-even at pricing.AmountPlaces. It reports false
// where the trace covers no time.
func (a *Analysis) Monthly(amount decimal.Decimal) (decimal.Decimal, bool) {
	if a.PeriodMS == 0 {
		return decimal.Decimal{}, false
	}
	return pricing.ProrateTime(amount, MonthMS, a.PeriodMS), true
}

// PerDay is a number of events of the trace's on each day of it, half-even at 2 decimals.
func (a *Analysis) PerDay(events int64) decimal.Decimal {
	if a.PeriodMS == 0 {
		return decimal.Decimal{}
	}
	return pricing.Divide(decimal.New(events*86_400, 3), decimal.NewFromInt(a.PeriodMS), 2)
}

// Analyse works everything out. The same trace, model and options give the same analysis.
func (m Model) Analyse(t *Trace, options Options) (*Analysis, error) {
	if t == nil || t.All.Gaps() == 0 {
		return nil, ErrNoGaps
	}
	if m.saved == nil {
		var err error
		if m, err = NewModel(m.Card, m.Size, m.StateGB, m.ImageGB); err != nil {
			return nil, err
		}
	}
	if err := options.complete(); err != nil {
		return nil, err
	}
	a := &Analysis{Trace: t, Model: m, Options: options}
	a.PeriodMS, a.PeriodStated = t.Period()
	if options.PeriodMS > 0 {
		a.PeriodMS, a.PeriodStated = options.PeriodMS, true
	}
	if seconds, ok := m.BreakEvenSeconds(); ok {
		a.BreakEven = &seconds
	}
	a.LeastSeconds = max(LeastTimeout, ceilSeconds(t.SeenFromMS))
	d := t.All
	a.Hindsight = a.priced(Fixed{Use: m.hindsight(d)})
	a.Hindsight.Suspends = a.Hindsight.Use.Resumes
	a.Hindsight = a.priced(a.Hindsight.Fixed)
	for _, timeout := range options.Timeouts {
		a.Policies = append(a.Policies, a.priced(d.At(timeout*msPerSecond)))
	}
	a.Never = a.priced(d.At(Never))
	a.AtOnce = a.priced(d.At(0))
	a.Current = a.priced(d.At(options.CurrentSeconds * msPerSecond))
	a.Best = a.priced(m.Best(d, a.LeastSeconds))
	if options.Limits.any() {
		most := options.Limits.resumes(t, a.PeriodMS, *options.Latency)
		a.Limited = new(a.priced(m.BestWithin(d, a.LeastSeconds, most)))
	}
	terminated := m.bestTerminated(d, a.LeastSeconds)
	terminated.Use = terminated.terminated()
	a.Terminated = a.priced(terminated)
	for _, o := range m.online(t, a.Hindsight.Use, options.Seed) {
		a.Online = append(a.Online, Scored{o, a.ratio(o.Cost)})
	}
	a.Curve = a.curve()
	if t.MicroVMs == nil {
		return a, nil
	}
	a.Choices = m.choices(t, a.LeastSeconds, options.CurrentSeconds*msPerSecond)
	if options.Validate != nil {
		a.Validation, _ = m.validate(t, *options.Validate, a.LeastSeconds, options.CurrentSeconds*msPerSecond)
	}
	if t.SeenFromMS == 0 && !options.NoLives {
		a.Lives = a.frontier()
	}
	return a, nil
}

func (o *Options) complete() error {
	if o.Timeouts == nil {
		o.Timeouts = FixedTimeouts()
	}
	if o.CurrentSeconds == 0 {
		o.CurrentSeconds, o.CurrentAssumed = DefaultCurrent, true
	}
	if o.Latency == nil {
		o.Latency = new(DefaultLatency())
	}
	o.LifeSeconds = cmp.Or(o.LifeSeconds, pricing.MaxLifeSeconds)
	for _, s := range append(slices.Clone(o.Timeouts), o.CurrentSeconds, o.LifeSeconds) {
		if s < 0 || s > MaxTimeout {
			return errors.New("a timeout is from 0 seconds to a hundred years")
		}
	}
	if o.HeldSeconds != nil && (*o.HeldSeconds < 0 || *o.HeldSeconds > MaxTimeout) {
		return errors.New("a suspended duration is from 0 seconds to a hundred years")
	}
	for _, ms := range []int64{o.Latency.ResumeMS, o.Latency.LaunchMS} {
		if ms < 0 || ms > MaxLatencyMS {
			return errors.New("a request waits for a resume or a launch from 0 seconds to an hour")
		}
	}
	if o.LifeSeconds < LeastTimeout {
		return errors.New("the life of a MicroVM is a minute at least")
	}
	return nil
}

// held are the suspended durations to look at: termination in place of suspension, and as long as a life, with some
// between.
func (o *Options) held(lifeMS int64) []int64 {
	if o.HeldSeconds != nil {
		return distinct(0, min(*o.HeldSeconds*msPerSecond, lifeMS))
	}
	return distinct(0, min(900*msPerSecond, lifeMS), min(hourMS, lifeMS), min(4*hourMS, lifeMS), lifeMS)
}

// lifePercentiles are the lengths of gaps that are played as timeouts.
var lifePercentiles = []int64{50, 75, 90, 95, 99}

// lifeTimeouts are the idle timeouts to play: the fixed ones, the optima, and some lengths that occur. A timeout as
// long as a life never suspends.
func (a *Analysis) lifeTimeouts(lifeMS int64) []int64 {
	list := []int64{lifeMS, a.Best.TimeoutMS, a.Terminated.TimeoutMS, a.Current.TimeoutMS}
	for _, p := range a.Policies {
		list = append(list, p.TimeoutMS)
	}
	if a.Limited != nil {
		list = append(list, a.Limited.TimeoutMS)
	}
	for _, percent := range lifePercentiles {
		list = append(list, ceilSeconds(a.Trace.All.Percentile(percent))*msPerSecond)
	}
	for i := range list {
		list[i] = min(max(list[i], LeastTimeout*msPerSecond), lifeMS)
	}
	return distinct(list...)
}

func distinct(list ...int64) []int64 {
	slices.Sort(list)
	return slices.Compact(list)
}

func (a *Analysis) priced(f Fixed) Priced {
	cost := a.Model.Cost(f.Use)
	return Priced{f, cost, a.ratio(cost)}
}

func (a *Analysis) ratio(cost decimal.Decimal) *decimal.Decimal {
	if !a.Hindsight.Cost.IsPositive() {
		return nil
	}
	return new(pricing.Divide(cost, a.Hindsight.Cost, pricing.RatioPlaces))
}

// curvePoints is how many timeouts the curve has at least, unless there are fewer seconds.
const curvePoints = 240

// curve is the cost from the least timeout to somewhat beyond what is of interest. Where few lengths occur it has both
// sides of each fall, otherwise timeouts at even distances.
func (a *Analysis) curve() []CurvePoint {
	end := max(a.Best.TimeoutMS+a.Best.TimeoutMS/4, a.Current.TimeoutMS)
	if a.BreakEven != nil {
		wait, _ := a.Model.breakEvenMS()
		end = max(end, min(2*ceilSeconds(wait)*msPerSecond, 2*hourMS))
	}
	for _, p := range a.Policies {
		end = max(end, p.TimeoutMS)
	}
	d := a.Trace.All
	start := int64(LeastTimeout * msPerSecond)
	end = max(min(end, ceilSeconds(d.LongestMS())*msPerSecond), start+hourMS/12)
	timeouts := []int64{start, end}
	for i := range int64(curvePoints) {
		timeouts = append(timeouts, (start+(end-start)*i/curvePoints)/msPerSecond*msPerSecond)
	}
	from, _ := slices.BinarySearch(d.lengths, start)
	to, _ := slices.BinarySearch(d.lengths, end)
	if to-from <= curvePoints {
		for _, length := range d.lengths[from:to] {
			at := ceilSeconds(length) * msPerSecond
			timeouts = append(timeouts, max(at-msPerSecond, start), at)
		}
	}
	var points []CurvePoint
	for _, f := range d.Curve(distinct(timeouts...)) {
		points = append(points, CurvePoint{f.TimeoutMS, a.Model.Cost(f.Use)})
	}
	return points
}
