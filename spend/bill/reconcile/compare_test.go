package reconcile_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
	"microspend/usage"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

var day = time.Date(2026, time.October, 5, 0, 0, 0, 0, time.UTC)

// hour is an hour of everything: 2 vCPU and 4 GB, 3 GB read and 2 GB written, 5 GB-hours stored.
func hour(microvm, source string) usage.Record {
	return usage.Record{
		PeriodStart: day, PeriodSeconds: 3600, Region: "us-east-1", Resource: usage.Resource{ID: microvm}, Tenant: "acme",
		Source:   source,
		Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: 7200_000, pricing.Memory: 4096 * 3600_000, pricing.SnapshotRead: 3 << 30,
			pricing.SnapshotWrite: 2 << 30, pricing.SnapshotStorage: 5 << 30 * 3600,
		},
	}
}

// billed is what AWS makes of so much, at list prices.
func billed(used map[pricing.BilledQuantity]string, change func(*bill.Line)) bill.Bill {
	card, err := pricing.EmbeddedCards().Card("us-east-1")
	if err != nil {
		panic(err)
	}
	made := bill.Bill{Format: bill.CostExplorer, Metric: "UnblendedCost", From: day, To: day.AddDate(0, 0, 1)}
	for _, q := range pricing.BilledQuantities() {
		if used[q] == "" {
			continue
		}
		line := bill.Line{
			Day: day, Region: "us-east-1", Quantity: q, Used: dec(used[q]), UsedKnown: true,
			Cost: card.Rate(q).Amount(dec(used[q])),
		}
		if change != nil {
			change(&line)
		}
		made.Lines = append(made.Lines, line)
	}
	return made
}

// asMeasured is exactly one [hour].
func asMeasured() map[pricing.BilledQuantity]string {
	return map[pricing.BilledQuantity]string{
		pricing.VCPU: "7200", pricing.Memory: "14400", pricing.SnapshotRead: "3", pricing.SnapshotWrite: "2",
		pricing.SnapshotStorage: "5",
	}
}

func with(changes map[pricing.BilledQuantity]string) map[pricing.BilledQuantity]string {
	used := asMeasured()
	for q, text := range changes {
		used[q] = text
	}
	return used
}

