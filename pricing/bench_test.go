package pricing_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// workloadOfLines has so many lines on its bill: up to three come singly (launch reads, images, suspended state), the
// others in pairs (cycles, baseline, peak).
func workloadOfLines(b testing.TB, lines int) pricing.Workload {
	w := awsExample1(b)
	singles := lines
	if lines > 3 {
		singles = 2 + lines%2
	}
	pairs := (lines - singles) / 2
	if singles < 2 {
		w.Image.Count, w.Image.NotStored = decimal.Decimal{}, true
	}
	if singles < 3 {
		w.Suspended = decimal.Decimal{}
	}
	if pairs < 1 {
		w.Cycles = decimal.Decimal{}
	}
	if pairs < 2 {
		w.Running = decimal.Decimal{}
	}
	if pairs < 3 {
		w.Burst = pricing.Burst{}
	}
	return w
}

func benchmarkBill(b *testing.B, w pricing.Workload, lines int) {
	card := listCard(b, "us-east-1")
	bill, err := w.Bill(card)
	require.NoError(b, err)
	require.Len(b, bill.Lines, lines)
	b.ReportAllocs()
	for b.Loop() {
		bill, err := w.Bill(card)
		if err != nil || bill.Total().IsZero() {
			b.Fatal(err)
		}
	}
}

// BenchmarkBill prices and totals AWS's example 1, which has all nine lines, at rates per unit.
func BenchmarkBill(b *testing.B) { benchmarkBill(b, awsExample1(b), 9) }

// BenchmarkBillLines shows that the cost is linear in the number of lines.
func BenchmarkBillLines(b *testing.B) {
	for lines := 1; lines <= 9; lines++ {
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) { benchmarkBill(b, workloadOfLines(b, lines), lines) })
	}
}

// BenchmarkBareDecimals is the same bill with nothing but its multiplications and additions: what the lines, factors
// and formulas cost is the difference from BenchmarkBill.
func BenchmarkBareDecimals(b *testing.B) {
	w, card := awsExample1(b), listCard(b, "us-east-1")
	want, err := w.Bill(card)
	require.NoError(b, err)
	var rates [5]decimal.Decimal
	for i, q := range pricing.BilledQuantities() {
		rates[i] = card.Rate(q).Figure
	}
	suspendedHours := whole(11_000)
	bare := func() decimal.Decimal {
		peak := w.Running.Mul(w.Burst.Share)
		base := w.Running.Sub(peak)
		sum := decimal.Decimal{}
		sum = sum.Add(base.Mul(w.Size.VCPU()).Mul(rates[pricing.VCPU]))
		sum = sum.Add(base.Mul(w.Size.GB()).Mul(rates[pricing.Memory]))
		sum = sum.Add(peak.Mul(w.Burst.VCPU).Mul(rates[pricing.VCPU]))
		sum = sum.Add(peak.Mul(w.Burst.GB).Mul(rates[pricing.Memory]))
		sum = sum.Add(w.Cycles.Mul(w.StateGB).Mul(rates[pricing.SnapshotWrite]))
		sum = sum.Add(w.Launches.Mul(w.Image.GB).Mul(rates[pricing.SnapshotRead]))
		sum = sum.Add(w.Cycles.Mul(w.StateGB).Mul(rates[pricing.SnapshotRead]))
		sum = sum.Add(w.Image.Count.Mul(w.Image.GB).Mul(w.Image.Hours).Mul(rates[pricing.SnapshotStorage]))
		return sum.Add(suspendedHours.Mul(w.StateGB).Mul(rates[pricing.SnapshotStorage]))
	}
	require.Equal(b, want.Total().String(), bare().String(), "the same work")
	b.ReportAllocs()
	for b.Loop() {
		if bare().IsZero() {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkFindBreakEven(b *testing.B) {
	line, err := personalDevTool(b).Curve(postCard())
	require.NoError(b, err)
	month := whole(31 * 24 * 3600)
	for _, bc := range []struct {
		name      string
		candidate pricing.Candidate
		crossings int
	}{
		{"flat", pricing.EC2{Type: "t4g.medium"}, 1},
		{"stepped", pricing.CI{Runner: "github-linux-2-core"}, 7},
	} {
		demand := hundredHours(b, "eu-west-1")
		demand.Jobs = whole(20)
		alt := bc.candidate.Price(prices(b), demand)
		require.Empty(b, alt.Unknown())
		b.Run(bc.name, func(b *testing.B) {
			require.Len(b, pricing.FindBreakEven(line, alt.Curve, month).Crossings, bc.crossings)
			b.ReportAllocs()
			for b.Loop() {
				pricing.FindBreakEven(line, alt.Curve, month)
			}
		})
	}
}
