// Package status tells how collecting into a ledger is going, from what runs have left with it. It is the program's own
// and promises nothing. It asks no service, changes nothing, and may be used while a collector runs.
//
// What it knows is as old as the last run: a collector that is killed says nothing more, and shows as a target that
// falls behind.
package status

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"microspend/collector"
	"microspend/internal/civil"
	"microspend/internal/commandline"
	"microspend/internal/figures"
	"microspend/ledger"
)

// Status is how collecting into a ledger is going.
type Status struct {
	At      time.Time
	Ledger  string
	Running bool   // whether somebody writes to the ledger, which may be another command than collect
	Holder  string // what that somebody says of itself; may be ""
	Sources []Source
	// Damaged are the days of the ledger that nothing can be written into: what is owed of them is not read.
	Damaged []*ledger.UnwritableDayError
	// Spending says that what API calls have cost is damaged; "" where it is not.
	Spending string
}

// Source is how it stands with a source.
type Source struct {
	Name    string
	State   *collector.RunState // of the last run; nil where none has ended, or where Fault says why it is not known
	Fault   string
	Attempt collector.Attempt // the last run that began; zero where that is not known
	Next    time.Time         // when the next run is due; zero where that is not known
	MaxAge  time.Duration
	Today   collector.Cost // of API calls on this UTC day
	Month   collector.Cost // and in this calendar month of UTC
	Targets []Target
}

// Target is how it stands with an account and region.
type Target struct {
	collector.State
	// Configured says that the last run was to read it. One that is no longer configured cannot fall behind.
	Configured   bool
	Attempted    time.Time     // when the last run began that was to read it; zero where that is not known
	Behind       time.Duration // from what is read to now
	Late         bool          // it is further behind than it may be, or was never read
	Today, Month collector.Cost

	Open     []collector.OpenGap // gaps that were not accepted
	Accepted int                 // gaps that were
	Retry    time.Time           // when a gap is asked for again; zero where none is open
	// Unaccepted is what is quarantined, but for what was accepted.
	Unaccepted []collector.KnownQuarantine
}

// OpenSeconds is how much time the open gaps are about, in all. Gaps of several series at the same time add up.
func (t Target) OpenSeconds() (seconds int64) {
	for _, g := range t.Open {
		seconds += int64(g.Window.To.Sub(g.Window.From) / time.Second)
	}
	return seconds
}

// Oldest is the begin of the oldest open gap; zero where there is none.
func (t Target) Oldest() time.Time {
	if len(t.Open) == 0 {
		return time.Time{}
	}
	return t.Open[0].Window.From
}

// How far a target may be behind where nobody says.
const (
	dailyAge = 26 * time.Hour // where something else starts the runs, once a day perhaps
	slack    = 30 * time.Minute
)

// maxAge is three intervals of runs and some slack for data that has not arrived yet.
func maxAge(every time.Duration) time.Duration {
	if every <= 0 {
		return dailyAge
	}
	return 3*every + slack
}

