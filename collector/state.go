package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/ledger/audit"
)

// State is how collecting from a target stands: what runs of a source have left beside the ledger.
type State struct {
	Source string
	Target Target
	Fault  string // why the checkpoint cannot be read; "" where it can. What follows is not known then.

	Begin   time.Time // what was read first; zero where nothing ever was
	Through time.Time // everything before has been read, but for Pending and Gaps
	Success time.Time // when a run last read all that it wanted of the target, but for gaps; zero where none has
	Trouble string    // why the last run left the target; "" where it did not

	Pending     []Gap     // what was planned and not read, as a run ended early
	Gaps        []OpenGap // the oldest first; among them are backfills that were not read, which only a repetition reads
	Owed        []OpenGap // what was passed over: what of Pending has no batches yet, and what of it was accepted
	Quarantined []KnownQuarantine
	// QuarantinedBeyond is how many more were met in one window than are remembered by name.
	QuarantinedBeyond int64
}

// OpenGap is a gap that is asked for again, or that was accepted.
type OpenGap struct {
	Gap
	ID       string    // identifies it among those of a ledger, until what it is about is read in part
	Tries    int       // how often it was asked for in vain
	First    time.Time // when it was met for the first time; zero where that is not known
	Next     time.Time // when it is asked for again, at the earliest; zero for a backfill and what is owed
	Accepted time.Time // since then it is neither asked for nor reported; zero where it is
	Because  string    // why it was accepted
}

// placeOf is what a source's folder, or a file of all sources, lies in: the ledger, or the state of this machine.
func placeOf(path string) ownfile.Place { return ownfile.Place(filepath.Dir(filepath.Dir(path))) }

// States tells how collecting into a ledger stands, by source and target. It changes nothing, and may be asked for
// while a collector runs. Where nothing was ever collected there is none.
func States(ctx context.Context, l ledger.Reader) ([]State, error) {
	names, err := l.ListDocuments(ctx, collectFolder)
	if err != nil {
		return nil, err
	}
	var states []State
	for _, name := range names {
		source, file, ofSource := strings.Cut(strings.TrimPrefix(name, collectFolder+"/"), "/")
		if target, ok := targetOf(file); ofSource && ok {
			states = append(states, stateOf(ctx, l, source, target))
		}
	}
	slices.SortFunc(states, func(a, b State) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Target.String(), b.Target.String()))
	})
	return states, nil
}

