package advise

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// november has 30 days, so that what was measured is a month as it is.
var (
	november = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	december = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
)

const (
	gib  = 1 << 30
	hour = 3600
)

// world is a ledger to be advised on.
type world struct {
	records  []usage.Record
	launched []lifecycle.MicroVM
}

// hourOf adds the record of a MicroVM of tenant acme in an hour of November, and returns it to be filled in.
func (w *world) hourOf(id, region string, n int) *usage.Record {
	w.records = append(w.records, usage.Record{
		PeriodStart: november.Add(time.Duration(n) * time.Hour), PeriodSeconds: hour, Region: region, Account: "111122223333",
		Resource: usage.Resource{ID: id}, Image: "base", Arch: usage.ArchARM64, Tenant: "acme", Source: "test",
		Coverage: usage.CoverageComplete,
	})
	return &w.records[len(w.records)-1]
}

// ran adds running time at a baseline in MiB.
func ran(r *usage.Record, seconds, mib int64) *usage.Record {
	r.Amounts[usage.Running] += seconds * 1000
	r.Amounts[pricing.Memory] += seconds * 1000 * mib
	r.Amounts[pricing.VCPU] += seconds * 1000 * mib / 2048
	return r
}

func launchedFrom(r *usage.Record, bytes int64) *usage.Record {
	r.Amounts[usage.Launches]++
	r.Amounts[pricing.SnapshotRead] += bytes
	return r
}

// away suspends for some seconds, with a resume or without.
func away(r *usage.Record, seconds, bytes int64, resumed bool) *usage.Record {
	r.Amounts[usage.Suspends]++
	r.Amounts[usage.Suspended] += seconds * 1000
	r.Amounts[pricing.SnapshotWrite] += bytes
	r.Amounts[pricing.SnapshotStorage] += seconds * bytes
	if resumed {
		r.Amounts[usage.Resumes]++
		r.Amounts[pricing.SnapshotRead] += bytes
	}
	return r
}

func (w *world) inputs(t require.TestingT) Inputs {
	all := slices.Clone(w.records)
	for _, at := range []time.Time{november.Add(-time.Hour), december} { // or the time would end where usage does
		all = append(all, usage.Record{
			PeriodStart: at, PeriodSeconds: hour, Region: "us-east-1", Resource: usage.Resource{ID: "pin"}, Tenant: "pin",
			Source: "test", Coverage: usage.CoverageComplete,
		})
	}
	slices.SortStableFunc(all, func(a, b usage.Record) int {
		if order := a.Day().Compare(b.Day()); order != 0 {
			return order
		}
		return ledger.CompareKeys(&a, &b)
	})
	prices, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	cards := pricing.EmbeddedCards()
	return Inputs{
		Source: spend.Source{Usage: ledgertest.Records(all), Rates: cards}, Prices: prices, Regions: cards.Regions(),
		Records: func(_ context.Context, from, to time.Time) iter.Seq2[usage.Record, error] {
			return func(yield func(usage.Record, error) bool) {
				for _, r := range all {
					if !r.PeriodStart.Before(from) && r.PeriodStart.Before(to) && !yield(r, nil) {
						return
					}
				}
			}
		},
		Launched: func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error) {
			memory := &ledgertest.Memory{}
			store, err := memory.OpenForWriting(ctx, ledger.Options{})
			require.NoError(t, err)
			require.NoError(t, lifecycle.Write(ctx, store, w.launched))
			return lifecycle.Read(ctx, store, from, to)
		},
	}
}

func (w *world) advise(t require.TestingT, request Request) *Report {
	request.Now, request.From, request.To = december.Add(2*time.Hour), november, december
	report, err := Make(context.Background(), w.inputs(t), request)
	require.NoError(t, err)
	return report
}

// the is the one piece of advice of a kind.
func (w *world) the(t *testing.T, kind Kind) Advice {
	t.Helper()
	report := w.advise(t, Request{Kinds: []Kind{kind}})
	require.Len(t, report.Advice, 1, "%+v", report.NotJudged)
	a := report.Advice[0]
	require.True(t, a.Actual.Sub(a.Changed).Equal(a.Saving))
	return a
}

