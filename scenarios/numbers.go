package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Own is the MicroVMs as one among the alternatives.
func (e *Estimate) Own() Comparison {
	s := e.Scenario
	if s == nil {
		return Comparison{}
	}
	demand := s.demand()
	own := pricing.Alternative{
		Name: "MicroVMs", Kind: pricing.KindMicroVM, Offers: pricing.MicroVMCapacity(s.Size),
	}.Judged(demand)
	c := Comparison{
		own:         true,
		Alternative: own,
		Monthly:     e.Bill.Total(),
		PerUnit:     e.PerUnit,
		Ratio:       new(decimal.NewFromInt(1)),
	}
	if e.Low != nil {
		c.Low = new(e.Low.Own())
	}
	return c
}

// Known reports whether there is a price.
func (c Comparison) Known() bool { return c.Unknown() == "" }

// Unable is why an alternative cannot do the job at one of the ends of the scenario's ranges, in clauses; empty where
// it can.
func (c Comparison) Unable() []string {
	if len(c.Cannot) == 0 && c.Low != nil {
		return c.Low.Cannot
	}
	return c.Cannot
}

// Ranking is the MicroVMs and their alternatives, apart by what can be said of them. None is in two of the lists.
type Ranking struct {
	Able    []Comparison // that can do the job, as far as is known, at a known price: cheapest first
	Unknown []Comparison // whose price is not known
	Unable  []Comparison // that cannot do the job, whatever they cost: cheapest first
}

// Rank sorts the MicroVMs and their alternatives. Of several that cost the same, the one listed first comes first.
// Where the scenario has ranges, cheapest is at their expensive ends.
func (e *Estimate) Rank(comparisons []Comparison) Ranking {
	var r Ranking
	for _, c := range append([]Comparison{e.Own()}, comparisons...) {
		switch {
		case len(c.Unable()) > 0:
			r.Unable = append(r.Unable, c)
		case !c.Known():
			r.Unknown = append(r.Unknown, c)
		default:
			r.Able = append(r.Able, c)
		}
	}
	slices.SortStableFunc(r.Able, byCost)
	slices.SortStableFunc(r.Unable, byCost)
	return r
}

// byCost sorts by the month's cost, with those of unknown price last.
func byCost(a, b Comparison) int {
	switch {
	case a.Known() == b.Known():
		return a.Monthly.Cmp(b.Monthly)
	case a.Known():
		return -1
	default:
		return 1
	}
}

// ByNumbers is what the prices say, beside a [RuleOfThumb].
type ByNumbers struct {
	// Cheapest is the name of what costs least of all that can do the job at a known price, "" where there is nothing to
	// compare. CheapestLow is the same at the cheap ends of the scenario's ranges, where it has some.
	Cheapest, CheapestLow string
	// Flips reports whether the answer depends on where in the ranges the workload is: something else costs least, or
	// MicroVMs cost less than an alternative at one end and more at the other.
	Flips    bool
	Sentence string
}

// ByNumbers says what costs least, and what keeps that from being said of all.
func (r Ranking) ByNumbers() ByNumbers {
	var v ByNumbers
	own := slices.IndexFunc(r.Able, Comparison.IsOwn)
	switch {
	case len(r.Able) == 0:
		v.Sentence = "Nothing that is compared can do the job at a known price."
		return v
	case own >= 0 && !slices.ContainsFunc(r.Able, isRival): // but for the other architecture
		v.Sentence = fmt.Sprintf("MicroVMs cost %s a month, and there is nothing to compare them with%s.",
			r.Able[own].cost(), r.whyAlone())
		if !slices.ContainsFunc(r.Unknown, isRival) {
			v.Cheapest = r.Able[0].Name // nothing else can do the job
		}
		return v
	}
	first := r.Able[0]
	v.Cheapest = first.Name
	if first.Low == nil {
		v.Sentence = r.leastSentence(first)
	} else {
		low := slices.MinFunc(r.Able, func(a, b Comparison) int { return byCost(*a.Low, *b.Low) })
		v.CheapestLow, v.Flips = low.Name, low.Name != first.Name
		v.Sentence = r.leastSentence(first)
		if v.Flips {
			v.Sentence = fmt.Sprintf("It depends on where in the ranges the workload is: at their cheap ends %s least, $%s a month "+
				"against $%s of %s; at their expensive ends %s does, $%s against $%s.",
				costs(low), dollars(low.Low.Monthly), dollars(first.Low.Monthly), first.Name,
				first.Name, dollars(first.Monthly), dollars(low.Monthly))
		}
	}
	if turned := r.turned(v); len(turned) > 0 {
		v.Flips = true
		v.Sentence += fmt.Sprintf(
			" Against %s it depends on where in the ranges the workload is: MicroVMs cost less at one end "+
				"and more at the other.",
			namesOf(turned),
		)
	}
	if unstated := first.Unstated(); len(unstated) > 0 {
		v.Sentence += fmt.Sprintf(
			" Not known here of what it offers: %s; see whether it is enough.",
			strings.Join(unstated, ", "),
		)
	}
	if len(r.Unknown) > 0 {
		v.Sentence += fmt.Sprintf(" That leaves out what has no known price: %s.", namesOf(r.Unknown))
	}
	return v
}

