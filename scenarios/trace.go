package scenarios

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Opener opens a file that a scenario names. The path is that of the scenario's own folder and the name in it, or
// absolute.
type Opener func(path string) (io.ReadCloser, error)

// traces is what belongs to a scenario beside its file. It reads the traces that the file names, each once however often the scenario is varied. It is safe for use by
// several goroutines.
type traces struct {
	folder string
	open   Opener
	given  Given // beside the file

	mu   sync.Mutex
	read map[string]readTrace
}

type readTrace struct {
	trace *idle.Trace
	err   error
}

func (t *traces) get(name string) (*idle.Trace, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.read[name]; ok {
		return known.trace, known.err
	}
	trace, err := t.load(name)
	if t.read == nil {
		t.read = map[string]readTrace{}
	}
	t.read[name] = readTrace{trace, err}
	return trace, err
}

func (t *traces) load(name string) (*idle.Trace, error) {
	if t.open == nil {
		return nil, errors.New("cannot be read here")
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.folder, name)
	}
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	trace, err := idle.Read(idle.Named{Name: name, Reader: file})
	if err != nil {
		return nil, err
	}
	if trace.MicroVMs == nil {
		return nil, fmt.Errorf("has more than %d gaps, too many to play", int64(idle.KeptGaps))
	}
	return trace, nil
}

// resolveTrace works the month out from a trace of requests, where the scenario names one: it is played through the
// lives of MicroVMs, and what that comes to is scaled to a month of 30 days.
func (s *Scenario) resolveTrace() bool {
	w := s.file.Workload
	if w.Trace == "" {
		const forTrace = "is for workload.trace; without one, give running, suspended and cycles"
		s.refuse("idle_timeout", w.IdleTimeout != nil, forTrace)
		s.refuse("suspended_duration", w.SuspendedDuration != nil, forTrace)
		s.refuse("trace_period", w.TracePeriod != nil, forTrace)
		return false
	}
	const played = "is found by playing workload.trace; leave it out"
	s.refuse("running", w.Running != nil, played)
	s.refuse("work", w.Work != nil, played)
	s.refuse("suspended", w.Suspended != nil, played)
	s.refuse("launches", w.Launches != nil, played)
	s.refuse("cycles", w.Cycles != nil, played)
	s.refuse("jobs", w.Jobs != nil, "has no place beside workload.trace; users may stand there")
	s.refuse("days", w.Days != nil, "has no place beside workload.trace, which has its own; leave it out")
	policy := s.tracePolicy()
	trace, err := s.traces.get(w.Trace)
	if err != nil {
		s.doc.Fault("workload.trace", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		s.Users, s.Days = decimal.NewFromInt(1), monthDays
		return true
	}
	s.resolveTraceUsers(trace)
	use := policy.Play(trace.MicroVMs)
	periodMS := s.tracePeriod(trace)
	scaled := func(of int64) decimal.Decimal {
		return pricing.ProrateTime(decimal.NewFromInt(of), idle.MonthMS, periodMS)
	}
	out := &s.Workload
	out.Running, out.Suspended = scaled(use.RunningMS).Shift(-3), scaled(use.SuspendedMS).Shift(-3)
	out.Launches, out.Cycles, out.Unresumed = scaled(use.Launches), scaled(use.Resumes), scaled(use.Unresumed)
	s.Notes = append(s.Notes, trace.Notes...)
	if periodMS < idle.DayMS {
		s.Warnings = append(s.Warnings, assumption.LessThanADay.Note(idle.Duration(periodMS), figures.UpTo(scaled(1), 1)))
	}
	s.note(assumption.TraceMonth.Note(figures.Grouped(decimal.New(periodMS, -3))))
	s.note(assumption.TraceEnd.Note())
	s.basis = append(s.basis, func() string {
		return fmt.Sprintf("%s running s, %s suspended s, %s launches, %s suspends and %s resumes in the trace's %s s, "+
			"times %s for a month",
			grouped(use.RunningMS, -3), grouped(use.SuspendedMS, -3), grouped(use.Launches, 0), grouped(use.Suspends(), 0),
			grouped(use.Resumes, 0), grouped(periodMS, -3), figures.UpTo(scaled(1), 6))
	})
	return true
}

func grouped(n int64, exponent int32) string { return figures.Grouped(decimal.New(n, exponent)) }

var monthDays = decimal.NewFromInt(30)

// refuse reports a key of the workload that is given where it means nothing.
func (s *Scenario) refuse(key string, given bool, why string) {
	if given {
		s.doc.Fault("workload."+key, "%s", why)
	}
}

// tracePolicy is the policy by which the trace is played.
func (s *Scenario) tracePolicy() idle.Lifecycle {
	w := s.file.Workload
	policy := idle.Lifecycle{
		TimeoutMS: idle.DefaultCurrent * 1000, HeldMS: idle.MaxLife, LifeMS: idle.MaxLife, Ending: true,
	}
	if w.IdleTimeout == nil {
		s.note(assumption.IdleTimeout.Note(idle.DefaultCurrent))
	} else {
		policy.TimeoutMS = s.wholeMS("workload.idle_timeout", w.IdleTimeout.Seconds, idle.LeastTimeout)
	}
	if w.SuspendedDuration != nil {
		policy.HeldMS = s.wholeMS("workload.suspended_duration", w.SuspendedDuration.Seconds, 0)
	}
	return policy
}

// wholeMS takes whole seconds, as the service does.
func (s *Scenario) wholeMS(path string, seconds decimal.Decimal, least int64) int64 {
	if !seconds.IsInteger() || seconds.LessThan(decimal.NewFromInt(least)) {
		s.doc.Fault(path, "%s s is not possible; give a whole number of seconds, %d at least", seconds, least)
	}
	return seconds.Shift(3).IntPart()
}

// tracePeriod is the time that the trace covers, in milliseconds.
func (s *Scenario) tracePeriod(trace *idle.Trace) int64 {
	given := s.file.Workload.TracePeriod
	switch {
	case given != nil && given.Seconds.Shift(3).IntPart() > 0:
		return given.Seconds.Shift(3).IntPart()
	case given != nil:
		s.doc.Fault("workload.trace_period", "is no time; give more")
		return idle.MonthMS
	}
	periodMS, stated := trace.Period()
	if periodMS == 0 {
		s.doc.Fault("workload.trace", "covers no time; give workload.trace_period")
		return idle.MonthMS
	}
	if !stated {
		s.note(assumption.TracePeriod.Note())
	}
	return periodMS
}

// resolveTraceUsers settles what a figure per user is per: what is given, or the tenants, or else the MicroVMs, of the
// trace.
func (s *Scenario) resolveTraceUsers(trace *idle.Trace) {
	w := s.file.Workload
	s.Days = monthDays
	if w.Users != nil {
		s.Users = w.Users.Decimal
		s.checkWhole("workload.users", w.Users)
		return
	}
	tenants := map[string]bool{}
	for _, vm := range trace.MicroVMs {
		tenants[vm.Tenant] = true
	}
	s.Users = decimal.NewFromInt(trace.Count)
	what := "MicroVM"
	if !trace.Unnamed {
		s.Users, what = decimal.NewFromInt(int64(len(tenants))), "tenant"
	}
	s.note(assumption.TraceUsers.Note(what))
}
