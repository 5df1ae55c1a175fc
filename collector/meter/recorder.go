package meter

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// Timing is how a recorder judges clocks. See DefaultTiming.
type Timing struct {
	Jump       time.Duration // a jump of the wall clock this long that no hook announced is a suspend
	Step       time.Duration // the wall clock may be off by less than this without being followed
	Stall      time.Duration // so long without a look at the clocks, after a suspend hook, the MicroVM was frozen
	ClockWait  time.Duration // for the wall clock to be set after a snapshot was restored
	ResumeWait time.Duration // for a resume hook after the clocks show that the MicroVM runs again
	UndoneWait time.Duration // after a suspend hook, until a MicroVM that still runs was not suspended
	Repeat     time.Duration // a hook that comes again within this is the same event
}

// DefaultTiming is what the meter runs with. A MicroVM is not suspended by its idle policy within a minute of its
// launch, and a hook has a minute to be answered, after which it may be tried again.
func DefaultTiming() Timing {
	return Timing{
		Jump: 10 * time.Second, Step: time.Second, Stall: 5 * time.Second, ClockWait: 10 * time.Second,
		ResumeWait: 5 * time.Second, UndoneWait: 30 * time.Second, Repeat: time.Minute,
	}
}

// lateCorrection is for how long after an unmeasured suspend a jump of the clock is still its length.
const lateCorrection = 10 * time.Minute

// Recorder makes lines of what hooks, clocks and the guest's load say. It is a pure state machine: it reads no clock,
// and must be told of each moment in order, by one caller at a time.
type Recorder struct {
	Publication emf.Publication
	Timing      Timing
	Emit        func(*emf.Line)                    // takes a line; it must not keep it
	Say         func(format string, args ...any)   // tells people
	DrawLife    func(at Instant, id string) string // makes the id of a life
	Unhooked    Identity                           // who a MicroVM is that no run hook has named
	AtJump      bool                               // a jump of the clock is a launch where nothing is metered
	LaunchNotes []string                           // for the first line of each life

	seen bool // whether there are a last moment and load
	at   Instant
	load Load

	jumped   bool // whether the wall clock was ever seen to be set, and when and by how much it last was
	jumpedAt time.Duration
	jumpedBy int64

	life  *life
	ended bool // the MicroVM was terminated: nothing but another run hook begins a life

	standing    []string      // notes for every line
	interrupted *interruption // whose metering a fault has interrupted
	restarted   bool          // whether and when that last happened
	restartedAt time.Duration
}

// life is one MicroVM from its launch to its end.
type life struct {
	Identity
	id       string
	hooked   bool // a run hook named it
	sequence int64
	launched time.Duration
	lived    int64 // ns, running and suspended

	from, pos int64 // Unix nanoseconds: the period of the line to come
	amounts
	unknown bool     // part of the line to come has use that could not be read
	notes   []string // for the line to come

	told  told   // what earlier lines have told
	first string // the life's id before a fault of the meter's; "" without one
	pace  pace

	wait      *clockWait  // while it is not known what time it is
	suspended *suspension // while suspended

	resumed      bool // whether and when it last was resumed
	resumedAt    time.Duration
	unmeasured   bool // whether a suspend's length could not be told, since when
	unmeasuredAt time.Duration
	undone       bool // that suspend's resume is not counted, as nothing showed that the MicroVM was frozen
}

// clockWait is running time of which it is not known yet where on the calendar it lies.
type clockWait struct {
	resume   bool // after a resume; else after the launch
	segments []segment
	total    time.Duration
	notes    []string
}

// Observe tells the time and the guest's load. It is called about every second, and at each hook.
func (r *Recorder) Observe(at Instant, load Load) {
	before, loadBefore := r.at, r.load
	r.at, r.load = at, load
	if r.life == nil && r.interrupted != nil && at.Mono >= r.interrupted.from {
		r.afterInterruption()
	}
	if !r.seen {
		r.seen = true
		return
	}
	passed := max(at.Mono-before.Mono, 0)
	jump := at.Wall - before.Wall - int64(passed)
	if abs(jump) >= int64(r.Timing.Step) {
		r.jumped, r.jumpedAt, r.jumpedBy = true, at.Mono, jump
	}
	l := r.life
	switch {
	case l == nil:
		if r.AtJump && jump >= int64(r.Timing.Jump) {
			r.beginUnhooked()
		}
		return
	case l.suspended != nil:
		r.observeSuspended(passed, jump, segmentOf(l.Size, passed, loadBefore, load))
	default:
		r.observeRunning(passed, jump, segmentOf(l.Size, passed, loadBefore, load))
	}
}

func (r *Recorder) observeRunning(passed time.Duration, jump int64, s segment) {
	l := r.life
	if l.wait != nil {
		l.wait.segments = appendSegment(l.wait.segments, s)
		l.wait.total += passed
		if set := abs(jump) >= int64(r.Timing.Step); set || l.wait.total >= r.Timing.ClockWait {
			r.settle(set)
		}
		return
	}
	r.place(s)
	drift := r.at.Wall - l.pos
	switch {
	case l.unmeasured && r.at.Mono-l.unmeasuredAt < lateCorrection && jump >= int64(r.Timing.Step) && r.plausible(jump):
		// The clock was set late, and says how long the last suspend was.
		l.unmeasured = false
		r.cut(emf.Interval)
		r.tellSuspended(l.pos, l.pos+jump, emf.NoteClockUncorrected)
		l.pos, l.from = r.at.Wall, r.at.Wall
		if l.undone {
			r.countResume()
		}
	case jump >= int64(r.Timing.Jump) && r.at.Mono-l.launched >= r.Timing.Repeat && r.plausible(jump):
		r.Say("the wall clock jumped by %s without a suspend hook: counted as a suspend", time.Duration(jump))
		r.suspend(emf.NoteUnannounced)
		r.resume(l.pos+jump, true, emf.NoteUnannounced)
		l.pos, l.from = r.at.Wall, r.at.Wall
	case abs(drift) >= int64(r.Timing.Step):
		l.note(emf.NoteClockStepped)
		r.cut(emf.Interval)
		l.pos, l.from = r.at.Wall, r.at.Wall
	}
}

