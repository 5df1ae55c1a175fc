package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Rule is what a workload's traits say it should run on, before any price is looked at.
type Rule string

// The rules of thumb.
const (
	RuleMicroVM    Rule = "microvm"
	RuleFunction   Rule = "function"
	RuleContinuous Rule = "ec2-or-fargate"
	RuleEC2        Rule = "ec2"
	RuleLightsail  Rule = "lightsail"
	RuleOpen       Rule = "open" // the traits point both ways, or nowhere
)

// RuleOfThumb is the verdict of a published post's decision tables, which look at a workload's traits and not at its
// price. The numbers stand beside it.
type RuleOfThumb struct {
	Says        Rule
	ForMicroVM  []string // traits that speak for a MicroVM
	ForFunction []string // traits that speak for a function
	Sentence    string
}

// highVolumeJobs is from how many jobs a month a workload counts as high-volume. The post gives no number; this one is
// microspend's own, and the trait high-volume says it regardless.
var highVolumeJobs = decimal.NewFromInt(100_000)

var (
	functionMost   = decimal.NewFromInt(900) // seconds: the longest that a function runs
	dayAlmostWhole = decimal.NewFromInt(23 * 3600)
)

// RuleOfThumb applies the post's tables to the traits that the scenario states and to those that its figures show:
// state is kept where it suspends or resumes, a run is long above 15 minutes, and continuous above 23 hours on each of
// 28 days or more.
func (s *Scenario) RuleOfThumb() RuleOfThumb {
	var r RuleOfThumb
	has := func(t Trait) bool { return slices.Contains(s.Traits, t) }
	longest := s.longestStretch()
	keepsState := s.Workload.Cycles.IsPositive() || s.Workload.Suspended.IsPositive()

	note := func(into *[]string, when bool, words string) {
		if when {
			*into = append(*into, words)
		}
	}
	note(&r.ForMicroVM, has(TraitState) || keepsState, "state between requests")
	note(&r.ForMicroVM, has(TraitUntrusted), "untrusted or users' code")
	note(&r.ForMicroVM, has(TraitLongRunning) || longest.GreaterThan(functionMost), "runs longer than 15 minutes")
	note(&r.ForMicroVM, has(TraitConnections), "persistent connections")
	note(&r.ForMicroVM, has(TraitFullOS), "a full operating system")
	note(&r.ForFunction, has(TraitStateless) || (s.Jobs.IsPositive() && !keepsState && !has(TraitState)), "stateless")
	note(&r.ForFunction, s.Jobs.IsPositive() && longest.LessThanOrEqual(functionMost), "short")
	note(&r.ForFunction, has(TraitHighVolume) || s.Jobs.GreaterThanOrEqual(highVolumeJobs), "high volume")
	note(&r.ForFunction, has(TraitEventDriven), "event-driven")
	note(&r.ForFunction, has(TraitSelfScaling), "scales to thousands by itself")
	note(&r.ForFunction, has(TraitSubSecond), "sub-second billing")

	switch {
	case has(TraitCustomKernel):
		r.Says, r.Sentence = RuleEC2, "A kernel of its own, or another system than Linux: only EC2 can run it."
	case has(TraitContinuous) || s.runsContinuously():
		r.Says, r.Sentence = RuleContinuous, "It computes around the clock: EC2 or Fargate, as a MicroVM bills every "+
			"second at a higher rate."
	case has(TraitSimplePublic):
		r.Says, r.Sentence = RuleLightsail, "A simple public site: Lightsail."
	case len(r.ForMicroVM) > 0 && !has(TraitStateless) && len(r.ForMicroVM) >= len(r.ForFunction):
		r.Says = RuleMicroVM
		r.Sentence = fmt.Sprintf("A MicroVM: %s.", strings.Join(r.ForMicroVM, ", "))
	case len(r.ForFunction) > 0 && len(r.ForMicroVM) == 0:
		r.Says = RuleFunction
		r.Sentence = fmt.Sprintf("A function: %s.", strings.Join(r.ForFunction, ", "))
	case len(r.ForFunction) > 0:
		r.Says = RuleOpen
		r.Sentence = fmt.Sprintf("Open: %s speak for a MicroVM, %s for a function.",
			strings.Join(r.ForMicroVM, ", "), strings.Join(r.ForFunction, ", "))
	default:
		r.Says, r.Sentence = RuleOpen, "Open: nothing in the workload speaks for either; state its traits."
	}
	return r
}

// longestStretch is the running time of one job, or between one launch or resume and the next suspend or end, in
// seconds.
func (s *Scenario) longestStretch() decimal.Decimal {
	stretches := s.demand().Stretches
	if stretches.IsZero() {
		return s.Workload.Running
	}
	whole, rest := s.Workload.Running.QuoRem(stretches, 6)
	if rest.IsPositive() {
		return whole.Add(decimal.New(1, -6))
	}
	return whole
}

func (s *Scenario) runsContinuously() bool {
	if s.Jobs.IsPositive() || s.Days.LessThan(decimal.NewFromInt(28)) {
		return false
	}
	return s.Workload.Running.GreaterThanOrEqual(s.Users.Mul(s.Days).Mul(dayAlmostWhole))
}