// CollectedSources names the sources that were ever collected from into a ledger, in order.
func CollectedSources(ctx context.Context, l ledger.Documents) (sources []string, err error) {
	names, err := l.ListDocuments(ctx, collectFolder)
	for _, name := range names {
		source, _, ofSource := strings.Cut(strings.TrimPrefix(name, collectFolder+"/"), "/")
		if ofSource && !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return sources, err
}

// targetOf reads the target from the name of its checkpoint: see checkpointName.
func targetOf(file string) (Target, bool) {
	name, isCheckpoint := strings.CutSuffix(file, ".json")
	account, region, ok := strings.Cut(name, "_")
	account, accountErr := url.PathUnescape(account)
	region, regionErr := url.PathUnescape(region)
	if account == unknownAccount {
		account = ""
	}
	hidden := strings.HasPrefix(file, ".") // one that is being written
	return Target{account, region}, isCheckpoint && ok && !hidden && accountErr == nil && regionErr == nil
}

func stateOf(ctx context.Context, l ledger.Reader, source string, target Target) State {
	s := State{Source: source, Target: target}
	of, err := loadCheckpoint(ctx, l, source, target)
	if err != nil {
		s.Fault = err.Error()
		return s
	}
	s.Begin, s.Through, s.Success, s.Trouble = of.Begin, of.Through, of.Success, of.Trouble
	s.Quarantined, s.QuarantinedBeyond = of.Quarantined, of.QuarantinedBeyond
	for i := range s.Quarantined {
		s.Quarantined[i].Target = target
		s.Quarantined[i].ID = s.Quarantined[i].id(s.Source)
	}
	for _, b := range of.Pending {
		s.Pending = append(s.Pending, Gap{
			Target: target, Window: b.Window, What: b.ID, Reason: "the run that planned it ended before it was read",
		})
	}
	for _, owed := range of.Damaged {
		open := owed.open(s.Source, target)
		if s.Owed = append(s.Owed, open); owed.Accepted.IsZero() {
			s.Pending = append(s.Pending, open.Gap)
		}
	}
	for _, g := range of.Gaps {
		s.Gaps = append(s.Gaps, g.open(s.Source, target))
	}
	for _, b := range of.Backfills {
		s.Gaps = append(s.Gaps, b.open(s.Source, target))
	}
	slices.SortStableFunc(s.Gaps, func(a, b OpenGap) int { return compareGaps(&a.Gap, &b.Gap) })
	return s
}

func (g openGap) open(source string, target Target) OpenGap {
	return OpenGap{
		Gap: Gap{Target: target, Window: g.Batch.Window, What: g.What, Reason: g.Reason}, ID: g.id(source, target),
		Tries: g.Tries, First: g.First, Next: g.Next, Accepted: g.Accepted, Because: g.Because,
	}
}

func (b openBackfill) open(source string, target Target) OpenGap {
	return OpenGap{
		Gap: b.gap(target), ID: windowID("p", source, target, b.Window, b.Part), Tries: b.Tries, First: b.First,
		Accepted: b.Accepted, Because: b.Because,
	}
}

func (o owedDay) open(source string, target Target) OpenGap {
	return OpenGap{
		Gap: Gap{Target: target, Window: o.Window, Reason: "it was passed over, and is read by the next run that can"},
		ID:  windowID("o", source, target, o.Window, ""), Accepted: o.Accepted, Because: o.Because,
	}
}

// windowID is like the id of a gap, for what has no batch, and with a letter in front that no gap's has.
func windowID(kind, source string, target Target, w Window, part string) string {
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, "%s\x00%s\x00%d-%d\x00%s", source, target, w.From.UnixNano(), w.To.UnixNano(), part)
	return fmt.Sprintf("%s%010x", kind, sum.Sum64()>>24)
}

// id is short enough to be typed. It is the same in every listing for as long as the gap is.
func (g openGap) id(source string, target Target) string {
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, "%s\x00%s\x00%s\x00%s", source, target, g.Batch.key(), g.Batch.Spec)
	return fmt.Sprintf("%010x", sum.Sum64()>>24)
}

// id is like that of a gap, and not one of a gap.
func (k KnownQuarantine) id(source string) string {
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, "%s\x00%s\x00%s\x00%s", source, k.Target, k.What, k.Reason)
	return fmt.Sprintf("q%010x", sum.Sum64()>>24)
}

// Acceptance says what to accept of a ledger. A function that is nil accepts nothing.
type Acceptance struct {
	Because    string                              // kept for whoever asks later
	Gap        func(source string, g OpenGap) bool // also of what is owed: its time is only read by runs that are told to
	Quarantine func(source string, k KnownQuarantine) bool
}

