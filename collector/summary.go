package collector

import (
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// Summary is what a run did.
type Summary struct {
	Source  string
	Began   time.Time
	Targets int
	// Unusable is how many targets nothing can be read of until someone mends their credentials or the configuration.
	Unusable int
	From     time.Time // start of the earliest window; zero where there was none
	To       time.Time
	Resumed  bool // whether it went on with a run that was interrupted

	Batches int64 // read by this run
	Reused  int64 // that an interrupted run had read
	Cost    Cost  // of what was asked for, by plan; Calls are those made, with repeated ones
	Spent   Cost  // on calls, each try of them

	Changes ledger.Changes
	Counts  map[string]int64 // see [Result.Counts]
	Gaps    []Gap

	Quarantined      []Quarantine // what was met for the first time, and makes the exit code 3
	KnownQuarantined int64        // how many quarantines were met that earlier runs have named
	Notes            []string     // see [Result.Notes]; at most MaxNotes

	Interrupted bool // it ended before it was through
	// Stopped is why it ended, where nobody interrupted it: a [LimitError] or a [TimeoutError].
	Stopped error
	Took    time.Duration

	through []Target // that the run got through with, whatever it could not read of them
}

// MaxNotes is how many notes a summary keeps. What they are about is counted in full.
const MaxNotes = 100

func (s *Summary) note(notes []string) {
	s.Notes = append(s.Notes, notes[:min(len(notes), MaxNotes-len(s.Notes))]...)
}

// extend widens the time that the run is about.
func (s *Summary) extend(w Window) {
	if w == (Window{}) {
		return
	}
	if s.From.IsZero() || w.From.Before(s.From) {
		s.From = w.From
	}
	s.To = civil.Later(s.To, w.To)
}
