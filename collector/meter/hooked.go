package meter

import (
	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// Run tells of the run hook: a MicroVM was launched, and is who the hook says.
func (r *Recorder) Run(at Instant, load Load, id Identity, notes ...string) {
	r.Observe(at, load)
	name, _ := emf.Name(id.MicroVMID)
	switch l := r.life; {
	case l != nil && l.hooked && (name == l.MicroVMID || name == "" && at.Mono-l.launched < r.Timing.Repeat):
		r.Say("the run hook came again; it counts once")
		return
	case l != nil && !l.hooked:
		// The launch was found without the hook: only the names are news.
		var idNotes []string
		l.Identity, idNotes = id.inLine()
		if l.MicroVMID == "" {
			l.MicroVMID = emf.Unnamed + l.id
		}
		l.note(notes...)
		l.note(idNotes...)
		l.hooked = true
		return
	}
	recent := r.jumped && at.Mono-r.jumpedAt < r.Timing.Repeat
	r.begin(id, recent, notes...)
	r.life.hooked = true
}

// Suspend tells of the suspend hook: the MicroVM is about to be frozen. The last line has been emitted when it returns.
func (r *Recorder) Suspend(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil && !r.beginUnhooked() {
		r.Say("a suspend hook came after the end; it counts nothing")
		return
	}
	r.awake()
	l := r.life
	if l.suspended != nil {
		if !l.suspended.thawed {
			r.Say("the suspend hook came again; it counts once")
			return
		}
		r.resumeUnseen()
	}
	r.suspend()
	l.pos, l.from = at.Wall, at.Wall
	l.suspended = &suspension{}
}

// Resume tells of the resume hook: the MicroVM runs again.
func (r *Recorder) Resume(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil {
		if !r.beginUnhooked() {
			r.Say("a resume hook came after the end; it counts nothing")
			return
		}
		r.life.note(emf.NoteSuspendedUnknown)
		r.countResume()
		return
	}
	l := r.life
	if u := l.suspended; u != nil {
		l.suspended = nil
		r.awaitClock(u.thawed)
		return
	}
	switch {
	case l.resumed && at.Mono-l.resumedAt < r.Timing.Repeat, l.wait != nil && l.wait.resume:
		r.Say("the resume hook came for a resume that is counted")
	case r.jumped && at.Mono-r.jumpedAt < r.Timing.ResumeWait && at.Mono-l.launched >= r.Timing.Repeat &&
		r.plausible(r.jumpedBy):
		// The clock was taken for set; it was a short suspend.
		r.awake()
		here := l.pos
		r.suspend(emf.NoteUnannounced)
		l.pos -= r.jumpedBy
		r.resume(here, true)
	default:
		r.awake()
		r.Say("a resume hook came without a suspend hook: a suspend is counted")
		r.suspend(emf.NoteUnannounced)
		r.awaitClock(false)
	}
}

// Terminate tells of the terminate hook: the MicroVM is about to end. The last line has been emitted when it returns.
func (r *Recorder) Terminate(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil {
		return
	}
	r.awake()
	l := r.life
	if u := l.suspended; u != nil {
		thawed := at.Wall - int64(u.afterTotal)
		if u.thawed && r.plausible(thawed-l.pos) {
			r.tellSuspended(l.pos, thawed)
		} else if u.thawed {
			l.note(emf.NoteSuspendedUnknown)
		}
		l.pos, l.from = at.Wall, at.Wall
	}
	r.cut(emf.Terminate)
	r.life, r.ended = nil, true
}

// Stop tells that the meter ends, while the MicroVM may go on.
func (r *Recorder) Stop(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil {
		return
	}
	r.awake()
	if r.life.suspended == nil {
		r.life.note(emf.NoteMeterStopped)
		r.cut(emf.Interval)
	}
	r.life = nil
}

// awake ends a wait for the clock: something happens that cannot wait.
func (r *Recorder) awake() {
	if r.life.wait != nil {
		r.settle(false)
	}
}

// awaitClock counts a resume now, or when the clock has been set.
func (r *Recorder) awaitClock(trusted bool) {
	l := r.life
	l.resumed, l.resumedAt = true, r.at.Mono
	l.wait = &clockWait{resume: true}
	if trusted {
		r.settle(true)
	}
}

// countResume counts a resume of a life that was not known to be suspended.
func (r *Recorder) countResume() {
	l := r.life
	l.resumed, l.resumedAt = true, r.at.Mono
	r.cut(emf.Resume, func(line *emf.Line) {
		line.Amounts[usage.Resumes], line.Amounts[pricing.SnapshotRead] = 1, l.stateBytes()
	})
}

// Metering reports whether a life is under way.
func (r *Recorder) Metering() bool { return r.life != nil }
