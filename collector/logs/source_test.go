package logs

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

func TestLinesOfALifeBecomeItsUsageToTheLastUnit(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	for i := range 5 {
		w.put(logGroupName, aDay(fmt.Sprint("mvm-", i), fmt.Sprint("tenant-", i%2),
			monday.Add(time.Duration(i)*5*time.Hour+1234567*time.Millisecond)), nil)
	}
	summary := w.run()
	require.Empty(t, summary.Gaps)
	require.Empty(t, summary.Notes)
	w.requireTruth()
	lines := 0
	for _, n := range []int{5} {
		lines += n * len(aDay("x", "y", monday).lines)
	}
	require.InDelta(t, lines, summary.Counts[countLines], 10)

	again := w.run()
	require.Zero(t, again.Changes.Added+again.Changes.Replaced, "read again, nothing changes")
}

// TestASuspensionIsFoundAtTheResume: its periods are hours older than the lines about them.
func TestASuspensionIsFoundAtTheResume(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.now = monday.Add(6 * time.Hour)
	m := aDay("mvm-1", "acme", monday.Add(2*time.Hour))
	w.put(logGroupName, m, nil)
	w.now = monday.Add(3 * time.Hour) // it sleeps
	w.run()
	asleep := w.inLedger()
	require.Len(t, asleep, 10, "of the time it sleeps nothing is known yet")
	for _, r := range asleep {
		complete := r.PeriodStart.Before(monday.Add(2*time.Hour + 45*time.Minute))
		require.Equal(t, complete, r.Coverage == usage.CoverageComplete,
			"only the period in which it was suspended is not whole: %v", r.PeriodStart)
	}
	w.now = monday.Add(20 * time.Hour)
	summary := w.run()
	require.NotZero(t, summary.Changes.Replaced)
	w.requireTruth()
}

func TestPagesEmptyAndCutShort(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{Scan: 50, PageEvents: 7})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(time.Hour)), nil)
	for i := range 500 { // another program that says a lot
		w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{At: monday.Add(time.Hour +
			time.Duration(i)*time.Minute), Message: "application"})
	}
	n := 0
	w.fake.SetFaults(func(fakecloudwatch.LogsCall) fakecloudwatch.LogsFault {
		n++
		return fakecloudwatch.LogsFault{Empty: n%3 == 0, Twice: n%3 == 1}
	})
	summary := w.run()
	require.Empty(t, summary.Gaps)
	w.requireTruth()
	require.NotZero(t, summary.Counts[countTwice], "an event that is on two pages counts once")

	w.fake.SetFaults(func(fakecloudwatch.LogsCall) fakecloudwatch.LogsFault { return fakecloudwatch.LogsFault{Empty: true} })
	w.options.Ledger = collector.In(t.TempDir(), "")
	summary = w.run()
	require.NotEmpty(t, summary.Gaps)
	require.Contains(t, summary.Gaps[0].String(), "do not end")
}

// TestWhatIsNotALineIsCountedAndNamed has one of each.
func TestWhatIsNotALineIsCountedAndNamed(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(time.Hour))
	at := monday.Add(90*time.Minute + 250*time.Millisecond)
	texts := map[string]string{}
	text := func(i int) string { return string(m.lines[i].AppendTo(nil)) }
	texts[countOf[emf.Cut]] = text(10)[:len(text(10))/2]
	texts[countOf[emf.Mixed]] = text(11) + text(12)
	texts[countOf[emf.Newer]] = strings.Replace(text(13), "meter/v1", "meter/v2", 1)
	texts[countOf[emf.Invalid]] = strings.Replace(text(14), `"RunningMilliseconds":60000`, `"RunningMilliseconds":-1`, 1)
	texts[countOf[emf.Foreign]] = "another program read microspend.meter/v1 somewhere"
	w.put(logGroupName, m, nil)
	i := 0
	for _, bad := range texts {
		i++
		w.fake.Put(place, logGroupName, "odd-stream", fakecloudwatch.LogEvent{
			At:      at.Add(time.Duration(i) * time.Second),
			Message: bad,
		})
	}
	w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{At: at, Message: text(20)})
	w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{
		At:      at,
		Message: strings.Replace(text(21), `"VCPUMilliseconds":60000`, `"VCPUMilliseconds":1`, 1),
	})

	summary := w.run()
	for what := range texts {
		require.Equal(t, int64(1), summary.Counts[what], what)
		require.Contains(t, strings.Join(summary.Notes, "\n"), what+": 123456789012 eu-west-1, "+logGroupName+
			", stream odd-stream, printed 2026-11-16T01:30:0", what)
	}
	require.Equal(t, int64(1), summary.Counts[countTwice])
	require.Equal(t, int64(1), summary.Counts[countContradict])
	require.Contains(t, strings.Join(summary.Notes, "\n"), "line 22 of MicroVM mvm-1")
	require.Empty(t, summary.Gaps, "one stream of two does not hold a gap open")
	require.Contains(t, found(summary), "log group "+logGroupName+", stream odd-stream: "+countOf[emf.Newer])

	// The rest is what it is; only the period with the line that was contradicted is not believed.
	for key, got := range w.inLedger() {
		want := w.truth[key]
		if got.Coverage == usage.CoverageUnknown {
			require.Equal(t, m.lines[21].Start().Truncate(5*time.Minute), got.PeriodStart)
			want.Coverage = usage.CoverageUnknown
		}
		require.Equal(t, want, got)
	}
}

