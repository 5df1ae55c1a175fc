package events

import (
	"math/bits"
	"time"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

const (
	day     = usage.MaxPeriodSeconds
	maxLife = pricing.MaxLifeSeconds * 1000 // milliseconds
)

// life is a MicroVM that has been launched. Times are milliseconds since 1970.
type life struct {
	state    Kind // Provisioned while it runs, also after a resume, or Suspended
	launched int64
	last     int64 // event
	line     int

	record        usage.Record // all but its period and amounts
	memory        pricing.Size
	image, stored int64 // bytes of the image and of the state
	pending       usage.Amounts
	from          int64 // second at which what is pending began
}

// reads and writes are of a moment, and are not spread over a stretch of time.
var momentary = [...]usage.Measure{
	usage.Measure(pricing.SnapshotRead), usage.Measure(pricing.SnapshotWrite),
	usage.Launches, usage.Suspends, usage.Resumes,
}

func (l *life) end() int64 { return l.launched + maxLife }

// spend adds the stretch from the last event to a moment to what is pending.
func (l *life) spend(to int64) {
	ms := to - l.last
	if l.state == Suspended {
		l.pending[usage.Suspended] += ms
	} else {
		l.pending[usage.Running] += ms
	}
	l.last = to
}

// close makes records of the stretch up to a moment, unless it has no whole second yet and goes on.
func (r *Reader) close(l *life, to int64, coverage usage.Coverage, over bool) {
	l.spend(to)
	until := to / 1000
	if until <= l.from {
		if !over || l.pending == (usage.Amounts{}) {
			return
		}
		until = l.from + 1
	}
	record := l.record
	record.PeriodStart, record.PeriodSeconds, record.Coverage = time.Unix(l.from, 0).UTC(), until-l.from, coverage
	record.Amounts = l.pending
	running, mib := uint64(l.pending[usage.Running]), uint64(l.memory.MiB())
	record.Amounts[pricing.VCPU] = r.quotient(running, mib, 2048) // 2 GB come with one vCPU
	record.Amounts[pricing.Memory] = int64(running * mib)
	record.Amounts[pricing.SnapshotStorage] = r.quotient(uint64(l.pending[usage.Suspended]), uint64(l.stored), 1000)
	l.pending, l.from = usage.Amounts{}, until
	r.emit(record)
}

// quotient is a × b / by in whole units, half-even; one that is finer is counted.
func (r *Reader) quotient(a, b, by uint64) int64 {
	hi, lo := bits.Mul64(a, b)
	whole, rest := bits.Div64(hi, lo, by)
	if rest != 0 {
		r.report.Rounded++
		if rest > by-rest || rest == by-rest && whole%2 == 1 {
			whole++
		}
	}
	return int64(whole)
}

// emit gives a record, for each UTC day that it touches.
func (r *Reader) emit(record usage.Record) {
	start := record.PeriodStart.Unix()
	if start%day+record.PeriodSeconds <= day {
		r.give(record)
		return
	}
	r.report.Split++
	var moments usage.Amounts
	for _, m := range momentary {
		moments[m], record.Amounts[m] = record.Amounts[m], 0
	}
	days := record.Split()
	for _, m := range momentary {
		days[0].Amounts[m] = moments[m]
	}
	r.give(days...)
}

func (r *Reader) give(records ...usage.Record) {
	r.batch = append(r.batch, records...)
	r.marks.Add(len(records), int64(r.line))
}

// withdraw marks that all of a life that begins is given anew.
func (r *Reader) withdraw(l *life) {
	mark := l.record
	for from, end := l.launched/1000, (l.end()+999)/1000; from < end; {
		mark.PeriodStart = time.Unix(from, 0).UTC()
		until := min(end, from-from%day+day)
		r.give(ledger.Withdraw(mark, until-from))
		from = until
	}
}
