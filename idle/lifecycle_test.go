package idle

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// watch is the lifecycle as somebody sees it who looks at the clock every millisecond, with nothing worked out ahead.
// It shares no arithmetic with Play.
func watch(l Lifecycle, vm MicroVM) Played {
	const (
		none = iota
		running
		suspended
	)
	type stretch struct{ from, to int64 }
	var busy []stretch
	clock := int64(0)
	busy = append(busy, stretch{0, vm.BusyMS})
	clock = vm.BusyMS
	for _, s := range vm.Steps {
		busy = append(busy, stretch{clock + s.GapMS, clock + s.GapMS + s.BusyMS})
		clock += s.GapMS + s.BusyMS
	}
	var p Played
	state, born, since := none, int64(0), int64(0) // since: idle or suspended from
	launch := func(now int64) { state, born, p.Launches = running, now, p.Launches+1 }
	next := 0
	serving := false
	last := busy[len(busy)-1].to
	for now := int64(0); ; now++ {
		if next == len(busy) && now >= last && !l.Ending {
			return p // the account ends with the last request
		}
		// What ends at this moment ends before what begins at it.
		if state != none && now-born >= l.LifeMS {
			p.Terminated++
			if state == suspended {
				p.Unresumed++
			}
			if serving && now < busy[next-1].to {
				p.Interrupted++
				launch(now)
			} else {
				state = none
			}
		}
		if serving && now >= busy[next-1].to {
			serving = false
			since = busy[next-1].to
		}
		for next < len(busy) && busy[next].from == now && !serving {
			switch state {
			case none:
				launch(now)
			case suspended:
				p.Resumes++
				state = running
			}
			next++
			serving = busy[next-1].to > now
			since = now
		}
		if next == len(busy) && !serving && now >= last && !l.Ending {
			return p
		}
		if next == len(busy) && !serving && state == none {
			return p
		}
		if state == running && !serving && now-since >= l.TimeoutMS {
			if l.HeldMS == 0 {
				state = none
				p.Terminated++
			} else {
				state, since = suspended, now
			}
		} else if state == suspended && now-since >= l.HeldMS {
			state = none
			p.Terminated++
			p.Unresumed++
		}
		if next == len(busy) && !serving && state == none {
			return p
		}
		switch state {
		case running:
			p.RunningMS++
			if !serving {
				p.IdleMS++
			}
		case suspended:
			p.SuspendedMS++
		}
	}
}

// The simulator is what a watcher of every moment sees, on random traces and policies in which every limit gets in the
// way of every other.
func TestPlayIsWatchingEveryMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vm := MicroVM{BusyMS: rapid.Int64Range(0, 30).Draw(t, "busy")}
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			vm.Steps = append(vm.Steps, Step{rapid.Int64Range(1, 40).Draw(t, "gap"), rapid.Int64Range(0, 12).Draw(t, "busy")})
		}
		l := Lifecycle{
			TimeoutMS: rapid.Int64Range(1, 30).Draw(t, "timeout"),
			HeldMS:    rapid.Int64Range(0, 30).Draw(t, "held"),
			LifeMS:    rapid.Int64Range(1, 60).Draw(t, "life"),
			Ending:    rapid.Bool().Draw(t, "ending"),
		}
		require.Equal(t, watch(l, vm), l.Play([]MicroVM{vm}))
	})
}

// Without limits on its life, a MicroVM's gaps cost what the plain formula says.
func TestPlayWithoutLimitsIsThePlainFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var vm MicroVM
		var gaps []int64
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			gap := rapid.Int64Range(0, 100_000).Draw(t, "gap")
			gaps = append(gaps, gap)
			vm.Steps = append(vm.Steps, Step{GapMS: gap})
		}
		timeout := rapid.Int64Range(0, 120_000).Draw(t, "timeout")
		d, err := NewDistribution(gaps)
		require.NoError(t, err)
		want := d.At(timeout).Use
		want.Launches = 1
		require.Equal(t, want, Lifecycle{TimeoutMS: timeout, HeldMS: Never, LifeMS: Never}.Play([]MicroVM{vm}).Use)
	})
}

// The moments at which two things happen at once, each by hand.
func TestPlayAtTheEdges(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		policy       Lifecycle
		gap          int64
		want         Use
	}{
		{
			"gap as long as the timeout", "the request finds it running",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 1000},
			60,
			Use{RunningMS: 60, Launches: 1},
		},
		{
			"gap one longer", "it is suspended for that one",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 1000},
			61,
			Use{60, 1, 1, 0, 1},
		},
		{
			"suspended as long as allowed", "the request still resumes it",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 1000},
			160,
			Use{60, 100, 1, 0, 1},
		},
		{
			"suspended one longer", "it is gone, and was written for nothing",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 1000},
			161,
			Use{60, 100, 0, 1, 2},
		},
		{
			"request as its life ends", "it is gone",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 50},
			50,
			Use{RunningMS: 50, Launches: 2},
		},
		{
			"request just before", "it is there",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 50},
			49,
			Use{RunningMS: 49, Launches: 1},
		},
		{
			"life ends as the timeout does", "nothing is written",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 60},
			500,
			Use{RunningMS: 60, Launches: 2},
		},
		{
			"life ends while suspended", "stored until then",
			Lifecycle{TimeoutMS: 60, HeldMS: 100, LifeMS: 80},
			500,
			Use{60, 20, 0, 1, 2},
		},
		{
			"no suspension allowed", "terminated at the timeout, nothing written",
			Lifecycle{TimeoutMS: 60, HeldMS: 0, LifeMS: 1000},
			500,
			Use{RunningMS: 60, Launches: 2},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			vm := MicroVM{Steps: []Step{{GapMS: tc.gap}}}
			require.Equal(t, tc.want, tc.policy.Play([]MicroVM{vm}).Use, tc.reason)
			require.Equal(t, tc.want, watch(tc.policy, vm).Use, tc.reason)
		})
	}
}
