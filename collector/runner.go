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

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/usage"
)

// Options are what a [Runner] works with.
type Options struct {
	Source  Source
	Targets TargetsFunc
	Ledger  Ledger
	Command string // what the ledger's lock says is running; may be ""

	Timing Timing

	MaxAPICost      *decimal.Decimal // US dollars that one run may cost, by plan and while it reads; nil means any
	MaxDailyAPICost *decimal.Decimal // US dollars that the runs of a UTC day may cost, of all sources; nil means any
	// RunTimeout is how long a run may take; then it ends as if it were interrupted. 0 means any time.
	RunTimeout time.Duration
	Interval   time.Duration // between the starts of two runs, for those who ask how it is; 0 where each is the only one

	SameUsage               []string // the sources that measure the same usage, this one among them
	AllowOverlappingSources bool     // collect also where another of them has
	// States is the one of SameUsage whose records are AWS's own states of MicroVMs; "" where there is none.
	States string
	// Most is the most that an account can use of a measure in a period in a region; nil bounds nothing. What is beyond it
	// is named: see [doubt.BeyondQuota].
	Most     func(region string, of usage.Measure, period time.Duration) int64
	Parallel int           // batches in flight at a time; 0 means 4
	Grace    time.Duration // what is in flight may take so long once the context has ended; 0 means 20 s

	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil keeps quiet
	Progress ProgressFunc     // nil shows nothing
	// Waiting is told what the service has owed an answer for more than half a minute, every half a minute. It is called
	// by one goroutine at a time, and not while Progress is called; nil logs it.
	Waiting func(Waiting)
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

	wrongClock map[Target]error // by the service's: see checkClock
	sinceRead  map[Target]bool  // of which Timing.Since was read: see Every

	noticeWaiting time.Duration // in place of the constant of that name, in tests
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
	r := &Runner{
		Options:    options,
		traits:     options.Source.Traits(),
		wrongClock: map[Target]error{},
		sinceRead:  map[Target]bool{},
	}
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
// context ends, the time for the run is over, or a limit of what calls may cost is reached, what is in flight is
// finished, and what was read goes into the ledger.
func (r *Runner) Run(ctx context.Context) (Summary, error) {
	began := time.Now()
	s := Summary{Source: r.Source.Name(), Began: r.Now().UTC(), Counts: map[string]int64{}}
	writer, err := r.Ledger.OpenForWriting(ctx, ledger.Options{
		Now: r.Now, Logger: r.Logger, Command: r.Command, Action: "collect",
	})
	if err != nil {
		return s, err
	}
	err = r.run(ctx, writer, &s)
	s.Took = time.Since(began)
	return s, errors.Join(err, writer.Close())
}

func (r *Runner) run(ctx context.Context, writer ledger.Store, s *Summary) (err error) {
	local, err := r.Ledger.local(writer.Name())
	if err != nil {
		return err
	}
	if r.Ledger.Folder == "" { // else the ledger's own lock keeps others out
		release, err := holdLocal(local)
		if err != nil {
			return err
		}
		defer release()
	}
	c := r.collection(ctx, s)
	c.ledger, c.writer, c.folder = writer, writer, filepath.Join(local, r.Source.Name())
	end := c.attempt(c.always)
	var untold error
	defer func() { end(errors.Join(err, untold)) }()
	if c.journal, err = openJournal(filepath.Join(c.folder, journalName)); err != nil {
		return err
	}
	defer c.journal.close()
	spending, err := openSpending(c.always, r.Ledger, local, writer, r.Now())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if r.RunTimeout > 0 {
		defer time.AfterFunc(r.RunTimeout, func() { stop(&TimeoutError{r.RunTimeout}) }).Stop()
	}
	c.purse = r.purse(s.Source, spending, stop)
	if damage := spending.Damage(); damage != "" {
		damage += "; it was repaired, and the damaged file kept as " + spending.path + damagedSuffix
		c.quarantine(Target{}, []Quarantine{{What: "what was spent", Reason: damage}})
	}
	defer c.watch()()
	runs, err := c.collect(ctx)
	err = errors.Join(err, spending.close(c.always))
	s.Spent = c.purse.spent
	untold = c.saveState(c.always, runs, err) // which is no reason for it to fail
	return err
}

// lockName is the file whose lock keeps two runs of one machine from the same journal.
const lockName = "lock"

func holdLocal(local string) (release func(), err error) {
	if err := ownfile.Place(filepath.Dir(local)).PrivateFolder(local); err != nil {
		return nil, fmt.Errorf("creating the folder of the journal: %w", err)
	}
	release, err = atomicfile.Lock(filepath.Join(local, lockName))
	if errors.Is(err, atomicfile.ErrLocked) {
		return nil, &ledger.HeldError{Path: filepath.Join(local, lockName), Holder: "another run of this machine"}
	}
	return release, err
}

// collection makes a run, which has yet to get what it reads from and writes to.
func (r *Runner) collection(ctx context.Context, s *Summary) *collection {
	return &collection{
		Runner: r, summary: s, started: time.Now(), always: context.WithoutCancel(ctx),
		checkpoints: map[Target]*checkpoint{}, unreadable: map[Target]error{}, groupCache: map[[2]int64][]ledger.Group{},
		damagedDays: map[time.Time]string{}, damagedTold: map[damagedOf]bool{},
	}
}

func (r *Runner) purse(source string, spending *Spending, stop func(error)) *purse {
	return &purse{
		source: source, runMax: r.MaxAPICost, dayMax: r.MaxDailyAPICost, now: r.Now, stop: stop, spending: spending,
	}
}

// collect does what a run does. An error ends it; the end of the context leaves the rest to the next run.
func (c *collection) collect(ctx context.Context) ([]*targetRun, error) {
	s := c.summary
	if err := c.resume(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	targets, gaps := c.Targets(ctx)
	if c.ended(ctx) {
		return nil, c.stopped()
	}
	c.unreachable = gaps
	s.Targets, s.Gaps = len(targets)+len(gaps), append(s.Gaps, gaps...)
	for _, g := range gaps {
		if g.Lasting {
			s.Unusable++
		}
	}
	runs, err := c.targetRuns(ctx, c.Now().UTC(), targets)
	if err == nil {
		err = c.mayCost(ctx, runs)
	}
	switch {
	case c.ended(ctx):
		return runs, c.stopped()
	case err != nil:
		return runs, err
	}
	if err := c.oweBackfills(runs); err != nil {
		return runs, err
	}
	for _, run := range runs {
		for _, stage := range run.stages {
			s.extend(stage.Window)
		}
	}
	if err := c.rounds(ctx, runs); err != nil {
		return runs, err
	}
	if err := c.conclude(runs, c.ended(ctx)); err != nil {
		return runs, err
	}
	c.reportOpen(targets)
	c.orderGaps()
	return runs, c.stopped()
}

// rounds reads the targets' stages: the first of each, then the second of each.
func (c *collection) rounds(ctx context.Context, runs []*targetRun) error {
	for round := 0; ; round++ {
		var stages []*stage
		for _, run := range runs {
			if round < len(run.stages) && !run.gaveUp {
				stages = append(stages, run.stages[round])
			}
		}
		if len(stages) == 0 || ctx.Err() != nil {
			return nil
		}
		if err := c.read(ctx, stages); err != nil {
			return err
		}
		if err := c.commit(context.WithoutCancel(ctx), stages); err != nil {
			return err
		}
	}
}

// mayCost refuses a run that would cost more than a run may. The limit of a day refuses nothing by plan: as much as
// fits is read today, and the rest tomorrow.
func (c *collection) mayCost(ctx context.Context, runs []*targetRun) error {
	if c.MaxAPICost == nil {
		return nil
	}
	cost, err := c.estimateCost(ctx, runs)
	if err == nil && cost.APIPrice.GreaterThan(*c.MaxAPICost) {
		err = &CostError{cost.APIPrice, *c.MaxAPICost}
	}
	return err
}

// ended notes that the run ended before it was through, and why, if it did.
func (c *collection) ended(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	c.summary.Interrupted = true
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		c.summary.Stopped = cause
	}
	return true
}

// stopped is the error of a run that was stopped by one, rather than by a limit.
func (c *collection) stopped() error {
	var (
		limit   *LimitError
		timeout *TimeoutError
	)
	err := c.summary.Stopped
	if errors.As(err, &limit) || errors.As(err, &timeout) {
		return nil
	}
	return err
}

// TimeoutError says that a run took longer than it may.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the run took longer than %s; what was read is in the ledger, and the next run goes on from there",
		Short(e.After))
}

