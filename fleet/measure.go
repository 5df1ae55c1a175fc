package fleet

import (
	"math/bits"
	"time"

	"microspend/collector/watch"
	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// measure is usage that no meter has told, worked out from states and sizes. It is not rounded: vCPU is counted in
// millionths of 2,048ths and milliseconds, storage in bytes and milliseconds.
type measure struct {
	units [pricing.QuantityCount]usage.Uint128
	lacks [pricing.QuantityCount]bool // there was some more, whose size is not known
}

const (
	mibPerVCPU = 2048 // of baseline memory. Source: AWS Lambda MicroVMs documentation, sizes, read 2026-09-19
	thousand   = 1000 // thousandths of a vCPU, which gauges are in
	hour       = int64(time.Hour / time.Millisecond)
)

// per is how many of a measure's units make up a billed unit.
func per(q pricing.BilledQuantity) int64 {
	switch q {
	case pricing.VCPU:
		return q.Counted().PerUnit * mibPerVCPU * thousand
	case pricing.SnapshotStorage:
		return q.Counted().PerUnit * thousand // milliseconds
	default:
		return q.Counted().PerUnit
	}
}

// add counts a number times another, of which neither is below zero.
func (m *measure) add(q pricing.BilledQuantity, a, b int64) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	m.units[q] = m.units[q].Add(usage.Uint128{Hi: high, Lo: low})
}

// run counts running time in milliseconds: on the baseline, and on what was in use where that is more.
func (m *measure) run(v *watch.MicroVM, ms int64, use watch.Gauge) {
	if v.MemoryMiB <= 0 {
		m.lacks[pricing.VCPU], m.lacks[pricing.Memory] = true, true
		return
	}
	m.add(pricing.VCPU, max(v.MemoryMiB*thousand, min(use.VCPU, maxVCPU)*mibPerVCPU), ms)
	m.add(pricing.Memory, max(v.MemoryMiB, min(use.MemoryMiB, maxMemory)), ms)
}

// What a gauge says beyond these is not believed: they are far above the largest MicroVM at its peak.
const (
	maxVCPU   = 1_000_000 // thousandths
	maxMemory = 1 << 20   // MiB
)

func (m *measure) stored(v *watch.MicroVM, ms int64) {
	if v.StateBytes <= 0 {
		m.lacks[pricing.SnapshotStorage] = true
		return
	}
	m.add(pricing.SnapshotStorage, v.StateBytes, ms)
}

// snapshot counts a read or a write of some bytes.
func (m *measure) snapshot(q pricing.BilledQuantity, bytes int64) {
	if bytes <= 0 {
		m.lacks[q] = true
		return
	}
	m.add(q, bytes, 1)
}

// priced is what a measure costs at a card, by billed quantity and together. Nothing used costs nothing.
func (m *measure) priced(card pricing.RateCard) (of [pricing.QuantityCount]Amount, sum Amount) {
	for q, units := range m.units {
		q := pricing.BilledQuantity(q)
		of[q] = priced(pricing.Count{Units: units.Decimal(), Per: per(q)}, card, q)
		if m.lacks[q] {
			of[q] = of[q].Plus(unknown)
		}
		sum = sum.Plus(of[q])
	}
	return of, sum.orNothing()
}

// priced is what a count costs at a card; the zero amount where nothing was counted.
func priced(count pricing.Count, card pricing.RateCard, q pricing.BilledQuantity) Amount {
	if count.Units.IsZero() {
		return Amount{}
	}
	amount, _, err := count.Amounts(card, q)
	if err != nil { // the rate is not known
		return Amount{State: pricing.UnknownRates}
	}
	return Amount{USD: amount, Known: true}
}

// usedIn is what a MicroVM used in [from, to), as far as its life tells. Slept is whether it was suspended in the last
// state before that is known, for whether what comes is a suspend or a resume.
func usedIn(v *watch.MicroVM, from, to time.Time) (m measure) {
	slept := false
	for _, s := range v.Life {
		if !s.From.Before(to) {
			break
		}
		asleep, tells := asleep(s.State)
		if tells && asleep != slept && !s.From.Before(from) {
			if asleep {
				m.snapshot(pricing.SnapshotWrite, v.StateBytes)
			} else {
				m.snapshot(pricing.SnapshotRead, v.StateBytes)
			}
		}
		if tells {
			slept = asleep
		}
		begin, end := civil.Later(s.From, from), civil.Earlier(s.To, to)
		if !begin.Before(end) {
			continue
		}
		switch s.State {
		case watch.Running:
			m.ran(v, begin, end)
		case watch.Suspended:
			m.stored(v, end.Sub(begin).Milliseconds())
		case watch.Pending, watch.Suspending, watch.Terminating, watch.Terminated: // see the assumption transition-billing
		default: // AWS has a state that this program does not know, and whether it is billed is not known either
			m.lacks[pricing.VCPU], m.lacks[pricing.Memory] = true, true
		}
	}
	return m
}

// ran counts running time in [from, to), minute by minute where the meter saw more in use than the baseline.
func (m *measure) ran(v *watch.MicroVM, from, to time.Time) {
	for _, g := range v.Gauges {
		begin, end := civil.Later(g.From, from), civil.Earlier(g.At, to)
		if !begin.Before(end) {
			continue
		}
		m.run(v, begin.Sub(from).Milliseconds(), watch.Gauge{})
		m.run(v, end.Sub(begin).Milliseconds(), g)
		from = end
	}
	m.run(v, to.Sub(from).Milliseconds(), watch.Gauge{})
}

// asleep reports whether a MicroVM in a state has been suspended, and whether the state tells.
func asleep(s watch.State) (asleep, tells bool) {
	switch s {
	case watch.Suspending, watch.Suspended:
		return true, true
	case watch.Running, watch.Pending:
		return false, true
	default:
		return false, false
	}
}

// anHour is what an hour of a MicroVM as it is now would use. It reports false where its state is not known.
func anHour(v *watch.MicroVM) (m measure, known bool) {
	switch v.State {
	case watch.Running:
		m.run(v, hour, newest(v))
	case watch.Suspended:
		m.stored(v, hour)
	case watch.Pending, watch.Suspending, watch.Terminating, watch.Terminated:
	default:
		return m, false
	}
	return m, true
}

// gaugeAge is how old what a meter saw may be to say what is in use now: meters write once a minute, and lines take a
// while to be there.
const gaugeAge = 5 * time.Minute

// newest is what the meter says is in use now; the zero gauge where it doesn't.
func newest(v *watch.MicroVM) watch.Gauge {
	if n := len(v.Gauges); n > 0 && v.SeenAt.Sub(v.Gauges[n-1].At) < gaugeAge {
		return v.Gauges[n-1]
	}
	return watch.Gauge{}
}

// suspendedHour is what an hour would use were the MicroVM suspended, and cycle what suspending and resuming it takes.
func suspendedHour(v *watch.MicroVM) (hourly, cycle measure) {
	hourly.stored(v, hour)
	cycle.snapshot(pricing.SnapshotWrite, v.StateBytes)
	cycle.snapshot(pricing.SnapshotRead, v.StateBytes)
	return hourly, cycle
}
