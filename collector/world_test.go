package collector

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/usage"
)

// memorySource is a source whose every series has a record for every period. A batch is a series.
type memorySource struct {
	name     string
	traits   Traits
	series   []string
	cost     decimal.Decimal                              // of a batch
	coverage usage.Coverage                               // of what is read; complete unless set
	planErr  error                                        // of every plan
	planOf   func(Target) error                           // of a target's plans, besides; nil for none
	fetch    func(b Batch, r *Result) error               // may fail a batch, or change what it gives; nil does neither
	hook     func(ctx context.Context, t Target, b Batch) // called when a batch is read; nil does nothing
	mu       sync.Mutex                                   // guards what follows
	planned  []Window
	fetched  []Batch
}

func (m *memorySource) Name() string   { return m.name }
func (m *memorySource) Traits() Traits { return m.traits }

func (m *memorySource) Plan(_ context.Context, t Target, w Window) (Plan, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.planned = append(m.planned, w)
	var p Plan
	for _, series := range m.series {
		p.Batches = append(p.Batches, Batch{ID: series, Window: w, Cost: Cost{Calls: 1, APIPrice: m.cost}})
	}
	if m.planOf != nil && m.planErr == nil {
		return p, m.planOf(t)
	}
	return p, m.planErr
}

func (m *memorySource) Fetch(ctx context.Context, t Target, b Batch) (Result, error) {
	if m.hook != nil {
		m.hook(ctx, t, b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fetched = append(m.fetched, b)
	r := Result{Calls: 1}
	for at := b.Window.From; b.Window.Period > 0 && at.Before(b.Window.To); at = at.Add(b.Window.Period) {
		r.Records = append(r.Records, usage.Record{
			PeriodStart: at, PeriodSeconds: int64(b.Window.Period / time.Second), Region: t.Region, Account: t.Account,
			Resource: usage.Resource{ID: b.ID}, Source: m.name, Coverage: m.coverage, Amounts: usage.Amounts{usage.Running: 1},
		})
	}
	if m.fetch != nil {
		err := m.fetch(b, &r)
		return r, err
	}
	return r, nil
}

// world is a ledger that a source is collected into, and a clock.
type world struct {
	t       *testing.T
	now     time.Time
	source  *memorySource
	options Options
}

var (
	noon    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ireland = Target{"123456789012", "eu-west-1"}
)

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: noon, source: &memorySource{
		name: "memory", series: []string{"a"},
		coverage: usage.CoverageComplete,
	}}
	w.options = Options{
		Ledger: In(filepath.Join(t.TempDir(), "ledger"), ""), Now: func() time.Time { return w.now },
		Timing:  Timing{Lookback: 2 * time.Hour, Overlap: -1},
		Targets: func(context.Context) ([]Target, []Gap) { return []Target{ireland}, nil },
	}
	return w
}

func (w *world) runner() *Runner {
	w.t.Helper()
	w.options.Source = w.source
	r, err := New(w.options)
	require.NoError(w.t, err)
	return r
}

// run collects once. What was planned and fetched is what this run did.
func (w *world) run() Summary {
	w.t.Helper()
	w.source.planned, w.source.fetched = nil, nil
	s, err := w.runner().Run(w.t.Context())
	require.NoError(w.t, err)
	return s
}

// after runs once more, after a while.
func (w *world) after(d time.Duration) Summary {
	w.t.Helper()
	w.now = w.now.Add(d)
	return w.run()
}

func (w *world) checkpoint() *checkpoint {
	w.t.Helper()
	s, err := loadCheckpoint(w.t.Context(), w.ledger(), w.source.name, ireland)
	require.NoError(w.t, err)
	return s
}

// edit changes the checkpoint between two runs.
func (w *world) edit(change func(*checkpoint)) {
	w.t.Helper()
	s := w.checkpoint()
	change(s)
	l, err := w.options.Ledger.OpenForWriting(w.t.Context(), ledger.Options{})
	require.NoError(w.t, err)
	require.NoError(w.t, s.save(w.t.Context(), l, w.source.name, ireland))
	require.NoError(w.t, l.Close())
}

// records are the ledger's, in order of time.
// reader reads a ledger in a folder.
func reader(t *testing.T, dir string) ledger.Reader {
	t.Helper()
	l, err := In(dir, "").Open(t.Context(), ledger.Options{})
	require.NoError(t, err)
	return l
}

// ledger reads the ledger.
func (w *world) ledger() ledger.Reader {
	opened, err := w.options.Ledger.Open(w.t.Context(), ledger.Options{})
	require.NoError(w.t, err)
	return opened
}

func (w *world) records() []usage.Record {
	w.t.Helper()
	l := w.ledger()
	var all []usage.Record
	for r, err := range l.Records(w.t.Context(), noon.AddDate(0, -6, 0), noon.AddDate(0, 6, 0)) {
		require.NoError(w.t, err)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b usage.Record) int { return a.PeriodStart.Compare(b.PeriodStart) })
	return all
}

// fetchedWindows are the windows of the batches that the last run read.
func (w *world) fetchedWindows() (windows []string) {
	for _, b := range w.source.fetched {
		windows = append(windows, short(b.Window))
	}
	return windows
}

// short names a window of the day: 10:00-12:00/5m.
func short(w Window) string {
	layout := "15:04"
	if w.From.Truncate(day) != noon.Truncate(day) {
		layout = "2T15:04"
	}
	return w.From.Format(layout) + "-" + w.To.Format("15:04") + "/" + Short(w.Period)
}

// clock is a time of the day of noon, such as 10:30.
func clock(text string) time.Time {
	at, err := time.Parse("15:04", text)
	if err != nil {
		panic(err)
	}
	return noon.Truncate(day).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
}

func between(from, to string) Window { return Window{clock(from), clock(to), 5 * time.Minute} }

// rawState is what a source remembers.
func rawState(text string) json.RawMessage { return json.RawMessage(`"` + text + `"`) }