func (w *world) launch(id, region string, idle *int64) {
	w.launched = append(w.launched, lifecycle.MicroVM{
		ID: id, Region: region, Account: "111122223333", StartedAt: november, ReadAt: november, MaxIdle: idle,
	})
}

func same(t *testing.T, want string, got decimal.Decimal) {
	t.Helper()
	require.Equal(t, want, got.String())
}

// An hour of 1 vCPU and 2 GB: 3,600 × 0.0000326557 + 7,200 × 0.0000043235 on x86-64, 3,600 × 0.0000276944 + 7,200 ×
// 0.0000036667 on ARM64.
func TestArchitecture(t *testing.T) {
	w := &world{}
	ran(w.hourOf("mvm-1", "us-east-1", 200), hour, 2048).Arch = usage.ArchX86
	a := w.the(t, Architecture)
	same(t, "0.14868972", a.Actual)
	same(t, "0.12610008", a.Changed)
	same(t, "0.02258964", a.Saving)
	require.Contains(t, a.Risk, "17.9 % longer")
	require.Equal(t, "base in us-east-1", a.Subject)
}

func TestArchitectureOnlyWhereItsRateIsKnown(t *testing.T) {
	w := &world{}
	ran(w.hourOf("mvm-1", "eu-central-1", 200), hour, 2048).Arch = usage.ArchX86
	report := w.advise(t, Request{Kinds: []Kind{Architecture}})
	require.Empty(t, report.Advice)
	require.Contains(t, report.NotJudged[0].Reason, "eu-central-1")
}

// 3,600 × 0.0000291572 + 7,200 × 0.0000038603 in eu-west-1; us-east-1 as above.
func TestRegion(t *testing.T) {
	w := &world{}
	ran(w.hourOf("mvm-1", "eu-west-1", 200), hour, 2048)
	a := w.the(t, Region)
	same(t, "0.13276008", a.Actual)
	same(t, "0.12610008", a.Changed)
	require.Equal(t, "us-east-1", a.To)
	require.Equal(t, "us-east-1", a.Change.Region)

	w = &world{}
	ran(w.hourOf("mvm-1", "us-east-1", 200), hour, 2048)
	report := w.advise(t, Request{Kinds: []Kind{Region}})
	require.Empty(t, report.Advice, "it is the cheapest already")
	require.Contains(t, report.NotJudged[0].Reason, "ap-south-1", "of which not every rate is known")
}

// 2 GB for 720 h at 0.0001111111 per GB-hour.
func TestUnusedImage(t *testing.T) {
	w := &world{}
	stored := func(id, image string) {
		for day := range 30 {
			r := w.hourOf("", "us-east-1", day*24)
			r.PeriodSeconds, r.Tenant, r.Image = 86_400, "", image
			r.Resource = usage.Resource{Kind: usage.KindImage, ID: id}
			r.Amounts[pricing.SnapshotStorage] = 2 * gib * 86_400
		}
	}
	stored("old:1", "old")
	stored("base:1", "base")
	stored("base:2", "base")
	launchedFrom(ran(w.hourOf("mvm-1", "us-east-1", 5), 60, 2048), gib)
	a := w.the(t, UnusedImage)
	same(t, "0.159999984", a.Saving)
	require.Equal(t, "old:1 in us-east-1", a.Subject, "which version of base was launched from is not recorded")

	w.launched = []lifecycle.MicroVM{{
		ID: "mvm-1", Region: "us-east-1", Account: "111122223333", ImageVersion: "2", StartedAt: november, ReadAt: november,
	}}
	report := w.advise(t, Request{Kinds: []Kind{UnusedImage}})
	require.Len(t, report.Advice, 2, "now it is")
	require.ElementsMatch(t, []string{"old:1 in us-east-1", "base:1 in us-east-1"},
		[]string{report.Advice[0].Subject, report.Advice[1].Subject})
}

