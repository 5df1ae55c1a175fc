package logs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakecloudwatch"
	"microspend/usage"
)

// TestLinesThatAreForgottenAreNamed: what a log group no longer keeps is lost, and is said to be; once.
func TestLinesThatAreForgottenAreNamed(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName, RetentionDays: 1, Created: monday.AddDate(0, 0, -30)})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(50*time.Hour)), nil)
	summary := w.run() // at Wednesday noon, with a lookback until Monday
	require.Empty(t, summary.Gaps)
	require.Equal(t, []string{"log group " + logGroupName + ": it keeps lines for 1 days; what was not read by then is lost"},
		found(summary))
	require.Equal(t, monday, summary.Quarantined[0].Window.From)
	require.Equal(t, monday.Add(24*time.Hour), summary.Quarantined[0].Window.To, "the first window of two that lost something")
	w.requireTruth()
	w.now = w.now.Add(time.Hour)
	require.Empty(t, w.run().Quarantined)

	young := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	young.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName, RetentionDays: 1, Created: monday.Add(48 * time.Hour)})
	young.put(logGroupName, aDay("mvm-1", "acme", monday.Add(50*time.Hour)), nil)
	require.Empty(t, young.run().Quarantined, "a group that was made since has forgotten nothing")
}

// TestAGapThatIsForgottenMeanwhile is not closed by finding nothing.
func TestAGapThatIsForgottenMeanwhile(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.options.Timing.Overlap = time.Hour
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName, RetentionDays: 3, Created: monday.AddDate(0, 0, -30)})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(20*time.Hour)), nil)
	w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
		if c.Filter != nil {
			fault.Fault = fakecloudwatch.Fault{Status: 400, Code: "InvalidOperationException", Message: "not now"}
		}
		return fault
	})
	require.NotEmpty(t, w.run().Gaps)
	w.fake.SetFaults(nil)
	w.now = w.now.Add(48 * time.Hour)
	summary := w.run()
	w.now = w.now.Add(time.Hour)
	again := w.run() // what lies before the overlap is asked for by a run of its own
	require.Empty(t, again.Gaps)
	summary.Quarantined = append(summary.Quarantined, again.Quarantined...)
	require.NotEmpty(t, summary.Quarantined)
	for _, text := range found(summary) {
		require.Equal(t, "log group "+logGroupName+": it keeps lines for 3 days; what was not read by then is lost", text)
	}
	require.Empty(t, w.inLedger())
}

// TestALogGroupThatIsGone is named for what was not read of it, whether DescribeLogGroups leaves it out or not.
func TestALogGroupThatIsGone(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, "/a/*")
	w.put("/a/one", aDay("mvm-1", "acme", monday.Add(30*time.Hour)), nil)
	w.put("/a/two", aDay("mvm-2", "acme", monday.Add(30*time.Hour)), nil)
	require.Empty(t, w.run().Quarantined)
	w.requireTruth()
	w.fake.RemoveGroup(place, "/a/one")
	w.now = w.now.Add(time.Hour)
	summary := w.run()
	require.Empty(t, summary.Gaps, "asking again does not bring it back")
	require.Equal(t, []string{"log group /a/one: it does not exist any more; what was not read of it is lost"}, found(summary))
	w.requireTruth()
	w.now = w.now.Add(time.Hour)
	summary = w.run()
	require.Empty(t, summary.Quarantined)
	require.Positive(t, summary.KnownQuarantined)
}

// TestALogGroupThatIsNotListed for once is read all the same.
func TestALogGroupThatIsNotListed(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(58*time.Hour))
	w.put(logGroupName, m, func(i int) bool { return m.lines[i].at.Before(monday.Add(59 * time.Hour)) })
	w.run()
	for i := range m.lines {
		if line := &m.lines[i]; !line.at.Before(monday.Add(59 * time.Hour)) {
			w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{At: line.at, Message: string(line.AppendTo(nil))})
		}
	}
	w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
		if c.Groups != nil {
			fault.Garbage = []byte(`{"logGroups":[]}`)
		}
		return fault
	})
	w.now = monday.Add(70 * time.Hour)
	summary := w.run()
	require.Empty(t, summary.Gaps)
	require.Empty(t, summary.Quarantined)
	w.requireTruth()
}

// TestALogGroupThatComesLater is read from the beginning of the lookback, however long the others have been read.
func TestALogGroupThatComesLater(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, "/a/*", "/b/only")
	w.options.Timing.Overlap = time.Hour
	w.put("/a/one", aDay("mvm-1", "acme", monday.Add(10*time.Hour)), nil)
	summary := w.run()
	require.Equal(t, []string{"log group /b/only: it does not exist, and nothing is read of it"}, found(summary))
	w.requireTruth()
	w.put("/b/only", aDay("mvm-2", "acme", monday.Add(20*time.Hour)), nil)
	w.now = w.now.Add(time.Hour)
	w.options.Timing.Lookback = 70 * time.Hour
	summary = w.run()
	require.Empty(t, summary.Gaps)
	w.requireTruth()
	calls := len(w.fake.Calls())
	w.now = w.now.Add(time.Hour)
	w.run()
	require.LessOrEqual(t, len(w.fake.Calls())-calls, 8, "the past is read once")
}

// TestLinesThatCloudWatchLogsTakesInLate are counted: later than the overlap, they would not be seen.
func TestLinesThatCloudWatchLogsTakesInLate(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
	w.know(logGroupName, m)
	for i, line := range m.lines {
		e := fakecloudwatch.LogEvent{At: line.at, Message: string(line.AppendTo(nil))}
		if i < 7 {
			e.Arrives = line.at.Add(6 * time.Minute)
		}
		w.fake.Put(place, logGroupName, "mvm-1", e)
	}
	summary := w.run()
	require.EqualValues(t, 7, summary.Counts[countLate])
	require.Empty(t, summary.Quarantined)
	w.requireTruth()
	for _, r := range w.inLedger() {
		require.Equal(t, usage.CoverageComplete, r.Coverage)
	}
}
