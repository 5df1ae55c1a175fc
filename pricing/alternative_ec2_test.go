package pricing_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// Every listed on-demand price, copied by hand, with 730 hours of it.
func TestEC2OnDemand(t *testing.T) {
	table := []struct{ region, instance, hourly, monthly, readOn string }{
		{"us-east-1", "t4g.micro", "0.0084", "6.132", "2026-07-20"},
		{"us-east-1", "t4g.small", "0.0168", "12.264", "2026-07-20"},
		{"us-east-1", "t4g.medium", "0.0336", "24.528", "2026-07-20"},
		{"us-east-1", "t4g.large", "0.0672", "49.056", "2026-07-20"},
		{"us-east-1", "t4g.xlarge", "0.1344", "98.112", "2026-07-20"},
		{"us-east-1", "m6g.medium", "0.0385", "28.105", "2026-07-20"},
		{"us-east-1", "m6g.large", "0.077", "56.21", "2026-07-20"},
		{"us-east-1", "m6g.xlarge", "0.154", "112.42", "2026-07-20"},
		{"us-east-1", "m7g.medium", "0.0408", "29.784", "2026-07-20"},
		{"us-east-1", "m7g.large", "0.0816", "59.568", "2026-07-20"},
		{"us-east-1", "m7g.xlarge", "0.1632", "119.136", "2026-07-20"},
		{"us-east-1", "c7g.medium", "0.0363", "26.499", "2026-07-20"},
		{"us-east-1", "c7g.large", "0.0725", "52.925", "2026-07-20"},
		{"us-east-1", "c7g.xlarge", "0.145", "105.85", "2026-07-20"},
		{"eu-west-1", "t4g.micro", "0.0092", "6.716", "2026-11-26"},
		{"eu-west-1", "t4g.small", "0.0184", "13.432", "2026-11-26"},
		{"eu-west-1", "t4g.medium", "0.0368", "26.864", "2026-10-08"},
		{"eu-west-1", "t4g.large", "0.0736", "53.728", "2026-10-08"},
		{"eu-west-1", "t4g.xlarge", "0.1472", "107.456", "2026-10-08"},
		{"eu-west-1", "m7g.medium", "0.0455", "33.215", "2026-10-08"},
		{"eu-west-1", "m7g.large", "0.091", "66.43", "2026-10-08"},
		{"eu-west-1", "m7g.xlarge", "0.1819", "132.787", "2026-10-08"},
		{"eu-west-1", "c7g.medium", "0.0388", "28.324", "2026-10-08"},
		{"eu-west-1", "c7g.large", "0.0775", "56.575", "2026-10-08"},
		{"eu-west-1", "c7g.xlarge", "0.155", "113.15", "2026-10-08"},
		{"eu-west-1", "m6g.large", "0.086", "62.78", "2026"},
		{"eu-west-1", "m6g.xlarge", "0.172", "125.56", "2026"},
		{"ap-northeast-1", "t4g.micro", "0.0108", "7.884", "2026"},
		{"ap-northeast-1", "t4g.small", "0.0216", "15.768", "2026"},
		{"ap-northeast-1", "t4g.medium", "0.0432", "31.536", "2026"},
		{"ap-northeast-1", "t4g.large", "0.0864", "63.072", "2026"},
		{"ap-northeast-1", "t4g.xlarge", "0.1728", "126.144", "2026"},
	}
	book := prices(t)
	listed := map[string]int{}
	for _, row := range table {
		t.Run(row.region+" "+row.instance, func(t *testing.T) {
			alt := pricing.EC2{Type: row.instance}.Price(book, hundredHours(t, row.region))
			require.Empty(t, alt.Unknown())
			require.Equal(t, "EC2 "+row.instance, alt.Name)
			require.Equal(t, row.monthly, alt.Curve.At(decimal.Decimal{}).String(), "the same whatever runs")
			require.Equal(t, row.monthly, alt.Curve.At(whole(360_000)).String())
			require.Equal(t, row.monthly, alt.PerInstance.String())
			require.Equal(t, "1 instance × 730 h × $"+row.hourly, alt.Formula)
			require.Len(t, alt.Sources, 1)
			require.Equal(t, row.hourly, alt.Sources[0].USD.String())
			require.Equal(t, row.readOn, alt.Sources[0].ReadOn)
		})
		listed[row.region]++
	}
	for region, count := range listed {
		require.Len(
			t,
			book.InstanceTypes(region, "arm64", decimal.Decimal{}, decimal.Decimal{}),
			count,
			"%s has no other price",
			region,
		)
	}
}