func TestLinesThatAreMissingLeaveTheirPeriodPartial(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lost    func(m *metered, i int) bool
		missing int64
		begins  int64
		reason  string
	}{
		{"one in the middle", func(_ *metered, i int) bool { return i == 22 }, 1, 0, ""},
		{"one at the edge of a window", func(m *metered,
			i int,
		) bool {
			return m.lines[i].Start().Equal(monday.Add(24 * time.Hour))
		}, 1, 0, "the next window sees its neighbour"},
		{"the launch", func(_ *metered, i int) bool { return i == 0 }, 0, 1, "it has no length, but a read of the image"},
		{"a resume", func(m *metered, i int) bool {
			return m.lines[i].Event == emf.Resume && i < 90
		}, 1, 0, "likewise"},
		{
			"a whole suspension", func(m *metered, i int) bool { return m.lines[i].Event == emf.Suspended && i < 88 }, 37, 0,
			"",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
			m := aDay("mvm-1", "acme", monday.Add(23*time.Hour+30*time.Minute+10*time.Second))
			lost := map[int]bool{}
			w.put(logGroupName, m, func(i int) bool {
				lost[i] = tc.lost(m, i)
				return !lost[i]
			})
			summary := w.run()
			require.Equal(t, tc.missing, summary.Counts[countMissing])
			require.Equal(t, tc.begins, summary.Counts[countBeginning])
			require.NotEmpty(t, summary.Notes)
			require.Contains(t, summary.Notes[0], "mvm-1")
			require.Empty(t, summary.Gaps)
			got := w.inLedger()
			for i := range m.lines {
				key := usage.Key{
					Source: SourceName, Region: target.Region, Account: target.Account,
					Resource: usage.Resource{ID: "mvm-1"}, PeriodStart: m.lines[i].Start().Truncate(5 * time.Minute).Unix(),
				}
				if r, there := got[key]; lost[i] && there {
					require.Equal(t, usage.CoveragePartial, r.Coverage, "line %d", i)
				}
			}
			for key, r := range got {
				if r.Coverage == usage.CoverageComplete {
					require.Equal(t, w.truth[key], r, "a complete record is exact")
				}
			}
		})
	}
}

// TestTerminateThatWasNot: a MicroVM that runs on after a terminate hook has lines about all of it, and they count.
func TestTerminateThatWasNot(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := meterOf("mvm-1", "acme", monday.Add(23*time.Hour+30*time.Minute+10*time.Second))
	m.run(7*time.Minute+20*time.Second, emf.Terminate)
	m.run(31*time.Minute+5*time.Second, emf.Terminate)
	w.put(logGroupName, m, nil)
	summary := w.run()
	require.Zero(t, summary.Counts[countMissing])
	require.Zero(t, summary.Counts[countOverfull])
	got := w.inLedger()
	require.Len(t, got, 8, "from 23:30 to 0:09")
	for key, r := range got {
		require.Equal(t, w.truth[key], r)
	}
}

func TestLinesThatArriveLateHeal(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(40*time.Hour))
	w.know(logGroupName, m)
	for i, line := range m.lines {
		arrives := line.at
		if i%3 == 0 {
			arrives = line.at.Add(30 * time.Hour)
		}
		w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{
			At: line.at, Message: string(line.AppendTo(nil)),
			Arrives: arrives,
		})
	}
	summary := w.run()
	require.NotZero(t, summary.Counts[countMissing])
	partial := 0
	for key, r := range w.inLedger() {
		if r.Coverage != usage.CoverageComplete {
			partial++
		} else {
			require.Equal(t, w.truth[key], r)
		}
	}
	require.NotZero(t, partial)
	w.now = w.now.Add(30 * time.Hour)
	w.run()
	w.requireTruth()
}

