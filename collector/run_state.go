package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"microspend/ledger"
)

// RunState is what the runs of a source leave for those who ask how it is: a document beside the
// checkpoints that each run replaces when it ends. No run reads more of it than what it carries over; where it is lost,
// nothing but the answer is.
type RunState struct {
	Version int           `json:"version"`
	Source  string        `json:"source"`
	Every   time.Duration `json:"every"` // between the starts of two runs, in nanoseconds; 0 where somebody else starts them
	Last    LastRun       `json:"last"`
	// Targets are those of the last run that could find out what to collect from. One that was collected from before and
	// is not among them is no longer configured.
	Targets []RunTarget `json:"targets"`
}

// LastRun is how the last run of a source ended.
type LastRun struct {
	Began       time.Time `json:"began"`
	Ended       time.Time `json:"ended"`
	Result      RunResult `json:"result"`
	Error       string    `json:"error,omitempty"` // why it failed, was stopped, or could not make out a target
	Cost        Cost      `json:"cost"`            // of the calls that it made
	Records     int64     `json:"records"`         // that it read
	Gaps        int       `json:"gaps"`            // that it reported
	Quarantined int       `json:"quarantined"`     // that it reported
}

// RunResult is how a run ended, in a word.
type RunResult string

// The results of a run.
const (
	RunDone        RunResult = "done"        // all was read
	RunGaps        RunResult = "gaps"        // something could not be read
	RunInterrupted RunResult = "interrupted" // by a signal
	RunStopped     RunResult = "stopped"     // by a limit of time or cost
	RunFailed      RunResult = "failed"      // by an error
)

// RunTarget is a target that the last run was to read.
type RunTarget struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

const (
	stateName    = "status.json"
	stateVersion = 1
)

// Result is how the run ended, in a word. The error is that of [Runner.Run].
func (s Summary) Result(err error) RunResult {
	switch {
	case err != nil:
		return RunFailed
	case s.Stopped != nil:
		return RunStopped
	case s.Interrupted:
		return RunInterrupted
	case len(s.Gaps)+len(s.Quarantined) > 0:
		return RunGaps
	}
	return RunDone
}

// ReadRunState reads what the runs of a source left with a ledger. One that never ran is a [fs.ErrNotExist].
func ReadRunState(ctx context.Context, l ledger.Documents, source string) (*RunState, error) {
	name := documentOf(source, stateName)
	text, err := l.Document(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("the state of the last run cannot be read: %w", err)
	}
	var s RunState
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("the state of the last run, %s, is damaged (%w); the next run replaces it", name, err)
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("%s has version %d; this program supports version %d", name, s.Version, stateVersion)
	}
	return &s, nil
}

// saveState replaces what the last run left. It is for those who ask; that it cannot be written ends nothing.
func (c *collection) saveState(ctx context.Context, runs []*targetRun, err error) error {
	sum := c.summary
	state := RunState{
		Version: stateVersion, Source: sum.Source, Every: c.Interval,
		Last: LastRun{
			Began: sum.Began, Ended: c.Now().UTC(), Result: sum.Result(err), Cost: sum.Spent,
			Records: sum.Changes.Read, Gaps: len(sum.Gaps), Quarantined: len(sum.Quarantined),
		},
	}
	switch {
	case err != nil:
		state.Last.Error = err.Error()
	case sum.Stopped != nil:
		state.Last.Error = sum.Stopped.Error()
	case len(c.unreachable) > 0:
		state.Last.Error = c.unreachable[0].String()
	}
	before, readErr := ReadRunState(ctx, c.writer, c.Source.Name())
	if readErr != nil {
		if !errors.Is(readErr, fs.ErrNotExist) {
			c.Logger.Warn("the state of the last run is replaced", "error", readErr)
		}
		before = &RunState{}
	}
	for _, r := range runs {
		state.Targets = append(state.Targets, RunTarget(r.target))
	}
	for _, g := range c.unreachable {
		if g.Target != (Target{}) {
			state.Targets = append(state.Targets, RunTarget(g.Target))
		}
	}
	if state.Targets == nil {
		state.Targets = before.Targets
	}
	text, saveErr := json.Marshal(state)
	if saveErr == nil {
		saveErr = c.writer.PutDocument(ctx, documentOf(c.Source.Name(), stateName), text)
	}
	if saveErr != nil {
		c.Logger.Warn("the state of this run cannot be kept", "error", saveErr)
		return fmt.Errorf("its state cannot be kept: %w", saveErr)
	}
	return nil
}
