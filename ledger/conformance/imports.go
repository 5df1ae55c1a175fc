package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// turn is a record of a MicroVM with 1 vCPU that ran all the time, from a minute of the first day on.
func turn(minute, minutes int64) usage.Record {
	return usage.Record{
		PeriodStart: day(0).Add(time.Duration(minute) * time.Minute), PeriodSeconds: minutes * 60, Region: "us-east-1",
		Resource: usage.Resource{ID: "microvm-a"}, Source: "import", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{pricing.VCPU: minutes * 60_000, usage.Running: minutes * 60_000},
	}
}

func changed(r usage.Record, change func(*usage.Record)) usage.Record {
	change(&r)
	return r
}

func withdrawals(t *testing.T, s Stores) {
	tomorrow := changed(turn(1440, 30), func(r *usage.Record) { r.Coverage = usage.CoveragePartial })
	other := changed(turn(1440, 30), func(r *usage.Record) { r.Source = "meter" })
	before, after := turn(60, 1), turn(1300, 140)
	l := with(t, s, []usage.Record{before, after, tomorrow, other})
	shorter := turn(1300, 100)
	marked := []usage.Record{ledger.Withdraw(shorter, 140*60), shorter, ledger.Withdraw(tomorrow, 5*3600)}
	require.Equal(t, ledger.Changes{Read: 1, Replaced: 1, Removed: 1, Days: []time.Time{day(0), day(1)}}, l.upsert(marked))
	l.holds([]usage.Record{before, shorter, other})
	require.Equal(t, ledger.Changes{Read: 1, Unchanged: 1}, l.upsert(marked))

	n := l.upsert([]usage.Record{ledger.Withdraw(other, 1)})
	require.Equal(t, int64(1), n.Removed, "a day may become empty")
	l.holds([]usage.Record{before, shorter})
	l.upsert([]usage.Record{other})
	l.holds([]usage.Record{before, shorter, other})
}

func overlaps(t *testing.T, s Stores) {
	first, second := turn(600, 60), turn(630, 60)
	source := func(r *usage.Record) { r.Source = "meter" }
	for _, test := range []struct {
		name, reason string
		a, b         usage.Record
		refused      bool
	}{
		{"two turns", "a MicroVM runs once at a time", first, second, true},
		{"one within the other", "as well", turn(600, 90), turn(630, 10), true},
		{
			"other accounts", "some number MicroVMs by account", changed(first, func(r *usage.Record) { r.Account = "2" }),
			changed(second, func(r *usage.Record) { r.Account = "1" }), false,
		},
		{"stored only", "a suspended MicroVM may be recorded by itself", first, changed(second, func(r *usage.Record) {
			r.Amounts = usage.Amounts{pricing.SnapshotStorage: 5}
		}), false},
		{
			"a fleet", "many MicroVMs run at the same time",
			changed(first, func(r *usage.Record) { r.Resource.Kind = usage.KindFleet }),
			changed(second, func(r *usage.Record) { r.Resource.Kind = usage.KindFleet }), false,
		},
		{"one after the other", "is how a MicroVM runs", first, turn(660, 60), false},
		{"another MicroVM", "runs by itself", first, changed(second, func(r *usage.Record) { r.Resource.ID = "b" }), false},
		{"another region", "some number MicroVMs by region", first, changed(second, func(r *usage.Record) { r.Region = "x" }), false},
		{"an account that is not known", "may be any", first, changed(second, func(r *usage.Record) { r.Account = "1" }), true},
	} {
		for _, ledgerHas := range []bool{false, true} { // the first, or both are imported together
			l := fresh(t, s)
			records, had := []usage.Record{test.a, test.b}, 0
			if ledgerHas {
				l.upsert(records[:1])
				had = 1
			}
			_, err := l.try(records[had:], ledger.Options{Overlaps: ledger.RefuseOverlaps})
			if !test.refused {
				require.NoError(t, err, "%s: %s", test.name, test.reason)
				l.holds(records)
				continue
			}
			require.Equal(t, &ledger.OverlapsError{Count: 1, Overlaps: []ledger.Overlap{{
				First: test.a, Second: test.b, FirstRead: int64(1 - had), SecondRead: int64(2 - had),
			}}}, err, "%s: %s", test.name, test.reason)
			if had > 0 { // else there is no ledger yet
				l.holds(records[:had])
			}
		}
	}

	l := with(t, s, []usage.Record{first})
	_, err := l.try([]usage.Record{changed(first, source)}, ledger.Options{Overlaps: ledger.RefuseOverlaps})
	require.ErrorContains(t, err, "(source import) and from 2026-10-01 10:00:00 to 11:00:00 (source meter)")
	l.upsert([]usage.Record{second})
	_, err = l.try([]usage.Record{first, second}, ledger.Options{Overlaps: ledger.RefuseOverlaps})
	require.NoError(t, err, "what was decided before is not asked again")

	l = fresh(t, s)
	records := []usage.Record{turn(630, 60), turn(600, 60), turn(610, 20)}
	records[0].Amounts[pricing.SnapshotRead] = 5
	want := []usage.Record{turn(600, 60), turn(660, 30)}
	want[1].Amounts[pricing.SnapshotRead] = 2 // of 5, the half that is left; the unit goes to the half before
	merge := ledger.Options{Overlaps: ledger.MergeOverlaps}
	n, err := l.try(records, merge)
	require.NoError(t, err)
	require.Equal(t, [2]int64{2, 2}, [2]int64{n.Added, n.Merged})
	l.holds(want)
	n, err = l.try(records, merge)
	require.NoError(t, err)
	require.Equal(t, [3]int64{0, 2, 0}, [3]int64{n.Added, n.Unchanged, int64(len(n.Days))}, "twice is once")
	l.holds(want)
	mergedTime(t, s)
}