func TestEC2Options(t *testing.T) {
	users := func(n int64, region string) pricing.Demand {
		d := hundredHours(t, region)
		d.Users = whole(n)
		return d
	}
	hourly, ebs := dec("0.0101"), dec("0.088")
	const spotUnknown = "the spot price of EC2 t4g.medium is not known; give it as hourly, or as a discount off the on-demand price"
	requireAlternatives(t, pricing.KindEC2, []alternativeCase{
		// 30 × 24.528.
		{
			name: "an instance for each user", reason: "the default", candidate: pricing.EC2{Type: "t4g.medium"},
			demand: users(30, "us-east-1"), shown: "EC2 t4g.medium", monthly: "735.84",
			formula: "30 instances × 730 h × $0.0336",
		},
		// ceil(30 / 8) = 4; 4 × 24.528.
		{
			name: "eight users each", reason: "the last instance has six, and costs the same",
			candidate: pricing.EC2{Type: "t4g.medium", UsersPerInstance: whole(8)}, demand: users(30, "us-east-1"),
			shown: "EC2 t4g.medium, 8 users each", monthly: "98.112", formula: "4 instances × 730 h × $0.0336",
		},
		{
			name: "ten users each", reason: "30 / 10 = 3 and no more",
			candidate: pricing.EC2{Type: "t4g.medium", UsersPerInstance: whole(10)}, demand: users(30, "us-east-1"),
			shown: "EC2 t4g.medium, 10 users each", monthly: "73.584",
		},
		{
			name: "more room than users", reason: "one instance at least",
			candidate: pricing.EC2{Type: "t4g.medium", UsersPerInstance: whole(100)}, demand: users(30, "us-east-1"),
			shown: "EC2 t4g.medium, 100 users each", monthly: "24.528",
		},
		{
			name: "half a user each", reason: "an instance is not split between machines",
			candidate: pricing.EC2{Type: "t4g.medium", UsersPerInstance: dec("0.5")}, demand: users(2, "us-east-1"),
			shown: "EC2 t4g.medium", monthly: "49.056",
		},
		// 24.528 + 20 × 0.08.
		{
			name: "EBS in us-east-1", reason: "gp3", candidate: pricing.EC2{Type: "t4g.medium", EBSGB: whole(20)},
			demand: users(1, "us-east-1"), shown: "EC2 t4g.medium", monthly: "26.128",
			formula: "1 instance × (730 h × $0.0336 + 20 GB × $0.08)",
		},
		// 26.864 + 20 × 0.088.
		{
			name: "EBS in eu-west-1", reason: "dearer there",
			candidate: pricing.EC2{Type: "t4g.medium", EBSGB: whole(20)}, demand: users(1, "eu-west-1"),
			shown: "EC2 t4g.medium", monthly: "28.624", formula: "1 instance × (730 h × $0.0368 + 20 GB × $0.088)",
		},
		{
			name: "EBS in ca-central-1", reason: "no price is known, and none is guessed",
			candidate: pricing.EC2{Type: "t4g.medium", Hourly: &hourly, EBSGB: whole(20)}, demand: users(1, "ca-central-1"),
			shown: "EC2 t4g.medium", unknown: "the price of EBS gp3 in ca-central-1 is not known; give it as ebs_gb_month",
		},
		{
			name: "EBS at a given price", reason: "730 × 0.0101 + 20 × 0.088",
			candidate: pricing.EC2{Type: "t4g.medium", Hourly: &hourly, EBSGB: whole(20), EBSGBMonth: &ebs},
			demand:    users(1, "ca-central-1"), shown: "EC2 t4g.medium", monthly: "9.133",
		},
		// 31.536 + 730 × 0.005.
		{
			name: "IPv4 in ap-northeast-1", reason: "the same price everywhere",
			candidate: pricing.EC2{Type: "t4g.medium", PublicIPv4: true}, demand: users(1, "ap-northeast-1"),
			shown: "EC2 t4g.medium", monthly: "35.186", formula: "1 instance × (730 h × $0.0432 + 730 h × $0.005)",
		},
		// 730 × 0.0336 × 0.7 = 17.1696; + 1.6 + 3.65 = 22.4196; ceil(5 / 2) = 3.
		{
			name:   "everything",
			reason: "the discount is on the hourly price only; each instance has its disk and address",
			candidate: pricing.EC2{
				Type: "t4g.medium", EBSGB: whole(20), PublicIPv4: true, Discount: dec("0.3"),
				UsersPerInstance: whole(2),
			},
			demand: users(5, "us-east-1"), shown: "EC2 t4g.medium, 2 users each", monthly: "67.2588",
			formula: "3 instances × (730 h × $0.02352 + 20 GB × $0.08 + 730 h × $0.005)",
		},
		{
			name: "spot without a price", reason: "it changes by the hour",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "spot"}, demand: users(1, "us-east-1"),
			shown: "EC2 t4g.medium spot", unknown: spotUnknown,
		},
		// 730 × 0.0336 × 0.4.
		{
			name: "spot by discount", reason: "60 % off on-demand",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "spot", Discount: dec("0.6")},
			demand:    users(1, "us-east-1"), shown: "EC2 t4g.medium spot", monthly: "9.8112",
			formula: "1 instance × 730 h × $0.01344",
		},
		// 730 × 0.0101.
		{
			name: "spot by hourly price", reason: "as read today",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "spot", Hourly: &hourly},
			demand:    users(1, "us-east-1"), shown: "EC2 t4g.medium spot", monthly: "7.373",
		},
		{
			name: "savings plan without a price", reason: "it depends on the term",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "savings-plan"}, demand: users(1, "us-east-1"),
			shown:   "EC2 t4g.medium savings-plan",
			unknown: "the savings-plan price of EC2 t4g.medium is not known; give it as hourly, or as a discount off the on-demand price",
		},
		// 730 × 0.0336 × 0.72.
		{
			name: "savings plan by discount", reason: "28 % off",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "savings-plan", Discount: dec("0.28")},
			demand:    users(1, "us-east-1"), shown: "EC2 t4g.medium savings-plan", monthly: "17.66016",
		},
		{
			name: "on-demand by name", reason: "the default, said aloud",
			candidate: pricing.EC2{Type: "t4g.medium", Purchase: "on-demand"}, demand: users(1, "us-east-1"),
			shown: "EC2 t4g.medium", monthly: "24.528",
		},
		{
			name: "type not listed", reason: "the way out is named", candidate: pricing.EC2{Type: "m8g.large"},
			demand: users(1, "us-east-1"), shown: "EC2 m8g.large",
			unknown: "the price of EC2 m8g.large in us-east-1 is not known; give it as hourly",
		},
		{
			name: "region not listed", reason: "no other region's price stands in",
			candidate: pricing.EC2{Type: "t4g.medium"}, demand: users(1, "ca-central-1"), shown: "EC2 t4g.medium",
			unknown: "the price of EC2 t4g.medium in ca-central-1 is not known; give it as hourly, or refresh the rates",
		},
		// 730 × 0.0101 × 0.9.
		{
			name: "size misspelt", reason: "sizes are a closed list, unlike families",
			candidate: pricing.EC2{Type: "t4g.mediun"}, demand: users(1, "us-east-1"), shown: "EC2 t4g.mediun",
			unknown: "the price of EC2 t4g.mediun in us-east-1 is not known; give it as hourly (did you mean t4g.medium?)",
		},
		{
			name: "type not listed, hourly given", reason: "the discount is taken off it, too",
			candidate: pricing.EC2{Type: "m8g.large", Hourly: &hourly, Discount: dec("0.1"), Name: "ours"},
			demand:    users(1, "mars-1"), shown: "ours", monthly: "6.6357",
		},
	})
}

