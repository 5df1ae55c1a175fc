package advise

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

// relaunchWithin is how soon after a life that the cap ended the next must begin to carry on its work, in milliseconds.
const relaunchWithin = 10 * 60_000

// lifeCaps puts what is launched again as soon as the cap on a life ends it onto an instance: it never stops, and what
// never stops costs less there.
func (f *fleet) lifeCaps() (all []found) {
	if err := f.survey.err; err != nil {
		f.cannot(LifeCap, err.Error(), "")
		return nil
	}
	for _, c := range f.cells {
		facts, ran := whatif.FactsOf(&c.part.Sum)
		if !ran {
			continue
		}
		capped := relaunched(c.launched.lives)
		if len(capped) == 0 {
			continue
		}
		var d delta
		for _, l := range capped {
			for q, units := range l.used {
				d.add(usage.Measure(q), decimal.NewFromInt(-units))
			}
			d.add(usage.Launches, decimal.NewFromInt(-1))
			d.add(usage.Suspends, decimal.NewFromInt(-l.suspends))
			d.add(usage.Resumes, decimal.NewFromInt(-l.resumes))
		}
		machines := atOnce(capped)
		instead := f.instances(c.region, c.arch, facts.Size, machines)
		if instead.Unknown != "" {
			f.cannot(LifeCap, instead.Unknown, c.subject())
			continue
		}
		one := found{edits: []edit{{cell: c, delta: d}}, key: c.key()}
		one.Instead = &instead
		one.Subject, one.Region = c.subject(), c.region
		one.From, one.To = "MicroVMs in turn", instead.Name
		one.RestsOn = append(slices.Clone(instead.Notes), assumption.AlternativesBaseline.Clause())
		count := decimal.NewFromInt(int64(len(capped)))
		one.Risk = fmt.Sprintf("%s; %s times a month a life reached its cap and the next began within minutes",
			instead.GivesUp, f.monthly(count))
		one.How = fmt.Sprintf("run it on %s: %s", instead.Name, instead.Formula)
		all = append(all, one)
	}
	return all
}

// relaunched are the lives that their cap ended and that another one of the same carried on right after, each by one.
func relaunched(lives []life) (capped []*life) {
	starts := make([]*life, len(lives))
	for i := range lives {
		starts[i] = &lives[i]
	}
	var reached []*life
	for _, l := range starts {
		if l.capped() {
			reached = append(reached, l)
		}
	}
	slices.SortStableFunc(reached, func(a, b *life) int { return cmp.Compare(a.endFrom, b.endFrom) })
	next := 0
	for _, l := range reached {
		for next < len(starts) && starts[next].startUntil < l.endFrom-capSlack*1000 {
			next++
		}
		if next < len(starts) && starts[next].began && starts[next].startFrom <= l.endUntil+relaunchWithin {
			capped = append(capped, l)
			next++
		}
	}
	return capped
}

// atOnce is how many lives there were at the same moment, at the most.
func atOnce(lives []*life) (most int64) {
	type edge struct{ at, by int64 }
	var edges []edge
	for _, l := range lives {
		edges = append(edges, edge{l.startFrom, 1}, edge{l.endUntil, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	now := int64(0)
	for _, e := range edges {
		now += e.by
		most = max(most, now)
	}
	return most
}

// instances are EC2 instances that run all month, with the vCPUs, memory and disk of a MicroVM each: the
// cheapest type whose vCPUs can be kept busy.
func (f *fleet) instances(region string, arch usage.Arch, size pricing.Size, machines int64) whatif.Alternative {
	arch = cmp.Or(arch, usage.ArchARM64)
	demand := pricing.Demand{
		Region: region, Size: size, Users: decimal.NewFromInt(machines), Stretches: decimal.NewFromInt(machines),
	}
	out := whatif.Alternative{Kind: whatif.EC2, Name: "EC2"}
	for _, name := range f.prices.InstanceTypes(region, string(arch), size.VCPU(), size.GB()) {
		priced := pricing.EC2{Type: name, EBSGB: size.DiskGB()}.Price(f.prices, demand).Judged(demand)
		if priced.Unknown() != "" {
			out.Unknown = priced.Unknown()
			continue
		}
		if priced.Offers.Burstable || len(priced.Cannot) > 0 {
			continue
		}
		return f.alternative(whatif.EC2, priced, demand.Running, pricing.HoursPerInstanceMonth)
	}
	out.Unknown = cmp.Or(out.Unknown, fmt.Sprintf("the price of no EC2 instance of %s is known in %s", size, region))
	return out
}

// alternative is a priced candidate, a month of 30 days. What is billed all month is priced for a month of the
// given hours.
func (f *fleet) alternative(
	kind whatif.Kind, priced pricing.Alternative, running decimal.Decimal, hours int64,
) whatif.Alternative {
	if hours*pricing.SecondsPerHour != monthSeconds {
		priced.Formula += fmt.Sprintf(" × %d / %d h", monthSeconds/pricing.SecondsPerHour, hours)
	}
	return whatif.Alternative{
		Kind: kind, Name: priced.Name, Formula: priced.Formula, GivesUp: priced.GivesUp, Sources: priced.Sources,
		Notes: priced.Notes, Priced: 1,
		Month: pricing.ProrateTime(priced.Curve.At(running), monthSeconds, hours*pricing.SecondsPerHour),
	}
}
