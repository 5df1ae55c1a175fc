package meter

import (
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"microspend/internal/emf"
)

// A meter is to be measured by, never to be waited for or fallen over: a fault of its own is said and shows in the
// lines, and the application beside it does not notice.

// survives calls f, and reports whether it came through. A panic is said and noted in the lines, and is not the end of
// the process.
func (m *meter) survives(doing string, f func()) (sound bool) {
	defer func() {
		if fault := recover(); fault != nil {
			sound = false
			m.hooks.say("a fault of the meter's own while %s: %v, at %s", doing, fault, faultPlace(debug.Stack()))
			m.hooks.doubt()
		}
	}()
	f()
	return true
}

// goOn calls f in a goroutine of its own, and again a second later where it panics, until the meter has ended.
func (m *meter) goOn(doing string, f func()) {
	m.working.Go(func() {
		for !m.survives(doing, f) && m.pause(restartPause) {
		}
	})
}

const restartPause = time.Second

// pause waits, and reports whether the meter goes on.
func (m *meter) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-m.ended:
		return false
	case <-timer.C:
		return true
	}
}

// faultPlace is the function and line that a panic arose in, from a stack that begins with what recovers from it.
func faultPlace(stack []byte) string {
	_, below, _ := strings.Cut(string(stack), "\npanic(")
	lines := strings.Split(below, "\n") // the rest of that line, its place, then the function and its place
	for i := 2; i+1 < len(lines); i += 2 {
		if place := strings.TrimSpace(lines[i+1]); !strings.Contains(place, "/src/runtime/") {
			place, _, _ = strings.Cut(place, " ")
			return place
		}
	}
	return "an unknown place"
}

// look calls one of the recorder's methods at this moment, and reports whether it came through. After a panic, metering
// starts again.
func (h *hooks) look(tell func(r *Recorder, at Instant, load Load)) (sound bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, load := h.clock.Now(), h.load()
	defer func() {
		if fault := recover(); fault != nil {
			h.say("a fault of the meter's own: %v, at %s; metering starts again", fault, faultPlace(debug.Stack()))
			h.recorder.interrupt()
		}
	}()
	tell(h.recorder, at, load)
	h.watchBudget()
	return true
}

// watchBudget compares what was used with its limits. A fault there is no reason to meter anew.
func (h *hooks) watchBudget() {
	defer func() {
		if fault := recover(); fault != nil {
			h.say("a fault of the meter's own while watching the budget: %v, at %s", fault, faultPlace(debug.Stack()))
		}
	}()
	if h.watch != nil {
		h.watch.look(h.recorder)
	}
}

// doubt says of the line that is being gathered that something went wrong meanwhile.
func (h *hooks) doubt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.recorder.life != nil {
		h.recorder.life.note(emf.NoteMeterFault)
	}
}

// load is the guest's load, or none where it cannot be read, for whatever reason.
func (h *hooks) load() (load Load) {
	defer func() {
		if fault := recover(); fault != nil {
			load = Load{}
			h.say("a fault of the meter's own while reading the load: %v", fault)
		}
	}()
	if h.guest == nil {
		return Load{}
	}
	return h.guest.Load()
}

// interruption is a MicroVM of which nothing is metered after a fault, until from.
type interruption struct {
	Identity
	named bool
	from  time.Duration
	toldBefore
}

// interrupt drops what a recorder has gathered, after a panic in the middle of it. The next look goes on with the
// MicroVM that was metered; where one came to the same end within the minute, only one in the next does.
func (r *Recorder) interrupt() {
	if r.life != nil {
		r.interrupted = &interruption{Identity: r.life.Identity, named: r.life.named, toldBefore: r.life.before()}
		if r.restarted {
			r.interrupted.from = r.restartedAt + time.Minute
		}
	}
	r.life, r.seen, r.jumped = nil, false, false
}

// afterInterruption begins a life of the MicroVM that was metered when the meter failed. It counts no launch; its first
// line is about no time, and says that something is missing before it.
func (r *Recorder) afterInterruption() {
	was := r.interrupted
	r.interrupted = nil
	r.restarted, r.restartedAt = true, r.at.Mono
	identity, notes := was.inLine()
	r.life = &life{
		Identity: identity, id: r.DrawLife(r.at, identity.MicroVMID), named: was.named,
		launched: r.at.Mono, from: r.at.Wall, pos: r.at.Wall,
	}
	r.life.goOn(was.toldBefore)
	if r.life.MicroVMID == "" {
		r.life.MicroVMID = emf.Unnamed + r.life.id
	}
	r.life.note(append(notes, emf.NoteMeterFault)...)
	line := r.line(emf.Interval)
	line.PeriodStart, line.PeriodEnd = floorDiv(r.at.Wall, nsPerMS), floorDiv(r.at.Wall, nsPerMS)
	r.emit(&line)
	r.life.note(emf.NoteMeterFault)
}

// stand puts a note on every line from now on. Drop ends that with the line that is being gathered.
func (r *Recorder) stand(note string) { r.standing = append(r.standing, note) }

func (r *Recorder) drop(note string) {
	if r.life != nil && slices.Contains(r.standing, note) {
		r.life.note(note)
	}
	r.standing = slices.DeleteFunc(r.standing, func(n string) bool { return n == note })
}