func TestTheOrderOfLinesDoesNotMatter(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(time.Hour))
	w.know(logGroupName, m)
	order := shuffled(len(m.lines), 7)
	for i, j := range order { // at another's time, so that FilterLogEvents gives them out of order
		at := m.lines[i].at.Add(time.Duration(i) * time.Millisecond)
		if d := at.Sub(m.lines[j].at); d < -5*time.Minute || d > 8*time.Hour {
			at = m.lines[j].at
		}
		w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{At: at, Message: string(m.lines[j].AppendTo(nil))})
	}
	summary := w.run()
	w.requireTruth()
	require.NotZero(t, summary.Counts[countDisorder])
	require.Contains(t, strings.Join(summary.Notes, "\n"), "lines out of order: 123456789012 eu-west-1, "+logGroupName+
		", stream mvm-1")
}

func TestALogGroupThatForgetsTakesNothingAway(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{
		Name: logGroupName, RetentionDays: 1,
		Created: monday.AddDate(0, 0, -30),
	})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(2*time.Hour)), nil)
	w.now = monday.Add(12 * time.Hour)
	w.run()
	w.requireTruth()
	for _, hour := range []int{24, 26, 27, 28, 29, 30, 40} {
		w.now = monday.Add(time.Duration(hour) * time.Hour)
		w.run()
		w.requireTruth()
	}
}

func TestOneGroupThatFailsDoesNotStopTheOthers(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, "/a/*", "/b/only", "/b/only")
	w.put("/a/one", aDay("mvm-1", "acme", monday.Add(time.Hour)), nil)
	w.put("/b/only", aDay("mvm-2", "acme", monday.Add(3*time.Hour)), nil)
	w.fake.Put(place, "/b/only-else", "s", fakecloudwatch.LogEvent{At: monday.Add(time.Hour), Message: "not asked for"})
	truth := w.truth
	w.fake.SetFaults(func(c fakecloudwatch.LogsCall) fakecloudwatch.LogsFault {
		if c.Filter != nil && *c.Filter.LogGroupName == "/a/one" {
			return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Fault{
				Status: http.StatusBadRequest,
				Code:   "InvalidOperationException", Message: "not of this class",
			}}
		}
		return fakecloudwatch.LogsFault{}
	})
	summary := w.run()
	require.NotEmpty(t, summary.Gaps)
	require.Contains(t, summary.Gaps[0].String(), "123456789012 eu-west-1, log group /a/one, ")
	require.Contains(t, summary.Gaps[0].String(), "not of this class")
	w.truth = map[usage.Key]usage.Record{}
	for key, r := range truth {
		if r.Resource.ID == "mvm-2" {
			w.truth[key] = r
		}
	}
	w.requireTruth()
	w.fake.SetFaults(nil)
	for range 2 { // what lies before the overlap is asked for by a run of its own
		w.now = w.now.Add(time.Hour)
		summary = w.run()
	}
	require.Empty(t, summary.Gaps)
	w.truth = truth
	w.requireTruth()
	for _, call := range w.fake.Calls() {
		if call.Filter != nil {
			require.NotEqual(t, "/b/only-else", *call.Filter.LogGroupName)
		}
	}
}

func TestWhatKeepsAllOfATargetFromBeingRead(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	summary := w.run()
	require.Len(t, summary.Gaps, 1)
	require.Contains(t, summary.Gaps[0].String(),
		"there is no log group /aws/lambda-microvms/* or /aws/lambda/microvms/*; name those that MicroVMs log to")

	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(time.Hour)), nil)
	w.fake.SetFaults(func(fakecloudwatch.LogsCall) fakecloudwatch.LogsFault {
		return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Fault{
			Status: http.StatusBadRequest,
			Code:   "AccessDeniedException", Message: "no",
		}}
	})
	w.now = w.now.Add(time.Hour)
	summary = w.run()
	require.Len(t, summary.Gaps, 1)
	require.Contains(t, summary.Gaps[0].String(), "the credentials may not DescribeLogGroups")
}

func TestTheNamesOfLogGroups(t *testing.T) {
	for _, name := range []string{"", "a b", "/a/*/b", strings.Repeat("x", 513)} {
		require.Error(t, CheckLogGroup(name), name)
	}
	for _, name := range []string{"*", "/aws/lambda-microvms/*", "a_B-1.2#3"} {
		require.NoError(t, CheckLogGroup(name), name)
	}
	_, err := New(Options{Groups: []string{"a b"}})
	require.ErrorContains(t, err, `"a b" is not the name of a log group`)
}

