package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

// attack has two honest MicroVMs and a hostile one run from 20:00 for eight hours, all in one log group, and what the
// hostile one prints besides, in its own stream. Nothing of the honest ones may be changed by it, to the last digit.
type attack struct {
	*logsWorld
	hostile *metered
	own     map[usage.Key]usage.Record // of the hostile MicroVM, by its meter's own lines
}

func newAttack(t *testing.T) *attack {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	start := monday.Add(20 * time.Hour)
	w.put(logGroupName, aDay("mvm-1", "acme", start), nil)
	w.put(logGroupName, aDay("mvm-2", "bravo", start), nil)
	honest := w.truth
	w.truth = map[usage.Key]usage.Record{}
	hostile := aDay("evil", "mallory", start)
	w.put(logGroupName, hostile, nil)
	own := w.truth
	w.truth = honest
	return &attack{w, hostile, own}
}

// prints has the hostile MicroVM print a line like its own number i, in a life of its own, changed.
func (a *attack) prints(i int, change func(*emf.Line)) {
	line := a.hostile.lines[i]
	forged := line.Line
	forged.Life, forged.Sequence = strings.Repeat("f", 32), 1
	change(&forged)
	a.fake.Put(place, logGroupName, "evil", fakecloudwatch.LogEvent{At: line.at, Message: text(forged)})
}

func TestNobodyChangesAnothersUsage(t *testing.T) {
	const stream = "log group " + logGroupName + ", stream evil: "
	for _, tc := range []struct {
		name   string
		attack func(a *attack)
		says   []string
		counts map[string]int64
		reason string
	}{
		{
			"another region", func(a *attack) { a.prints(30, func(l *emf.Line) { l.Region, l.MicroVMID = "us-east-1", "mvm-1" }) },
			[]string{stream + countElsewhere},
			map[string]int64{countElsewhere: 1},
			"it would replace a record that was read in us-east-1",
		},
		{
			"accounts that are never read", func(a *attack) {
				for i := range 5 {
					a.prints(30+i, func(l *emf.Line) { l.Account, l.Sequence = fmt.Sprintf("99999999999%d", i), int64(i+1) })
				}
			},
			[]string{stream + countElsewhere},
			map[string]int64{countElsewhere: 5},
			"no other source could collect them any more",
		},
		{
			"another's usage as nothing", func(a *attack) {
				a.prints(30, func(l *emf.Line) { l.MicroVMID, l.Amounts = "mvm-1", usage.Amounts{} })
			},
			[]string{stream + countStream},
			map[string]int64{countStream: 1},
			"",
		},
		{
			"another's usage as the most there can be", func(a *attack) {
				a.prints(30, func(l *emf.Line) { l.MicroVMID, l.Amounts[pricing.VCPU] = "mvm-1", 16*60_000 })
			},
			[]string{stream + countStream},
			map[string]int64{countStream: 1},
			"",
		},
		{
			"another's next line", func(a *attack) {
				a.prints(30, func(l *emf.Line) {
					l.MicroVMID, l.Life, l.Sequence = "mvm-1", aDay("mvm-1", "acme", monday.Add(20*time.Hour)).line.Life, 31
				})
			},
			[]string{stream + countStream},
			map[string]int64{countStream: 1},
			"its own line of that number would be contradicted",
		},
		{
			"200 MicroVMs", func(a *attack) {
				for i := range 200 {
					a.prints(30, func(l *emf.Line) { l.MicroVMID = fmt.Sprint("made-up-", i) })
				}
			},
			[]string{stream + countStream},
			map[string]int64{countStream: 200},
			"",
		},
		{
			"a newer meter", func(a *attack) {
				line := a.hostile.lines[30]
				a.fake.Put(place, logGroupName, "evil", fakecloudwatch.LogEvent{
					At: line.at, Message: strings.Replace(text(line.Line), "meter/v1", "meter/v2", 1),
				})
			},
			[]string{stream + countOf[emf.Newer]},
			map[string]int64{countOf[emf.Newer]: 1},
			"a gap would stay open until somebody accepts it",
		},
		{
			"another image", func(a *attack) { a.prints(30, func(l *emf.Line) { l.Image = "anothers" }) },
			[]string{stream + countImage},
			map[string]int64{countImage: 1},
			"an image may be a tenant's",
		},
		{
			"four times the largest size", func(a *attack) {
				a.prints(30, func(l *emf.Line) { l.Amounts[pricing.VCPU] = 64 * 60_000 })
			},
			[]string{stream + countImpossible},
			map[string]int64{countImpossible: 1},
			"",
		},
		{
			"ten minutes in one", func(a *attack) {
				a.prints(30, func(l *emf.Line) { l.Amounts[usage.Running], l.Amounts[pricing.VCPU] = 600_000, 600_000 })
			},
			[]string{stream + countImpossible},
			map[string]int64{countImpossible: 1},
			"",
		},
		{
			"a thousand meters", func(a *attack) {
				for i := range 1000 {
					a.prints(30, func(l *emf.Line) {
						l.Life, l.Amounts[pricing.VCPU] = fmt.Sprintf("%032x", i), 16*60_000
					})
				}
			},
			// 5 minutes of 16 vCPU, and a second for clocks, are 4,816,000; its own 300,000 leave room for 4 of 960,000.
			[]string{stream + countImpossible},
			map[string]int64{countImpossible: 996},
			"each of them can be, and all of them cannot",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAttack(t)
			tc.attack(a)
			summary := a.run()
			require.Empty(t, summary.Gaps)
			require.Equal(t, tc.says, found(summary), tc.reason)
			for what, n := range tc.counts {
				require.Equal(t, n, summary.Counts[what], what)
			}
			spoiled := a.hostile.lines[30].Start().Truncate(5 * time.Minute)
			got := a.inLedger()
			for key, want := range a.truth {
				require.Equal(t, want, got[key], "an honest MicroVM's record: %s", tc.reason)
				delete(got, key)
			}
			require.Len(t, got, len(a.own), "what is left is the hostile MicroVM's own")
			partial := 0
			for key, r := range got {
				require.Equal(t, "evil", r.Resource.ID)
				require.Equal(t, target.Region, r.Region)
				require.Equal(t, target.Account, r.Account)
				require.Equal(t, "sandbox", r.Image)
				if r.Coverage != usage.CoverageComplete {
					partial++
					require.WithinDuration(t, spoiled, r.PeriodStart, 5*time.Minute)
					continue
				}
				require.Equal(t, a.own[key], r)
			}
			require.Positive(t, partial, "its own figure is what the attack costs")

			a.now = a.now.Add(time.Hour)
			again := a.run()
			require.Empty(t, again.Quarantined, "it is named once")
			require.Empty(t, again.Gaps)
		})
	}
}

