package simulate

import (
	"time"

	"microspend/ledger/lifecycle"
	"microspend/pricing"
)

// LaunchedDays are how many days of launches are kept: the 30 that advice is made from, and the one before, from which
// MicroVMs live on. More would only make the ledger larger.
const LaunchedDays = 31

// heldFor is the longest suspension that MicroVMs are launched with, in seconds. None of them reaches it.
const heldFor = 3 * 3600

// Launched is what the MicroVMs of the last [LaunchedDays] were launched with.
func (f Fleet) Launched() []lifecycle.MicroVM {
	return f.launchedFrom(f.end().AddDate(0, 0, -LaunchedDays))
}

// LaunchedToday is what those of the UTC day of now were launched with, up to now; its records are [Fleet.Today]'s.
func (f Fleet) LaunchedToday(now time.Time) []lifecycle.MicroVM {
	today := f.upTo(now)
	all := today.launchedFrom(today.end().AddDate(0, 0, -1))
	until := 0
	for _, m := range all {
		if !m.StartedAt.After(now) {
			all[until] = m
			until++
		}
	}
	return all[:until]
}

func (f Fleet) launchedFrom(first time.Time) (all []lifecycle.MicroVM) {
	for day, launches := range f.launches(f.tenants()) {
		if day.Before(first) {
			continue
		}
		for _, l := range launches {
			all = append(all, l.launched())
		}
	}
	return all
}

// launched is what the API says of a MicroVM after its launch.
func (l launch) launched() lifecycle.MicroVM {
	m := lifecycle.MicroVM{
		ID: l.id, Region: l.tenant.region, Account: account, Image: l.tenant.image.name, Arch: l.tenant.image.arch(l.start),
		StartedAt: l.start, ReadAt: l.start.Add(time.Minute),
		MaxIdle: new(int64(idleTimeout)), Suspended: new(int64(heldFor)), AutoResume: new(true),
		MaxLife: new(int64(pricing.MaxLifeSeconds)),
	}
	if l.tenant.told == byRole {
		m.Role = l.tenant.role()
	}
	return m
}
