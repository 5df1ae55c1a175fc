package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/lazyregexp"
	"microspend/internal/nearest"
	"microspend/pricing"
)

// Comparison sets the MicroVMs' bill against one alternative.
type Comparison struct {
	pricing.Alternative
	Monthly   decimal.Decimal  // of the whole scenario; meaningless where Unknown says why there is no price
	PerUnit   decimal.Decimal  // by user or job
	Ratio     *decimal.Decimal // MicroVMs' bill over the alternative's; nil where that is zero or unknown
	BreakEven BreakEvenPoint

	// Low is the same at the cheaper ends of the scenario's ranges, nil where it has none.
	Low *Comparison

	own bool // the scenario's own MicroVMs
}

// BreakEvenPoint is where both cost the same, in the terms of the scenario.
type BreakEvenPoint struct {
	// HoursPerMonth is the running time per user, or in all with jobs, which run side by side; nil where there is none,
	// or none of a user within the longest month.
	HoursPerMonth *decimal.Decimal
	HoursPerDay   *decimal.Decimal // on each of the scenario's active days; nil beyond the 24 of a day, and with jobs
	SecondsPerJob *decimal.Decimal // nil with users
	Crossings     []decimal.Decimal
	Sentence      string

	// UsersPerInstance is the smallest number of users sharing one instance at which instances cost no more than the
	// MicroVMs; nil where even one instance for all costs more, or where instances cannot be shared.
	UsersPerInstance *decimal.Decimal
	// Shared says the same in a sentence, and whether an instance has room for that many; "" where there is no need to
	// share.
	Shared string

	// Always is the side that costs less at every running time, Neither where the two meet or always cost the same.
	Always pricing.Side

	curve pricing.BreakEven
}

// HoursPerDayOver is the break-even running time per user and day in a month of the given active days, nil where there
// is none, or none within the hours of a day.
func (p BreakEvenPoint) HoursPerDayOver(days int64) *decimal.Decimal {
	if p.HoursPerMonth == nil {
		return nil
	}
	return withinDay(*p.HoursPerMonth, decimal.NewFromInt(days))
}

// BeyondMonth reports whether the two meet at a running time that is longer than any month.
func (p BreakEvenPoint) BeyondMonth() bool { return p.curve.Beyond != nil }

// withinDay shares hours of a month out over its active days; nil where they do not fit.
func withinDay(hours, days decimal.Decimal) *decimal.Decimal {
	each := pricing.Divide(hours, days, pricing.AmountPlaces)
	if each.GreaterThan(hoursOfDay) {
		return nil
	}
	return &each
}

// longestMonthSeconds is the most that one user's MicroVM can run in a month of 31 days.
var longestMonthSeconds = decimal.NewFromInt(744 * 3600)

var secondsPerHour = decimal.NewFromInt(pricing.SecondsPerHour)

// Compare prices the scenario's alternatives, or, where it lists none, some of the same size. They come in the order
// of the list, and MicroVMs on the other architecture last.
func (m Market) Compare(e *Estimate) ([]Comparison, error) {
	if e == nil || !e.Scenario.loaded() {
		return nil, ErrNotLoaded
	}
	others := otherArchs(e)
	if len(e.Comparisons) == 0 {
		return m.compare(e, append(m.usualCandidates(e.Scenario), others...))
	}
	beside, err := m.compare(e, others)
	return append(slices.Clip(e.Comparisons), beside...), err
}

// demand is what the scenario asks of an alternative.
func (s *Scenario) demand() pricing.Demand {
	d := pricing.Demand{
		Region: s.Region, Size: s.Size, Users: s.Users, Jobs: s.Jobs,
		Running: s.Workload.Running, Stretches: s.Jobs,
		Peak: s.Workload.Burst, OwnKernel: slices.Contains(s.Traits, TraitUntrusted),
	}
	if s.Jobs.IsZero() {
		// Somebody starts on each active day, however few launches are priced.
		d.Stretches = decimal.Max(s.Workload.Launches, s.Users.Mul(s.Days)).Add(s.Workload.Cycles)
	} else {
		d.Users = decimal.NewFromInt(1)
	}
	return d
}

// compare sets the candidates against an estimate, and against that at the cheaper ends of its ranges.
func (m Market) compare(e *Estimate, candidates []pricing.Candidate) ([]Comparison, error) {
	comparisons, err := m.compareAt(e, candidates)
	if err != nil || e.Low == nil {
		return comparisons, err
	}
	low, err := m.compareAt(e.Low, atLow(candidates, e.Low))
	for i := range low {
		comparisons[i].Low = &low[i]
	}
	return comparisons, err
}