// TestAPeriodHasABound: however many meters run in one MicroVM, they count no more than the largest size can use.
func TestAPeriodHasABound(t *testing.T) {
	a := newAttack(t)
	for i := range 1000 {
		a.prints(30, func(l *emf.Line) {
			l.Life, l.Amounts[pricing.VCPU] = fmt.Sprintf("%032x", i), 16*60_000
		})
	}
	a.run()
	key := usage.Key{
		Source: SourceName, Region: target.Region, Account: target.Account, Resource: usage.Resource{ID: "evil"},
		PeriodStart: a.hostile.lines[30].Start().Truncate(5 * time.Minute).Unix(),
	}
	r := a.inLedger()[key]
	require.EqualValues(t, 300_000+4*960_000, r.Amounts[pricing.VCPU])
	require.Equal(t, usage.CoverageUnknown, r.Coverage)
}

// TestMostMetersAreNewer: then this program is too old, and what it cannot read is asked for again.
func TestMostMetersAreNewer(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.put(logGroupName, aDay("mvm-1", "acme", monday.Add(30*time.Hour)), nil)
	for _, id := range []string{"mvm-2", "mvm-3"} {
		for _, line := range aDay(id, "acme", monday.Add(30*time.Hour)).lines {
			w.fake.Put(place, logGroupName, id, fakecloudwatch.LogEvent{
				At: line.at, Message: strings.Replace(text(line.Line), "meter/v1", "meter/v2", 1),
			})
		}
	}
	summary := w.run()
	require.Len(t, summary.Gaps, 1)
	require.Contains(t, summary.Gaps[0].String(), "lines are of a newer meter than this program knows")
	w.requireTruth()
}