// mergedTime tests that time counts once, however turns overlap.
func mergedTime(t *testing.T, s Stores) {
	rapid.Check(t, func(rt *rapid.T) {
		var ran [160]bool
		var records []usage.Record
		for range rapid.IntRange(1, 8).Draw(rt, "turns") {
			r := turn(rapid.Int64Range(0, 100).Draw(rt, "minute"), rapid.Int64Range(1, 40).Draw(rt, "minutes"))
			r.Source = rapid.SampledFrom([]string{"import", "meter"}).Draw(rt, "source")
			records = append(records, r)
		}
		for _, r := range ledgertest.Latest(records) {
			for m := range r.PeriodSeconds / 60 {
				ran[int64(r.PeriodStart.Sub(day(0))/time.Minute)+m] = true
			}
		}
		want := int64(0)
		for _, minute := range ran {
			if minute {
				want += 60_000
			}
		}
		l := fresh(t, s)
		_, err := l.try(records, ledger.Options{Overlaps: ledger.MergeOverlaps})
		require.NoError(rt, err)
		got := int64(0)
		for _, r := range l.content() {
			require.Equal(rt, r.PeriodSeconds*1000, r.Amounts[usage.Running])
			got += r.Amounts[usage.Running]
		}
		require.Equal(rt, want, got)
	})
}

func collected(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records)
	guard := ledger.Options{Collected: ledger.Collected{Sources: []string{"logs", "cloudwatch"}}}
	n, err := l.try(records, guard)
	require.NoError(t, err, "restoring a ledger from its export changes nothing")
	require.Equal(t, int64(216), n.Unchanged)

	own := changed(records[3], func(r *usage.Record) { r.Source = "import" })
	worse := changed(records[5], func(r *usage.Record) { r.Amounts[pricing.VCPU]++ })
	_, err = l.try([]usage.Record{own, worse}, guard)
	replacement := ledger.Replacement{Before: records[5], After: worse, Read: 2}
	require.Equal(t, &ledger.CollectedError{Count: 1, Replacements: []ledger.Replacement{replacement}}, err)
	l.holds(records)

	guard.Collected.Replace = true
	n, err = l.try([]usage.Record{own, worse}, guard)
	require.NoError(t, err)
	require.Equal(t, ledger.Changes{
		Read: 2, Added: 1, Replaced: 1, Collected: 1, CollectedOnes: []ledger.Replacement{replacement}, Days: []time.Time{day(0)},
	}, n)
	l.holds(records, []usage.Record{own, worse})
}

func replacing(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records)
	w := l.writer(ledger.Options{})
	// The larger figure stays, and a tenant is never forgotten.
	w.Replacing(func(before, after *usage.Record) usage.Record {
		kept := *after
		kept.Amounts[pricing.VCPU] = max(before.Amounts[pricing.VCPU], after.Amounts[pricing.VCPU])
		kept.Tenant = before.Tenant
		return kept
	})
	less := changed(records[0], func(r *usage.Record) { r.Amounts[pricing.VCPU], r.Tenant = 0, "" })
	more := changed(records[1], func(r *usage.Record) { r.Amounts[pricing.VCPU], r.Tenant = 1<<40, "" })
	n, err := w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{less, more}, 1))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, ledger.Changes{Read: 2, Replaced: 1, Unchanged: 1, Days: []time.Time{day(0)}}, n)
	more.Tenant = records[1].Tenant
	l.holds(records, []usage.Record{more})
}
