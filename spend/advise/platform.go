package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

const msPerHour = 3_600_000

// platforms runs all of a tenant's work in a region on something else, whichever saves more: on instances that run all
// month, as many as were there at once in the busiest hour, suspended ones among them, as an instance keeps what a
// suspended MicroVM does; or on a Fargate task for each launch, which runs on while a MicroVM would be suspended.
func (f *fleet) platforms() (all []found) {
	places, cells := f.byPlace()
	for _, at := range places {
		one := found{key: []string{at.tenant, at.region}}
		var sum usage.Sum
		arch, fleets := usage.ArchUnknown, int64(0)
		for _, c := range cells[at] {
			one.edits = append(one.edits, edit{cell: c, gone: true})
			sum.Merge(&c.part.Sum)
			fleets += c.launched.fleets
			if c.arch == usage.ArchX86 {
				arch = usage.ArchX86 // what was built for it runs on nothing else
			}
		}
		subject := fmt.Sprintf("%s in %s", at.tenant, at.region)
		facts, ran := whatif.FactsOf(&sum)
		busy := f.survey.busy[at]
		switch {
		case !ran:
			f.cannot(Platform, "for how long MicroVMs ran is not measured; collect from logs or the MicroVM API", subject)
			continue
		case fleets > 0 || busy == nil:
			f.cannot(Platform, "how many MicroVMs ran at once is not known: the source does not tell them apart", subject)
			continue
		}
		one.Subject, one.Tenant, one.Region, one.From = subject, at.tenant, at.region, "MicroVMs"
		best, ok := f.cheaper(one, f.onInstances(one, arch, facts, busy.peak), f.onTasks(one, arch, facts))
		if ok {
			all = append(all, best)
		}
	}
	return all
}

// cheaper is the one of two that costs less, of those that have a price.
func (f *fleet) cheaper(one, instances, tasks found) (found, bool) {
	switch {
	case instances.Instead.Unknown != "" && tasks.Instead.Unknown != "":
		f.cannot(Platform, instances.Instead.Unknown, one.Subject)
		return one, false
	case instances.Instead.Unknown != "":
		return tasks, true
	case tasks.Instead.Unknown != "" || instances.Instead.Month.LessThan(tasks.Instead.Month):
		return instances, true
	}
	return tasks, true
}

// onInstances takes as many as were alive at once in the busiest hour, on average; at the least as many as ran, at the
// most as many as were there at any moment of an hour.
func (f *fleet) onInstances(one found, arch usage.Arch, facts whatif.Facts, peak moment) found {
	machines := ceil(peak.aliveMS, msPerHour)
	instead := f.instances(one.Region, arch, facts.Size, machines)
	one.Instead, one.To = &instead, strings.TrimSuffix(instead.Name, ", active")
	if instead.Unknown != "" {
		return one
	}
	for _, n := range []int64{ceil(peak.runningMS, msPerHour), max(peak.microvms, machines)} {
		other := f.instances(one.Region, arch, facts.Size, n)
		one.range_ = append(one.range_, bound{one.edits, &other})
	}
	one.RestsOn = append(slices.Clone(instead.Notes), assumption.PeakHour.Clause(machines, peak.microvms),
		assumption.AlternativesBaseline.Clause(),
		assumption.SizeMeasured.Measured(facts.Size, figures.Fixed(facts.Average, 2)))
	one.Risk = instead.GivesUp + "; more than ever ran at once finds no room"
	one.How = fmt.Sprintf("run it on %s of %s: %s", figures.Count(machines, "instance"), instead.Name, instead.Formula)
	return one
}

// onTasks takes a task for each launch. It could as well stop where a MicroVM is suspended, and lose what is in memory.
func (f *fleet) onTasks(one found, arch usage.Arch, facts whatif.Facts) found {
	price := func(running, tasks decimal.Decimal) whatif.Alternative {
		demand := pricing.Demand{
			Region: one.Region, Size: facts.Size, Users: decimal.NewFromInt(1), Jobs: tasks, Stretches: tasks, Running: running,
		}
		fargate := pricing.Fargate{}
		if arch == usage.ArchX86 {
			fargate.Arch = "x86"
		}
		priced := fargate.Price(f.prices, demand).Judged(demand)
		if priced.Unknown() != "" || len(priced.Cannot) > 0 {
			return whatif.Alternative{Kind: whatif.FargateTask, Unknown: priced.Unknown() + strings.Join(priced.Cannot, "; ")}
		}
		return f.alternative(whatif.FargateTask, priced, running, monthSeconds/pricing.SecondsPerHour)
	}
	tasks := f.month(decimal.Max(facts.Launches, decimal.NewFromInt(1)))
	instead := price(f.month(facts.Running.Add(facts.Suspended)), tasks)
	one.Instead, one.To = &instead, strings.TrimSuffix(instead.Name, ", active")
	if instead.Unknown != "" {
		return one
	}
	stopping := price(f.month(facts.Running), f.month(facts.Launches.Add(facts.Resumes)))
	if stopping.Unknown == "" {
		one.range_ = append(one.range_, bound{one.edits, &stopping})
	}
	one.RestsOn = append(slices.Clone(instead.Notes), assumption.TaskRunsOn.Clause(),
		assumption.AlternativesBaseline.Clause(),
		assumption.SizeMeasured.Measured(facts.Size, figures.Fixed(facts.Average, 2)))
	one.Risk = instead.GivesUp + fmt.Sprintf(
		"; %s tasks a month start from nothing, which takes longer than from a snapshot",
		f.monthly(facts.Launches))
	one.How = fmt.Sprintf("run it as Fargate tasks: %s", instead.Formula)
	return one
}

func ceil(n, per int64) int64 { return max((n+per-1)/per, 1) }