// collection is one run.
type collection struct {
	*Runner
	ledger  ledger.Reader // nil where there is none yet
	writer  ledger.Store  // nil where nothing is going to be written
	folder  string        // of the journal
	journal *journal
	always  context.Context // of what has to be written however the run ends; it has no end

	ledgerMu sync.Mutex // guards groupCache while targets are read

	mu      sync.Mutex // guards what follows while targets are read
	summary *Summary
	done    int64
	total   int64

	checkpoints map[Target]*checkpoint
	unreadable  map[Target]error            // why the checkpoint of a target cannot be read
	groupCache  map[[2]int64][]ledger.Group // see ledgerGroups

	daysMu      sync.Mutex           // guards damagedDays
	damagedDays map[time.Time]string // why a day of the ledger cannot be written; "" where it can
	damagedTold map[damagedOf]bool   // guarded by mu

	unreachable []Gap     // instead of targets
	started     time.Time // by the machine's clock, whatever Now says

	purse   *purse
	waiting map[*Waiting]bool // guarded by mu
}

func (c *collection) checkpoint(target Target) (*checkpoint, error) {
	if known := c.checkpoints[target]; known != nil {
		return known, nil
	}
	if err := c.unreadable[target]; err != nil {
		return nil, err
	}
	loaded, err := loadCheckpoint(c.always, c.ledger, c.Source.Name(), target)
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