func TestReasons(t *testing.T) {
	partial := hour("mvm-1", "cloudwatch")
	partial.Coverage = usage.CoveragePartial
	twice := ledgertest.Records{hour("mvm-1", "cloudwatch"), hour("mvm-1", "import")}
	one := ledgertest.Records{hour("mvm-1", "cloudwatch")}
	elsewhere := one[0]
	elsewhere.PeriodStart = day.AddDate(0, 0, -1)
	dearer := func(l *bill.Line) {
		if l.Quantity == pricing.VCPU {
			l.Cost = l.Cost.Mul(dec("1.1"))
		}
	}
	onX86 := billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "", pricing.Memory: "4400"}), nil)
	onX86.Lines = append(onX86.Lines,
		x86Line(pricing.VCPU, "7200", "0.23512104"), x86Line(pricing.Memory, "10000", "0.043235"))
	measuredOnX86 := hour("mvm-1", "cloudwatch")
	measuredOnX86.Arch = usage.ArchX86
	unmeasured := billed(asMeasured(), nil)
	unmeasured.Lines = append(unmeasured.Lines, x86Line(pricing.VCPU, "7200", "0.23512104"))
	x86Dearer := billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "", pricing.Memory: ""}), nil)
	x86Dearer.Lines = append(x86Dearer.Lines,
		x86Line(pricing.VCPU, "7200", "0.3"), x86Line(pricing.Memory, "14400", "0.0622584"))
	for _, test := range []struct {
		name, reason string
		measured     ledgertest.Records
		bill         bill.Bill
		want         []reconcile.ReasonID
	}{
		{"the same", "nothing to explain", one, billed(asMeasured(), nil), nil},
		{"rates", "their unit costs more", one, billed(asMeasured(), dearer), []reconcile.ReasonID{reconcile.Rates}},
		{
			"net of credits", "no rate of AWS's is nothing", one,
			billed(asMeasured(), func(l *bill.Line) { l.Cost = decimal.Decimal{} }),
			[]reconcile.ReasonID{reconcile.Netted},
		},
		{
			"half of it credits", "all amounts are the same part of what their quantities cost", one,
			billed(asMeasured(), func(l *bill.Line) { l.Cost = l.Cost.Mul(dec("0.5")) }),
			[]reconcile.ReasonID{reconcile.Netted},
		},
		{
			"cheaper in parts", "amounts that are different parts of their quantities' cost are other rates", one,
			billed(asMeasured(), func(l *bill.Line) {
				if l.Quantity != pricing.SnapshotRead {
					l.Cost = l.Cost.Mul(dec("0.5"))
				}
			}),
			[]reconcile.ReasonID{reconcile.Rates},
		},
		{
			"dearer alike", "credits never add to a bill", one,
			billed(asMeasured(), func(l *bill.Line) { l.Cost = l.Cost.Mul(dec("1.5")) }),
			[]reconcile.ReasonID{reconcile.Rates},
		},
		{
			"nothing, and no quantities", "zero is not what AWS charges for anything", one,
			billed(asMeasured(), func(l *bill.Line) { l.Cost, l.UsedKnown = decimal.Decimal{}, false }),
			[]reconcile.ReasonID{reconcile.Netted},
		},
		{
			"x86", "as much more is billed as x86 as is billed less as ARM", one, onX86,
			[]reconcile.ReasonID{reconcile.OtherArch},
		},
		{
			"ARM", "and the other way round",
			ledgertest.Records{measuredOnX86},
			billed(asMeasured(), nil),
			[]reconcile.ReasonID{reconcile.OtherArch},
		},
		{
			"x86 that nobody measured", "nothing ran on it that could have burst", one, unmeasured,
			[]reconcile.ReasonID{reconcile.UnknownVMs},
		},
		{
			"rates of x86", "its unit costs more than ours of x86",
			ledgertest.Records{measuredOnX86},
			x86Dearer,
			[]reconcile.ReasonID{reconcile.Rates},
		},
		{
			"a day without rows", "the bill covers the day, and bills nothing on it", one, bill.Bill{
				Format: bill.CUR, From: day.AddDate(0, 0, -1), To: day.AddDate(0, 0, 2),
			}, []reconcile.ReasonID{reconcile.NotListed},
		},
		{
			"burst", "compute is dearer while launches read the same", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "9000"}), nil),
			[]reconcile.ReasonID{reconcile.Burst},
		},
		{
			"unknown", "everything is more, also what launches read", one,
			billed(with(map[pricing.BilledQuantity]string{
				pricing.VCPU: "14400", pricing.Memory: "28800",
				pricing.SnapshotRead: "6",
			}), nil),
			[]reconcile.ReasonID{reconcile.UnknownVMs},
		},
		{
			"images", "storage alone is more", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.SnapshotStorage: "53"}), nil),
			[]reconcile.ReasonID{reconcile.ImageStorage},
		},
		{
			"builds", "written more, and nothing else", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.SnapshotWrite: "4"}), nil),
			[]reconcile.ReasonID{reconcile.ImageBuilds},
		},
		{
			"launches", "read less than the image's size", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.SnapshotRead: "2"}), nil),
			[]reconcile.ReasonID{reconcile.LaunchReads},
		},
		{
			"gaps", "half of the day was not seen",
			ledgertest.Records{partial},
			billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "14400"}), nil),
			[]reconcile.ReasonID{reconcile.Gaps},
		},
		{
			"missing", "the ledger has another day",
			ledgertest.Records{elsewhere},
			billed(asMeasured(), nil),
			[]reconcile.ReasonID{reconcile.MissingDays},
		},
		{"twice", "two sources for one day", twice, billed(asMeasured(), nil), []reconcile.ReasonID{reconcile.CountedTwice}},
		{
			"estimated", "AWS is not done with the day", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "3600"}), func(l *bill.Line) { l.Estimated = true }),
			[]reconcile.ReasonID{reconcile.NotFinal},
		},
		{
			"not listed", "AWS lists another usage type of the day, and calls nothing an estimate", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: ""}), nil),
			[]reconcile.ReasonID{reconcile.NotListed},
		},
		{
			"transitions", "less compute than was taken for running", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.Memory: "14000"}), nil),
			[]reconcile.ReasonID{reconcile.Transitions},
		},
		{
			"state", "less written than the state's size", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.SnapshotWrite: "1"}), nil),
			[]reconcile.ReasonID{reconcile.StateSize},
		},
		{
			"no quantity", "the charge is taken to be at our rate", one,
			billed(asMeasured(), func(l *bill.Line) { dearer(l); l.Used, l.UsedKnown = decimal.Decimal{}, false }),
			[]reconcile.ReasonID{reconcile.Burst},
		},
		{
			"rounding", "cents of cents", one,
			billed(asMeasured(), func(l *bill.Line) { l.Cost = l.Cost.Add(dec("0.00000001")) }),
			[]reconcile.ReasonID{reconcile.Rounding},
		},
		{
			"ranked", "the largest first", one,
			billed(with(map[pricing.BilledQuantity]string{pricing.VCPU: "9000", pricing.SnapshotWrite: "3"}), nil),
			[]reconcile.ReasonID{reconcile.Burst, reconcile.UnknownVMs},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := spend.Source{Usage: test.measured, Rates: pricing.EmbeddedCards()}
			got, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: test.bill})
			require.NoError(t, err)
			var ids []reconcile.ReasonID
			sum := decimal.Decimal{}
			for _, r := range got.Reasons {
				ids = append(ids, r.ID)
				sum = sum.Add(r.Amount)
			}
			require.Equal(t, test.want, ids, test.reason)
			require.True(t, sum.Equal(got.Total.Difference()), "reasons add up to the difference")
			require.Equal(t, len(test.want) == 0, got.Within(), "no tolerance was given")
		})
	}
}

