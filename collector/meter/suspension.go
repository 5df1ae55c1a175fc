package meter

import (
	"time"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// suspension is the time after a suspend hook, until it is known that the MicroVM runs again.
type suspension struct {
	// ran is running time since the hook without a sign that the MicroVM was frozen: it may not be suspended at all.
	ran      []segment
	ranTotal time.Duration
	// thawed says that the clocks showed a freeze and its end; since then there is no resume hook yet.
	thawed     bool
	after      []segment
	afterTotal time.Duration
}

func (r *Recorder) observeSuspended(passed time.Duration, jump int64, s segment) {
	u := r.life.suspended
	switch {
	case u.thawed:
		u.after = appendSegment(u.after, s)
		u.afterTotal += passed
		if u.afterTotal >= r.Timing.ResumeWait {
			r.resumeUnseen()
		}
	case jump >= int64(r.Timing.Step) || passed >= r.Timing.Stall:
		u.thawed = true
	default:
		u.ran = appendSegment(u.ran, s)
		u.ranTotal += passed
		if u.ranTotal >= r.Timing.UndoneWait {
			r.suspendUndone()
		}
	}
}

// suspend ends the running time with a line that counts a suspend.
func (r *Recorder) suspend(notes ...string) {
	l := r.life
	l.unmeasured = false
	l.pace = pace{}
	l.note(notes...)
	r.cut(emf.Suspend, func(line *emf.Line) {
		line.Amounts[usage.Suspends], line.Amounts[pricing.SnapshotWrite] = 1, l.stateBytes()
	})
}

// resume tells the time that the MicroVM was suspended, from where the calendar stood to begin, and a resume.
// Measured reports whether the wall clock was seen to have gone on meanwhile; otherwise it may be set yet, and then
// tells the rest.
func (r *Recorder) resume(begin int64, measured bool, notes ...string) {
	l := r.life
	l.resumed, l.resumedAt = true, r.at.Mono
	if !measured {
		l.unmeasured, l.unmeasuredAt, l.undone = true, r.at.Mono, false
		notes = append(notes, emf.NoteClockUncorrected)
	}
	switch length := begin - l.pos; {
	case r.plausible(length):
		r.tellSuspended(l.pos, begin)
	case length != 0 || measured:
		r.Say("by the wall clock the MicroVM was suspended for %s, which is impossible: not counted", time.Duration(length))
		notes = append(notes, emf.NoteSuspendedUnknown)
	}
	l.pos, l.from = begin, begin
	l.note(notes...)
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
	l := r.life
	u := l.suspended
	l.suspended = nil
	r.Say("no resume hook came; the clocks show that the MicroVM runs again")
	r.resume(r.at.Wall-int64(u.afterTotal), true, emf.NoteResumeUnseen)
	for _, s := range u.after {
		r.place(s)
	}
}

// suspendUndone goes on where a suspend hook came and the MicroVM ran on.
func (r *Recorder) suspendUndone() {
	l := r.life
	u := l.suspended
	l.suspended = nil
	l.unmeasured, l.unmeasuredAt, l.undone = true, r.at.Mono, true
	r.Say("the MicroVM kept running after a suspend hook")
	l.note(emf.NoteSuspendUndone)
	for _, s := range u.ran {
		r.place(s)
	}
}
