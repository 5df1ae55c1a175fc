package pricing_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// postCard pins the rates of the post that the examples S1 and A-cold are taken from (eu-west-1).
func postCard() pricing.RateCard {
	return inlineCard("eu-west-1", "0.0000291572", "0.0000038603", "0.00164", "0.00406", "0.0952")
}

// awsCard pins the rates of AWS's own worked example 1 (us-east-1, rounded as the pricing page prints them).
func awsCard() pricing.RateCard {
	return inlineCard("us-east-1", "0.0000276944", "0.0000036667", "0.00155", "0.0038", "0.08")
}

// personalDevTool is the post's S1: 4 h a day on 20 days, a suspend and a resume a day, no launch reads.
func personalDevTool(t testing.TB) pricing.Workload {
	return pricing.Workload{
		Size: size(t, "4GB"), Running: whole(20 * 4 * 3600),
		Image:  pricing.Image{GB: whole(2), Count: whole(1), Hours: whole(720)},
		Cycles: whole(20), StateGB: whole(4),
	}
}

// awsExample1 is 100 developers on 20 days: 2.5 h running, a quarter of it at the peak; 5.5 h suspended; one launch and
// six cycles a day; five images.
func awsExample1(t testing.TB) pricing.Workload {
	return pricing.Workload{
		Size: size(t, "2GB"), Running: whole(100 * 20 * 9000),
		Burst:    pricing.Burst{Share: dec("0.25"), VCPU: whole(4), GB: whole(8)},
		Launches: whole(100 * 20), Image: pricing.Image{GB: whole(2), Count: whole(5), Hours: whole(720)},
		Cycles: whole(100 * 20 * 6), StateGB: whole(2), Suspended: whole(100 * 20 * 19800),
	}
}

type wantLine struct {
	component                 string
	quantity, amount, formula string
}

// Every figure is worked out by hand from the example's inputs; the documented totals are beside the exact ones.
func TestWorkloadBill(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		workload     pricing.Workload
		card         pricing.RateCard
		lines        []wantLine
		sums         map[string]string
	}{
		{
			name: "S1 personal dev tool", reason: "the post prints 16.79 + 4.45 + 0.32 + 0.13 + 0.19, about 22",
			workload: personalDevTool(t), card: postCard(),
			lines: []wantLine{
				{"compute.baseline.vcpu", "576000", "16.7945472", "288,000 s × 2 vCPU × $0.0000291572"},
				{"compute.baseline.memory", "1152000", "4.4470656", "288,000 s × 4 GB × $0.0000038603"},
				{"snapshot.write", "80", "0.3248", "20 suspends × 4 GB × $0.00406"},
				{"snapshot.read.resume", "80", "0.1312", "20 resumes × 4 GB × $0.00164"},
				{"storage.image", "1440", "0.1904", "1 image × 2 GB × 720 h × $0.0952 / 720"},
			},
			sums: map[string]string{"": "21.8880128", "compute": "21.2416128", "snapshot": "0.456", "storage": "0.1904"},
		},
		{
			name: "A-cold PDF", reason: "the post prints 2.95 + 16.40 + 0.10, about 19.50",
			workload: pricing.Workload{
				Size: size(t, "2GB"), Running: whole(10_000 * 8),
				Launches: whole(10_000), Image: pricing.Image{GB: whole(1), Count: whole(1), Hours: whole(720)},
			},
			card: postCard(),
			lines: []wantLine{
				{"compute.baseline.vcpu", "80000", "2.332576", "80,000 s × 1 vCPU × $0.0000291572"},
				{"compute.baseline.memory", "160000", "0.617648", "80,000 s × 2 GB × $0.0000038603"},
				{"snapshot.read.launch", "10000", "16.4", "10,000 launches × 1 GB × $0.00164"},
				{"storage.image", "720", "0.0952", "1 image × 1 GB × 720 h × $0.0952 / 720"},
			},
			sums: map[string]string{"": "19.445424", "compute": "2.950224", "snapshot": "16.4", "storage": "0.0952"},
		},
		{
			// AWS prints 498.50, 132.00, 373.87, 99.00, 91.20, 6.20, 37.20, 0.80, 2.44; total 1,241.22.
			name: "AWS example 1", reason: "all nine lines, unrounded, as the page rounds each figure by itself",
			workload: awsExample1(t), card: awsCard(),
			lines: []wantLine{
				{"compute.baseline.vcpu", "13500000", "373.8744", "13,500,000 s × 1 vCPU × $0.0000276944"},
				{"compute.baseline.memory", "27000000", "99.0009", "13,500,000 s × 2 GB × $0.0000036667"},
				{"compute.peak.vcpu", "18000000", "498.4992", "4,500,000 s × 4 vCPU × $0.0000276944"},
				{"compute.peak.memory", "36000000", "132.0012", "4,500,000 s × 8 GB × $0.0000036667"},
				{"snapshot.write", "24000", "91.2", "12,000 suspends × 2 GB × $0.0038"},
				{"snapshot.read.launch", "4000", "6.2", "2,000 launches × 2 GB × $0.00155"},
				{"snapshot.read.resume", "24000", "37.2", "12,000 resumes × 2 GB × $0.00155"},
				{"storage.image", "7200", "0.8", "5 images × 2 GB × 720 h × $0.08 / 720"},
				// 11,000 h × 2 GB = 22,000 GB-hours; × 0.08 = 1,760; / 720 = 2.4 and 4s for ever.
				{"storage.suspended", "22000", "2.44444444444444444444", "11,000 h × 2 GB × $0.08 / 720"},
			},
			sums: map[string]string{
				"": "1241.22014444444444444444", "compute": "1103.3757", "compute.peak": "630.5004",
				"compute.baseline": "472.8753", "snapshot": "134.6", "snapshot.read": "43.4",
				"storage": "3.24444444444444444444", "storage.image": "0.8",
			},
		},
		{
			name: "nothing", reason: "the zero value does nothing and costs nothing",
			workload: pricing.Workload{}, card: pricing.RateCard{}, sums: map[string]string{"": "0", "compute": "0"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bill, err := tc.workload.Bill(tc.card)
			require.NoError(t, err)
			requireLines(t, tc.lines, bill)
			for id, want := range tc.sums {
				if id == "" {
					continue
				}
				component, err := pricing.ParseComponent(id)
				require.NoError(t, err)
				require.Equal(t, want, bill.Sum(component).String(), "%s of %s", id, tc.reason)
			}
			require.Equal(t, tc.sums[""], bill.Total().String(), tc.reason)
			require.Equal(t, tc.card, bill.Card)
		})
	}
}

