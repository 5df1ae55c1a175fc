package meter

import (
	"time"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// suspension is the time after a suspend hook, until the clocks have shown what became of it. Hooks are only told, and
// by whoever can reach their port; so they say where to look, and the clocks what there is. What the monotonic clock
// advanced is running time, hooks or not. What the wall clock advanced beyond it, the MicroVM was frozen.
type suspension struct {
	announced bool          // a suspend hook began it, and was counted; else a resume hook did, without one before it
	since     time.Duration // when its last line was told
	jump      int64         // ns by which the wall clock has gone beyond the monotonic one since
	froze     bool          // that is enough for a freeze
	resumed   bool          // the resume hook came

	ran, after held // running time before the freeze or the resume hook, and after it
}

// see takes in what a look at the clocks shows. A look that shows a freeze is soon after its end, as what wakes the
// meter up was due meanwhile.
func (u *suspension) see(jump int64, s segment, freeze time.Duration) {
	u.jump += jump
	u.froze = u.froze || u.jump >= int64(freeze)
	if u.froze || u.resumed {
		u.after.add(s)
	} else {
		u.ran.add(s)
	}
}

func (r *Recorder) observeSuspended(jump int64, s segment) {
	u := r.life.suspended
	u.see(jump, s, r.Timing.Freeze)
	switch {
	case u.resumed && u.jump >= int64(r.Timing.Step):
		r.thaw()
	case u.froze && !u.resumed && u.after.total >= r.Timing.ResumeWait:
		r.resumeUnseen()
	case u.resumed && u.after.total >= r.Timing.ClockWait, !u.froze && u.ran.total >= r.Timing.UndoneWait:
		r.release()
	}
}

// release ends a suspension with what the clocks show by now.
func (r *Recorder) release() {
	switch u := r.life.suspended; {
	case u.froze && u.resumed:
		// A little of a freeze: the clock may be set yet.
		r.thaw()
		r.life.late, r.life.lateAt, r.life.undone = true, r.at.Mono, false
	case u.froze:
		r.resumeUnseen()
	default:
		r.suspendUndone()
	}
}

// suspend ends the running time with a line that counts a suspend.
func (r *Recorder) suspend(notes ...string) {
	l := r.life
	l.late = false
	l.pace = pace{}
	l.note(notes...)
	r.cut(emf.Suspend, func(line *emf.Line) {
		if !l.spare {
			line.Amounts[usage.Suspends], line.Amounts[pricing.SnapshotWrite] = 1, l.stateBytes()
		}
	})
	l.spare = false
}

// thaw ends a suspension in which the MicroVM was frozen.
func (r *Recorder) thaw(notes ...string) {
	l := r.life
	u := l.suspended
	l.suspended = nil
	r.placeAll(u.ran)
	if !u.announced {
		r.suspend(emf.NoteUnannounced)
	}
	r.resume(r.at.Wall-int64(u.after.total), notes...)
	r.placeAll(u.after)
}

// resume tells the time that the MicroVM was suspended, from where the calendar stood to begin, and a resume.
func (r *Recorder) resume(begin int64, notes ...string) {
	l := r.life
	if length := begin - l.pos; r.plausible(length) {
		r.tellSuspended(l.pos, begin)
	} else {
		r.Say("by the wall clock the MicroVM was suspended for %s, which is impossible: not counted", time.Duration(length))
		notes = append(notes, emf.NoteSuspendedUnknown)
	}
	l.pos, l.from = begin, begin
	l.note(notes...)
	r.countResume()
}

func (r *Recorder) countResume() {
	l := r.life
	l.resumed, l.resumedAt = true, r.at.Mono
	r.cut(emf.Resume, func(line *emf.Line) {
		line.Amounts[usage.Resumes], line.Amounts[pricing.SnapshotRead] = 1, l.stateBytes()
	})
}

// tellSuspended tells suspended time, in lines of its own that never cross five minutes of UTC.
func (r *Recorder) tellSuspended(from, to int64, notes ...string) {
	l := r.life
	l.lived += to - from
	for from < to {
		end := min((floorDiv(from, suspendedGrain)+1)*suspendedGrain, to)
		line := r.line(emf.Suspended)
		line.PeriodStart, line.PeriodEnd = floorDiv(from, nsPerMS), floorDiv(end, nsPerMS)
		line.Amounts[usage.Suspended] = line.PeriodEnd - line.PeriodStart
		l.storage += l.stateBytes() * line.Amounts[usage.Suspended]
		line.Amounts[pricing.SnapshotStorage] = draw(&l.storage, unitsPerByteMilli)
		line.Notes = append(line.Notes, notes...)
		if line.Amounts[usage.Suspended] > 0 {
			r.emit(&line)
		}
		from = end
	}
}

// resumeUnseen ends a suspension for which no resume hook came: the MicroVM has run since the clocks showed it.
func (r *Recorder) resumeUnseen() {
	r.Say("no resume hook came; the clocks show that the MicroVM runs again")
	r.thaw(emf.NoteResumeUnseen)
}

// suspendUndone goes on where a suspend or resume hook came and the clocks show no freeze. Where one was missed because
// the wall clock is not set yet, it will show when it is.
func (r *Recorder) suspendUndone() {
	l := r.life
	u := l.suspended
	if u.announced {
		r.Say("the MicroVM kept running after a suspend hook")
		l.note(emf.NoteSuspendUndone)
	}
	if u.resumed {
		r.Say("a resume hook came, and the clocks show no suspend")
		l.note(emf.NoteClockUncorrected)
	}
	if u.jump <= -int64(r.Timing.Step) {
		l.note(emf.NoteSuspendedUnknown)
	}
	r.runOn()
	l.late, l.lateAt, l.undone = true, r.at.Mono, true
}

// runOn counts what passed in a suspension as running time, of which it was all.
func (r *Recorder) runOn() {
	l := r.life
	u := l.suspended
	l.suspended = nil
	l.spare = l.spare || u.announced
	r.placeAll(u.ran)
	r.placeAll(u.after)
}

// correctLate tells a suspend that only a clock that was set late has shown.
func (r *Recorder) correctLate(jump int64) {
	l := r.life
	if l.undone && !l.spare {
		r.suspend(emf.NoteUnannounced)
	} else {
		r.cut(emf.Interval)
	}
	if l.undone {
		l.spare = false
	}
	l.late = false
	r.tellSuspended(l.pos, l.pos+jump, emf.NoteClockUncorrected)
	l.pos, l.from = r.at.Wall, r.at.Wall
	if l.undone {
		r.countResume()
	}
}
