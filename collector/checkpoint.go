package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"microspend/ledger"
)

// checkpoint is what of a target has been read. It is a document of the ledger that is replaced as a whole. Where it
// is lost, the next run reads the lookback again, which changes nothing that has been read.
type checkpoint struct {
	Version int    `json:"version"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Shape   string `json:"shape"` // of the source when the target was last read

	Begin   time.Time `json:"begin"`             // start of the first window ever, or of its shape
	Rekeyed time.Time `json:"rekeyed,omitzero"`  // records of times before have the keys of another shape; zero where none have
	Through time.Time `json:"through"`           // everything before has been read, but for what is pending or a gap
	Reached time.Time `json:"reached,omitzero"`  // the latest that Through ever was: --from may move that back
	ReadAt  time.Time `json:"readAt"`            // when the last run began that read all that it wanted to
	From    time.Time `json:"from"`              // where the last run began
	Goal    time.Time `json:"goal"`              // where it wanted to get to
	Success time.Time `json:"success,omitzero"`  // when a run last read all it wanted, but for gaps
	Trouble string    `json:"trouble,omitempty"` // why the last run left the target

	Pending []Batch   `json:"pending,omitempty"` // planned and not read
	Gaps    []openGap `json:"gaps,omitempty"`
	Replan  []replan  `json:"replan,omitempty"`
	Damaged []owedDay `json:"damaged,omitempty"` // not planned: the ledger's day was damaged, or it was passed over
	// Backfills are what backfills of a part were to read and did not.
	Backfills []openBackfill `json:"backfills,omitempty"`

	Untold []Gap           `json:"untold,omitempty"` // of a live source: met by a run that has yet to name them
	Source json.RawMessage `json:"source,omitempty"` // what the source wants to remember

	stored []byte // what the ledger had of it when it was read or saved; nil where it had nothing

	Quarantined       []KnownQuarantine `json:"quarantined,omitempty"`
	QuarantinedBeyond int64             `json:"quarantinedBeyond,omitempty"` // met in one window and not remembered by name
}

// unfinished reports whether the last run did not get to its end.
func (s *checkpoint) unfinished() bool { return len(s.Pending) > 0 || s.Through.Before(s.Goal) }

// openGap is a batch of which something could not be read.
type openGap struct {
	Batch  Batch     `json:"batch"`
	What   string    `json:"what"`
	Reason string    `json:"reason"`
	Tries  int       `json:"tries"`
	Next   time.Time `json:"next"` // when it is asked for again

	First    time.Time `json:"first,omitzero"`    // when it was met for the first time
	Accepted time.Time `json:"accepted,omitzero"` // since then it is neither asked for nor reported
	Because  string    `json:"because,omitempty"` // why it was accepted

	reported bool // in this run
}

const checkpointVersion = 1

// A gap is asked for again after 5 minutes, then after twice as long each time, up to a day: what fails for an hour
// is read within the hour after, and what fails for good costs a call a day.
const (
	firstRetry = 5 * time.Minute
	lastRetry  = day
)

func retryAfter(tries int) time.Duration {
	wait := firstRetry
	for range tries - 1 {
		if wait *= 2; wait >= lastRetry {
			return lastRetry
		}
	}
	return wait
}

// unknownAccount stands for an account in the name of a checkpoint.
const unknownAccount = "unknown"

func loadCheckpoint(ctx context.Context, l ledger.Reader, source string, target Target) (*checkpoint, error) {
	if l == nil {
		return newCheckpoint(target), nil
	}
	name := checkpointName(source, target)
	text, err := l.Document(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return newCheckpoint(target), nil
	}
	if err != nil {
		return nil, fmt.Errorf("the checkpoint cannot be read: %w", err)
	}
	s, err := parseCheckpoint(text)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint %s/%s %w", l.Name(), name, err)
	}
	s.stored = text
	return s, nil
}

func newCheckpoint(target Target) *checkpoint {
	return &checkpoint{Version: checkpointVersion, Account: target.Account, Region: target.Region}
}

func parseCheckpoint(text []byte) (*checkpoint, error) {
	var version struct{ Version int }
	if err := json.Unmarshal(text, &version); err == nil && version.Version != checkpointVersion {
		return nil, fmt.Errorf("has version %d; this program supports version %d", version.Version, checkpointVersion)
	}
	var s checkpoint
	err := json.Unmarshal(text, &s)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return nil, fmt.Errorf("is damaged (%w); delete it to read the lookback again", err)
	}
	return &s, nil
}

func (s *checkpoint) check() error { return checkBatches(s.owed()) }

// checkBatches refuses batches that no run of a source of windows plans, which it need not expect.
func checkBatches(batches []Batch) error {
	for _, b := range batches {
		w := b.Window
		if !w.From.Before(w.To) || w.Period <= 0 || w.To.Sub(w.From)%w.Period != 0 {
			return fmt.Errorf("batch %q is of no window", cut(b.ID, maxWhat))
		}
	}
	return nil
}

// owed lists what has yet to be read, for whatever reason.
func (s *checkpoint) owed() []Batch {
	owed := slices.Clone(s.Pending)
	for _, g := range s.Gaps {
		owed = append(owed, g.Batch)
	}
	return owed
}

// save replaces the document. What another collector has written of the target since this one read it is not lost: see
// merge.
func (s *checkpoint) save(ctx context.Context, l ledger.Store, source string, target Target) error {
	name := checkpointName(source, target)
	err := ledger.UpdateDocument(ctx, l, name, func(now []byte) ([]byte, error) {
		if now != nil && !bytes.Equal(now, s.stored) {
			theirs, err := parseCheckpoint(now)
			if err != nil {
				return nil, err
			}
			base := newCheckpoint(target)
			if s.stored != nil {
				if base, err = parseCheckpoint(s.stored); err != nil {
					return nil, err
				}
			}
			s.merge(base, theirs)
		}
		text, err := json.Marshal(s)
		s.stored = now
		return text, err
	})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	s.stored, err = json.Marshal(s)
	return err
}

// save keeps a checkpoint, however the run ends.
func (c *collection) save(of *checkpoint, target Target) error {
	return of.save(c.always, c.writer, c.Source.Name(), target)
}