// TestHowStreamsAreNamed has lines of a MicroVM in streams named by a rule.
func TestHowStreamsAreNamed(t *testing.T) {
	for _, tc := range []struct {
		rule, stream string
		id           string // that the meter knows
		counts       bool
		reason       string
	}{
		{"{microvm}", "mvm-1", "mvm-1", true, "AWS's own, where a launch names no stream"},
		{"{microvm}", "mvm-1", "unnamed-" + strings.Repeat("0", 32), true, "the stream knows what the meter was not told"},
		{"{microvm}", "all", "mvm-1", false, "a stream that the launches named, for all"},
		{"prod/{microvm}/app", "prod/mvm-1/app", "mvm-1", true, ""},
		{"prod/{microvm}/app", "test/mvm-1/app", "mvm-1", false, "another's"},
		{"any", "all", "mvm-1", true, "the line is believed"},
	} {
		t.Run(tc.rule+" "+tc.stream+" "+tc.id, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
			require.NoError(t, w.source.options.Streams.ParseScalar(tc.rule))
			require.Equal(t, tc.rule, w.source.options.Streams.String())
			m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
			w.know(logGroupName, m)
			for _, line := range m.lines {
				line.MicroVMID = tc.id
				w.fake.Put(place, logGroupName, tc.stream, fakecloudwatch.LogEvent{At: line.at, Message: text(line.Line)})
			}
			summary := w.run()
			require.Empty(t, summary.Gaps)
			if tc.counts {
				require.Empty(t, summary.Quarantined, tc.reason)
				w.requireTruth()
				return
			}
			require.Equal(t, []string{"log group " + logGroupName + ", stream " + tc.stream + ": " + countStream}, found(summary),
				tc.reason)
			require.Empty(t, w.inLedger())
		})
	}
	for _, wrong := range []string{"", "mvm", "{microvm}{microvm}", "a*{microvm}", "Any"} {
		require.Error(t, new(StreamRule).ParseScalar(wrong), wrong)
	}
}

// TestAMicroVMInTwoStreams: where names of streams do not tell the MicroVM, nobody can know which of two is its own.
// Neither is believed, and both are named.
func TestAMicroVMInTwoStreams(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.source.options.Streams.Any = true
	m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
	w.put(logGroupName, m, nil)
	forged := m.lines[30].Line
	forged.Life, forged.Sequence = strings.Repeat("f", 32), 1
	w.fake.Put(place, logGroupName, "evil", fakecloudwatch.LogEvent{At: m.lines[30].at.Add(time.Second), Message: text(forged)})
	summary := w.run()
	require.EqualValues(t, 1, summary.Counts[countShared])
	require.NotZero(t, summary.Counts[countAsserted])
	says := ": it has lines of MicroVM mvm-1, of which another stream has lines too; its usage is not certain"
	require.ElementsMatch(t, []string{
		"log group " + logGroupName + ", stream mvm-1" + says, "log group " + logGroupName + ", stream evil" + says,
	}, found(summary))
	unsure := m.lines[30].Start().Truncate(5 * time.Minute)
	for key, got := range w.inLedger() {
		if got.PeriodStart.Equal(unsure) {
			require.Equal(t, usage.CoverageUnknown, got.Coverage)
			continue
		}
		require.Equal(t, w.truth[key], got)
	}
}

func TestTheImageIsTheGroups(t *testing.T) {
	const image = "arn:aws:lambda:eu-west-1:123456789012:microvm-image:sandbox"
	for _, tc := range []struct {
		name, group, configured string
		line, want              string
		named                   bool
	}{
		{"by name", logGroupName, "", "sandbox", "sandbox", false},
		{"by its ARN", logGroupName, "", image, image, false},
		{"not known to the meter", logGroupName, "", "", "sandbox", false},
		{"another", logGroupName, "", "other", "sandbox", true},
		{"another's of the same name", logGroupName, "", strings.Replace(image, "123456789012", "999999999999", 1), "sandbox", true},
		{"the other prefix", "/aws/lambda/microvms/sandbox", "", "other", "sandbox", true},
		{"a group that does not tell", "/acme/all", "", "other", "other", false},
		{"a group that was told", "/acme/all", "sandbox", "other", "sandbox", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, tc.group)
			w.source.options.Rules = []GroupRule{{Name: tc.group, Image: tc.configured}}
			m := meterOf("mvm-1", "acme", monday.Add(30*time.Hour))
			m.line.Image = tc.line
			m.run(10*time.Minute, emf.Terminate)
			m.lines[0].Image = tc.line
			w.put(tc.group, m, nil)
			summary := w.run()
			require.Equal(t, tc.named, len(summary.Quarantined) == 1, "%v", found(summary))
			require.NotEmpty(t, w.inLedger())
			for _, r := range w.inLedger() {
				require.Equal(t, tc.want, r.Image)
			}
		})
	}
}

