package advise

import (
	"fmt"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
	"microspend/usage"
)

// freshLaunches ends MicroVMs in place of suspending them, and launches one where there was a resume: that reads the
// image, while a pause writes the state, stores it and reads it again.
func (f *fleet) freshLaunches() (all []found) {
	for _, c := range f.cells {
		facts, ran := whatif.FactsOf(&c.part.Sum)
		image := c.imageBytes()
		if !ran || !facts.Suspends.IsPositive() || !facts.Resumes.IsPositive() || c.launched.fleets > 0 {
			continue
		}
		if !image.IsPositive() {
			f.cannot(FreshLaunch, "what a launch reads is not known: none was seen by itself", c.subject())
			continue
		}
		var d delta
		d[usage.Suspends], d[usage.Resumes] = facts.Suspends.Neg(), facts.Resumes.Neg()
		d[usage.Suspended], d[usage.Launches] = c.amount(usage.Suspended).Neg(), facts.Resumes
		d[pricing.SnapshotWrite] = c.amount(usage.Measure(pricing.SnapshotWrite)).Neg()
		d[pricing.SnapshotStorage] = facts.State.Mul(facts.Suspended).Neg()
		d[pricing.SnapshotRead] = facts.Resumes.Mul(image.Sub(facts.State))
		one := found{edits: []edit{{cell: c, delta: d}}, key: c.key()}
		one.Subject, one.Region = c.subject(), c.region
		one.From, one.To = "suspend and resume", "end and launch"
		one.RestsOn = []pricing.Note{
			assumption.LaunchRead.Measured(), assumption.StateAverage.Clause(), assumption.SuspendMinimum.Clause(),
		}
		one.Risk = fmt.Sprintf("what was in memory is lost at each pause; %s launches a month in place of resumes, each of "+
			"which somebody waits for", f.monthly(facts.Resumes))
		one.How = "RunMicrovm with idlePolicy.suspendedDurationSeconds: 0, and again for the next request"
		all = append(all, one)
	}
	return all
}
