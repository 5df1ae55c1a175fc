package pricing_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// amounts are a bill's, by component.
func amounts(t testing.TB, w pricing.Workload, card pricing.RateCard) map[string]string {
	t.Helper()
	bill, err := w.Bill(card)
	require.NoError(t, err)
	byComponent := map[string]string{}
	for _, line := range bill.Lines {
		byComponent[line.Component.String()] = line.Amount.String()
	}
	return byComponent
}

func TestImageWeekMinimum(t *testing.T) {
	for _, tc := range []struct{ name, reason, hours, count, quantity, amount string }{
		{"an hour", "billed as a week: 3 GB × 168 h × 0.0952 / 720", "1", "1", "504", "0.06664"},
		{"no hours given", "an image is there all month unless it is said: 3 × 720 × 0.0952 / 720", "0", "1", "2160", "0.2856"},
		{"a week", "the bound itself", "168", "1", "504", "0.06664"},
		{
			"just over a week", "billed as it is: 3 × 168.5 × 0.0952 / 720 = 0.06683833…", "168.5", "1", "505.5",
			"0.06683833333333333333",
		},
		{"a month", "a GB-month is 720 hours: 3 × 0.0952", "720", "1", "2160", "0.2856"},
		{"three versions", "each version has its own week: 3 × 0.06664", "24", "3", "1512", "0.19992"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := pricing.Workload{Image: pricing.Image{GB: whole(3), Count: dec(tc.count), Hours: dec(tc.hours)}}
			bill, err := w.Bill(postCard())
			require.NoError(t, err)
			require.Len(t, bill.Lines, 1)
			require.Equal(t, tc.quantity, bill.Lines[0].Quantity.String(), tc.reason)
			require.Equal(t, tc.amount, bill.Lines[0].Amount.String(), tc.reason)
		})
	}
}

func TestSuspendedHasNoMinimum(t *testing.T) {
	perGBHour := listCard(t, "eu-west-1") // 0.0001322222 per GB-hour
	for _, tc := range []struct {
		name, reason      string
		card              pricing.RateCard
		seconds, stateGB  string
		quantity          string
		amount, formulaOf string
	}{
		{
			"an hour", "no minimum is documented for suspended MicroVMs", perGBHour, "3600", "2",
			"2", "0.0002644444", "1 h × 2 GB × $0.0001322222",
		},
		{
			"36 seconds", "a hundredth of an hour is exact", perGBHour, "36", "2",
			"0.02", "0.000002644444", "0.01 h × 2 GB × $0.0001322222",
		},
		{
			"nine seconds", "0.0025 h is exact", perGBHour, "9", "1",
			"0.0025", "0.0000003305555", "0.0025 h × 1 GB × $0.0001322222",
		},
		{
			// 1 × 0.0001322222 / 3,600 = 0.0000000367283888…
			"one second", "1/3,600 h has no finite decimals: the line stays in seconds and divides last", perGBHour, "1", "1",
			"0.00027777777777777778", "0.00000003672838888889", "1 s × 1 GB × $0.0001322222 / 3,600",
		},
		{
			// Multiplied first: 7 × 0.63 × 0.0952 = 0.419832; one division by 3,600 × 720 = 2,592,000.
			"seven seconds at a monthly rate", "both divisions are one", postCard(), "7", "0.63",
			"0.001225", "0.00000016197222222222", "7 s × 0.63 GB × $0.0952 / 3,600 / 720",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bill, err := pricing.Workload{Suspended: dec(tc.seconds), StateGB: dec(tc.stateGB)}.Bill(tc.card)
			require.NoError(t, err)
			requireLines(t, []wantLine{{"storage.suspended", tc.quantity, tc.amount, tc.formulaOf}}, bill)
		})
	}
}