func (m Market) compareAt(e *Estimate, candidates []pricing.Candidate) ([]Comparison, error) {
	s := e.Scenario
	own, err := s.Workload.Curve(e.Bill.Card)
	if err != nil {
		return nil, err
	}
	var (
		total       = e.Bill.Total()
		demand      = s.demand()
		count, _    = s.PerUnit()
		comparisons = make([]Comparison, 0, len(candidates))
		named       = names{}
	)
	for _, candidate := range candidates {
		c := Comparison{Alternative: candidate.Price(m.prices(), demand).Judged(demand)}
		c.Name = named.distinct(c.Name)
		if c.Unknown() != "" {
			c.BreakEven.Sentence = "No break-even: " + c.Unknown() + "."
			comparisons = append(comparisons, c)
			continue
		}
		c.Monthly = c.Curve.At(s.Workload.Running)
		c.PerUnit = pricing.Divide(c.Monthly, count, pricing.AmountPlaces)
		if c.Monthly.IsPositive() {
			c.Ratio = new(pricing.Divide(total, c.Monthly, pricing.RatioPlaces))
		}
		c.BreakEven = s.breakEven(own, c.Alternative, total)
		comparisons = append(comparisons, c)
	}
	return comparisons, nil
}

// names counts how often each has been given.
type names map[string]int

// distinct numbers a name that has been given before, so that each alternative can be referred to.
func (n names) distinct(name string) string {
	n[name]++
	if n[name] == 1 {
		return name
	}
	return fmt.Sprintf("%s (%d)", name, n[name])
}

// checkNames refuses misspelt names of what is a closed list: the providers and runners whose prices are known, with
// the nearest of them. Instance types and bundles are none, as AWS adds to them: one that is not known has no price
// until it is given.
func (m Market) checkNames(s *Scenario, fault faultFunc) {
	for i, entry := range s.file.Compare {
		at := indexed("compare", i)
		if f := entry.Sandbox; f != nil && f.Provider != "" && !slices.Contains(m.prices().Sandboxes(), f.Provider) {
			fault(at+".sandbox", at+".sandbox", "%s; give another's price as fixed",
				unknownName(f.Provider, "sandbox", m.prices().Sandboxes()))
		} else if f != nil && valueOf(f.Active).Fraction.IsPositive() && !m.prices().BillsActiveCPU(f.Provider) {
			fault(at+".sandbox.active", at+".sandbox.active", "%.60s bills the whole running time; leave active out", f.Provider)
		}
		if f := entry.CI; f != nil && f.Runner != "" && f.PerMinute == nil &&
			!slices.Contains(m.prices().Runners(), f.Runner) {
			fault(
				at+".ci",
				at+".ci",
				"%s; give another's price as per_minute",
				unknownName(f.Runner, "runner", m.prices().Runners()),
			)
		}
		if f := entry.EC2; f != nil && f.Type != "" && f.Hourly == nil && !instanceType.MatchString(f.Type) {
			fault(at+".ec2", at+".ec2", "%.60q is not an EC2 instance type such as t4g.medium%s; give another's price as hourly",
				f.Type, didYouMean(f.Type, m.prices().AllInstanceTypes()))
		}
	}
}

// instanceType is how AWS names instance types: a family and a size, such as t4g.medium or u-6tb1.56xlarge.
var instanceType = lazyregexp.New(`^[a-z][a-z0-9-]*\.[a-z0-9][a-z0-9-]*$`)

// unknownName says that a name is not in a closed list, and which of it was meant or could be.
func unknownName(name, kind string, known []string) string {
	return fmt.Sprintf("%.60q is not a known %s%s; known are %s", name, kind, didYouMean(name, known), list(known))
}

// didYouMean is the name that was probably meant, in brackets; "" where none is near.
func didYouMean(name string, known []string) string {
	if likely := nearest.Near(name, known); likely != "" {
		return " (did you mean " + likely + "?)"
	}
	return ""
}

