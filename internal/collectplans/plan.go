package collectplans

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"microspend/collector"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// Report is what plans came to.
type Report struct {
	Plans, Runs, Killed, Interrupted, Faults, Calls int
	Records                                         int // compared with what was published, once per run
	Excused                                         int // of what was missing or partial, named by a gap, a quarantine or a loss
	Wrong                                           []string
}

// Add sums two reports.
func (r *Report) Add(other Report) {
	r.Plans += other.Plans
	r.Runs += other.Runs
	r.Killed += other.Killed
	r.Interrupted += other.Interrupted
	r.Faults += other.Faults
	r.Calls += other.Calls
	r.Records += other.Records
	r.Excused += other.Excused
	r.Wrong = append(r.Wrong, other.Wrong...)
}

const (
	mostCalls = 20_000 // of a run: far more than any plan has use for
	mostWrong = 10     // that are named of one plan
	longest   = time.Minute
)

// monday is when the clock of every plan starts.
var monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

// fleet is what one source reads, and what is known of it.
type fleet interface {
	// live lets it live from one moment to another.
	live(from, to time.Time)
	// configure changes the configuration, now and then.
	configure()
	// source opens the source as it is configured, and says what a run is to read.
	source() (collector.Source, collector.Timing, error)
	targets() []collector.Target
	length() int // of the plan, in runs
	// steps are how long it is until the next run, and until the one after all is well again.
	step() time.Duration
	heal() []time.Duration
	// ended is told what came of a run.
	ended(run)
	// check holds the ledger against what was published.
	check(content []usage.Record, last run, final bool)
}

// plan is one plan: a clock, a fleet, and a ledger that it is collected into.
type plan struct {
	Report
	kind    string
	seed    uint64
	random  *rand.Rand
	root    string // for ledgers: a run that is killed leaves its own to its successor as a copy
	folder  string
	fleet   fleet
	wire    *wire
	witness *witness
	runs    []run
	service time.Time     // by AWS's clock
	skew    time.Duration // how far the collector's clock is ahead of it
	trace   bool

	parallel int

	mu     sync.Mutex
	events int // until something happens to the run; below zero nothing does
	happen func()
}

// run is what one run did.
type run struct {
	at      time.Time // by AWS's clock
	seen    time.Time // what came before this was there for it, by both clocks
	summary collector.Summary
	unknown bool // it was killed, interrupted or ended by an error: what it read is not known
	windows map[collector.Target][]collector.Window
}

// witness is a source that notes which windows a run has it plan.
type witness struct {
	collector.Source
	mu      sync.Mutex
	windows map[collector.Target][]collector.Window
}

// Plan implements collector.Source.
func (w *witness) Plan(ctx context.Context, target collector.Target, window collector.Window) (collector.Plan, error) {
	w.note(target, window)
	return w.Source.Plan(ctx, target, window)
}

func (w *witness) note(target collector.Target, window collector.Window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.windows[target] = append(w.windows[target], window)
}

// historian is a source that the runner can ask for more than any source has. A witness alone would hide that.
type historian interface {
	collector.HistoryPlanner
	collector.SeriesSource
}

// historyWitness is a witness of such a source.
type historyWitness struct {
	*witness
	of historian
}

func (w historyWitness) PlanWith(
	ctx context.Context, target collector.Target, window collector.Window, history collector.History,
) (collector.Plan, error) {
	w.note(target, window)
	return w.of.PlanWith(ctx, target, window, history)
}

func (w historyWitness) Parts() []string { return w.of.Parts() }

func (w historyWitness) Series(b collector.Batch) []string { return w.of.Series(b) }

func (w historyWitness) Readable(b collector.Batch) bool { return w.of.Readable(b) }

func (w historyWitness) Part(b collector.Batch, keep func(string) bool) (collector.Batch, error) {
	return w.of.Part(b, keep)
}

// ServiceTime implements collector.ClockSource; false is what a source without a clock would say.
func (w *witness) ServiceTime(target collector.Target, since time.Time) (time.Time, bool) {
	if of, ok := w.Source.(collector.ClockSource); ok {
		return of.ServiceTime(target, since)
	}
	return time.Time{}, false
}

func newWitness(of collector.Source) (*witness, collector.Source) {
	w := &witness{Source: of, windows: map[collector.Target][]collector.Window{}}
	if full, ok := of.(historian); ok {
		return w, historyWitness{w, full}
	}
	return w, w
}

// reads reports whether a run had a period of a target read.
func (r run) reads(target collector.Target, start time.Time, length time.Duration) bool {
	return slices.ContainsFunc(r.windows[target], func(w collector.Window) bool {
		return !w.From.After(start) && !start.Add(length).After(w.To)
	})
}

// named is what a run named as missing.
type named struct {
	target collector.Target
	window collector.Window
	what   string
	reason string
}