func TestZeroQuantitiesLeaveLinesOut(t *testing.T) {
	full := awsExample1(t)
	for _, tc := range []struct {
		name, reason string
		change       func(*pricing.Workload)
		gone         []string
	}{
		{"nothing", "all nine", func(*pricing.Workload) {}, nil},
		{
			"running", "a burst is a share of it", func(w *pricing.Workload) { w.Running = decimal.Decimal{} },
			[]string{"compute.baseline.vcpu", "compute.baseline.memory", "compute.peak.vcpu", "compute.peak.memory"},
		},
		{
			"burst", "a figure for the peak without a share is none",
			func(w *pricing.Workload) { w.Burst.Share = decimal.Decimal{} },
			[]string{"compute.peak.vcpu", "compute.peak.memory"},
		},
		{
			"baseline", "bursting all the time", func(w *pricing.Workload) { w.Burst.Share = whole(1) },
			[]string{"compute.baseline.vcpu", "compute.baseline.memory"},
		},
		{
			"cycles", "a cycle writes and reads", func(w *pricing.Workload) { w.Cycles = decimal.Decimal{} },
			[]string{"snapshot.write", "snapshot.read.resume"},
		},
		{
			"launches", "the image is stored all the same",
			func(w *pricing.Workload) { w.Launches = decimal.Decimal{} },
			[]string{"snapshot.read.launch"},
		},
		{
			"image", "neither read nor stored", func(w *pricing.Workload) { w.Image.GB = decimal.Decimal{} },
			[]string{"snapshot.read.launch", "storage.image"},
		},
		{
			"state", "nothing written, read or held", func(w *pricing.Workload) { w.StateGB = decimal.Decimal{} },
			[]string{"snapshot.write", "snapshot.read.resume", "storage.suspended"},
		},
		{
			"suspended", "a cycle without waiting", func(w *pricing.Workload) { w.Suspended = decimal.Decimal{} },
			[]string{"storage.suspended"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := full
			tc.change(&w)
			got := amounts(t, w, awsCard())
			for _, c := range pricing.Components() {
				_, present := got[c.String()]
				require.Equal(t, !slices.Contains(tc.gone, c.String()), present, "%s: %s", c, tc.reason)
			}
		})
	}
}

const (
	noWrite   = "the snapshot write rate of eu-central-1 is not known"
	noRead    = "the snapshot read rate of eu-central-1 is not known"
	noStorage = "the snapshot storage rate of eu-central-1 is not known"
)

func TestUnknownRates(t *testing.T) {
	frankfurt := listCard(t, "eu-central-1")
	compute := pricing.Workload{Size: size(t, "2GB"), Running: whole(3600)}
	_, err := compute.Bill(frankfurt)
	require.NoError(t, err, "a rate that no line needs is not missed")

	writes := pricing.Quantities{pricing.SnapshotWrite: whole(1)}
	_, err = writes.Bill(frankfurt)
	require.EqualError(t, err, noWrite)
	var unknown *pricing.UnknownRateError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, pricing.UnknownRateError{Region: "eu-central-1", Rated: pricing.SnapshotWrite.On("")}, *unknown)

	bill, err := awsExample1(t).Bill(frankfurt)
	require.EqualError(t, err, noWrite+"\n"+noRead+"\n"+noStorage,
		"all of them, in the order of the bill, each once though two lines read and two store")
	for _, line := range bill.Lines {
		require.True(t, line.Rate.Known(), "no line without a rate")
	}

	_, err = awsExample1(t).Bill(pricing.RateCard{Region: "mars-1"})
	var all interface{ Unwrap() []error }
	require.True(t, errors.As(err, &all))
	require.Len(t, all.Unwrap(), len(pricing.BilledQuantities()), "a card without rates misses all five")

	given := frankfurt.With(pricing.SnapshotWrite, pricing.Rate{Per: pricing.PerUnit, Inline: true})
	bill, err = writes.Bill(given)
	require.NoError(t, err, "zero is a rate when it is given")
	require.Equal(t, "0", bill.Total().String())
	require.Len(t, bill.Lines, 1, "used and free is still a line")
}

func TestDiscount(t *testing.T) {
	card := awsCard()
	card.Discounts = pricing.FlatDiscount(dec("0.125"))
	bill, err := awsExample1(t).Bill(card)
	require.NoError(t, err)
	list, err := awsExample1(t).Bill(awsCard())
	require.NoError(t, err)

	require.Len(t, bill.Lines, 9)
	for i, line := range bill.Lines {
		requireDecimal(t, list.Lines[i].Amount, line.ListAmount, "%s: before the discount", line.Component)
		off := line.ListAmount.Mul(dec("0.875")).Sub(line.Amount).Abs()
		require.True(t, off.LessThanOrEqual(dec("0.00000000000000000001")), "%s: divided last, and rounded once",
			line.Component)
		requireDecimal(t, line.Rate.Figure.Mul(dec("0.875")), line.EffectiveRate(), "%s", line.Component)
	}
	first := bill.Lines[0] // 373.8744 × 0.875
	require.Equal(t, "327.1401", first.Amount.String())
	require.Equal(t, "0.0000242326", first.EffectiveRate().String())
	require.Equal(t, "13,500,000 s × 1 vCPU × $0.0000276944 × 87.5%", first.Formula())
	require.Equal(t, "5 images × 2 GB × 720 h × $0.08 × 87.5% / 720", bill.Lines[7].Formula())
	off := list.Total().Mul(dec("0.875")).Sub(bill.Total()).Abs()
	require.True(t, off.LessThanOrEqual(dec("0.00000000000000000001")))
}

