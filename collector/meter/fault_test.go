package meter

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/usage"
)

// brokenGuest panics where its load is read.
type brokenGuest struct{}

func (brokenGuest) Load() Load { panic("no such load") }

// TestPanics: a panic of the meter's own is said and shows in the lines, metering goes on with the same MicroVM, and
// nothing is counted twice.
func TestPanics(t *testing.T) {
	s := serve(t, nil, nil)
	require.Equal(t, 200, s.hook("run", `{"microvmId":"m","runHookPayload":"acme"}`))
	observe := func() { s.hooks.look(func(r *Recorder, at Instant, load Load) { r.Observe(at, load) }) }
	ticks := func(d time.Duration) {
		for range d / time.Second {
			s.clock.passes(time.Second, time.Second)
			observe()
		}
	}
	ticks(70 * time.Second)
	before := s.lines()
	require.Len(t, before, 2) // the launch, and the minute to 12:01:00

	panics := func(*Recorder, Instant, Load) { panic("out of its depth") }
	require.False(t, s.hooks.look(panics)) // at 12:01:10
	ticks(50 * time.Second)                // metered again from 12:01:11 on
	lines := s.lines()[len(before):]
	require.Len(t, lines, 2)
	require.Equal(t, []string{emf.NoteMeterFault}, notesOf(lines[0], emf.NoteMeterFault))
	require.Equal(t, lines[0].PeriodStart, lines[0].PeriodEnd, "the first line is about no time")
	require.True(t, lines[1].Faulty(), "nor is the rest of the minute to be trusted")
	require.Equal(t, int64(49_000), lines[1].Amounts[usage.Running])
	require.Equal(t, "m acme", lines[1].MicroVMID+" "+lines[1].Tenant)
	require.NotEqual(t, before[0].Life, lines[0].Life)
	ticks(60 * time.Second)
	lines = s.lines()
	require.False(t, lines[len(lines)-1].Faulty(), "the next minute is")
	require.Equal(t, int64(60_000), lines[len(lines)-1].Amounts[usage.Running])
	var launches int64
	for _, l := range lines {
		launches += l.Amounts[usage.Launches]
	}
	require.Equal(t, int64(1), launches)

	// One that panics at every look prints a line a minute, and no more.
	already := len(lines)
	for range 300 {
		s.clock.passes(time.Second, time.Second)
		observe()
		s.hooks.look(panics)
	}
	lines = s.lines()[already:]
	require.InDelta(t, 5, len(lines), 1)
	for _, l := range lines {
		require.True(t, l.Faulty())
	}

	// A load that cannot be read costs what is above the baseline.
	s.hooks.guest = brokenGuest{}
	ticks(130 * time.Second)
	lines = s.lines()
	require.Contains(t, lines[len(lines)-1].Notes, emf.NoteBurstUnknown)
	require.Equal(t, int64(60_000), lines[len(lines)-1].Amounts[usage.Running])
}

// TestPanicInHook: a run hook whose launch could not be recorded names the MicroVM nevertheless.
func TestPanicInHook(t *testing.T) {
	s := serve(t, nil, nil)
	draw, drawn := s.hooks.recorder.DrawLife, 0
	s.hooks.recorder.DrawLife = func(at Instant, id string) string {
		if drawn++; drawn == 1 {
			panic("no randomness")
		}
		return draw(at, id)
	}
	require.Equal(t, 200, s.hook("run", `{"microvmId":"m","runHookPayload":"acme"}`))
	for range 2 {
		s.clock.passes(time.Second, time.Second)
		s.hooks.look(func(r *Recorder, at Instant, load Load) { r.Observe(at, load) })
	}
	require.Equal(t, 200, s.hook("suspend", ""))
	lines := s.lines()
	require.Equal(t, "m acme", lines[0].MicroVMID+" "+lines[0].Tenant)
	require.True(t, lines[0].Faulty())
	require.Equal(t, int64(1), lines[1].Amounts[usage.Suspends])
}

// TestGoesOn: what panics in a goroutine of the meter's is started again, and the place of the fault is said.
func TestGoesOn(t *testing.T) {
	var said syncBuffer
	m := newMeter(Process{
		Out: &syncBuffer{}, Err: &said, Clock: SystemClock(), Env: func(string) string { return "" }, Root: t.TempDir(),
	}, Options{Timing: DefaultTiming(), Sample: time.Second}, nil)
	times := make(chan int, 8)
	n := 0
	m.goOn("counting", func() {
		n++
		times <- n
		if n < 3 {
			panic("a fault of the meter's own")
		}
	})
	for want := 1; want <= 3; want++ {
		select {
		case got := <-times:
			require.Equal(t, want, got)
		case <-time.After(10 * time.Second):
			t.Fatal("it did not go on")
		}
	}
	m.stop()
	require.Contains(t, said.String(),
		"a fault of the meter's own while counting: a fault of the meter's own, at ")
	require.Contains(t, said.String(), "fault_test.go:")
}

// TestFaultyEverything: with nothing that it needs, the meter starts and ends.
func TestFaultyEverything(t *testing.T) {
	var said syncBuffer
	m := newMeter(Process{Out: &syncBuffer{}, Err: &said, Clock: SystemClock(), Root: t.TempDir() + "/none"},
		Options{
			Address: "no such host.:9000", Timing: DefaultTiming(), Sample: time.Second, Start: StartNow,
			Publication: emf.Publication{Namespace: emf.DefaultNamespace},
		},
		fmt.Errorf("one\ntwo"))
	begin := time.Now()
	require.NoError(t, m.start(context.Background(), true))
	m.stop()
	require.Less(t, time.Since(begin), listenPatience+stopPatience+slack)
	for _, sentence := range []string{
		"microspend meter: one\n", "microspend meter: two\n", "left at its default", "the guest's memory cannot be read",
		"listening for hooks: listen tcp",
	} {
		require.Contains(t, said.String(), sentence)
	}
	lines, kinds := decodeAll(t, []byte(m.Out.(*syncBuffer).String()))
	require.Empty(t, kinds)
	require.Equal(t, emf.Launch, lines[0].Event)
	require.Subset(t, lines[0].Notes, []string{emf.NoteSettingsIgnored, emf.NoteHooksUnserved, emf.NoteLaunchUnseen})
}

func notesOf(line emf.Line, only ...string) (notes []string) {
	for _, note := range line.Notes {
		if strings.Contains(strings.Join(only, " "), note) {
			notes = append(notes, note)
		}
	}
	return notes
}
