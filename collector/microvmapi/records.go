package microvmapi

import (
	"math/bits"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// lifeRecords makes records of the periods that are over, and forgets MicroVMs that are not listed any more.
func (p *poll) lifeRecords() {
	listed := map[string]bool{}
	for _, o := range p.seen {
		listed[o.id] = true
	}
	kept := p.state.Lives[:0]
	for _, l := range p.state.Lives {
		v := p.state.image(l.Image, l.Version)
		if !p.pending[v.key()] {
			until := l.At.To
			if l.Over {
				until = p.now
			}
			for _, t := range l.Open.closed(until) {
				p.record(p.lifeRecord(l, v, t))
			}
		}
		if len(l.Open) > 0 {
			p.inUse[v.key()] = true
		}
		if listed[l.ID] || !l.Over || len(l.Open) > 0 {
			kept = append(kept, l)
		}
	}
	clear(p.state.Lives[len(kept):])
	p.state.Lives = kept
}

func (p *poll) recordOf(t tally) usage.Record {
	return usage.Record{
		PeriodStart: time.Unix(t.Start, 0).UTC(), PeriodSeconds: t.Length,
		Region: p.target.Region, Account: p.target.Account, Source: SourceName,
	}
}

// lifeRecord prices nothing: it turns time and events into billed quantities. What rests on a size that is not known is
// left out, and the coverage says so.
func (p *poll) lifeRecord(l *life, v *image, t tally) usage.Record {
	r := p.recordOf(t)
	r.Resource.ID, r.Image, r.Role, r.Arch = l.ID, l.Image, l.Role, v.Arch
	r.Amounts[usage.Running], r.Amounts[usage.Suspended] = t.Running, t.Suspended
	r.Amounts[usage.Launches], r.Amounts[usage.Suspends], r.Amounts[usage.Resumes] = t.Launches, t.Suspends, t.Resumes

	size := p.source.sizes(v)
	r.Amounts[pricing.VCPU] = divideHalfEven(t.Running*size.memory, mibPerVCPU)
	r.Amounts[pricing.Memory] = t.Running * size.memory
	r.Amounts[pricing.SnapshotRead] = t.Launches*size.image + t.Resumes*size.state
	r.Amounts[pricing.SnapshotWrite] = t.Suspends * size.state
	r.Amounts[pricing.SnapshotStorage] = byteSeconds(size.state, t.Suspended)

	from, to := t.Start*1000, t.end()*1000
	if l.Whole {
		from = max(from, l.Started)
	}
	if l.Over {
		to = min(to, l.Ended)
	}
	r.Coverage = coverage(t.Sure, to-from)
	if t.Launches > 0 && size.image == 0 {
		p.counts["launches that read an image of unknown size"] += t.Launches
		r.Coverage = usage.CoveragePartial
	}
	if size.memory == 0 && t.Running > 0 || size.state == 0 && t.Suspended+t.Suspends+t.Resumes > 0 {
		p.counts["records of MicroVMs whose baseline is not known"]++
		r.Coverage = usage.CoverageUnknown
	}
	return r
}

// record keeps a record that says something.
func (p *poll) record(r usage.Record) {
	if err := r.Check(); err != nil {
		p.quarantine("MicroVM "+bounded(r.Resource.ID, 120), err.Error())
		return
	}
	p.records = append(p.records, r)
}

// mibPerVCPU: a MicroVM has a vCPU per 2 GiB of baseline memory. Source: AWS Lambda MicroVMs, sizes.
const mibPerVCPU = 2048

// divideHalfEven divides numbers of which neither is below zero, rounding half to even.
func divideHalfEven(a, b int64) int64 {
	q, rest := a/b, a%b
	if twice := 2 * rest; twice > b || twice == b && q%2 == 1 {
		q++
	}
	return q
}

// byteSeconds is bytes × milliseconds in byte-seconds, rounded half to even; worked out in 128 bits.
func byteSeconds(bytes, ms int64) int64 {
	high, low := bits.Mul64(uint64(bytes), uint64(ms))
	q, rest := bits.Div64(high, low, 1000)
	if rest > 500 || rest == 500 && q%2 == 1 {
		q++
	}
	return int64(q)
}
