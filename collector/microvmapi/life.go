package microvmapi

// span is a stretch of time in Unix milliseconds.
type span struct{ From, To int64 }

func (s span) length() int64 { return max(s.To-s.From, 0) }

// class is what a state costs.
type class uint8

const (
	idle      class = iota // neither running nor suspended, as far as is known: see the assumption transitions
	running                // vCPU and memory
	suspended              // storage of the state
)

func (s MicrovmState) class() class {
	switch s {
	case StateRunning:
		return running
	case StateSuspended:
		return suspended
	default:
		return idle
	}
}

// asleep reports whether a MicroVM in this state has been suspended.
func (s MicrovmState) asleep() bool { return s == StateSuspending || s == StateSuspended }

// observation is what a poll saw of a MicroVM.
type observation struct {
	State   MicrovmState
	At      span   // between asking and the answer: it was in State at some moment of it
	Started int64  // when the MicroVM was started
	Ended   *int64 // when it was terminated; nil where that is not known
	Gone    bool   // it is not there any more, and State says nothing
	Loose   bool   // the clock was set since the last poll: lengths are known to clockTolerance
}

// over reports whether the MicroVM's life has ended.
func (o observation) over() bool { return o.Gone || o.State == StateTerminated }

// stretch is time spent in one class.
type stretch struct {
	span
	class class
	sure  bool // two polls in a row saw the same state
}

// event is a launch, suspend or resume.
type event struct {
	at   int64
	kind eventKind
}

type eventKind uint8

const (
	launch eventKind = iota
	suspend
	resume
)

// bounds are the least and the most milliseconds that can have been spent in a class.
type bounds struct{ Least, Most int64 }

func (b *bounds) add(other bounds) { b.Least, b.Most = b.Least+other.Least, b.Most+other.Most }

// passage is what happened to a MicroVM between two polls.
type passage struct {
	stretches          []stretch
	events             []event
	running, suspended bounds
	unseen             int64 // milliseconds of which nothing is known: too long a time between two polls
	slept              bool  // whether the MicroVM was suspended in the last state that is known
}

// clockTolerance is how well the service's clock is known from its answers, in milliseconds: they say it to the second.
const clockTolerance = 2_000

// began works out the time from the start of a MicroVM that no poll had seen to its first observation. It was PENDING
// when it started and its life is known from there. A MicroVM that started before since, when no poll was yet made,
// is known only from the observation on.
func began(o observation, since, maxGap int64) passage {
	started := min(o.Started, o.At.To)
	if started < since {
		return passage{}
	}
	p := passage{events: []event{{started, launch}}}
	p.upTo(StatePending, span{started, started}, o, maxGap, true)
	return p
}

// between works out the time from an observation in a state to the next. maxGap is the most that is filled in.
// Slept is whether it was suspended in the last state that is known, which before need not be.
func between(before MicrovmState, slept bool, at span, o observation, maxGap int64) passage {
	p := passage{slept: slept}
	p.upTo(before, at, o, maxGap, false)
	return p
}

func (p *passage) upTo(before MicrovmState, at span, o observation, maxGap int64, launched bool) {
	if unseen := end(at, o) - at.To; unseen > maxGap {
		p.unseen, p.running, p.suspended = unseen, bounds{0, unseen}, bounds{0, unseen}
		return
	}
	p.pass(before, at, o, launched)
}

// end is when the time that the MicroVM lived through ended: at its termination, else at the observation.
func end(at span, o observation) int64 {
	if o.Ended == nil {
		return max(o.At.To, at.To)
	}
	return min(max(*o.Ended, at.To), max(o.At.To, at.To))
}

// pass fills in the time between two observations. Only a launch is known to have been PENDING at its very start.
func (p *passage) pass(before MicrovmState, at span, o observation, launched bool) {
	end := end(at, o)
	whole, longest := span{at.To, end}, end-at.From
	if o.Loose {
		longest += clockTolerance
	}
	if !o.over() && o.State == before {
		p.same(before, whole, longest, o)
		return
	}
	p.change(before, whole, o, launched)
	// It may have been in any state that lies on the way from the one to the other.
	p.running.add(bounds{0, longest})
	if mayHaveSlept(before, o) {
		p.suspended.add(bounds{0, longest})
	}
}

// mayHaveSlept reports whether SUSPENDED lies on the way between two different states.
func mayHaveSlept(before MicrovmState, o observation) bool {
	switch {
	case o.over():
		return true
	case before == StatePending:
		return o.State != StateRunning && o.State != StatePending
	case before == StateRunning:
		return o.State != StateSuspending
	}
	return true
}

// same is the time between two observations of one state.
func (p *passage) same(state MicrovmState, whole span, longest int64, o observation) {
	b := bounds{max(o.At.From-whole.From, 0), longest}
	if o.Loose {
		b.Least = max(b.Least-clockTolerance, 0)
	}
	switch state.class() {
	case running:
		p.running.add(b)
	case suspended:
		p.suspended.add(b)
	default:
		p.running.add(bounds{0, longest}) // AWS may bill it as running
		if !state.known() {
			p.suspended.add(bounds{0, longest})
		}
	}
	p.stretches = append(p.stretches, stretch{whole, state.class(), !o.Loose && state.class() != idle})
}

// change is the time between two observations of different states: half of it in the one, half in the other. But a
// launch is counted as running from its start, and what was terminated stayed as it was until then.
func (p *passage) change(before MicrovmState, whole span, o observation, launched bool) {
	middle := whole.From + whole.length()/2
	first, second := before.class(), o.State.class()
	switch {
	case launched && o.State.asleep(), before == StatePending && o.State.asleep():
		first = running
	case launched && o.State.known() && o.State != StatePending: // it ran from its start, as far as is known
		first, second = running, running
	case o.over() && o.Ended != nil:
		second = first
	}
	if o.over() && o.Ended == nil {
		second = idle // its life ended somewhere in between
	}
	if first == second {
		p.stretches = append(p.stretches, stretch{whole, first, false})
	} else {
		p.stretches = append(p.stretches,
			stretch{span{whole.From, middle}, first, false}, stretch{span{middle, whole.To}, second, false})
	}
	switch {
	case o.over():
	case !p.slept && o.State.asleep():
		p.events = append(p.events, event{middle, suspend})
	case p.slept && (o.State == StateRunning || o.State == StatePending):
		p.events = append(p.events, event{middle, resume})
	}
}
