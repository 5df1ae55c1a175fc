package simulate

import (
	"math/rand/v2"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// launch is the life of one MicroVM.
type launch struct {
	tenant tenant
	id     string
	start  time.Time
	phases []phase
}

// phase is a time in one state. All times are in whole seconds from the launch.
type phase struct {
	from, to  int64
	suspended bool
	busy      int64 // seconds from the start in which somebody asks for something
	burst     int64 // in seconds: how long it runs at factor times the baseline
	factor    int64
	resumed   bool // begins with a resume
}

const idleTimeout = 300 // seconds; the service's least is 60

// launch makes up a life: work, a pause, work, until nobody wants it any longer, its 8 hours are over, or the fleet's
// time ends.
func (t tenant) launch(id string, start time.Time, wanted int64, end time.Time, random *rand.Rand) launch {
	l := launch{tenant: t, id: id, start: start}
	until := min(wanted, pricing.MaxLifeSeconds, int64(end.Sub(start)/time.Second))
	for now, resumed := int64(0), false; now < until; {
		work := 120 + random.Int64N(2400)
		pause := random.Int64N(1500)
		if t.habit == steady || t.habit == nights {
			work, pause = 1800+random.Int64N(5400), random.Int64N(400)
		}
		running := phase{
			from: now, to: min(until, now+work+min(pause, idleTimeout)), busy: work, resumed: resumed, factor: 1,
		}
		if random.IntN(3) == 0 {
			running.burst = min(running.to-running.from, work*random.Int64N(30)/100)
			running.factor = 2 + random.Int64N(pricing.BurstFactor-1)
		}
		l.phases = append(l.phases, running)
		now, resumed = running.to, false
		if pause > idleTimeout && now < until {
			// Some come back soon, some after lunch, and some never, so that the MicroVM ends suspended.
			away := phase{from: now, to: min(until, now+pause*(1+random.Int64N(6))), suspended: true}
			l.phases = append(l.phases, away)
			now, resumed = away.to, true
		}
	}
	return l
}

// records cuts the life into hours.
func (l launch) records() []usage.Record {
	var out []usage.Record
	at := func(second int64) *usage.Record {
		hour := l.start.Add(time.Duration(second) * time.Second).Truncate(time.Hour)
		if n := len(out); n > 0 && out[n-1].PeriodStart.Equal(hour) {
			return &out[n-1]
		}
		out = append(out, l.record(hour))
		return &out[len(out)-1]
	}
	mibs := l.tenant.size.MiB()
	for i, p := range l.phases {
		first := at(p.from)
		switch {
		case i == 0:
			first.Amounts[usage.Launches]++
			first.Amounts[pricing.SnapshotRead] += l.tenant.image.bytes
		case p.resumed:
			first.Amounts[usage.Resumes]++
			first.Amounts[pricing.SnapshotRead] += l.tenant.state
		case p.suspended:
			first.Amounts[usage.Suspends]++
			first.Amounts[pricing.SnapshotWrite] += l.tenant.state
		}
		for from := p.from; from < p.to; {
			r := at(from)
			to := min(p.to, int64(r.PeriodStart.Add(time.Hour).Sub(l.start)/time.Second))
			seconds := to - from
			if p.suspended {
				r.Amounts[usage.Suspended] += seconds * 1000
				r.Amounts[pricing.SnapshotStorage] += seconds * l.tenant.state
			} else {
				peak := max(0, min(to, p.from+p.burst)-from)
				billed := (seconds + peak*(p.factor-1)) * 1000 // as if all of it had run at the baseline
				r.Amounts[usage.Running] += seconds * 1000
				r.Amounts[pricing.Memory] += billed * mibs
				// Half a vCPU per GB. Sizes are multiples of 512 MiB and times whole seconds, so the division is exact.
				r.Amounts[pricing.VCPU] += billed * mibs / 2048
			}
			from = to
		}
	}
	return out
}

func (l launch) record(hour time.Time) usage.Record {
	r := usage.Record{
		PeriodStart: hour, PeriodSeconds: hourMS / 1000, Region: l.tenant.region, Account: account,
		Resource: usage.Resource{ID: l.id},
		Image:    l.tenant.image.name, Arch: l.tenant.image.arch(l.start), Source: Source, Coverage: usage.CoverageComplete,
	}
	switch l.tenant.told {
	case bySource:
		r.Tenant, r.TenantBy = l.tenant.name, usage.TenantProven
	case byRole:
		r.Role = l.tenant.role()
	case byImage, byNobody:
	}
	return r
}