// One that came back after 1,000 s, and one that did not in 20,000 s: what is stored after 17 minutes is 18,980 s of a
// GB at 0.0001111111 per hour.
func TestNeverResumed(t *testing.T) {
	w := &world{}
	away(ran(w.hourOf("mvm-1", "us-east-1", 10), 600, 2048), 1000, gib, true)
	away(ran(w.hourOf("mvm-2", "us-east-1", 20), 600, 2048), 3000, gib, false)
	for n := 21; n < 26; n++ {
		r := w.hourOf("mvm-2", "us-east-1", n)
		r.Amounts[usage.Suspended], r.Amounts[pricing.SnapshotStorage] = 3400*1000, 3400*gib
	}
	a := w.the(t, NeverResumed)
	same(t, "0.00058580241055555555", a.Saving) // the difference of two amounts of 20 decimals
	require.Equal(t, "1020 s", a.To)
	require.Contains(t, a.How, "idlePolicy.suspendedDurationSeconds: 1020")
}

// Ten pauses of 1,000 s with 1 GB of state, and an image of half a GB: 10 × 0.0037977138 less to write, 10 × half a
// GB × 0.0015467699 less to read, 10,000 s × 0.0001111111 / 3,600 less to store.
func TestFreshLaunch(t *testing.T) {
	w := &world{}
	launchedFrom(ran(w.hourOf("mvm-1", "us-east-1", 9), 600, 2048), gib/2)
	for n := range 10 {
		away(ran(w.hourOf("mvm-1", "us-east-1", 10+n), 600, 2048), 1000, gib, true)
	}
	a := w.the(t, FreshLaunch)
	same(t, "0.04601962944444444444", a.Saving)
	require.Contains(t, a.Risk, "10 launches a month in place of resumes")
}

// A second run 2 h after the first: it reads and writes half a GB in place of reading 4 GB of image, and stores half a
// GB for as long as 9,600 s, from 01:10, when the first may have ended, to 03:50, when the second began at the latest.
func TestReuse(t *testing.T) {
	w := &world{}
	launchedFrom(ran(w.hourOf("mvm-1", "us-east-1", 1), 600, 512), 4*gib)
	launchedFrom(ran(w.hourOf("mvm-2", "us-east-1", 3), 600, 512), 4*gib)
	launchedFrom(ran(w.hourOf("mvm-3", "us-east-1", 3), 600, 512), 4*gib)
	a := w.the(t, Reuse)
	same(t, "0.00336668961666666667", a.Saving)
	require.Contains(t, a.Risk, "1 resumes a month", "one MicroVM can do the work of one other")
}

// Ten pauses of 100 s beyond the timeout of 300 s: run through, they save 10 cycles of 0.005703951 and cost 1,000 s of
// running (0.0000368778) in place of storage (0.0001322222 / 3,600).
func TestLongerIdleTimeout(t *testing.T) {
	w := &world{}
	for n := range 10 {
		away(ran(w.hourOf("mvm-1", "eu-west-1", n), 600, 2048), 100, gib, true)
	}
	launchedFrom(&w.records[0], gib)
	w.launch("mvm-1", "eu-west-1", new(int64(300)))
	a := w.the(t, IdleTimeout)
	same(t, "0.02019843838888888889", a.Saving)
	require.Equal(t, []string{"300 s", "400 s"}, []string{a.From, a.To})
	require.True(t, a.Low.Equal(a.High), "every pause was measured")

	w.launched = nil
	a = w.the(t, IdleTimeout)
	require.Equal(t, []string{"600 s", "700 s"}, []string{a.From, a.To}, "600 s ran per suspend: no longer")
	require.Contains(t, a.RestsOn[0].Text, "600 s")
}

// Four pauses of 5,000 s and a timeout of 900 s: 155 s is the break-even of 1 GB of state in eu-west-1, 0.005703951 /
// (0.0000368778 − 0.0001322222 / 3,600). If there was no shorter pause, that saves 4 × 745 s of running.
func TestShorterIdleTimeout(t *testing.T) {
	w := &world{}
	for n := range 4 {
		away(ran(w.hourOf("mvm-1", "eu-west-1", 3*n), 1800, 2048), 1800, gib, false)
		r := w.hourOf("mvm-1", "eu-west-1", 3*n+1)
		r.Amounts[usage.Suspended], r.Amounts[pricing.SnapshotStorage] = 3200*1000, 3200*gib
		r.Amounts[usage.Resumes], r.Amounts[pricing.SnapshotRead] = 1, gib
	}
	report := w.advise(t, Request{Kinds: []Kind{IdleTimeout}})
	require.Empty(t, report.Advice)
	require.Contains(t, report.NotJudged[0].Reason, "not recorded")

	report = w.advise(t, Request{Kinds: []Kind{IdleTimeout}, IdleTimeout: 900})
	require.Len(t, report.Advice, 1)
	a := report.Advice[0]
	require.Equal(t, "155 s", a.To)
	same(t, "0.10978639340111111111", a.Low)
	require.True(t, a.Low.LessThan(a.Saving) && a.Saving.LessThan(a.High))
	require.Contains(t, fmt.Sprint(a.RestsOn), "idle-timeout-now")
	require.Contains(t, a.How, "idlePolicy.maxIdleDurationSeconds: 155")
}

