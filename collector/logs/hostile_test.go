package logs

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/tenantproof"
	"microspend/pricing"
	"microspend/usage"
)

// found lists what a run quarantined, as What: Reason.
func found(summary collector.Summary) []string {
	var list []string
	for _, q := range summary.Quarantined {
		list = append(list, q.What+": "+q.Reason)
	}
	return list
}

// TestWhatAMicroVMPrintsCostsItselfAlone: each of these texts is in the stream of one MicroVM, in place of its line 32
// or besides its lines. All its other lines count, all of the other MicroVM's do, and what was lost is named.
func TestWhatAMicroVMPrintsCostsItselfAlone(t *testing.T) {
	const stream = "log group " + logGroupName + ", stream mvm-1: "
	longest := strings.Repeat("a b", 341) // 1,023 characters with spaces
	for _, tc := range []struct {
		name   string
		print  func(line emf.Line) string
		counts bool   // the text is a line that counts
		says   string // what is quarantined; "" for nothing
		reason string
	}{
		{
			"the longest tenant", func(l emf.Line) string { l.Tenant = longest; return text(l) }, true, "",
			"it is as long as a name may be",
		},
		{
			"the longest image", func(l emf.Line) string { l.Image = longest; return text(l) }, true,
			stream + countImage, "the group is another image's",
		},
		{
			"a tenant that is too long", func(l emf.Line) string { l.Tenant = longest + "xx"; return text(l) }, false,
			stream + countOf[emf.Invalid], "1,025 characters are none that the meter makes",
		},
		{
			"a MicroVM that poses as an image", func(l emf.Line) string { l.MicroVMID = "(fleet) acme/web"; return text(l) }, false,
			stream + countStream, "",
		},
		{
			"control characters", func(l emf.Line) string { return change(l, `"acme"`, "\"ac\x00\x1b[31mme\"") }, false,
			stream + countOf[emf.Invalid], "",
		},
		{
			"an encoded zero byte", func(l emf.Line) string { return change(l, `"acme"`, `"ac%00me"`) }, true, "",
			"it stays as it is encoded",
		},
		{
			"invalid UTF-8", func(l emf.Line) string { return change(l, `"acme"`, "\"ac\xff\xfeme\"") }, false,
			stream + countOf[emf.Invalid], "",
		},
		{
			"a megabyte", func(l emf.Line) string { return change(l, `"acme"`, `"`+strings.Repeat("x", 1<<20-700)+`"`) }, false,
			stream + countOf[emf.Invalid], "the longest event that there can be",
		},
		{
			"deep nesting", func(l emf.Line) string {
				return change(l, `"Life":`, `"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`,"Life":`)
			}, false, stream + countOf[emf.Invalid], "",
		},
		{
			"a number without an end", func(l emf.Line) string {
				return change(l, `"RunningMilliseconds":60000`, `"RunningMilliseconds":1e999`)
			}, false, stream + countOf[emf.Invalid], "",
		},
		{
			"a number of a million digits", func(l emf.Line) string {
				return change(l, `"RunningMilliseconds":60000`, `"RunningMilliseconds":`+strings.Repeat("9", 1_000_000))
			}, false, stream + countOf[emf.Invalid], "",
		},
		{
			"a number below zero", func(l emf.Line) string {
				return change(l, `"RunningMilliseconds":60000`, `"RunningMilliseconds":-1`)
			}, false, stream + countOf[emf.Invalid], "",
		},
		{
			"a member that comes twice", func(l emf.Line) string {
				return change(l, `"Launches":0`, `"Launches":0,"Launches":1`)
			}, false, stream + countOf[emf.Invalid], "which of them is meant is not known",
		},
		{
			"more than a MicroVM can use", func(l emf.Line) string { l.Amounts[pricing.VCPU] = emf.MaxValue; return text(l) }, false,
			stream + countImpossible, "",
		},
		{
			"a time that is to come", func(l emf.Line) string { return text(shifted(l, 3*time.Hour)) }, false,
			stream + countUntimely, "its window would be read without it, in silence",
		},
		{
			"a time long ago", func(l emf.Line) string { return text(shifted(l, -10*time.Hour)) }, false,
			stream + countUntimely, "likewise",
		},
		{
			"the end of the century", func(l emf.Line) string { return text(shifted(l, 70*365*24*time.Hour)) }, false,
			stream + countUntimely, "",
		},
		{
			"half a line", func(l emf.Line) string { return text(l)[:300] }, false,
			"", "as where a MicroVM ends while it prints: it is counted and named as ever",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
			one, two := aDay("mvm-1", "acme", monday.Add(20*time.Hour)), aDay("mvm-2", "bravo", monday.Add(20*time.Hour))
			w.put(logGroupName, two, nil)
			w.put(logGroupName, one, func(i int) bool { return i != 32 })
			hostile := one.lines[32]
			w.fake.Put(place, logGroupName, "mvm-1", fakecloudwatch.LogEvent{At: hostile.at, Message: tc.print(hostile.Line)})
			summary := w.run()
			require.Empty(t, summary.Gaps)
			if tc.says == "" {
				require.Empty(t, summary.Quarantined, tc.reason)
			} else {
				require.Len(t, summary.Quarantined, 1)
				require.True(t, strings.HasPrefix(found(summary)[0], tc.says), "%s: %s", found(summary)[0], tc.reason)
				require.Equal(t, hostile.Start().Truncate(5*time.Minute), summary.Quarantined[0].Window.From)
			}
			period, differ := hostile.Start().Truncate(5*time.Minute), 0
			for key, got := range w.inLedger() {
				want := w.truth[key]
				if got.Resource.ID == "mvm-1" && got.PeriodStart.Equal(period) {
					differ++
					if !tc.counts {
						require.NotEqual(t, usage.CoverageComplete, got.Coverage, "something is missing")
						require.Equal(t, want.Amounts[usage.Running]-60_000, got.Amounts[usage.Running], "and nothing else")
					} else {
						require.Equal(t, want.Amounts, got.Amounts)
					}
					continue
				}
				require.Equal(t, want, got, "%+v", key)
			}
			require.Equal(t, 1, differ)
			require.Len(t, w.inLedger(), len(w.truth))

			w.now = w.now.Add(time.Hour)
			again := w.run()
			require.Empty(t, again.Quarantined, "what is known is named once")
			require.Empty(t, again.Gaps)
			if tc.says != "" {
				require.EqualValues(t, 1, again.KnownQuarantined)
			}
		})
	}
}

func text(l emf.Line) string { return string(l.AppendTo(nil)) }

func change(l emf.Line, old, with string) string { return strings.Replace(text(l), old, with, 1) }

func shifted(l emf.Line, by time.Duration) emf.Line {
	l.PeriodStart += by.Milliseconds()
	l.PeriodEnd += by.Milliseconds()
	return l
}

// TestAStreamOfGarbage: it is named a few times and counted, however much there is, and remembered by a name that does
// not change.
func TestAStreamOfGarbage(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(20*time.Hour)), nil)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 5000 {
		bytes := make([]byte, 200)
		for j := range bytes {
			bytes[j] = byte(random.UintN(256))
		}
		stream := fmt.Sprint("garbage-", i%400)
		w.fake.Put(place, logGroupName, stream, fakecloudwatch.LogEvent{
			At:      monday.Add(20*time.Hour + time.Duration(i)*time.Second),
			Message: `{"Schema":"microspend.meter/v1","Life":"` + string(bytes) + `"}`,
		})
	}
	summary := w.run()
	require.Empty(t, summary.Gaps)
	w.requireTruth()
	require.LessOrEqual(t, len(summary.Quarantined), 2*maxFindings+2)
	require.NotEmpty(t, summary.Quarantined)
	require.LessOrEqual(t, len(summary.Notes), 100)
	var counted int64
	for _, kind := range []emf.Kind{emf.Cut, emf.Mixed, emf.Invalid} {
		counted += summary.Counts[countOf[kind]]
	}
	require.EqualValues(t, 5000, counted, "all of it is counted")
	require.NotZero(t, summary.Counts[countUnnamed])
}

// TestSumsThatAreTooLarge: no number of lines makes usage negative.
func TestSumsThatAreTooLarge(t *testing.T) {
	r := newReading(target, origin{group: logGroupName}, tenantproof.Policy{}, collector.Window{From: monday, To: monday.Add(time.Hour), Period: 5 * time.Minute})
	cell := (&logUsage{}).cell(r, monday.UnixMilli())
	line := aDay("mvm-1", "acme", monday).lines[3].Line
	line.Amounts[pricing.SnapshotRead] = 1 << 62
	r.count(cell, &line)
	require.EqualValues(t, 1<<62, cell.amounts[pricing.SnapshotRead])
	require.False(t, cell.doubtful)
	r.count(cell, &line)
	require.EqualValues(t, 1<<62, cell.amounts[pricing.SnapshotRead], "the second one does not count")
	require.True(t, cell.doubtful)
}

func TestNamesAreShownAsTheyAreWritten(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	name, changed := emf.Name("Müller & Söhne")
	require.True(t, changed)
	m := aDay("mvm-1", name, monday.Add(20*time.Hour))
	w.put(logGroupName, m, nil)
	summary := w.run()
	require.Empty(t, summary.Gaps)
	for _, r := range w.inLedger() {
		require.Equal(t, "Müller & Söhne", r.Tenant)
	}
}

// TestPagesThatDoNotEnd: a circle of tokens ends at its first repetition, also of log groups, and what was read before
// it does not pass for all.
func TestPagesThatDoNotEnd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		groups bool
		tokens []string
		says   string
		calls  int
	}{
		{"events, A→A", false, []string{"A"}, "the token of page 2 has come before", 2},
		{"events, A→B→A", false, []string{"A", "B"}, "the token of page 3 has come before", 3},
		{"log groups, A→B→A", true, []string{"A", "B"}, "the token of page 3 has come before", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, logGroupName+"*")
			w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(50*time.Hour)), nil)
			w.options.Timing.Lookback = 2 * time.Hour
			n := 0
			w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
				if (c.Groups != nil) == tc.groups {
					fault.Token = tc.tokens[n%len(tc.tokens)]
					n++
				}
				return fault
			})
			summary := w.run()
			require.Len(t, summary.Gaps, 1)
			require.Contains(t, summary.Gaps[0].Reason, tc.says)
			require.Equal(t, tc.calls, n)
			require.Empty(t, w.inLedger())
		})
	}
}

// TestNothingIsNotAnAnswer: a reply without its list is not one that there is nothing.
func TestNothingIsNotAnAnswer(t *testing.T) {
	for _, groups := range []bool{false, true} {
		w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
		w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(50*time.Hour)), nil)
		w.options.Timing.Lookback = 12 * time.Hour
		w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
			if (c.Groups != nil) == groups {
				fault.Garbage = []byte("{}")
			}
			return fault
		})
		summary := w.run()
		require.NotEmpty(t, summary.Gaps)
		require.Regexp(t, "the list of (events|log groups) is missing", summary.Gaps[0].Reason)
		w.fake.SetFaults(nil)
		w.now = w.now.Add(15 * time.Minute)
		require.Empty(t, w.run().Gaps)
		w.requireTruth()
	}
}

// TestEventsThatMakeNoSense concern themselves.
func TestEventsThatMakeNoSense(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(50*time.Hour)), nil)
	w.options.Timing.Lookback = 12 * time.Hour
	line := text(aDay("mvm-2", "bravo", monday.Add(50*time.Hour)).lines[5].Line)
	encoded, err := json.Marshal(line)
	require.NoError(t, err)
	first := true
	w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
		if c.Filter != nil && first {
			first = false
			fault.Garbage = fmt.Appendf(nil, `{"events":[{"logStreamName":"a"},{"message":%s,"timestamp":1},`+
				`{"message":%[1]s},{"timestamp":%d}],"searchedLogStreams":[]}`, encoded, *c.Filter.StartTime)
		}
		return fault
	})
	summary := w.run()
	require.Empty(t, summary.Gaps)
	require.EqualValues(t, 4, summary.Counts[countNoEvent])
	require.Contains(t, found(summary), "log group "+logGroupName+", stream a: "+countNoEvent)
}

// TestMoreLinesThanExpected are read in shorter slices, down to a period, of which all is read.
func TestMoreLinesThanExpected(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.source.crowded = 20_000 // about 30 lines
	for i := range 3 {
		w.put(logGroupName, aDay(fmt.Sprint("mvm-", i), "acme", monday.Add(time.Duration(20+i)*time.Hour)), nil)
	}
	summary := w.run()
	require.Empty(t, summary.Gaps)
	w.requireTruth()
	require.Zero(t, summary.Counts[countTwice], "what was read and given up is not counted")
	require.EqualValues(t, len(w.fake.Calls()), summary.Cost.Calls)
}

func TestShorterSlicesAreOfWholePeriods(t *testing.T) {
	for _, period := range []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour} {
		for slice := max(24*time.Hour, period); slice > period; {
			next := shorter(slice, period)
			require.Less(t, next, slice)
			require.Zero(t, slice%next, "batches begin at multiples of both")
			require.Zero(t, next%period)
			slice = next
		}
	}
}