func requireLines(t *testing.T, want []wantLine, bill pricing.Bill) {
	t.Helper()
	var got []wantLine
	for _, line := range bill.Lines {
		got = append(got, wantLine{line.Component.String(), line.Quantity.String(), line.Amount.String(), line.Formula()})
	}
	require.Equal(t, want, got)
}

// The same rules at the rates of a region that publishes vCPU and memory per hour.
func TestHourlyRates(t *testing.T) {
	stockholm := listCard(t, "eu-north-1") // 0.09975 per vCPU-hour, 0.013208 per GB-hour
	bill, err := pricing.Workload{Size: size(t, "2GB"), Running: whole(3600)}.Bill(stockholm)
	require.NoError(t, err)
	requireLines(t, []wantLine{
		{"compute.baseline.vcpu", "3600", "0.09975", "3,600 s × 1 vCPU × $0.09975 / 3,600"},
		{"compute.baseline.memory", "7200", "0.026416", "3,600 s × 2 GB × $0.013208 / 3,600"},
	}, bill)

	bill, err = pricing.Workload{Size: size(t, "2GB"), Running: whole(1)}.Bill(stockholm)
	require.NoError(t, err)
	requireLines(t, []wantLine{
		// 0.09975 / 3,600 = 0.0000277083 and 3s for ever; 2 × 0.013208 / 3,600 = 0.00000733777 and 7s for ever.
		{"compute.baseline.vcpu", "1", "0.00002770833333333333", "1 s × 1 vCPU × $0.09975 / 3,600"},
		{"compute.baseline.memory", "2", "0.00000733777777777778", "1 s × 2 GB × $0.013208 / 3,600"},
	}, bill)
}

func TestQuantitiesBill(t *testing.T) {
	used := pricing.Quantities{
		pricing.VCPU: whole(576000), pricing.Memory: whole(1152000),
		pricing.SnapshotRead: whole(80), pricing.SnapshotStorage: whole(1440),
	}
	bill, err := used.Bill(postCard())
	require.NoError(t, err)
	requireLines(t, []wantLine{
		{"vcpu", "576000", "16.7945472", "576,000 vCPU-Seconds × $0.0000291572"},
		{"memory", "1152000", "4.4470656", "1,152,000 GB-Seconds × $0.0000038603"},
		{"snapshot.read", "80", "0.1312", "80 GB × $0.00164"},
		{"storage", "1440", "0.1904", "1,440 GB-Hours × $0.0952 / 720"},
	}, bill)
	require.Equal(t, "21.5632128", bill.Total().String())

	used[pricing.SnapshotWrite] = dec("-0.5")
	_, err = used.Bill(postCard())
	require.EqualError(t, err, "snapshot write is -0.5; it cannot be below zero")

	bill, err = pricing.Quantities{}.Bill(pricing.RateCard{})
	require.NoError(t, err, "nothing used needs no rate")
	require.True(t, bill.Total().Equal(decimal.Decimal{}))
}