// x86Line is compute on x86-64.
func x86Line(q pricing.BilledQuantity, used, cost string) bill.Line {
	return bill.Line{
		Day: day, Region: "us-east-1", Quantity: q, Arch: pricing.ArchX86, Used: dec(used), UsedKnown: true, Cost: dec(cost),
	}
}

// Compute of each architecture is compared with what the ledger has on it, at its rates: on x86-64 7,200 × 0.0000326557
// = 0.23512104 and 14,400 × 0.0000043235 = 0.0622584, on ARM64, and where it is not known, 7,200 × 0.0000276944 =
// 0.19939968 and 14,400 × 0.0000036667 = 0.05280048 an hour. Snapshots are billed alike.
func TestEachArchitectureIsCompared(t *testing.T) {
	day := time.Date(2026, time.November, 10, 0, 0, 0, 0, time.UTC) // on which there are both
	on := func(microvm string, arch usage.Arch) usage.Record {
		r := hour(microvm, "cloudwatch")
		r.PeriodStart, r.Arch = day, arch
		return r
	}
	made := billed(map[pricing.BilledQuantity]string{
		pricing.VCPU: "14400", pricing.Memory: "28800", pricing.SnapshotRead: "9", pricing.SnapshotWrite: "6",
		pricing.SnapshotStorage: "15",
	}, nil)
	made.Lines = append(made.Lines,
		x86Line(pricing.VCPU, "7000", "0.2285899"), x86Line(pricing.Memory, "14400", "0.0622584"))
	made.From, made.To = day, day.AddDate(0, 0, 1)
	for i := range made.Lines {
		made.Lines[i].Day = day
	}
	source := spend.Source{
		Usage: ledgertest.Records{
			on("mvm-1", usage.ArchARM64), on("mvm-2", usage.ArchX86), on("mvm-3", usage.ArchUnknown),
		},
		Rates: pricing.EmbeddedCards(),
	}
	got, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: made})
	require.NoError(t, err)
	var compute []string
	for _, l := range got.Sums {
		if l.Quantity.ByArch() {
			compute = append(compute, strings.Join([]string{
				l.Rated().String(), l.OursUsed.String(), l.TheirsUsed.String(), l.Ours.String(), l.Theirs.String(),
			}, " "))
		}
	}
	require.Equal(t, []string{
		"vcpu 14400 14400 0.39879936 0.39879936", "vcpu.x86_64 7200 7000 0.23512104 0.2285899",
		"memory 28800 28800 0.10560096 0.10560096", "memory.x86_64 14400 14400 0.0622584 0.0622584",
	}, compute)
	require.Len(t, got.Reasons, 1, "all else agrees")
	require.Equal(t, reconcile.Transitions, got.Reasons[0].ID)
	require.Equal(t, "-0.00653114", got.Reasons[0].Amount.String(), "200 × 0.0000326557")
	require.True(t, got.ArchAssumed)
}

// A region can have rates of one architecture alone. The other's usage is then compared, and what it costs is left
// unknown, not taken to be what it costs on ARM64.
func TestNoRateOnOneArchitecture(t *testing.T) {
	const region = "eu-central-1"
	arm, x86 := hour("mvm-1", "cloudwatch"), hour("mvm-2", "cloudwatch")
	x86.Arch = usage.ArchX86
	arm.Amounts, x86.Amounts = usage.Amounts{pricing.VCPU: 7200_000}, usage.Amounts{pricing.VCPU: 7200_000}
	arm.Region, x86.Region = region, region
	made := billed(map[pricing.BilledQuantity]string{pricing.VCPU: "7200"}, nil)
	card, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	require.True(t, card.Rate(pricing.VCPU).Known())
	require.False(t, card.For(pricing.ArchX86).Rate(pricing.VCPU).Known())
	made.Lines[0].Cost = card.Rate(pricing.VCPU).Amount(dec("7200"))
	made.Lines = append(made.Lines, x86Line(pricing.VCPU, "7200", "0.3"))
	for i := range made.Lines {
		made.Lines[i].Region = region
	}
	source := spend.Source{Usage: ledgertest.Records{arm, x86}, Rates: pricing.EmbeddedCards()}
	got, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: made})
	require.NoError(t, err)
	require.Len(t, got.Sums, 2)
	require.True(t, got.Sums[0].RateKnown && got.Sums[0].Difference().IsZero())
	require.False(t, got.Sums[1].RateKnown)
	require.Equal(t, []string{"7200", "7200"}, []string{got.Sums[1].OursUsed.String(), got.Sums[1].TheirsUsed.String()})
	require.Len(t, got.Reasons, 1)
	require.Equal(t, reconcile.NoRate, got.Reasons[0].ID)
	require.Equal(t, "0.3", got.Reasons[0].Amount.String())
}