func (r run) named() []named {
	var all []named
	for _, g := range r.summary.Gaps {
		all = append(all, named{g.Target, g.Window, g.What, g.Reason})
	}
	for _, q := range r.summary.Quarantined {
		all = append(all, named{q.Target, q.Window, q.What, q.Reason})
	}
	return all
}

// Kinds are the sources that plans are made for.
func Kinds() []string { return []string{"cloudwatch", "logs", "microvms"} }

// Play plays the plan of a seed in a folder, which it fills. The kind is that of the source: cloudwatch, logs or
// microvms.
func Play(seed uint64, kind, folder string, trace bool) Report {
	p := &plan{
		kind: kind, seed: seed, random: rand.New(rand.NewPCG(seed, 0)), root: folder, folder: filepath.Join(folder, "ledger"),
		service: monday.Add(60 * time.Hour), events: -1, trace: trace,
	}
	p.Plans = 1
	p.parallel = 1 + p.random.IntN(2)*p.random.IntN(5)
	p.wire = &wire{plan: p}
	switch kind {
	case "cloudwatch":
		p.fleet = newMetrics(p)
	case "logs":
		p.fleet = newLogs(p)
	default:
		p.fleet = newPolled(p)
	}
	p.play()
	return p.Report
}

func (p *plan) wrong(format string, args ...any) {
	if len(p.Wrong) < mostWrong {
		p.Wrong = append(
			p.Wrong,
			fmt.Sprintf("plan %s/%d, run %d: ", p.kind, p.seed, len(p.runs))+fmt.Sprintf(format, args...),
		)
	}
}

func (p *plan) say(format string, args ...any) {
	if p.trace {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

// now is the collector's time.
func (p *plan) now() time.Time {
	p.event()
	return p.service.Add(p.skew)
}

// event is a moment of a run: something may happen at it.
func (p *plan) event() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.events < 0 {
		return
	}
	if p.events--; p.events < 0 {
		p.happen()
	}
}

// pick draws one of several.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (p *plan) play() {
	for range p.fleet.length() {
		p.advance(p.fleet.step())
		if p.random.IntN(6) == 0 {
			p.fleet.configure()
		}
		mood := pick(p.random, 0, 0, 0.05, 0.3, 0.7, 0.95)
		switch p.random.IntN(8) {
		case 0, 1:
			p.kill(mood)
		case 2:
			p.interrupt(mood)
		default:
			p.collect(context.Background(), mood)
		}
		if len(p.Wrong) > 0 {
			return
		}
	}
	p.skew = 0
	for _, step := range p.fleet.heal() {
		p.advance(step)
		p.collect(context.Background(), 0)
		if len(p.Wrong) > 0 {
			return
		}
	}
	p.check(true)
}

func (p *plan) advance(by time.Duration) {
	p.fleet.live(p.service, p.service.Add(by))
	p.service = p.service.Add(by)
	p.say("%s", p.service.Format(time.DateTime))
}

// kill runs, and at some moment leaves the run behind: what lies on the disk then is what the next one finds.
func (p *plan) kill(mood float64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	next := filepath.Join(p.root, fmt.Sprintf("ledger-%d", len(p.runs)))
	killed := false
	p.arm(func() {
		killed = true
		if err := os.CopyFS(next, os.DirFS(p.folder)); err != nil && !errors.Is(err, os.ErrNotExist) {
			p.wrong("the ledger cannot be copied: %s", err)
		}
		p.wire.dead = true
		cancel()
	})
	before := p.Report
	s, err := p.try(ctx, mood)
	p.events = -1
	p.happen = nil
	if !killed { // it was through sooner
		p.after(s, err)
		return
	}
	p.Report.Wrong = before.Wrong
	p.Killed++
	p.wire.dead = false
	_ = os.RemoveAll(p.folder)
	if err := os.Rename(next, p.folder); err != nil && !errors.Is(err, os.ErrNotExist) {
		p.wrong("the ledger cannot be moved: %s", err)
	}
	p.runs = append(p.runs, run{at: p.service, unknown: true})
	p.say("run %d: killed", len(p.runs))
}

func (p *plan) interrupt(mood float64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.arm(cancel)
	s, err := p.try(ctx, mood)
	p.events = -1
	p.after(s, err)
	p.happen = nil
}

func (p *plan) arm(happen func()) {
	p.happen = happen
	p.events = p.random.IntN(1 << p.random.IntN(8))
}

// collect runs once, and checks what came of it.
func (p *plan) collect(ctx context.Context, mood float64) {
	s, err := p.try(ctx, mood)
	p.after(s, err)
}

