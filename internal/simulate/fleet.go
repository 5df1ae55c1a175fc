// Package simulate makes up the usage of a fleet of MicroVMs, for demonstrations and tests. The same seed gives the
// same fleet, record by record.
//
// Every MicroVM goes through a life as AWS describes it: a launch reads the image, bursts go up to four times the
// baseline, an idle MicroVM is suspended after its timeout and writes its state, a resume reads it, and 8 hours after
// its start, running and suspended time together, it ends. Tenants keep office hours, run batches at night, play on
// weekends, or never stop; one image moves to x86-64 on the day from which there is such; one tenant grows from week to
// week, one has a day on which a loop runs away, one does nothing at all, and some usage is nobody's. For one morning,
// the usage of one tenant was only seen in part.
package simulate

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// Source is the source that records name.
const Source = "demo"

const (
	account       = "111122223333" // an account id of AWS's own examples
	hourMS        = 3_600_000
	secondsPerDay = 86_400
	mib           = 1 << 20
)

// DefaultDays are the last two months, whatever day it is, so that a month can be compared with the one before.
const DefaultDays = 62

// Fleet is what is made up. Its zero value, with an End, is 40 tenants over [DefaultDays].
type Fleet struct {
	Seed    uint64
	End     time.Time // days up to the UTC day of End, which is not part of them
	Days    int       // 0 stands for DefaultDays
	Tenants int       // 0 stands for 40; at most that many
}

func (f Fleet) days() int {
	return cmp.Or(f.Days, DefaultDays)
}

func (f Fleet) end() time.Time { return f.End.UTC().Truncate(24 * time.Hour) }

// Start is the first moment that usage can be in.
func (f Fleet) Start() time.Time { return f.end().AddDate(0, 0, -f.days()) }

// BadDay is the day on which [Runaway]'s loop runs away. It is never on a weekend, when nobody would have launched it.
func (f Fleet) BadDay() time.Time { return f.workday(4) }

// Outage is when what [PartlySeen] used was seen only in part: the morning of a day about 40 days before the end, so
// that most reports on the month that ends are exact, and those on the one before are not.
func (f Fleet) Outage() (from, to time.Time) {
	day := f.workday(40)
	return day.Add(8 * time.Hour), day.Add(12 * time.Hour)
}

// workday is the last day, other than one of a weekend, that is at least a number of days before the end.
func (f Fleet) workday(before int) time.Time {
	day := f.end().AddDate(0, 0, -min(before, f.days()))
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// Batches yields the records of one UTC day after the other: one for each MicroVM and hour in which it ran or was
// suspended, and one for each image and day. They are in the order of their start and id, and pass
// [usage.Record.Check].
func (f Fleet) Batches() iter.Seq[[]usage.Record] {
	return func(yield func([]usage.Record) bool) {
		tenants := f.tenants()
		lost, back := f.Outage()
		var today, tomorrow []usage.Record
		for day, launches := range f.launches(tenants) {
			today, tomorrow = tomorrow, nil
			for _, launch := range launches {
				for _, r := range launch.records() {
					if launch.tenant.name == PartlySeen && !r.PeriodStart.Before(lost) && r.PeriodStart.Before(back) {
						r.Coverage = usage.CoveragePartial
					}
					if r.Day().Equal(day) {
						today = append(today, r)
					} else {
						tomorrow = append(tomorrow, r)
					}
				}
			}
			today = append(today, imageStorage(tenants, day)...)
			slices.SortFunc(today, func(a, b usage.Record) int {
				return cmp.Or(a.PeriodStart.Compare(b.PeriodStart), a.Resource.Compare(b.Resource),
					cmp.Compare(a.Region, b.Region))
			})
			if !yield(today) {
				return
			}
		}
	}
}

// launches yields the lives that begin on one UTC day after the other.
func (f Fleet) launches(tenants []tenant) iter.Seq2[time.Time, []launch] {
	return func(yield func(time.Time, []launch) bool) {
		randoms := make([]*rand.Rand, len(tenants))
		for i := range tenants {
			randoms[i] = rand.New(rand.NewPCG(f.Seed, uint64(i)+1))
		}
		for n := range f.days() {
			day := f.Start().AddDate(0, 0, n)
			var all []launch
			for i, t := range tenants {
				all = append(all, t.launches(f, day, n, randoms[i])...)
			}
			if !yield(day, all) {
				return
			}
		}
	}
}

// imageStorage is a record for each image and region: what its snapshot held that day.
func imageStorage(tenants []tenant, day time.Time) []usage.Record {
	type place struct{ image, region string }
	var out []usage.Record
	seen := map[place]bool{}
	for _, t := range tenants {
		if at := (place{t.image.name, t.region}); t.image.bytes > 0 && !seen[at] {
			seen[at] = true
			out = append(out, usage.Record{
				PeriodStart: day, PeriodSeconds: secondsPerDay, Region: t.region, Account: account,
				Resource: usage.Resource{Kind: usage.KindImage, ID: t.image.name},
				Image:    t.image.name, Arch: t.image.arch(day), Source: Source,
				Amounts: usage.Amounts{pricing.SnapshotStorage: t.image.bytes * secondsPerDay}, Coverage: usage.CoverageComplete,
			})
		}
	}
	return out
}

// groups of tenants, such as cost centers.
var groups = [...]string{"Engineering/Platform", "Engineering/Data/ML", "Product", "Product/Mobile", "Research"}

// TenantsFile is a tenants file for the fleet, in CSV: tenants told by image and by role, and the idle one, with their
// groups. Tenants that their records name are in no group.
func (f Fleet) TenantsFile() []byte {
	out := []byte("match,value,tenant,from,to,group\n")
	for _, t := range f.tenants() {
		group := groups[t.place%len(groups)]
		switch {
		case t.habit == idle:
			out = fmt.Appendf(out, ",,%s,,,%s\n", t.name, group)
		case t.told == byImage:
			out = fmt.Appendf(out, "image,%s*,%s,,,%s\n", t.image.name, t.name, group)
		case t.told == byRole:
			out = fmt.Appendf(out, "role,%s,%s,,,%s\n", t.role(), t.name, group)
		}
	}
	return out
}

// ConfigFile is a microspend.yaml for the fleet, with its ledger and its tenants file beside it: with --config alone,
// every command is about the fleet.
func (f Fleet) ConfigFile() []byte {
	return []byte(`# Written by microspend demo.
ledger: ledger
tenants: tenants.csv
timezone: UTC
shared:
  policy: own-row
budgets:
  total: 7500
  threshold: 100%
  tenants:
    ` + Growing + `: {monthly: 70, threshold: 80%}
    ` + Runaway + `: 50
    ` + Idle + `: 20
anomalies: {floor: 2}
`)
}
