package collector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

func dollars(text string) *decimal.Decimal {
	d := decimal.RequireFromString(text)
	return &d
}

// spendingIn opens what was spent on a ledger in a folder, as a run does.
func spendingIn(t *testing.T, dir string, now time.Time) (*Spending, error) {
	t.Helper()
	of := In(dir, "")
	l, err := of.OpenForWriting(t.Context(), ledger.Options{})
	require.NoError(t, err)
	defer l.Close()
	return openSpending(t.Context(), of, filepath.Join(dir, collectFolder), l, now)
}

// What calls cost is kept by day and survives whatever ends a run; what is older than two months is dropped.
func TestSpendingIsKept(t *testing.T) {
	dir := t.TempDir()
	s, err := spendingIn(t, dir, noon)
	require.NoError(t, err)
	frankfurt := Target{"210987654321", "eu-central-1"}
	note := func(s *Spending, day, source string, target Target, price string) {
		t.Helper()
		require.NoError(t, s.note(spendingKey{day, source, target, ""}, Cost{Calls: 1, Metrics: 5, APIPrice: *dollars(price)}))
	}
	note(s, "2026-11-19", "cloudwatch", ireland, "0.00005")
	note(s, "2026-11-20", "cloudwatch", ireland, "0.01")
	note(s, "2026-11-20", "cloudwatch", frankfurt, "0.02")
	note(s, "2026-11-20", "logs", ireland, "0")
	// The process is killed here: the file is not closed, and the last line is cut off.
	path := filepath.Join(dir, ".collect", spendingName)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, `{"day":"2026-11-20","sou`...), 0o600))

	s, err = spendingIn(t, dir, noon)
	require.NoError(t, err)
	note(s, "2026-11-20", "cloudwatch", ireland, "0.03")
	s, err = ReadSpending(t.Context(), reader(t, dir))
	require.NoError(t, err)
	assert.Equal(t, "0.06", s.Of("", Target{}, noon, noon).APIPrice.String(), "a day, of all")
	assert.Equal(t, "0.04", s.Of("cloudwatch", ireland, noon, noon).APIPrice.String(), "a target")
	assert.Equal(t, Cost{4, 20, *dollars("0.06005")}, s.Of("cloudwatch", Target{}, noon.AddDate(0, 0, -1), noon), "a source")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	later := time.Date(2027, 1, 21, 0, 0, 0, 0, time.UTC) // 62 days after the 20th
	s, err = spendingIn(t, dir, later)
	require.NoError(t, err)
	assert.True(t, s.Of("", Target{}, noon, noon).APIPrice.IsZero())
	assert.Equal(t, "0.06", func() string {
		s, err := spendingIn(t, dir, later.AddDate(0, 0, -1))
		require.NoError(t, err)
		return s.Of("", Target{}, noon, noon).APIPrice.String()
	}())
}

// Many lines are added up, and come to the same.
func TestSpendingIsAddedUp(t *testing.T) {
	dir := t.TempDir()
	s, err := spendingIn(t, dir, noon)
	require.NoError(t, err)
	for range manyLines + 2 {
		require.NoError(t, s.note(spendingKey{"2026-11-20", "memory", ireland, ""}, Cost{Calls: 1, APIPrice: *dollars("0.00001")}))
	}
	require.NoError(t, s.close(t.Context()))
	s, err = spendingIn(t, dir, noon)
	require.NoError(t, err)
	require.NoError(t, s.close(t.Context()))
	text, err := os.ReadFile(filepath.Join(dir, ".collect", spendingName))
	require.NoError(t, err)
	assert.Regexp(t,
		`^{"day":"2026-11-20","source":"memory","account":"123456789012","region":"eu-west-1",`+
			`"calls":1002,"metrics":0,"apiPrice":"0.01002","total":"0.01002"}\t[0-9a-f]{8}\n$`, string(text))
}