// breakEven solves for the running time and puts the answer into the scenario's terms.
func (s *Scenario) breakEven(own pricing.Curve, alt pricing.Alternative, total decimal.Decimal) BreakEvenPoint {
	var (
		users = decimal.NewFromInt(1)
		limit decimal.Decimal // none for jobs, which run side by side
	)
	if s.Jobs.IsZero() {
		users = s.Users
		limit = users.Mul(longestMonthSeconds)
	}
	point := BreakEvenPoint{curve: pricing.FindBreakEven(own, alt.Curve, limit)}
	perUser := users.Mul(secondsPerHour)
	for _, c := range point.curve.Crossings {
		point.Crossings = append(point.Crossings, pricing.Divide(c.Seconds, perUser, pricing.AmountPlaces))
	}
	if at, found := point.curve.LastEqual(); found && !point.curve.More {
		hours := point.Crossings[at]
		point.HoursPerMonth = &hours
		if s.Jobs.IsPositive() {
			point.SecondsPerJob = new(pricing.Divide(point.curve.Crossings[at].Seconds, s.Jobs, pricing.AmountPlaces))
		} else {
			point.HoursPerDay = withinDay(hours, s.Days)
		}
	}
	if len(point.curve.Crossings) == 0 {
		point.Always = point.curve.Below
	}
	if alt.PerInstance.IsPositive() && s.Jobs.IsZero() {
		point.UsersPerInstance = usersPerInstance(s.Users, total, alt.PerInstance)
		point.Shared = s.sharedSentence(point.UsersPerInstance, alt)
	}
	point.Sentence = s.breakEvenSentence(point, alt, own)
	return point
}

// sharedSentence says how many users make instances worth while, and that they do not fit where they do not. That an
// instance for each costs no more is what the break-even says.
func (s *Scenario) sharedSentence(users *decimal.Decimal, alt pricing.Alternative) string {
	if users == nil || !users.GreaterThan(decimal.NewFromInt(1)) {
		return ""
	}
	sentence := fmt.Sprintf("Shared by %s users or more, %s costs no more than MicroVMs, at $%s for each",
		figures.Grouped(*users), alt.Name, dollars(alt.PerInstance))
	demand := s.demand()
	if lacks := alt.Offers.Lacks(demand.Needs(*users, demand.Stretches)); len(lacks) > 0 {
		sentence += ", but there is no room for all of them at once: " + strings.Join(lacks, "; ")
	}
	return sentence + "."
}

// usersPerInstance finds how many users must share an instance for instances to cost no more than the MicroVMs.
func usersPerInstance(users, total, perInstance decimal.Decimal) *decimal.Decimal {
	affordable, _ := total.QuoRem(perInstance, 0)
	if !affordable.IsPositive() {
		return nil
	}
	return new(ceilDivide(users, affordable))
}

// usualCandidates are the alternatives that an architect would look at for a MicroVM of this size: each is large
// enough, where the prices of one that is are known.
func (m Market) usualCandidates(s *Scenario) []pricing.Candidate {
	demand := s.demand()
	var usual []pricing.Candidate
	alone, _ := m.cheapestInstance(s, 1)
	usual = append(usual, alone)
	if shared, found := m.cheapestInstance(s, sharedBy); found && s.Users.GreaterThan(decimal.NewFromInt(1)) {
		usual = append(usual, shared)
	}
	usual = append(usual, pricing.Fargate{}, pricing.Fargate{Always: true})
	if s.longestStretch().LessThanOrEqual(functionMost) {
		usual = append(usual, pricing.Function{})
	}
	if s.Jobs.IsPositive() {
		usual = append(usual, m.usualRunner(demand))
	} else {
		usual = append(usual, pricing.Lightsail{})
	}
	for _, provider := range m.prices().UsualSandboxes() {
		usual = append(usual, pricing.Sandbox{Provider: provider})
	}
	return usual
}

// usualRunner is the smallest of the usual CI runners that is large enough, or the largest.
func (m Market) usualRunner(d pricing.Demand) pricing.CI {
	var runner pricing.CI
	for _, name := range []string{"github-linux-2-core", "github-linux-4-core", "github-linux-8-core"} {
		runner.Runner = name
		offers := runner.Price(m.prices(), d).Offers
		if offers.VCPU.GreaterThanOrEqual(d.Size.VCPU()) && offers.GB.GreaterThanOrEqual(d.Size.GB()) {
			break
		}
	}
	return runner
}

// sharedBy is how many users share an instance among the usual alternatives.
const sharedBy = 4

// cheapestInstance is the cheapest instance that has the baselines of the given users, all busy at once. It reports
// false where none that is so large has a known price.
func (m Market) cheapestInstance(s *Scenario, users int64) (pricing.EC2, bool) {
	count := decimal.NewFromInt(users)
	instance := pricing.EC2{Type: "t4g.medium"}
	fitting := m.prices().InstanceTypes(s.Region, string(archARM64), s.Size.VCPU().Mul(count), s.Size.GB().Mul(count))
	if len(fitting) > 0 {
		instance.Type = fitting[0]
	}
	if users > 1 {
		instance.UsersPerInstance = count
	}
	return instance, len(fitting) > 0
}

