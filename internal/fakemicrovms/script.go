package fakemicrovms

import (
	"slices"
	"time"

	"microspend/collector/microvmapi"
	"microspend/internal/civil"
)

// MicroVM is the script of a MicroVM's life.
type MicroVM struct {
	ID, Image, Version, Role string
	StartedAt                time.Time // when it was asked for: PENDING until the first change
	Changes                  []Change  // in order of time
	Unlisted                 bool      // it has never been listed, as of another account

	Idle       *IdlePolicy // nil leaves it out of the answers
	MaxSeconds int64       // maximumDurationInSeconds; 0 leaves it out

	// Amend and AmendDetails are members that listings and GetMicrovm have in place of its own: nil for null, [Without]
	// for none.
	Amend, AmendDetails map[string]any
}

// IdlePolicy is what happens to a MicroVM that idles.
type IdlePolicy struct {
	MaxIdleSeconds   int64 `json:"maxIdleDurationSeconds"`
	SuspendedSeconds int64 `json:"suspendedDurationSeconds"`
	AutoResume       bool  `json:"autoResumeEnabled"`
}

// Without in place of a member takes it out of an answer.
var Without = new(struct{ without byte })

// amended are members with others in place of some.
func amended(answer, by members) members {
	for name, value := range by {
		if value == Without {
			delete(answer, name)
		} else {
			answer[name] = value
		}
	}
	return answer
}

// Change is a state that a MicroVM goes into.
type Change struct {
	At    time.Time
	State microvmapi.MicrovmState
}

// state is the MicroVM's state at a moment; none before it began.
func (m *MicroVM) state(at time.Time) (microvmapi.MicrovmState, bool) {
	if at.Before(m.StartedAt) {
		return "", false
	}
	state := microvmapi.StatePending
	for _, change := range m.Changes {
		if change.At.After(at) {
			break
		}
		state = change.State
	}
	return state, true
}

// terminatedAt is when it was terminated, if it was by then.
func (m *MicroVM) terminatedAt(at time.Time) (time.Time, bool) {
	for _, change := range m.Changes {
		if change.State == microvmapi.StateTerminated && !change.At.After(at) {
			return change.At, true
		}
	}
	return time.Time{}, false
}

// Truth is what a MicroVM really did.
type Truth struct {
	Running, Suspended          time.Duration
	Launches, Suspends, Resumes int64
}

// Truth works out what the MicroVMs did in [from, to), all of them or the ones named.
func (s *Service) Truth(from, to time.Time, ids ...string) Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	var t Truth
	for _, m := range s.microvms {
		if len(ids) == 0 || slices.Contains(ids, m.ID) {
			m.add(&t, from, to)
		}
	}
	return t
}

func (m *MicroVM) add(t *Truth, from, to time.Time) {
	within := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	if within(m.StartedAt) {
		t.Launches++
	}
	state, since := microvmapi.StatePending, m.StartedAt
	spend := func(until time.Time) {
		since, until := civil.Later(since, from), civil.Earlier(until, to)
		if !until.After(since) {
			return
		}
		switch state {
		case microvmapi.StateRunning:
			t.Running += until.Sub(since)
		case microvmapi.StateSuspended:
			t.Suspended += until.Sub(since)
		}
	}
	for _, change := range m.Changes {
		spend(change.At)
		asleep := state == microvmapi.StateSuspended || state == microvmapi.StateSuspending
		if within(change.At) {
			switch {
			case asleep && change.State == microvmapi.StateRunning:
				t.Resumes++
			case !asleep && (change.State == microvmapi.StateSuspended || change.State == microvmapi.StateSuspending):
				t.Suspends++
			}
		}
		state, since = change.State, change.At
	}
	spend(to)
}

// Image is a version of an image.
type Image struct {
	ARN, Version string
	MemoryMiB    int32  // 0 leaves it out of the answers
	CPU          string // X86_64, or ARM_64 where it is ""
	Status       string // INACTIVE, or ACTIVE where it is ""
	CreatedAt    time.Time
	DeletedAt    time.Time // zero while it is there
	Builds       []Build
}

// Build is one build of a version.
type Build struct {
	ID, State          string // State "" means SUCCESSFUL
	Memory, Disk, Code int64  // bytes; all zero leaves them out of the answers
}