// A damaged line is named, and does not make a limit forget what it said: the next line of its day has the total. Of a
// day whose last line is damaged, what is known is a lower bound.
func TestDamagedSpending(t *testing.T) {
	for _, test := range []struct {
		reason  string
		damage  func([]string)
		price   string // of the day; 0.01, 0.02, 0.04 and 0.08 were spent, by targets that take turns
		ireland string
		says    string
	}{
		{"nothing", func([]string) {}, "0.15", "0.05", ""},
		{"a digit", func(l []string) { l[1] = strings.Replace(l[1], "0.02", "0.01", 1) }, "0.15", "0.05", "1 damaged line; later lines"},
		{"no JSON", func(l []string) { l[0], l[1] = "\x00\x00", "" }, "0.15", "0.04", "1 damaged line; later lines"},
		{"half of two lines", func(l []string) { l[1], l[2] = l[1][:20], l[2][9:] }, "0.15", "0.01", "2 damaged lines; later lines"},
		{
			"the last line", func(l []string) { l[3] = l[3][1:] }, "0.07", "0.05",
			"1 damaged line; API calls cost at least $0.07 on 2026-11-20 (UTC), which a limit per day cannot count in full",
		},
		{"a former version's", func(l []string) { l[1], _, _ = strings.Cut(l[1], "\t") }, "0.15", "0.05", ""},
	} {
		w := newWorld(t)
		s, err := spendingIn(t, w.options.Ledger.Folder, noon)
		require.NoError(t, err)
		other := Target{"210987654321", "eu-central-1"}
		for i, price := range []string{"0.01", "0.02", "0.04", "0.08"} {
			target := []Target{ireland, other}[i%2]
			require.NoError(t, s.note(spendingKey{"2026-11-20", "memory", target, ""}, Cost{Calls: 1, APIPrice: *dollars(price)}))
		}
		require.NoError(t, s.close(t.Context()))
		text, err := os.ReadFile(s.path)
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		test.damage(lines)
		require.NoError(t, os.WriteFile(s.path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))

		s, err = ReadSpending(w.t.Context(), w.ledger())
		require.NoError(t, err)
		assert.Equal(t, test.price, s.Of("", Target{}, noon, noon).APIPrice.String(), test.reason)
		assert.Equal(t, test.ireland, s.Of("", ireland, noon, noon).APIPrice.String(), test.reason)
		if test.says == "" {
			assert.Empty(t, s.Damage(), test.reason)
			continue
		}
		assert.Contains(t, s.Damage(), test.says, test.reason)

		w.source.cost = *dollars("0.01")
		w.options.MaxDailyAPICost = dollars(test.price)
		run := w.run()
		require.ErrorContains(t, run.Stopped, "with $"+test.price+" spent", test.reason)
		require.Len(t, run.Quarantined, 1, test.reason)
		assert.Contains(t, run.Quarantined[0].Reason, test.says)
		assert.FileExists(t, s.path+".damaged")
		assert.Empty(t, w.run().Quarantined, "it was repaired")
		s, err = ReadSpending(w.t.Context(), w.ledger())
		require.NoError(t, err)
		assert.Equal(t, test.price, s.Of("", Target{}, noon, noon).APIPrice.String(), test.reason)
	}
}

// payingSource charges each call of a batch, of which there may be many.
type payingSource struct {
	*memorySource
	calls int // of each batch; each costs a cent
	made  int
}

func (p *payingSource) Fetch(ctx context.Context, target Target, b Batch) (Result, error) {
	ctx = WithCallCost(ctx, Cost{Calls: 1, APIPrice: *dollars("0.01")})
	for range p.calls {
		if err := Charge(ctx); err != nil {
			return Result{}, errors.Join(errors.New("the call failed"), err)
		}
		p.mu.Lock()
		p.made++
		p.mu.Unlock()
	}
	return p.memorySource.Fetch(ctx, target, b)
}

// A batch that takes more calls than planned, as one whose pages lead in a circle, cannot cost more than the limit.
// What was read before is kept, and the batch is left to later runs rather than being a gap.
func TestCostIsLimitedWhileReading(t *testing.T) {
	w := newWorld(t)
	w.source.series, w.source.cost = []string{"a", "b", "c"}, *dollars("0.01")
	paying := &payingSource{memorySource: w.source, calls: 1}
	w.options.Parallel = 1
	w.source.hook = func(_ context.Context, _ Target, b Batch) {
		if b.ID == "a" {
			paying.calls = 1_000_000 // the next batch's
		}
	}
	w.options.Source, w.options.MaxAPICost = paying, dollars("0.05")
	r, err := New(w.options)
	require.NoError(t, err)
	s, err := r.Run(t.Context())
	require.NoError(t, err)
	var limit *LimitError
	require.ErrorAs(t, s.Stopped, &limit)
	assert.Equal(t, "the limit of $0.05 a run is reached, with $0.05 spent on API calls; what was read is in the ledger, "+
		"and the next run goes on from there", limit.Error())
	assert.Equal(t, 5, paying.made)
	assert.Equal(t, "0.05", s.Spent.APIPrice.String())
	assert.True(t, s.Interrupted)
	assert.Empty(t, s.Gaps)
	assert.EqualValues(t, 24, s.Changes.Added, "what was read is in the ledger")
	assert.Len(t, w.checkpoint().Pending, 2)

	paying.calls, w.source.hook = 1, nil
	w.source.fetched = nil
	s, err = r.Run(t.Context())
	require.NoError(t, err)
	assert.Nil(t, s.Stopped)
	assert.Len(t, w.source.fetched, 2, "the next run goes on")
	assert.Len(t, w.records(), 72)
}

