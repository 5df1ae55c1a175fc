package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestJobsOnMachinesThatRunAllMonth has as many machines as the jobs' running time fills: one has 730 hours in a month.
func TestJobsOnMachinesThatRunAllMonth(t *testing.T) {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	size, err := pricing.ParseSize("4GB")
	require.NoError(t, err)
	for _, test := range []struct {
		name, reason string
		candidate    pricing.Candidate
		hours, cost  string
	}{
		{"one is enough", "25 hours fit into 730", pricing.EC2{Type: "m6g.xlarge"}, "25", "125.56"},
		{"a full month", "the 730th hour still fits", pricing.EC2{Type: "t4g.medium"}, "730", "26.864"},
		{
			"a second more than a month", "which takes a second instance",
			pricing.EC2{Type: "t4g.medium"},
			"730.0003",
			"53.728",
		},
		{
			"two at a time", "1,460 hours fill one instance",
			pricing.EC2{Type: "t4g.medium", UsersPerInstance: whole(2)},
			"1460", "26.864",
		},
		{"no running time", "the instance is there all the same", pricing.EC2{Type: "t4g.medium"}, "0", "26.864"},
		// 83,333.33 h / 730 = 114.2, so 115 × 26.864.
		{
			"ten million half minutes", "one instance could not run them",
			pricing.EC2{Type: "t4g.medium"},
			"83333.33",
			"3089.36",
		},
		// 2 × 730 × (2 × 0.03238 + 4 × 0.00356) = 2 × 57.67.
		{"Fargate, always on", "likewise by task", pricing.Fargate{Always: true}, "1000", "115.34"},
		{"Lightsail", "likewise by bundle", pricing.Lightsail{}, "1000", "48"},
	} {
		t.Run(test.name, func(t *testing.T) {
			alt := test.candidate.Price(book, pricing.Demand{
				Region: "eu-west-1", Size: size, Users: whole(1), Jobs: whole(10), Stretches: whole(10),
				Running: dec(test.hours).Mul(whole(3600)),
			})
			require.Empty(t, alt.Unknown())
			require.Equal(t, test.cost, alt.Curve.At(dec(test.hours).Mul(whole(3600))).String(), test.reason)
			require.Equal(t, "jobs-in-turn", alt.Notes[0].ID)
		})
	}
}

func TestFargateSizes(t *testing.T) {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	for _, test := range []struct {
		vcpu, gb string
		sold     bool
	}{
		{"0.25", "0.5", true},
		{"0.25", "1", true},
		{"0.25", "1.5", false},
		{"0.25", "4", false},
		{"0.5", "0.5", false},
		{"4", "30", true},
		{"4", "31", false},
		{"8", "20", true},
		{"8", "18", false},
		{"3", "8", false},
		{"2", "4.5", false},
	} {
		alt := pricing.Fargate{VCPU: dec(test.vcpu), GB: dec(test.gb)}.Price(book, pricing.Demand{Region: "eu-west-1"})
		require.Equal(t, test.sold, alt.Unknown() == "", "%s vCPU, %s GB: %s", test.vcpu, test.gb, alt.Unknown())
	}
}
