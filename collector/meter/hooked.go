package meter

import (
	"cmp"

	"microspend/internal/emf"
)

// Verdict is what became of a run hook.
type Verdict int

// The verdicts.
const (
	Launched Verdict = iota // it began a life, or named one
	Repeated                // it came again
	Refused                 // it named another MicroVM, tenant or limits than the first one, and changed nothing
)

// Run tells of the run hook: a MicroVM was launched, and is who the hook says. The first hook holds: a process begins
// in a snapshot of its image, is one MicroVM's from there on, and whoever runs in that can call the hook again, with
// another tenant or more to spend. Only clocks that rule the same MicroVM out make room for another.
func (r *Recorder) Run(at Instant, load Load, id Identity, notes ...string) Verdict {
	r.Observe(at, load)
	was := r.life
	if was == nil {
		was = r.ended
	}
	switch {
	case was == nil && r.interrupted != nil && r.interrupted.named:
		return r.again(&r.interrupted.Identity, id)
	case was == nil || !(was.named && was.same(id)) && r.anotherLife(was):
		recent := r.jumped && at.Mono-r.jumpedAt < r.Timing.Repeat
		r.begin(id, recent, notes...)
		r.life.named = !id.untold
		return Launched
	case !was.named && r.life != nil && at.Mono-was.launched < r.Timing.Repeat:
		r.name(id, notes)
		return Launched
	}
	verdict := r.again(&was.Identity, id)
	switch {
	case verdict == Refused:
		was.note(emf.NoteRunRefused)
	case r.life == nil:
		r.terminateUndone()
	}
	return verdict
}

// anotherLife reports whether the clocks show that this is another MicroVM than that of a life, which was then one of
// the image's build: its snapshot slept for longer than a MicroVM lives, or after the life's end. A jump within a
// minute of the launch is none of that, as it may be the clock being set.
func (r *Recorder) anotherLife(was *life) bool {
	switch {
	case !r.jumped || r.jumpedAt-was.launched < r.Timing.Repeat:
		return false
	case r.life == nil:
		return was.suspended.jump >= int64(r.Timing.Jump)
	default:
		return r.at.Mono-r.jumpedAt < r.Timing.Repeat && r.jumpedBy > 0 && !r.plausible(r.jumpedBy)
	}
}

// again judges a run hook of a MicroVM that one has named.
func (r *Recorder) again(was *Identity, id Identity) Verdict {
	if was.same(id) {
		r.Say("the run hook came again; it counts once")
		return Repeated
	}
	r.Say("a run hook for another MicroVM, tenant or budget is refused: this is %s, tenant %s", was.MicroVMID,
		cmp.Or(was.Tenant, "not known"))
	return Refused
}

// name gives a life the names of its run hook, where it was found without one, or without the names.
func (r *Recorder) name(id Identity, notes []string) {
	l := r.life
	before := l.MicroVMID
	var idNotes []string
	l.Identity, idNotes = id.inLine()
	if l.MicroVMID == "" {
		l.MicroVMID = before
	}
	l.note(notes...)
	l.note(idNotes...)
	l.named = !id.untold
}

// Suspend tells of the suspend hook: the MicroVM is about to be frozen. The last line has been emitted when it returns.
func (r *Recorder) Suspend(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil {
		r.beginUnhooked()
	}
	r.awake()
	l := r.life
	if u := l.suspended; u != nil {
		if u.announced && !u.froze && at.Mono-u.since < r.Timing.Step {
			// What was told within a second is not told again, or hooks in a loop would fill the log.
			r.Say("the suspend hook came again; it counts once")
			u.resumed = false
			return
		}
		r.release()
	}
	r.suspend()
	l.pos, l.from = at.Wall, at.Wall
	l.suspended = &suspension{announced: true, since: at.Mono}
}

// Resume tells of the resume hook: the MicroVM runs again.
func (r *Recorder) Resume(at Instant, load Load) {
	r.Observe(at, load)
	shown := r.jumped && r.jumpedBy > 0 && at.Mono-r.jumpedAt < r.Timing.ResumeWait // the clocks have just shown a freeze
	if r.life == nil {
		undone := r.ended != nil
		r.beginUnhooked()
		if !undone {
			r.life.note(emf.NoteSuspendedUnknown)
			if shown {
				r.countResume()
			}
			return
		}
	}
	l := r.life
	switch u := l.suspended; {
	case u != nil && u.resumed:
		r.Say("the resume hook came again; it counts once")
	case u != nil:
		u.resumed = true
		if u.jump >= int64(r.Timing.Step) {
			r.thaw()
		}
	case l.resumed && at.Mono-l.resumedAt < r.Timing.Repeat:
		r.Say("the resume hook came for a resume that is counted")
	case shown && at.Mono-l.launched >= r.Timing.Repeat && r.plausible(r.jumpedBy):
		// The clock was taken for set; it was a short suspend.
		r.awake()
		here := l.pos
		r.suspend(emf.NoteUnannounced)
		l.pos -= r.jumpedBy
		r.resume(here)
	default:
		r.awake()
		r.Say("a resume hook came without a suspend hook: the clocks have to show a suspend")
		l.suspended = &suspension{resumed: true}
	}
}

// Terminate tells of the terminate hook: the MicroVM is about to end. The last line has been emitted when it returns.
func (r *Recorder) Terminate(at Instant, load Load) {
	r.Observe(at, load)
	if r.life == nil {
		return
	}
	r.settleAll()
	l := r.life
	r.cut(emf.Terminate)
	r.life, r.ended = nil, l
	l.suspended = &suspension{resumed: true}
}

// observeEnded waits for the end that a terminate hook has announced.
func (r *Recorder) observeEnded(jump int64, s segment) {
	u := r.ended.suspended
	u.see(jump, s, r.Timing.Freeze)
	if u.after.total >= r.Timing.UndoneWait {
		r.terminateUndone()
	}
}

// terminateUndone goes on with a life after a terminate hook: the MicroVM runs, or was suspended, as no terminated one
// does.
func (r *Recorder) terminateUndone() {
	l := r.ended
	r.life, r.ended = l, nil
	r.Say("the MicroVM kept running after a terminate hook")
	l.note(emf.NoteTerminateUndone)
	if r.isSuspend(l.suspended.jump) {
		r.thaw()
	} else {
		r.runOn()
	}
}

// Stop tells that the meter ends, while the MicroVM may go on.
func (r *Recorder) Stop(at Instant, load Load) {
	r.Observe(at, load)
	r.ended = nil
	if r.life == nil {
		return
	}
	r.settleAll()
	r.life.note(emf.NoteMeterStopped)
	r.cut(emf.Interval)
	r.life = nil
}

// awake ends the wait for the clock after a launch: something happens that cannot wait.
func (r *Recorder) awake() {
	if r.life.wait != nil {
		r.settle()
	}
}

// settleAll ends whatever is waited for, as nothing comes after.
func (r *Recorder) settleAll() {
	r.awake()
	switch u := r.life.suspended; {
	case u == nil:
	case u.froze || u.resumed:
		r.release()
	default:
		r.runOn() // a suspend hook was the last that was heard of
	}
}

// Metering reports whether a life is under way.
func (r *Recorder) Metering() bool { return r.life != nil }