// turned are the alternatives that cost more than the MicroVMs at one end of the ranges and less at the other, but for
// those of which a verdict says so already.
func (r Ranking) turned(v ByNumbers) (turned []Comparison) {
	at := slices.IndexFunc(r.Able, Comparison.IsOwn)
	if at < 0 || r.Able[at].Low == nil {
		return nil
	}
	own := r.Able[at]
	for _, c := range r.Able {
		said := v.Flips && slices.Contains([]string{v.Cheapest, v.CheapestLow}, c.Name) &&
			slices.Contains([]string{v.Cheapest, v.CheapestLow}, own.Name)
		if c.Turns(own) && !said {
			turned = append(turned, c)
		}
	}
	return turned
}

// Turns reports whether an alternative costs less than another at one end of the scenario's ranges and more at the
// other.
func (c Comparison) Turns(other Comparison) bool {
	if c.Low == nil || other.Low == nil || !c.Known() {
		return false
	}
	return c.Monthly.Cmp(other.Monthly)*c.Low.Monthly.Cmp(other.Low.Monthly) < 0
}

// IsOwn reports whether it is the scenario's own MicroVMs, and none of another architecture.
func (c Comparison) IsOwn() bool { return c.own }

func isRival(c Comparison) bool { return c.Kind != pricing.KindMicroVM }

func costs(c Comparison) string {
	if c.IsOwn() {
		return c.Name + " cost"
	}
	return c.Name + " costs"
}

// cost is the month's cost, or at both ends of the scenario's ranges.
func (c Comparison) cost() string {
	if c.Low == nil || c.Low.Monthly.Equal(c.Monthly) {
		return "$" + dollars(c.Monthly)
	}
	return "$" + dollars(c.Low.Monthly) + " to $" + dollars(c.Monthly)
}

// leastSentence is that one costs least, at both ends where there are ranges.
func (r Ranking) leastSentence(first Comparison) string {
	if first.IsOwn() {
		return fmt.Sprintf("MicroVMs cost least, %s a month.", first.cost())
	}
	if at := slices.IndexFunc(r.Able, Comparison.IsOwn); at >= 0 {
		return fmt.Sprintf("%s costs least, %s a month against %s.", first.Name, first.cost(), r.Able[at].cost())
	}
	at := slices.IndexFunc(r.Unable, Comparison.IsOwn)
	return fmt.Sprintf("%s costs least, %s a month; MicroVMs, at %s, cannot do the job.",
		first.Name, first.cost(), r.Unable[at].cost())
}

// whyAlone says what became of the alternatives where none is left to compare with.
func (r Ranking) whyAlone() string {
	var why []string
	if unknown := rivals(r.Unknown); len(unknown) > 0 {
		why = append(why, "the price is not known of "+namesOf(unknown))
	}
	if unable := rivals(r.Unable); len(unable) > 0 {
		why = append(why, namesOf(unable)+" cannot do the job")
	}
	if len(why) == 0 {
		return ""
	}
	return ": " + strings.Join(why, "; ")
}

func rivals(all []Comparison) []Comparison {
	return slices.DeleteFunc(slices.Clone(all), func(c Comparison) bool { return !isRival(c) })
}

// namesOf lists a few names, and counts more of them.
func namesOf(all []Comparison) string {
	const few = 3
	if len(all) > few {
		return figures.Count(len(all), "alternative")
	}
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	return strings.Join(names, "; ")
}