func (p *plan) try(ctx context.Context, mood float64) (collector.Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	p.wire.begin(len(p.runs), mood)
	source, timing, err := p.fleet.source()
	if err != nil {
		return collector.Summary{}, err
	}
	p.witness, source = newWitness(source)
	runner, err := collector.New(collector.Options{
		Source: source, Ledger: collector.In(p.folder, ""), Now: p.now, Timing: timing, Parallel: p.parallel, Grace: time.Millisecond,
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) {
			return p.fleet.targets(), nil
		},
		Progress: func(int64, int64, string) { p.event() },
	})
	if err != nil {
		return collector.Summary{}, err
	}
	p.Runs++
	s, err := runner.Run(ctx)
	p.Calls += p.wire.calls
	p.Faults += p.wire.faults
	return s, err
}

// after notes what a run did, and checks it.
func (p *plan) after(s collector.Summary, err error) {
	last := run{
		at:      p.service,
		seen:    p.service.Add(min(p.skew, 0)),
		summary: s,
		unknown: err != nil || s.Interrupted,
		windows: p.witness.windows,
	}
	p.runs = append(p.runs, last)
	p.say("run %d: %s to %s, %d calls, changes %+v, gaps %d, quarantined %d, interrupted %v, error %v",
		len(p.runs), s.From.Format(time.DateTime), s.To.Format(time.DateTime), p.wire.calls, s.Changes, len(s.Gaps),
		len(s.Quarantined), s.Interrupted, err)
	for target, windows := range last.windows {
		p.say("    %s: %v", target, windows)
	}
	for _, g := range last.named() {
		p.say("    %.300s", collector.Gap{Target: g.target, Window: g.window, What: g.what, Reason: g.reason})
	}
	if s.Interrupted {
		p.Interrupted++
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) && !(p.happen != nil && errors.Is(err, context.Canceled)) {
		p.wrong("the run ends with an error: %.500s", err)
	}
	if p.wire.calls > mostCalls {
		p.wrong("the run makes more than %d calls", mostCalls)
	}
	if s.Took > longest*3/4 {
		p.wrong("the run took %s", s.Took)
	}
	p.fleet.ended(last)
	p.check(false)
}

func (p *plan) check(final bool) {
	content := p.content()
	if len(p.Wrong) > 0 {
		return
	}
	p.Records += len(content)
	p.fleet.check(content, p.runs[len(p.runs)-1], final)
}

// content is what the ledger has. Nothing may be there twice, nor lie within another record of the same. The records of
// a day are mostly of one length; what was owed for so long that only longer periods are kept lies between them.
func (p *plan) content() []usage.Record {
	opened, err := parquet.Open(p.folder, ledger.Options{})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		p.wrong("the ledger cannot be opened: %s", err)
		return nil
	}
	type series struct {
		collector.Target
		of usage.Resource
	}
	var all []usage.Record
	seen, records := map[usage.Key]bool{}, map[series][]usage.Record{}
	for r, err := range opened.Records(context.Background(), monday.AddDate(-5, 0, 0), monday.AddDate(5, 0, 0)) {
		if err != nil {
			p.wrong("the ledger cannot be read: %s", err)
			return nil
		}
		if seen[r.Key()] {
			p.wrong("two records of %+v", r.Key())
		}
		seen[r.Key()] = true
		of := series{place(&r), r.Resource}
		records[of] = append(records[of], r)
		all = append(all, r)
	}
	for of, rs := range records {
		slices.SortFunc(rs, func(a, b usage.Record) int { return a.PeriodStart.Compare(b.PeriodStart) })
		for i := 1; i < len(rs); i++ {
			if before := &rs[i-1]; before.PeriodStart.Unix()+before.PeriodSeconds > rs[i].PeriodStart.Unix() {
				p.wrong("%s %s has %d s from %s and %d s from %s", of.Target, of.of, before.PeriodSeconds, before.PeriodStart,
					rs[i].PeriodSeconds, rs[i].PeriodStart)
			}
		}
	}
	return all
}

// lastRead is the run that last read a time of a target by its own account, without naming anything about it; its
// zero value where none did.
func (p *plan) lastRead(target collector.Target, start time.Time, length time.Duration, names []string) run {
	for _, r := range slices.Backward(p.runs) {
		if !r.unknown && r.reads(target, start, length) &&
			!covered(r.named(), target, start, length, names) && !covered(p.forGood(), target, start, length, names) {
			return r
		}
	}
	return run{}
}

// place is where a record's usage was.
func place(r *usage.Record) collector.Target {
	return collector.Target{Account: r.Account, Region: r.Region}
}

// gapsClose checks that no gap is left once all has been well for days, but for what is lost, and for what is asked for
// again for good: lines that a newer version of the program can read.
func (p *plan) gapsClose(last run) {
	for _, g := range last.summary.Gaps {
		if !isLoss(g.Reason) && !strings.Contains(g.Reason, "newer meter") {
			p.wrong("a gap stays: %.400s", g)
		}
	}
}