// steady is a MicroVM of 4 GB that is launched again every 8 hours, all month.
func steady() *world {
	w := &world{}
	for n := range 720 {
		r := ran(w.hourOf(fmt.Sprintf("mvm-%02d", n/8), "us-east-1", n), hour, 4096)
		if n%8 == 0 {
			launchedFrom(r, 2*gib)
		}
	}
	return w
}

// A life is 28,800 × (2 × 0.0000276944 + 4 × 0.0000036667) + 2 × 0.0015467699 = 2.0206948198. All but the last are
// carried on. A c7g.large of 730 h × 0.0725 with 16 GB × 0.08 is 54.205, of which 720 / 730.
func TestLifeCap(t *testing.T) {
	a := steady().the(t, LifeCap)
	same(t, "181.862533782", a.Actual)
	same(t, "55.48316057322465753425", a.Changed)
	require.Contains(t, a.Risk, "89 times a month")
	require.Equal(t, "EC2 c7g.large", a.Instead.Name)
}

// The same on one instance; Fargate would be 720 h × (2 × 0.03238 + 4 × 0.00356) = 56.88.
func TestPlatform(t *testing.T) {
	a := steady().the(t, Platform)
	same(t, "181.862533782", a.Actual)
	same(t, "53.46246575342465753425", a.Changed)
	for _, line := range a.Lines {
		require.True(t, line.Then.IsZero(), "nothing runs in MicroVMs any more")
	}
}

func TestWhatOverlapsDoesNotAddUp(t *testing.T) {
	report := steady().advise(t, Request{})
	var platform, capped Advice
	for _, a := range report.Advice {
		switch a.Kind {
		case Platform:
			platform = a
		case LifeCap:
			capped = a
		}
	}
	require.Contains(t, capped.Overlaps, platform.ID)
	require.Contains(t, platform.Overlaps, capped.ID)
	require.Equal(t, []string{platform.ID}, report.Combined.IDs, "the larger saving alone")
	require.True(t, report.Combined.Saving.Equal(platform.Saving))
	require.True(t, report.Combined.Actual.Sub(report.Combined.Changed).Equal(report.Combined.Saving))
}

// Another architecture and another region go together: what is x86-64 in eu-west-1 becomes ARM64 in us-east-1.
func TestChangesThatGoTogether(t *testing.T) {
	w := &world{}
	ran(w.hourOf("mvm-1", "eu-west-1", 200), hour, 2048).Arch = usage.ArchX86
	report := w.advise(t, Request{Kinds: []Kind{Region, Architecture}})
	require.Len(t, report.Combined.IDs, 2)
	// 3,600 × 0.0000340538 + 7,200 × 0.0000045086
	same(t, "0.1550556", report.Combined.Actual)
	same(t, "0.12610008", report.Combined.Changed)
	require.False(t, report.Combined.Saving.Equal(report.Advice[0].Saving.Add(report.Advice[1].Saving)))
}

func TestPartialCoverageIsALowerBound(t *testing.T) {
	w := &world{}
	r := ran(w.hourOf("mvm-1", "us-east-1", 200), hour, 2048)
	r.Arch, r.Coverage = usage.ArchX86, usage.CoveragePartial
	require.Equal(t, pricing.AtLeast, w.the(t, Architecture).State)
}

func TestNothingToAdviseOn(t *testing.T) {
	report := (&world{}).advise(t, Request{})
	require.Empty(t, report.Advice)
	require.True(t, report.Combined.Saving.IsZero())
}
