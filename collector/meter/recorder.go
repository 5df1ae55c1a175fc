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
	Freeze     time.Duration // at a suspend or resume hook, a jump of the wall clock this long is a suspend
	ClockWait  time.Duration // for the wall clock to be set after a snapshot was restored
	ResumeWait time.Duration // for a resume hook after the clocks show that the MicroVM runs again
	UndoneWait time.Duration // after a suspend or terminate hook, until a MicroVM that still runs goes on
	Repeat     time.Duration // a hook that comes again within this is the same event
}

// DefaultTiming is what the meter runs with. A MicroVM is not suspended by its idle policy within a minute of its
// launch, and a hook has a minute to be answered, after which it may be tried again.
func DefaultTiming() Timing {
	return Timing{
		Jump: 10 * time.Second, Step: time.Second, Freeze: 100 * time.Millisecond, ClockWait: 10 * time.Second,
		ResumeWait: 5 * time.Second, UndoneWait: 10 * time.Second, Repeat: time.Minute,
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
	ended *life // that a terminate hook has ended; its suspension has what was seen since

	standing    []string      // notes for every line
	interrupted *interruption // whose metering a fault has interrupted
	restarted   bool          // whether and when that last happened
	restartedAt time.Duration
}

// life is one MicroVM from its launch to its end.
type life struct {
	Identity
	id       string
	named    bool // a run hook told its id
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

	wait      *clockWait  // while it is not known what time it is, after the launch
	suspended *suspension // from a suspend or resume hook until it is known what the clocks say about it

	resumed   bool // whether and when a resume was last counted
	resumedAt time.Duration

	// spare says that a suspend was counted at its hook and did not happen: the next one is counted by it. So the last
	// line before a freeze can count it, and however many hooks somebody invents, one at most is too many.
	spare bool

	late   bool // the clocks have shown no freeze at a hook, or hardly one: whether they may yet, and since when
	lateAt time.Duration
	undone bool // and then a suspend and a resume are to be counted
}

// clockWait is running time of which it is not known yet where on the calendar it lies.
type clockWait struct {
	held
	notes []string
}

// held is running time that is kept for a line to come.
type held struct {
	segments []segment
	total    time.Duration
}

func (h *held) add(s segment) {
	h.segments = appendSegment(h.segments, s)
	h.total += s.length
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
		switch {
		case r.ended != nil:
			r.observeEnded(jump, segmentOf(r.ended.Size, passed, loadBefore, load))
		case r.AtJump && jump >= int64(r.Timing.Jump):
			r.beginUnhooked()
		}
	case l.suspended != nil:
		r.observeSuspended(jump, segmentOf(l.Size, passed, loadBefore, load))
	default:
		r.observeRunning(jump, segmentOf(l.Size, passed, loadBefore, load))
	}
}

func (r *Recorder) observeRunning(jump int64, s segment) {
	l := r.life
	if l.wait != nil {
		l.wait.add(s)
		if set := abs(jump) >= int64(r.Timing.Step); set || l.wait.total >= r.Timing.ClockWait {
			r.settle()
		}
		return
	}
	r.place(s)
	drift := r.at.Wall - l.pos
	switch {
	case l.late && r.at.Mono-l.lateAt < lateCorrection && jump >= int64(r.Timing.Step) && r.plausible(jump):
		r.correctLate(jump)
	case r.isSuspend(jump):
		r.Say("the wall clock jumped by %s without a suspend hook: counted as a suspend", time.Duration(jump))
		r.suspend(emf.NoteUnannounced)
		r.resume(l.pos+jump, emf.NoteUnannounced)
		l.pos, l.from = r.at.Wall, r.at.Wall
	case abs(drift) >= int64(r.Timing.Step):
		l.note(emf.NoteClockStepped)
		r.cut(emf.Interval)
		l.pos, l.from = r.at.Wall, r.at.Wall
	}
}

// isSuspend reports whether a jump of the clock that no hook announced is a suspend, and not the clock being set, as it
// is after a launch.
func (r *Recorder) isSuspend(jump int64) bool {
	return jump >= int64(r.Timing.Jump) && r.at.Mono-r.life.launched >= r.Timing.Repeat && r.plausible(jump)
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
		Region: l.Region, Account: l.Account, Role: l.Role, Arch: l.Arch, TenantProof: l.TenantProof,
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
		l.MicroVMID = emf.Unnamed + l.id
	}
	notes = append(append(notes, idNotes...), r.LaunchNotes...)
	r.life, r.ended, r.interrupted = l, nil, nil
	r.Say("metering %s, tenant %s: %s baseline%s", l.MicroVMID, cmp.Or(l.Tenant, "not known"), l.Size, notesInWords(notes))
	l.wait = &clockWait{notes: notes}
	if trustClock {
		r.settle()
	}
}

// beginUnhooked begins a life that no run hook told of, or goes on with the one there was.
func (r *Recorder) beginUnhooked() {
	switch {
	case r.ended != nil:
		r.terminateUndone()
	case r.interrupted != nil:
		r.afterInterruption()
	default:
		r.begin(r.Unhooked, true, emf.NoteLaunchUnseen)
	}
}

// settle ends the wait for the clock: what time it is now is taken for true, whether it was seen to be set or not.
func (r *Recorder) settle() {
	l := r.life
	w := l.wait
	l.wait = nil
	begin := r.at.Wall - int64(w.total)
	l.pos, l.from = begin, begin
	r.cut(emf.Launch, func(line *emf.Line) {
		line.Amounts[usage.Launches], line.Amounts[pricing.SnapshotRead], line.Notes = 1, max(l.ImageBytes, 0), w.notes
	})
	r.placeAll(w.held)
}

func (r *Recorder) placeAll(h held) {
	for _, s := range h.segments {
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