// What may be of MicroVMs and is not compared keeps a check from passing, if it is more than the tolerance.
func TestUndecided(t *testing.T) {
	made := billed(asMeasured(), nil)
	made.Apart = []bill.Apart{{Kind: bill.Undecided, Name: "?", Amount: dec("-1"), Rows: 1, Place: "line 2"}}
	source := spend.Source{Usage: ledgertest.Records{hour("mvm-1", "cloudwatch")}, Rates: pricing.EmbeddedCards()}
	for text, want := range map[string]bool{"1%": false, "0.99": false, "1": true} {
		tolerance, err := reconcile.ParseTolerance(text)
		require.NoError(t, err)
		got, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: made, Tolerance: tolerance})
		require.NoError(t, err)
		require.Equal(t, want, got.Within(), text)
	}
}

// Days of which no file says anything are not days without a charge.
func TestGapsBetweenFiles(t *testing.T) {
	made := billed(asMeasured(), nil)
	made.To = day.AddDate(0, 0, 9)
	made.Gaps = []bill.Span{{From: day.AddDate(0, 0, 2), To: day.AddDate(0, 0, 4)}}
	source := spend.Source{Usage: ledgertest.Records{}, Rates: pricing.EmbeddedCards()}
	_, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: made})
	require.EqualError(t, err, "none of the files covers 7–8 October 2026, where nothing can be compared; "+
		"give the file that does, or choose other days with --from and --to")
	_, err = reconcile.Compare(t.Context(), source, reconcile.Request{Bill: made, To: day.AddDate(0, 0, 2)})
	require.NoError(t, err)
}

// damagedLedger cannot read what it has of a day.
type damagedLedger struct{ ledgertest.Records }

func (d damagedLedger) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	return ledger.Result{Damaged: []ledger.DamagedFile{{Path: "usage/dt=2026-10-05/part-0.parquet", Day: day}}}, nil
}

// What the ledger cannot read was measured: the day is not missing from it.
func TestDamage(t *testing.T) {
	source := spend.Source{Usage: damagedLedger{}, Rates: pricing.EmbeddedCards()}
	got, err := reconcile.Compare(t.Context(), source, reconcile.Request{Bill: billed(asMeasured(), nil)})
	require.NoError(t, err)
	require.Len(t, got.Reasons, 1)
	require.Equal(t, reconcile.Damaged, got.Reasons[0].ID)
	require.Len(t, got.Damaged, 1)
}

// Whatever was measured and billed, reasons add up to the difference, line by line and in all.
func TestReasonsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var measured ledgertest.Records
		for i := range rapid.IntRange(0, 3).Draw(t, "records") {
			r := hour("mvm-1", string(rune('a'+i)))
			r.Amounts[pricing.VCPU], r.Amounts[pricing.SnapshotRead] = rapid.Int64Range(0, 1<<40).Draw(t, "vcpu"),
				rapid.Int64Range(0, 1<<40).Draw(t, "read")
			measured = append(measured, r)
		}
		made := billed(asMeasured(), func(l *bill.Line) {
			l.Cost, l.Used = decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, "cost"), -10),
				decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, "used"), -6)
			l.UsedKnown = rapid.Bool().Draw(t, "known")
		})
		rates := pricing.EmbeddedCards()
		got, err := reconcile.Compare(t.Context(), spend.Source{Usage: measured, Rates: rates}, reconcile.Request{Bill: made})
		require.NoError(t, err)
		sum, lines := decimal.Decimal{}, decimal.Decimal{}
		for _, r := range got.Reasons {
			sum = sum.Add(r.Amount)
		}
		for _, l := range got.Lines {
			lines = lines.Add(l.Difference())
		}
		require.True(t, sum.Equal(got.Total.Difference()) && lines.Equal(got.Total.Difference()))
		require.True(t, got.Total.Theirs.Equal(made.Total()))
	})
}
