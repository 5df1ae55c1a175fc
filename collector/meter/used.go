package meter

import (
	"cmp"
	"slices"
	"time"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// Used is what a life has used until now: what its lines have told, and what is kept for the line to come.
type Used struct {
	Identity
	Life      string // the life's id; after a fault of the meter's, that which it had before
	Suspended bool   // a suspend hook came, and nothing shows yet that the MicroVM runs again
	Amounts   usage.Totals
	Lived     time.Duration // since the launch, running and suspended

	// Incomplete says that something of the life was not seen or could not be measured: all figures are lower bounds.
	Incomplete bool

	// HourVCPU and HourMemory are what an hour of running would use if it went on as in the last minute of running time,
	// in the units of lines.
	HourVCPU, HourMemory int64
}

// belowUsage are the notes of lines in which there is less than was used.
var belowUsage = []string{
	emf.NoteLaunchUnseen, emf.NoteImageSizeUnknown, emf.NoteBurstUnknown, emf.NoteSuspendedUnknown,
	emf.NoteClockUncorrected, emf.NoteMeasuredForCgroup,
}

// told is what the lines of a life have told.
type told struct {
	amounts    usage.Totals
	incomplete bool
}

// toldBefore is what is left of a life that a fault of the meter's has cut in two: a budget does not begin anew.
type toldBefore struct {
	told
	first string // id of the life
	lived int64
}

func (l *life) before() toldBefore { return toldBefore{l.told, cmp.Or(l.first, l.id), l.lived} }

func (l *life) goOn(b toldBefore) { l.told, l.first, l.lived = b.told, b.first, b.lived }

func (t *told) add(line *emf.Line) {
	for i, amount := range line.Amounts {
		t.amounts[i] = t.amounts[i].AddInt(amount)
	}
	t.incomplete = t.incomplete || line.Faulty() || slices.ContainsFunc(line.Notes, isBelowUsage)
}

func isBelowUsage(note string) bool { return slices.Contains(belowUsage, note) }

// Used reports what the life under way has used as of the last moment that the recorder was told of, and whether there
// is a life. Running time is in it at once, suspended time and its resume when the clocks have shown them.
func (r *Recorder) Used() (used Used, ok bool) {
	l := r.life
	if l == nil {
		return Used{}, false
	}
	used = Used{
		Identity: l.Identity, Life: cmp.Or(l.first, l.id), Amounts: l.told.amounts,
		Lived: time.Duration(l.lived),
		Incomplete: l.told.incomplete || l.unknown || l.suspended != nil || len(r.standing) > 0 ||
			slices.ContainsFunc(l.notes, isBelowUsage),
	}
	rest := l.amounts
	count := func(h held) {
		for _, s := range h.segments {
			if s.length > 0 {
				rest.add(l.Size, s, 0, int64(s.length))
			}
			used.Incomplete = used.Incomplete || s.unknown
		}
		used.Lived += h.total
	}
	if w := l.wait; w != nil {
		count(w.held)
		used.Amounts[usage.Launches] = used.Amounts[usage.Launches].AddInt(1)
		used.Amounts[pricing.SnapshotRead] = used.Amounts[pricing.SnapshotRead].AddInt(max(l.ImageBytes, 0))
		used.Incomplete = used.Incomplete || slices.ContainsFunc(w.notes, isBelowUsage)
	}
	if u := l.suspended; u != nil {
		count(u.ran)
		count(u.after)
		used.Suspended = u.announced && !u.froze && !u.resumed && u.ran.total == 0
	}
	for _, part := range []struct {
		of     usage.Measure
		amount int64
	}{
		{usage.Running, rest.running / nsPerMS},
		{usage.Measure(pricing.VCPU), rest.vcpu / vcpuUnit},
		{usage.Measure(pricing.Memory), rest.memory / memoryUnit},
	} {
		used.Amounts[part.of] = used.Amounts[part.of].AddInt(part.amount)
	}
	used.HourVCPU, used.HourMemory = l.pace.hour(l.Size)
	return used, true
}

// Note leaves a note for the next line of the life under way, once for each line.
func (r *Recorder) Note(note string) {
	if r.life != nil {
		r.life.note(note)
	}
}

// pace is running time of the last minute, by which it is foretold what an hour costs. A shorter stretch would swing
// with every request, a longer one would hide for too long that an agent has begun to work.
type pace struct {
	segments []segment
	total    time.Duration
}

const paceLength = time.Minute

func (p *pace) add(s segment) {
	p.segments = appendSegment(p.segments, s)
	p.total += s.length
	drop := 0
	for drop < len(p.segments)-1 && p.total-p.segments[drop].length >= paceLength {
		p.total -= p.segments[drop].length
		drop++
	}
	p.segments = slices.Delete(p.segments, 0, drop)
}

// hour is what an hour at this pace uses: vCPU-milliseconds, and MiB-milliseconds of memory, rounded down. Without any
// running time it is the baseline's.
func (p *pace) hour(size pricing.Size) (vcpu, memory int64) {
	var vcpuAbove, memoryAbove int64 // quarter-vCPU × ns; KiB × µs, which an hour's does not overflow
	for _, s := range p.segments {
		vcpuAbove += s.vcpu
		memoryAbove += s.memory * s.length.Microseconds()
	}
	const hour = int64(time.Hour)
	vcpu, memory = hour*baselineQuarters(size), time.Hour.Microseconds()*size.MiB()*kibPerMiB
	if us := p.total.Microseconds(); us > 0 {
		vcpu += share(vcpuAbove, hour, int64(p.total))
		memory += share(memoryAbove, time.Hour.Microseconds(), us)
	}
	return vcpu / vcpuUnit, memory / (memoryUnit / int64(time.Microsecond))
}
