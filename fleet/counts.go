package fleet

import (
	"time"

	"microspend/collector/watch"
	"microspend/pricing"
)

// count adds a MicroVM to the figures of all.
func (s *Snapshot) count(m *MicroVM, newerToday Amount) {
	s.Counts[m.State]++
	s.TodayNewer = s.TodayNewer.Plus(newerToday)
	if m.State == watch.Terminated {
		return
	}
	s.Burn = s.Burn.Plus(m.BurnPerHour)
	switch m.State {
	case watch.Running, watch.Suspended, watch.Suspending, watch.Pending:
		s.MemoryInUse += max(m.MemoryMiB, 0)
		s.MemoryUnknown = s.MemoryUnknown || m.MemoryMiB <= 0
	}
	if m.NearCap(s.At) {
		s.NearCap++
	}
	if m.Idles(s.At) {
		s.Idle++
	}
}

// monthHours are those of a month in AWS's own examples of EC2.
const monthHours = 730

// sum finishes the figures of all.
func (s *Snapshot) sum(look *watch.Look, readOn pricing.Date) {
	s.Burn, s.TodayNewer = s.Burn.orNothing(), s.TodayNewer.orNothing()
	s.Month = s.Burn
	s.Month.USD = pricing.ProrateTime(s.Burn.USD, monthHours, 1)
	s.RatesReadOn = readOn
	for _, p := range look.Places {
		if p.Quota == 0 {
			s.MemoryQuota = 0
			break
		}
		s.MemoryQuota += p.Quota
	}
}

// endedSince counts those that have ended since a moment.
func endedSince(all []MicroVM, since time.Time) (n int) {
	for i := range all {
		if all[i].State == watch.Terminated && !all[i].EndedAt.Before(since) {
			n++
		}
	}
	return n
}