// TestAMicroVMInTwoGroups: a line of another group, whose role may write a stream of any name, changes no value. The
// figure says that it is contested, both groups are named once, and the audit log has it.
func TestAMicroVMInTwoGroups(t *testing.T) {
	const evil = "/aws/lambda-microvms/evil"
	for _, tc := range []struct {
		name  string
		vcpu  int64
		later bool // the forged line can be read only once the period is in the ledger
		lost  bool // and the group of the MicroVM cannot be read then
	}{
		{"nothing, at once", 0, false, false},
		{"the most, at once", 16 * 60_000, false, false},
		{"the most, later", 16 * 60_000, true, false},
		{"the most, later and alone", 16 * 60_000, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
			m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
			w.put(logGroupName, m, nil)
			w.put(logGroupName, aDay("mvm-2", "bravo", monday.Add(20*time.Hour)), nil)
			if tc.later {
				require.Empty(t, w.run().Quarantined)
				w.requireTruth()
				w.now = w.now.Add(10 * time.Minute)
			}
			contested := monday.Add(20*time.Hour + 30*time.Minute)
			sequence := int64(0)
			for _, line := range m.lines { // all of five minutes, so that the forged record is complete
				if !line.Start().Before(contested) && line.Start().Before(contested.Add(5*time.Minute)) {
					sequence++
					line.Life, line.Sequence, line.Image, line.Tenant = strings.Repeat("f", 32), sequence, "evil", "mallory"
					line.Amounts[pricing.VCPU] = tc.vcpu
					w.fake.Put(place, evil, "mvm-1", fakecloudwatch.LogEvent{At: line.at, Message: text(line.Line)})
				}
			}
			require.EqualValues(t, 5, sequence)
			if tc.lost {
				w.fake.SetFaults(func(c fakecloudwatch.LogsCall) (fault fakecloudwatch.LogsFault) {
					if c.Filter != nil && *c.Filter.LogGroupName == logGroupName {
						fault.Fault = fakecloudwatch.Internal
					}
					return fault
				})
			}
			summary := w.run()
			require.Len(t, summary.Quarantined, 1)
			q := summary.Quarantined[0]
			require.Equal(t, "mvm-1", q.What)
			require.Contains(t, q.Reason, "evil")
			require.Contains(t, q.Reason, "sandbox")
			require.Equal(t, contested, q.Window.From)
			require.Equal(t, contested.Add(5*time.Minute), q.Window.To)
			got := w.inLedger()
			require.Len(t, got, len(w.truth))
			for key, want := range w.truth {
				if key.Resource.ID == "mvm-1" && key.PeriodStart == contested.Unix() {
					want.Coverage = usage.CoverageUnknown
				}
				require.Equal(t, want, got[key])
			}
			text, err := os.ReadFile(filepath.Join(w.options.Ledger.Folder, "audit", "audit-000001.jsonl"))
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(text), `"action":"conflict"`), string(text))

			again := w.run()
			require.Empty(t, again.Quarantined, "it is named once")
			require.Zero(t, again.Changes.Replaced)
		})
	}
}

// TestACopyOfAGroupIsNoConflict: both say the same.
func TestACopyOfAGroupIsNoConflict(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{}, logGroupName, "/copy")
	m := aDay("mvm-1", "acme", monday.Add(20*time.Hour))
	w.put(logGroupName, m, nil)
	truth := w.truth
	w.put("/copy", m, nil)
	w.truth = map[usage.Key]usage.Record{}
	w.know(logGroupName, m)
	require.Len(t, truth, len(w.truth))
	require.Empty(t, w.run().Quarantined)
	w.requireTruth()
}