// Accept accepts open gaps of a ledger: from now on they are neither reported nor asked for, as what they lack is known
// to be lost or is not wanted. What they lack stays missing in the ledger; a run that reads it all the same closes
// them. What is quarantined is accepted likewise: it is no longer listed among what somebody should look at. What was
// accepted before stays as it was. The ledger is held meanwhile, as by a run.
func Accept(ctx context.Context, l Ledger, options ledger.Options, now time.Time, a Acceptance) (
	gaps []OpenGap, quarantined []KnownQuarantine, err error,
) {
	reader, err := l.Open(ctx, options)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil // a ledger is not to be made for it
	}
	if err != nil {
		return nil, nil, err
	}
	if sources, err := CollectedSources(ctx, reader); err != nil || len(sources) == 0 {
		return nil, nil, err
	}
	writer, err := l.OpenForWriting(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	states, err := States(ctx, writer)
	if err != nil {
		return nil, nil, err
	}
	var save []func() error
	entry := audit.Entry{Action: "accept-gap", Note: a.Because}
	for _, s := range states {
		if s.Fault != "" {
			continue
		}
		kept, err := loadCheckpoint(ctx, writer, s.Source, s.Target)
		if err != nil {
			return nil, nil, err
		}
		newGaps, newQuarantined := kept.acceptGaps(s, now, a), kept.acceptQuarantined(s, now, a)
		if len(newGaps)+len(newQuarantined) > 0 {
			save = append(save, func() error { return kept.save(ctx, writer, s.Source, s.Target) })
			entry.Targets = append(entry.Targets, s.Source+" "+s.Target.String())
		}
		gaps, quarantined = append(gaps, newGaps...), append(quarantined, newQuarantined...)
	}
	if len(save) == 0 {
		return nil, nil, nil
	}
	for _, g := range gaps {
		entry.Records = append(entry.Records, g.ID+" "+g.String())
	}
	for _, k := range quarantined {
		entry.Records = append(entry.Records, k.ID+" "+k.String())
	}
	entry.Counts = map[string]int64{"accepted": int64(len(entry.Records))}
	err = writer.Audit(entry, func() error {
		for _, s := range save {
			if err := s(); err != nil {
				return err
			}
		}
		return nil
	})
	return gaps, quarantined, err
}

func (s *checkpoint) acceptGaps(as State, now time.Time, a Acceptance) (accepted []OpenGap) {
	accept := func(g OpenGap, at *time.Time, because *string) {
		if !at.IsZero() || a.Gap == nil || !a.Gap(as.Source, g) {
			return
		}
		*at, *because = now.UTC(), a.Because
		g.Accepted, g.Because = *at, *because
		accepted = append(accepted, g)
	}
	for i := range s.Gaps {
		g := &s.Gaps[i]
		accept(g.open(as.Source, as.Target), &g.Accepted, &g.Because)
	}
	for i := range s.Backfills {
		b := &s.Backfills[i]
		accept(b.open(as.Source, as.Target), &b.Accepted, &b.Because)
	}
	for i := range s.Damaged {
		d := &s.Damaged[i]
		accept(d.open(as.Source, as.Target), &d.Accepted, &d.Because)
	}
	return accepted
}

func (s *checkpoint) acceptQuarantined(as State, now time.Time, a Acceptance) (accepted []KnownQuarantine) {
	for i := range s.Quarantined {
		k := &s.Quarantined[i]
		k.Target = as.Target
		if k.ID = k.id(as.Source); !k.Accepted.IsZero() || a.Quarantine == nil || !a.Quarantine(as.Source, *k) {
			continue
		}
		k.Accepted, k.Because = now.UTC(), a.Because
		accepted = append(accepted, *k)
	}
	return accepted
}

// conclude notes in the checkpoints how the run went. What a run that is killed before leaves of an earlier one is at
// worst older than it might be.
func (c *collection) conclude(runs []*targetRun, interrupted bool) error {
	for _, run := range runs {
		of, err := c.checkpoint(run.target)
		if err != nil {
			continue
		}
		if run.planned && run.trouble == "" {
			c.summary.through = append(c.summary.through, run.target)
		}
		c.summary.Gaps = append(c.summary.Gaps, of.Untold...)
		changed := len(of.Untold) > 0
		of.Untold = nil
		if c.Timing.Part != "" {
			c.concludeBackfill(run, of)
			changed = true
		}
		switch {
		case run.trouble != "" && c.Timing.Part == "": // which an open backfill tells
			of.Trouble = run.trouble
		case !interrupted && !of.unfinished() && !run.backfills():
			of.Success, of.Trouble = civil.Later(of.Success, c.Now().UTC()), ""
		case !changed:
			continue
		}
		if err := c.save(of, run.target); err != nil {
			return err
		}
	}
	return nil
}

// backfills reports whether a run ends somewhere in the past, and so says nothing of the present.
func (r *targetRun) backfills() bool { return len(r.stages) > 0 && r.stages[len(r.stages)-1].Backfill }