// plausible reports whether a MicroVM can have been suspended for so long: it lives for eight hours.
func (r *Recorder) plausible(suspended int64) bool {
	const most = int64(pricing.MaxLifeSeconds)*int64(time.Second) + 5*minute // and a little, as clocks differ
	return suspended > 0 && suspended+r.life.lived <= most
}

// place puts running time on the calendar, and cuts lines at the minutes of UTC.
func (r *Recorder) place(s segment) {
	l := r.life
	l.unknown = l.unknown || s.unknown
	l.lived += int64(s.length)
	l.pace.add(s)
	for done := int64(0); done < int64(s.length); {
		boundary := (floorDiv(l.pos, minute) + 1) * minute
		part := min(boundary-l.pos, int64(s.length)-done)
		l.add(l.Size, s, done, done+part)
		done += part
		l.pos += part
		if l.pos == boundary {
			r.cut(emf.Interval)
		}
	}
}

// cut ends the line to come and tells it, with those changes. An interval in which there was nothing is not told.
func (r *Recorder) cut(event emf.Event, changes ...func(*emf.Line)) {
	l := r.life
	line := r.line(event)
	line.PeriodStart, line.PeriodEnd = floorDiv(l.from, nsPerMS), floorDiv(l.pos, nsPerMS)
	line.Amounts[usage.Running] = draw(&l.running, nsPerMS)
	line.Amounts[pricing.VCPU] = draw(&l.vcpu, vcpuUnit)
	line.Amounts[pricing.Memory] = draw(&l.memory, memoryUnit)
	for _, change := range changes {
		change(&line)
	}
	l.from = l.pos
	if event == emf.Interval && line.PeriodStart == line.PeriodEnd && line.Amounts[usage.Running] == 0 &&
		line.Amounts[pricing.VCPU] == 0 && line.Amounts[pricing.Memory] == 0 {
		return
	}
	if l.unknown {
		line.Notes = append(line.Notes, emf.NoteBurstUnknown)
		l.unknown = false
	}
	r.emit(&line)
}

// line is a line with the life's names.
func (r *Recorder) line(event emf.Event) emf.Line {
	l := r.life
	return emf.Line{
		Life: l.id, Event: event,
		MicroVMID: l.MicroVMID, Tenant: l.Tenant, Image: l.Image, ImageVersion: l.ImageVersion,
		Region: l.Region, Account: l.Account, Role: l.Role, TenantProof: l.TenantProof,
		Publication: r.Publication,
	}
}

func (r *Recorder) emit(line *emf.Line) {
	l := r.life
	l.sequence++
	line.Sequence = l.sequence
	for _, note := range slices.Concat(l.notes, r.standing) {
		if !slices.Contains(line.Notes, note) {
			line.Notes = append(line.Notes, note)
		}
	}
	l.notes = nil
	l.told.add(line)
	r.Emit(line)
}

func (l *life) note(notes ...string) {
	for _, note := range notes {
		if note != "" && !slices.Contains(l.notes, note) {
			l.notes = append(l.notes, note)
		}
	}
}

// begin begins a life. A life that was under way belongs to the snapshot that this MicroVM was started from, or to
// nobody.
func (r *Recorder) begin(id Identity, trustClock bool, notes ...string) {
	if r.life != nil {
		r.Say("dropping what was metered as %s: it belongs to another MicroVM", r.life.MicroVMID)
	}
	id, idNotes := id.inLine()
	l := &life{
		Identity: id, id: r.DrawLife(r.at, id.MicroVMID), launched: r.at.Mono,
		from: r.at.Wall, pos: r.at.Wall,
	}
	if l.MicroVMID == "" {
		l.MicroVMID = unnamed + l.id
	}
	notes = append(append(notes, idNotes...), r.LaunchNotes...)
	r.life, r.ended, r.interrupted = l, false, nil
	r.Say("metering %s, tenant %s: %s baseline%s", l.MicroVMID, cmp.Or(l.Tenant, "not known"), l.Size, notesInWords(notes))
	l.wait = &clockWait{notes: notes}
	if trustClock {
		r.settle(true)
	}
}

// beginUnhooked begins a life that no run hook told of, and reports whether it did.
func (r *Recorder) beginUnhooked() bool {
	if r.ended {
		return false
	}
	if r.interrupted != nil {
		r.afterInterruption()
		return true
	}
	r.begin(r.Unhooked, true, emf.NoteLaunchUnseen)
	return true
}

// settle ends the wait for the clock: what time it is now is taken for true, whether it was seen to be set or not.
func (r *Recorder) settle(set bool) {
	l := r.life
	w := l.wait
	l.wait = nil
	begin := r.at.Wall - int64(w.total)
	if w.resume {
		r.resume(begin, set, w.notes...)
	} else {
		l.pos, l.from = begin, begin
		r.cut(emf.Launch, func(line *emf.Line) {
			line.Amounts[usage.Launches], line.Amounts[pricing.SnapshotRead], line.Notes = 1, max(l.ImageBytes, 0), w.notes
		})
	}
	for _, s := range w.segments {
		r.place(s)
	}
}

func notesInWords(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return fmt.Sprintf(" %v", notes)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// floorDiv rounds down, also before 1970.
func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}
