package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
)

// Options are what a [Runner] works with.
type Options struct {
	Source  Source
	Targets TargetsFunc
	Ledger  string // the ledger's folder
	Command string // what the ledger's lock says is running; may be ""

	Timing Timing

	MaxAPICost              *decimal.Decimal // US dollars that one run may cost by plan; nil means any
	SameUsage               []string         // the sources that measure the same usage, this one among them
	AllowOverlappingSources bool             // collect also where another of them has
	Parallel                int              // batches in flight at a time; 0 means 4
	Grace                   time.Duration    // what is in flight may take so long once the context has ended; 0 means 20 s

	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil keeps quiet
	Progress ProgressFunc     // nil shows nothing
}

// TargetsFunc finds out what to collect from, at the beginning of each run. A target that cannot be made out, because a
// role may not be assumed for example, is a gap.
type TargetsFunc func(ctx context.Context) ([]Target, []Gap)

// ProgressFunc is told how far a run is, by batches. The total may grow. It is called by one goroutine at a time.
type ProgressFunc func(done, total int64, label string)

// Runner collects from one source into one ledger. It is not for use by several goroutines.
type Runner struct {
	Options
	traits Traits
	folder string // of the journal and the checkpoints
}

// targetsAtATime is how many targets are asked at a time; batches in flight have a bound of their own.
const targetsAtATime = 16

// New checks the options and returns a runner.
func New(options Options) (*Runner, error) {
	if options.Parallel <= 0 {
		options.Parallel = 4
	}
	if options.Grace <= 0 {
		options.Grace = 20 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Progress == nil {
		options.Progress = func(int64, int64, string) {}
	}
	r := &Runner{Options: options, traits: options.Source.Traits()}
	r.folder = filepath.Join(collectFolder(options.Ledger), options.Source.Name())
	r.Timing = options.Timing.withDefaults(r.traits)
	return r, errors.Join(r.Timing.check(), checkPart(options.Source, r.Timing.Part))
}

// CostError says that a run would cost more than it may.
type CostError struct{ Cost, Limit decimal.Decimal }

func (e *CostError) Error() string {
	return fmt.Sprintf("this run's API calls would cost $%s, more than the limit of $%s; nothing was read. "+
		"Shorten the window, read fewer series, or raise the limit", e.Cost, e.Limit)
}

// Run collects once. Gaps are in the summary, not an error: an error means that the run could not go on, because the
// ledger is held by another writer or the disk is full for example. What had been read by then is kept. When the
// context ends, what is in flight is finished, and what was read goes into the ledger.
func (r *Runner) Run(ctx context.Context) (Summary, error) {
	began := time.Now()
	s := Summary{Source: r.Source.Name(), Counts: map[string]int64{}}
	writer, err := ledger.OpenForWriting(r.Ledger, ledger.Options{Now: r.Now, Logger: r.Logger, Command: r.Command})
	if err != nil {
		return s, err
	}
	err = r.run(ctx, writer, &s)
	s.Took = time.Since(began)
	return s, errors.Join(err, writer.Close())
}

func (r *Runner) run(ctx context.Context, writer *ledger.Writer, s *Summary) error {
	j, err := openJournal(filepath.Join(r.folder, journalName))
	if err != nil {
		return err
	}
	defer j.close()
	c := &collection{
		Runner: r, ledger: &writer.Ledger, writer: writer, journal: j, summary: s,
		checkpoints: map[Target]*checkpoint{}, unreadable: map[Target]error{}, groupCache: map[[2]int64][]ledger.Group{},
	}
	if err := c.resume(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	now := r.Now().UTC()
	targets, gaps := r.Targets(ctx)
	s.Targets, s.Gaps = len(targets)+len(gaps), append(s.Gaps, gaps...)
	runs, err := c.targetRuns(ctx, now, targets)
	if err != nil {
		return err
	}
	if r.MaxAPICost != nil {
		cost, err := c.estimateCost(ctx, runs)
		if err != nil {
			return err
		}
		if cost.APIPrice.GreaterThan(*r.MaxAPICost) {
			return &CostError{cost.APIPrice, *r.MaxAPICost}
		}
	}
	for _, run := range runs {
		for _, stage := range run.stages {
			s.extend(stage.Window)
		}
	}
	for round := 0; ; round++ {
		var stages []*stage
		for _, run := range runs {
			if round < len(run.stages) && !run.gaveUp {
				stages = append(stages, run.stages[round])
			}
		}
		if len(stages) == 0 || ctx.Err() != nil {
			break
		}
		if err := c.read(ctx, stages); err != nil {
			return err
		}
		if err := c.commit(context.WithoutCancel(ctx), stages); err != nil {
			return err
		}
	}
	s.Interrupted = ctx.Err() != nil
	if err := c.conclude(runs, s.Interrupted); err != nil {
		return err
	}
	c.reportOpen(targets)
	c.orderGaps()
	return nil
}

// collection is one run.
type collection struct {
	*Runner
	ledger  *ledger.Ledger // nil where there is none yet
	writer  *ledger.Writer // nil where nothing is going to be written
	journal *journal

	ledgerMu sync.Mutex // guards groupCache while targets are read

	mu      sync.Mutex // guards what follows while targets are read
	summary *Summary
	done    int64
	total   int64

	checkpoints map[Target]*checkpoint
	unreadable  map[Target]error            // why the checkpoint of a target cannot be read
	groupCache  map[[2]int64][]ledger.Group // see ledgerGroups
}

func (c *collection) checkpoint(target Target) (*checkpoint, error) {
	if known := c.checkpoints[target]; known != nil {
		return known, nil
	}
	if err := c.unreadable[target]; err != nil {
		return nil, err
	}
	loaded, err := loadCheckpoint(c.folder, target)
	if err != nil {
		c.unreadable[target] = err
		return nil, err
	}
	c.checkpoints[target] = loaded
	return loaded, nil
}

// count adds to the summary.
func (c *collection) count(with func(*Summary)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	with(c.summary)
}

// progress moves the bar.
func (c *collection) progress(done, total int64, label string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.total = c.done+done, c.total+total
	c.Progress(c.done, c.total, label)
}