func (s *Scenario) breakEvenSentence(p BreakEvenPoint, alt pricing.Alternative, own pricing.Curve) string {
	name := alt.Name
	crossings := p.curve.Crossings
	if len(crossings) == 0 {
		return s.neverSentence(p, alt, own)
	}
	last := crossings[len(crossings)-1]
	below, above := "MicroVMs cost less", name+" does"
	if last.After == pricing.MicroVMs {
		below, above = name+" costs less", "MicroVMs do"
	}
	if p.curve.More {
		return fmt.Sprintf("MicroVMs and %s cost almost the same per hour, and as it bills in steps the cheaper side "+
			"changes more than %s.",
			name, times(len(crossings)))
	}
	at, found := p.curve.LastEqual()
	if !found {
		return fmt.Sprintf("At no running time do both cost the same, as %s bills in steps: up to %s %s, beyond it %s.",
			name, s.hours(p.Crossings[len(crossings)-1]), below, above)
	}
	cost := "$" + dollars(alt.Curve.At(crossings[at].Seconds)) + " a month"
	switch {
	case len(crossings) == 1:
		return fmt.Sprintf("At %s both cost %s; below that %s, above it %s.", s.runningTime(p), cost, below, above)
	case at == len(crossings)-1:
		return fmt.Sprintf("At %s both cost %s, and above it %s; below it the cheaper side changes %s.",
			s.runningTime(p), cost, costsLess(last.After, name), times(len(crossings)-1))
	default:
		return fmt.Sprintf("At %s both cost %s, but %s bills in steps and the cheaper side changes %s; beyond %s %s.",
			s.runningTime(p), cost, name, times(len(crossings)), s.hours(p.Crossings[len(crossings)-1]),
			costsLess(last.After, name))
	}
}

func costsLess(side pricing.Side, name string) string {
	if side == pricing.MicroVMs {
		return "MicroVMs cost less"
	}
	return name + " costs less"
}

// hours writes a running time without its share of a day or job.
func (s *Scenario) hours(hours decimal.Decimal) string {
	if s.Jobs.IsPositive() {
		return hoursText(hours) + " running hours a month"
	}
	return hoursText(hours) + " running hours a month per user"
}

// runningTime writes a break-even as people say it: per user and month, and per day or job.
func (s *Scenario) runningTime(p BreakEvenPoint) string {
	hours := hoursText(*p.HoursPerMonth)
	switch {
	case p.SecondsPerJob != nil:
		return fmt.Sprintf("%s running hours a month (%s s a job)", hours, hoursText(*p.SecondsPerJob))
	case p.HoursPerDay != nil:
		return fmt.Sprintf("%s running hours a month per user (%s h on %s)",
			hours, hoursText(*p.HoursPerDay), eachDay(s.Days))
	default:
		return fmt.Sprintf("%s running hours a month per user (more than %s can hold)", hours, figures.CountOf(s.Days, "day"))
	}
}

// neverSentence says which side wins at every running time, and why.
func (s *Scenario) neverSentence(p BreakEvenPoint, alt pricing.Alternative, own pricing.Curve) string {
	winner := "MicroVMs cost"
	if p.curve.Below == pricing.Other {
		winner = alt.Name + " costs"
	}
	switch {
	case p.curve.Below == pricing.Neither:
		return fmt.Sprintf("No break-even: MicroVMs and %s cost the same at every running time.", alt.Name)
	case p.curve.Beyond != nil:
		users := decimal.Max(s.Users, decimal.NewFromInt(1))
		return fmt.Sprintf("No break-even within a month: %s less up to 744 hours, the longest there is; both would "+
			"cost the same at %s running hours a month per user.",
			winner, figures.UpTo(pricing.Divide(p.curve.Beyond.Seconds, users.Mul(secondsPerHour), pricing.AmountPlaces), 2))
	case p.curve.Below == pricing.Other && own.Fixed.IsPositive() &&
		own.Fixed.GreaterThanOrEqual(alt.Curve.At(decimal.Decimal{})):
		return fmt.Sprintf("No break-even: %s less at every running time; launches, cycles and storage alone cost $%s "+
			"with MicroVMs.",
			winner, dollars(own.Fixed))
	default:
		return fmt.Sprintf("No break-even: %s less at every running time.", winner)
	}
}