// Read reads it. A maxAge of 0 stands for three intervals of the last run's --every and half an hour, or 26 hours where
// runs were not made with it.
func Read(ctx context.Context, l ledger.Reader, now time.Time, age time.Duration) (Status, error) {
	s := Status{At: now.UTC(), Ledger: l.Name()}
	var err error
	if lockable, can := l.(ledger.Lockable); can {
		if s.Holder, s.Running, err = lockable.Holder(); err != nil {
			return s, err
		}
	}
	states, err := collector.States(ctx, l)
	if err != nil {
		return s, err
	}
	spending, err := collector.ReadSpending(ctx, l)
	if err != nil {
		return s, err
	}
	names, err := collector.CollectedSources(ctx, l)
	if err != nil {
		return s, err
	}
	s.Spending = spending.Damage()
	if damageable, can := l.(ledger.Damageable); can {
		if s.Damaged, err = damageable.DamagedManifests(ctx); err != nil {
			return s, err
		}
	}
	month := time.Date(s.At.Year(), s.At.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, name := range names {
		of := Source{
			Name:  name,
			Today: spending.Of(name, collector.Target{}, s.At, s.At), Month: spending.Of(name, collector.Target{}, month, s.At),
		}
		of.State, err = collector.ReadRunState(ctx, l, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			of.Fault = err.Error()
		}
		of.Attempt, err = collector.ReadAttempt(ctx, l, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			of.Fault = cmp.Or(of.Fault, fmt.Sprintf("when its last run began cannot be read: %s", commandline.Text(err)))
		}
		of.MaxAge = cmp.Or(age, of.maxAge())
		if of.State != nil && of.State.Every > 0 {
			of.Next = of.State.Last.Began.Add(of.State.Every)
		}
		for _, state := range of.withUnread(states) {
			t := of.target(state, s.At)
			t.Today = spending.Of(name, t.Target, s.At, s.At)
			t.Month = spending.Of(name, t.Target, month, s.At)
			of.Targets = append(of.Targets, t)
		}
		s.Sources = append(s.Sources, of)
	}
	return s, nil
}

func (s Source) maxAge() time.Duration {
	if s.State == nil {
		return dailyAge
	}
	return maxAge(s.State.Every)
}

// withUnread are the source's states, and those of targets that were to be read and never were.
func (s Source) withUnread(all []collector.State) (of []collector.State) {
	for _, state := range all {
		if state.Source == s.Name {
			of = append(of, state)
		}
	}
	if s.State == nil {
		return of
	}
	for _, t := range s.State.Targets {
		target := collector.Target(t)
		if !slices.ContainsFunc(of, func(s collector.State) bool { return s.Target == target }) {
			of = append(of, collector.State{Source: s.Name, Target: target})
		}
	}
	slices.SortFunc(of, func(a, b collector.State) int { return cmp.Compare(a.Target.String(), b.Target.String()) })
	return of
}

func (s Source) target(state collector.State, now time.Time) Target {
	t := Target{State: state, Configured: s.State == nil || len(s.State.Targets) == 0}
	if s.State != nil && slices.Contains(s.State.Targets, collector.RunTarget(state.Target)) {
		t.Configured, t.Attempted = true, s.State.Last.Began
	}
	if !t.Through.IsZero() {
		t.Behind = max(0, now.Sub(t.Through))
	}
	t.Late = t.Configured && (t.Through.IsZero() || t.Behind > s.MaxAge)
	for _, g := range t.Gaps {
		if !g.Accepted.IsZero() {
			t.Accepted++
			continue
		}
		t.Open = append(t.Open, g)
		if g.Next.IsZero() {
			continue // a backfill, which is not retried
		}
		if t.Retry.IsZero() || g.Next.Before(t.Retry) {
			t.Retry = g.Next
		}
	}
	slices.SortStableFunc(t.Open, func(a, b collector.OpenGap) int { return a.Window.From.Compare(b.Window.From) })
	for _, k := range t.Quarantined {
		if k.Accepted.IsZero() {
			t.Unaccepted = append(t.Unaccepted, k)
		}
	}
	return t
}

// Success is when a run of the source last read all of a target that it wanted, whichever target; zero where none has.
func (s Source) Success() (last time.Time) {
	for _, t := range s.Targets {
		last = civil.Later(last, t.Success)
	}
	return last
}

// Problems says what somebody should look at, a sentence each. What is quarantined is among it only where that is asked
// for: any tenant can have something quarantined, and none should be able to raise an alarm at will.
func (s Status) Problems(quarantined bool) []string {
	if len(s.Sources) == 0 {
		return []string{"nothing was ever collected into this ledger"}
	}
	var all []string
	for _, day := range s.Damaged {
		all = append(all, fmt.Sprintf("%v; nothing is collected into %s", day, day.Day.Format(time.DateOnly)))
	}
	if s.Spending != "" {
		all = append(all, s.Spending)
	}
	for _, of := range s.Sources {
		problem := func(format string, args ...any) {
			all = append(all, of.Name+": "+fmt.Sprintf(format, args...))
		}
		if of.Fault != "" {
			problem("%s", of.Fault)
		}
		if of.State != nil && of.State.Last.Error != "" {
			problem("the last run, of %s, says: %s", of.State.Last.Began.Format(time.RFC3339), of.State.Last.Error)
		}
		if text := of.unfinished(s.Running); text != "" {
			problem("%s", text)
		}
		for _, t := range of.Targets {
			for _, text := range t.problems(of.MaxAge, quarantined) {
				problem("%s: %s", t.Target, text)
			}
		}
	}
	return all
}

// unfinished says what became of a run that has left no state of its own: it was killed, or the disk was full. While
// somebody writes to the ledger, that may be the run.
func (s Source) unfinished(running bool) string {
	a := s.Attempt
	switch {
	case a.Began.IsZero() || s.State != nil && !a.Began.After(s.State.Last.Began):
		return ""
	case a.Error != "":
		return fmt.Sprintf("the last run, of %s, failed: %s", a.Began.Format(time.RFC3339), a.Error)
	case a.Ended.IsZero() && !running:
		return fmt.Sprintf(
			"the last run, of %s, did not end: it was killed, or could not write",
			a.Began.Format(time.RFC3339),
		)
	}
	return ""
}

func (t Target) problems(maxAge time.Duration, quarantined bool) (all []string) {
	switch {
	case !t.Configured:
		return nil
	case t.Fault != "":
		return []string{t.Fault}
	case t.Through.IsZero():
		all = append(all, "it was never read")
	case t.Late:
		all = append(all, fmt.Sprintf("read through %s, which is %s behind; it may be %s", t.Through.Format(time.RFC3339),
			Age(t.Behind), Age(maxAge)))
	}
	if t.Trouble != "" {
		all = append(all, "the last run left it: "+t.Trouble)
	}
	if n := len(t.Open); n > 0 {
		all = append(all, fmt.Sprintf("%s open, the oldest from %s; collect gaps lists them",
			figures.Count(n, "gap"), t.Oldest().Format(time.RFC3339)))
	}
	if n := len(t.Unaccepted); quarantined && n > 0 {
		all = append(all, fmt.Sprintf("%d quarantined; collect gaps --quarantined lists them", n))
	}
	return all
}

// Age writes a length for people: to the minute, and in days and hours once that is enough.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return collector.Short(d.Truncate(time.Second))
	case d < 48*time.Hour:
		return collector.Short(d.Truncate(time.Minute))
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