func TestInstanceTypes(t *testing.T) {
	for _, tc := range []struct {
		name, reason, region, vcpu, gb string
		want                           []string
	}{
		{
			"8 GB in eu-west-1", "cheapest first, memory enough", "eu-west-1", "2", "8",
			[]string{"t4g.large", "m6g.large", "m7g.large", "t4g.xlarge", "c7g.xlarge", "m6g.xlarge", "m7g.xlarge"},
		},
		{
			"16 GB in us-east-1", "only xlarge has it; c7g.xlarge has 8", "us-east-1", "1", "16",
			[]string{"t4g.xlarge", "m6g.xlarge", "m7g.xlarge"},
		},
		{
			"4 GB in ap-northeast-1", "micro and small are too small", "ap-northeast-1", "2", "4",
			[]string{"t4g.medium", "t4g.large", "t4g.xlarge"},
		},
		{
			"8 GB and 4 vCPU in us-east-1", "t4g.large has 2", "us-east-1", "4", "8",
			[]string{"t4g.xlarge", "c7g.xlarge", "m6g.xlarge", "m7g.xlarge"},
		},
		{"too much", "none has it", "us-east-1", "1", "64", nil},
		{"no prices", "a region without prices has no types", "ca-central-1", "1", "1", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, prices(t).InstanceTypes(tc.region, "arm64", dec(tc.vcpu), dec(tc.gb)), tc.reason)
		})
	}
	require.Equal(t, []string{"t3.large", "t3.xlarge"}, prices(t).InstanceTypes("us-west-2", "x86_64", dec("2"), dec("8")),
		"an image of one architecture does not run on the other")
}