// The limit of a day holds across runs and whoever makes them, and ends with the day.
func TestCostOfADayIsLimited(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.series, w.source.cost = []string{"a", "b", "c"}, *dollars("0.01")
	w.options.MaxDailyAPICost, w.options.Parallel = dollars("0.05"), 1
	assert.Nil(t, w.run().Stopped)
	s := w.after(time.Hour)
	var limit *LimitError
	require.ErrorAs(t, s.Stopped, &limit)
	assert.Equal(t, "2026-11-20", limit.Day)
	assert.Contains(t, limit.Error(), "the limit of $0.05 a day is reached, with $0.05 spent on API calls on 2026-11-20 (UTC)")
	spent, err := ReadSpending(w.t.Context(), w.ledger())
	require.NoError(t, err)
	assert.Equal(t, "0.05", spent.Of("", Target{}, noon, noon).APIPrice.String())

	s = w.after(time.Hour)
	require.ErrorAs(t, s.Stopped, &limit)
	assert.Empty(t, w.source.fetched)
	s = w.after(12 * time.Hour)
	assert.Nil(t, s.Stopped)
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Pending)
}

// A run that takes too long ends as if it were interrupted; the next one goes on.
func TestRunTimeout(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	w.options.Parallel, w.options.Grace = 1, time.Millisecond
	w.options.RunTimeout = 50 * time.Millisecond
	w.source.hook = func(ctx context.Context, _ Target, b Batch) {
		if b.ID == "b" {
			<-ctx.Done() // a service that does not answer
		}
	}
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == "b" {
			return context.Canceled
		}
		return nil
	}
	s := w.run()
	require.EqualError(t, s.Stopped,
		"the run took longer than 50ms; what was read is in the ledger, and the next run goes on from there")
	assert.Empty(t, s.Gaps)
	assert.EqualValues(t, 24, s.Changes.Added)
	state, err := ReadRunState(w.t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.Equal(t, RunStopped, state.Last.Result)
	assert.Equal(t, s.Stopped.Error(), state.Last.Error)

	w.source.hook, w.source.fetch, w.options.RunTimeout = nil, nil, 0
	s = w.run()
	assert.Nil(t, s.Stopped)
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	assert.Len(t, w.records(), 48)
}

// What is waited for is said after a while, and again.
func TestWaitingIsSaid(t *testing.T) {
	w := newWorld(t)
	said := make(chan Waiting, 100)
	w.options.Waiting = func(w Waiting) { said <- w }
	answered := make(chan struct{})
	w.source.hook = func(context.Context, Target, Batch) { <-answered }
	r := w.runner()
	r.noticeWaiting = 5 * time.Millisecond
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := r.Run(t.Context())
		assert.NoError(t, err)
	}()
	first := <-said
	assert.Equal(t, ireland, first.Target)
	assert.Equal(t, "reading a", first.For)
	again := <-said
	assert.Equal(t, first.Since, again.Since)
	assert.Regexp(t, `^waiting 0s for 123456789012 eu-west-1: reading a$`, first.String())
	close(answered)
	<-done
}

// Credentials that stay dead end the process; a single account among others, an outage, or one good run do not.
func TestDeadCredentials(t *testing.T) {
	dead := Summary{Targets: 2, Unusable: 2, Gaps: []Gap{{Target: ireland, Reason: "expired"}, {Reason: "x"}}}
	for _, test := range []struct {
		reason string
		runs   []Summary
		err    error
		want   bool
	}{
		{"three runs", []Summary{dead, dead, dead}, nil, true},
		{"two runs", []Summary{dead, dead}, nil, false},
		{"one account lives", []Summary{dead, dead, {Targets: 2, Unusable: 1}}, nil, false},
		{"a good run in between", []Summary{dead, dead, {Targets: 2}, dead, dead}, nil, false},
		{"a run that failed otherwise", []Summary{dead, dead, dead}, errors.New("disk full"), false},
		{"nothing to collect from", []Summary{{}, {}, {}}, nil, false},
	} {
		var e DeadError
		lasts := false
		for i, s := range test.runs {
			s.Began = noon.Add(time.Duration(i) * 10 * time.Minute)
			lasts = e.lasts(s, test.err)
		}
		assert.Equal(t, test.want, lasts, test.reason)
		if lasts {
			assert.Equal(t, "nothing could be read by 3 runs since 2026-11-20T12:00:00Z, and somebody has to mend it: "+
				"123456789012 eu-west-1: expired", e.Error())
		}
	}
}

// A target counts as unusable where someone has to mend something, not where AWS could not be reached.
func TestUnusableTargets(t *testing.T) {
	w := newWorld(t)
	other := Target{"210987654321", "eu-west-1"}
	w.options.Targets = func(context.Context) ([]Target, []Gap) {
		return []Target{ireland}, []Gap{{Target: other, Reason: "the role may not be assumed", Lasting: true}}
	}
	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("expired")} }
	assert.Equal(t, 2, w.run().Unusable)
	w.source.fetch = func(Batch, *Result) error { return &TargetError{outage{}} }
	assert.Equal(t, 1, w.run().Unusable)
	state, err := ReadRunState(w.t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.Equal(t, RunGaps, state.Last.Result)
	assert.Equal(t, []RunTarget{RunTarget(ireland), RunTarget(other)}, state.Targets)
}

type outage struct{}

func (outage) Error() string { return "no connection" }
func (outage) Passing() bool { return true }