func TestBatchesAreAsLongAsTheirLogGroupsAreQuiet(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	created := w.now.AddDate(0, 0, -10)
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName, Created: created, StoredBytes: 240 << 20})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName + "-busy", Created: created, StoredBytes: 240 << 30})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName + "-new"})
	day := collector.Window{From: monday.AddDate(0, 0, 1), To: monday.AddDate(0, 0, 2), Period: 5 * time.Minute}
	plan, err := w.source.Plan(context.Background(), target, day)
	require.NoError(t, err)
	batches := map[string]int{}
	for i, b := range plan.Batches {
		batches[b.ID]++
		if b.ID == logGroupName+"-busy" {
			require.Equal(t, int64(1026), b.Cost.Calls, "a gigabyte an hour")
		}
		if i > 0 && plan.Batches[i-1].ID == b.ID {
			require.Equal(t, plan.Batches[i-1].Window.To, b.Window.From)
		}
	}
	require.Equal(t, map[string]int{logGroupName: 1, logGroupName + "-busy": 24, logGroupName + "-new": 2}, batches)
	require.Equal(t, int64(2), plan.Listing.Calls)
	require.True(t, plan.Batches[0].Cost.APIPrice.IsZero())
}

// TestBothPricesStandSideBySide is worked out by hand: five metrics at $0.30 a month of 730 hours are $0.002055 an
// hour.
func TestBothPricesStandSideBySide(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(time.Hour)), nil)
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{
		Name: logGroupName, Created: w.now.Add(-100 * time.Hour),
		StoredBytes: 100_000_000,
	})
	runner, err := collector.New(w.options)
	require.NoError(t, err)
	estimate, err := runner.Estimate(context.Background())
	require.NoError(t, err)
	text := strings.Join(estimate.Notes, "\n")
	t.Log("\n" + text)
	require.Contains(t, text, "log-read-free: FilterLogEvents is assumed to be free")
	require.Contains(t, text, "$0.50 per GB of 10^9 bytes")
	require.Contains(t, text, "and $0.002086 from metrics (5 with a MicrovmId dimension at $0.30 a month of 730 hours")
	require.Regexp(t, `, (9\d|1[01]\d) times as much`, text, "about a hundredth")
	require.Contains(t, text,
		"log-groups: 1 group with about 1,000,000 bytes an hour, of all programs: $0.365 a month of 730 hours")
	require.Empty(t, w.fake.Calls()[0].Filter, "nothing is read for it")
}

// TestForgedLines: what a MicroVM prints is up to whoever runs in it. What is forged does not pass for usage that is
// known.
func TestForgedLines(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	victim, culprit := aDay("mvm-1", "acme", monday.Add(time.Hour)), aDay("mvm-2", "evil", monday.Add(time.Hour))
	w.put(logGroupName, victim, nil)
	w.put(logGroupName, culprit, nil)
	forge := func(stream string, change func(*emf.Line)) {
		line := victim.lines[30].Line
		line.Life, line.Sequence = strings.Repeat("f", 32), 1
		change(&line)
		w.fake.Put(place, logGroupName, stream, fakecloudwatch.LogEvent{
			At:      victim.lines[30].at.Add(time.Second),
			Message: string(line.AppendTo(nil)),
		})
	}
	forge("mvm-2", func(l *emf.Line) {})                                                         // in another's name
	forge("mvm-1", func(l *emf.Line) { l.Sequence, l.Amounts[pricing.VCPU] = 2, 1<<52 })         // more than can be
	forge("mvm-2", func(l *emf.Line) { l.MicroVMID, l.Life = "mvm-2", strings.Repeat("e", 32) }) // its own twice
	summary := w.run()
	require.Equal(t, int64(1), summary.Counts[countStream])
	require.Equal(t, int64(1), summary.Counts[countImpossible])
	require.NotZero(t, summary.Counts[countOverfull])
	forged := victim.lines[30].Start().Truncate(5 * time.Minute)
	for key, got := range w.inLedger() {
		if got.PeriodStart.Equal(forged) {
			require.Equal(t, usage.CoverageUnknown, got.Coverage, "%s", got.Resource.ID)
			require.Less(t, got.Amounts[pricing.VCPU], int64(2*300_000))
			continue
		}
		require.Equal(t, w.truth[key], got, "nothing else is touched")
	}
}

// TestAMeterAtFault: a line that says that its meter was at fault counts for what it says, and its period is unknown.
func TestAMeterAtFault(t *testing.T) {
	for _, note := range []string{emf.NoteSettingsIgnored, emf.NoteHooksUnserved, emf.NoteMeterFault} {
		w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
		m := aDay("mvm-1", "acme", monday.Add(time.Hour))
		m.lines[30].Notes = append(m.lines[30].Notes, note)
		w.put(logGroupName, m, nil)
		summary := w.run()
		require.Equal(t, int64(1), summary.Counts["lines with the note "+note])
		for key, got := range w.inLedger() {
			want := w.truth[key]
			if got.PeriodStart.Equal(m.lines[30].Start().Truncate(5 * time.Minute)) {
				want.Coverage = usage.CoverageUnknown
			}
			require.Equal(t, want, got)
		}
	}
}
