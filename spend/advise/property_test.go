package advise

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger/lifecycle"
	"microspend/pricing"
	"microspend/usage"
)

// fromScratch prices what an edit leaves of a cell as a bill of measured usage, by the one card that it has.
func fromScratch(t require.TestingT, f *fleet, edits []edit) decimal.Decimal {
	sum := decimal.Decimal{}
	for _, e := range edits {
		require.Empty(t, e.cell.part.Dated, "the rates do not change in the time")
		if e.gone {
			continue
		}
		then := e.cell.part.Sum.Measured()
		for _, q := range pricing.BilledQuantities() {
			then[q] = pricing.Count{
				Units: decimal.Max(then[q].Units.Add(e.delta[q]), decimal.Decimal{}), Per: q.Counted().PerUnit,
			}
		}
		region, arch := e.cell.region, e.cell.arch
		if e.region != "" {
			region = e.region
		}
		if e.arch != "" {
			arch = e.arch
		}
		card, err := f.card(region)
		require.NoError(t, err)
		bill, err := then.Bill(card.For(arch))
		require.NoError(t, err)
		sum = sum.Add(bill.Total())
	}
	return pricing.ProrateTime(sum, monthSeconds, f.span.Seconds())
}

// requireParts requires that every figure is the exact sum of those of the parts.
func requireParts(t require.TestingT, a Advice) {
	actual, changed := totals(a.Lines)
	require.True(t, a.Actual.Equal(actual) && a.Changed.Equal(changed.Add(a.Elsewhere())), "the lines add up")
	if len(a.Parts) == 0 {
		return
	}
	var sum Advice
	for _, p := range a.Parts {
		sum.Actual, sum.Changed, sum.Saving = sum.Actual.Add(p.Actual), sum.Changed.Add(p.Changed), sum.Saving.Add(p.Saving)
		sum.Low, sum.High = sum.Low.Add(p.Low), sum.High.Add(p.High)
		require.Equal(t, a.Region, p.Region)
	}
	require.True(t, a.Actual.Equal(sum.Actual) && a.Changed.Equal(sum.Changed) && a.Saving.Equal(sum.Saving))
	require.True(t, a.Low.Equal(sum.Low) && a.High.Equal(sum.High))
}

// Of any usage whatsoever: savings are differences of two bills, none is zero or less, the changed bill is that of the
// changed usage worked out in another way, and the actual one is what was spent.
func TestAdviceIsWhatRepricingSays(t *testing.T) {
	tolerance := decimal.New(1, -12) // amounts are rounded at 20 decimals, line by line
	close := func(t require.TestingT, want, got decimal.Decimal) {
		require.True(t, want.Sub(got).Abs().LessThan(tolerance), "%s is not %s", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		random := ledgertest.Fleet{
			MicroVMs: rapid.IntRange(1, 12).Draw(t, "MicroVMs"), Tenants: rapid.IntRange(1, 4).Draw(t, "tenants"),
			Days: rapid.IntRange(1, 4).Draw(t, "days"), Periods: 24,
		}
		shift := november.Sub(ledgertest.FirstDay)
		for _, r := range random.All() {
			r.PeriodStart = r.PeriodStart.Add(shift)
			r.Arch = rapid.SampledFrom([]usage.Arch{usage.ArchARM64, usage.ArchX86}).Draw(t, "arch")
			w.records = append(w.records, r)
			if rapid.IntRange(0, 9).Draw(t, "recorded") == 0 {
				w.launched = append(w.launched, lifecycle.MicroVM{
					ID: r.Resource.ID, Region: r.Region, Account: r.Account, StartedAt: november, ReadAt: november,
					MaxIdle: new(rapid.Int64Range(60, 3600).Draw(t, "timeout")),
				})
			}
		}
		request := Request{Now: december.Add(2 * time.Hour), From: november, To: december}
		request.IdleTimeout = rapid.SampledFrom([]int64{0, 60, 600}).Draw(t, "idle timeout")
		in := w.inputs(t)
		f, report, err := prepare(context.Background(), in, request)
		require.NoError(t, err)
		finish(f, report)
		ids := map[string]bool{}
		for i, a := range report.Advice {
			require.True(t, a.Saving.IsPositive() && a.Low.IsPositive())
			require.True(t, a.Actual.Sub(a.Changed).Equal(a.Saving))
			require.True(t, a.Low.LessThanOrEqual(a.Saving) && a.Saving.LessThanOrEqual(a.High))
			require.False(t, ids[a.ID], "an id is of one piece")
			ids[a.ID] = true
			require.True(t, i == 0 || a.Saving.LessThanOrEqual(report.Advice[i-1].Saving), "the largest first")
			close(t, fromScratch(t, f, a.edits).Add(a.Elsewhere()), a.Changed)
			requireParts(t, a)
			var before []edit
			for _, e := range a.edits {
				before = append(before, edit{cell: e.cell})
			}
			close(t, fromScratch(t, f, before), a.Actual)
		}
		require.True(t, report.Combined.Actual.Sub(report.Combined.Changed).Equal(report.Combined.Saving))
		require.False(t, report.Combined.Changed.IsNegative())

		again, err := Make(context.Background(), in, request)
		require.NoError(t, err)
		require.Equal(t, len(report.Advice), len(again.Advice))
		for i := range again.Advice {
			require.Equal(t, report.Advice[i].ID, again.Advice[i].ID)
			require.True(t, report.Advice[i].Saving.Equal(again.Advice[i].Saving), "the same ledger gives the same advice")
		}
	})
}