func TestWorkloadRefusals(t *testing.T) {
	minus := dec("-0.01")
	burst := func(share, vcpu, gb string) func(*pricing.Workload) {
		return func(w *pricing.Workload) { w.Burst = pricing.Burst{Share: dec(share), VCPU: dec(vcpu), GB: dec(gb)} }
	}
	for _, tc := range []struct {
		name, reason string
		change       func(*pricing.Workload)
		err          string
	}{
		{
			"running", "time runs forwards", func(w *pricing.Workload) { w.Running = minus },
			"running time is -0.01; it cannot be below zero",
		},
		{"share", "nor can a share be negative", burst("-0.01", "4", "8"), "burst share is -0.01; it cannot be below zero"},
		{
			"launches", "counts", func(w *pricing.Workload) { w.Launches = minus },
			"launches is -0.01; it cannot be below zero",
		},
		{
			"image size", "sizes", func(w *pricing.Workload) { w.Image.GB = minus },
			"image size is -0.01; it cannot be below zero",
		},
		{
			"image count", "counts", func(w *pricing.Workload) { w.Image.Count = minus },
			"image count is -0.01; it cannot be below zero",
		},
		{
			"image hours", "the week's minimum must not hide it", func(w *pricing.Workload) { w.Image.Hours = minus },
			"image hours is -0.01; it cannot be below zero",
		},
		{"cycles", "counts", func(w *pricing.Workload) { w.Cycles = minus }, "cycles is -0.01; it cannot be below zero"},
		{"state", "sizes", func(w *pricing.Workload) { w.StateGB = minus }, "state size is -0.01; it cannot be below zero"},
		{
			"suspended", "time runs forwards", func(w *pricing.Workload) { w.Suspended = minus },
			"suspended time is -0.01; it cannot be below zero",
		},
		{
			"share above one", "a share of the running time", burst("1.01", "4", "8"),
			"burst share is 1.01; it must be from 0 to 1",
		},
		{
			"vCPU above 4×", "a 2 GB MicroVM has 1 vCPU and bursts to 4", burst("0.5", "4.01", "8"),
			"burst vCPU is 4.01; it must be from 1 to 4",
		},
		{
			"vCPU below the baseline", "the baseline is billed, busy or not", burst("0.5", "0.99", "8"),
			"burst vCPU is 0.99; it must be from 1 to 4",
		},
		{"memory above 4×", "2 GB bursts to 8", burst("0.5", "4", "9"), "burst memory in GB is 9; it must be from 2 to 8"},
		{
			"memory below the baseline", "the baseline is billed, used or not", burst("0.5", "4", "0"),
			"burst memory in GB is 0; it must be from 2 to 8",
		},
		{
			"all of a burst", "every fault at once", burst("2", "5", "1"),
			"burst share is 2; it must be from 0 to 1\nburst vCPU is 5; it must be from 1 to 4\n" +
				"burst memory in GB is 1; it must be from 2 to 8",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := pricing.Workload{Size: size(t, "2GB")}
			tc.change(&w)
			bill, err := w.Bill(awsCard())
			require.EqualError(t, err, tc.err, tc.reason)
			require.Empty(t, bill.Lines)
		})
	}
	for _, edge := range []pricing.Burst{
		{Share: whole(1), VCPU: whole(4), GB: whole(8)},   // all of the envelope, all of the time
		{Share: dec("0.5"), VCPU: whole(1), GB: whole(2)}, // a burst that stays at the baseline
		{VCPU: whole(99), GB: whole(99)},                  // no share, so nothing to refuse
	} {
		_, err := pricing.Workload{Size: size(t, "2GB"), Running: whole(1), Burst: edge}.Bill(awsCard())
		require.NoError(t, err)
	}
}

// Storage for nothing would be silent: whoever leaves the count out has forgotten it, or counts it elsewhere.
func TestAnImageThatLaunchesReadIsStored(t *testing.T) {
	size, err := pricing.ParseSize("2GB")
	require.NoError(t, err)
	w := pricing.Workload{Size: size, Launches: whole(10), Image: pricing.Image{GB: whole(2)}}
	_, err = w.Bill(postCard())
	require.EqualError(
		t,
		err,
		"launches read an image of which no version is stored; set Image.Count, or Image.NotStored "+
			"where its storage is counted elsewhere",
	)

	w.Image.NotStored = true
	bill, err := w.Bill(postCard())
	require.NoError(t, err)
	require.Len(t, bill.Lines, 1)
	require.Equal(t, pricing.ReadLaunch, bill.Lines[0].Component)

	w.Image.Count = whole(1)
	_, err = w.Bill(postCard())
	require.EqualError(t, err, "image count is 1, but the image is not stored")

	w.Image.NotStored = false
	bill, err = w.Bill(postCard())
	require.NoError(t, err)
	require.Equal(t, "0.1904", bill.Sum(pricing.StorageImage).String(), "no hours are the whole month: 2 GB × 0.0952")
}
