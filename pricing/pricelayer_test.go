package pricing_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func fetchedFile(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// What was fetched counts in its region alone, and what was not stays as it is built in.
func TestFetchedPricesLayerOverThoseBuiltIn(t *testing.T) {
	const fetched = `{usd: 0.0338, source: "AWS Price List 1, SKU A", read_on: "2026-11-26"}`
	book := prices(t).Over(fstest.MapFS{
		"us-west-2/ec2.yaml": fetchedFile(
			"types:\n  m8g.large: {vcpu: 2, memory: 8GB}\nhourly:\n  us-west-2:\n    t4g.medium: " +
				fetched + "\n    m8g.large: {usd: 0.09, source: a, read_on: \"2026-11-26\"}\nebs_gb_month:\n  us-west-2: {usd: 0.081, source: a, read_on: \"2026-11-26\"}\n",
		),
		"us-west-2/function.yaml": fetchedFile(
			"gb_second:\n  arm64:\n    us-west-2: {usd: 0.00002, source: a, read_on: \"2026-11-26\"}\n" +
				"million_requests:\n  us-west-2: {usd: 0.3, source: a, read_on: \"2026-11-26\"}\n",
		),
		"us-west-2/lightsail.yaml": fetchedFile(
			"with_ipv4:\n  2GB:\n    us-west-2: {usd: 13, source: a, read_on: \"2026-11-26\"}\n",
		),
		"eu-west-1/ec2.yaml": fetchedFile(
			"hourly:\n  eu-west-1:\n    t4g.medium: {usd: 0.04, source: a, read_on: \"2026-11-26\"}\n",
		),
		"eu-north-1/ec2.yaml": fetchedFile("hourly: [\n"),
	})
	first := func(c pricing.Candidate, region string) string {
		alt := c.Price(book, hundredHours(t, region))
		require.Empty(t, alt.Unknown())
		return alt.Sources[0].USD.String()
	}
	for _, tc := range []struct {
		candidate            pricing.Candidate
		region, want, reason string
	}{
		{pricing.EC2{Type: "t4g.medium"}, "us-west-2", "0.0338", "fetched"},
		{pricing.EC2{Type: "m8g.large"}, "us-west-2", "0.09", "a type that is not built in"},
		{pricing.EC2{Type: "t4g.medium"}, "us-east-1", "0.0336", "another region's"},
		{pricing.EC2{Type: "t4g.medium"}, "eu-west-1", "0.04", "its own"},
		{pricing.EC2{Type: "m7g.large"}, "eu-west-1", "0.091", "not fetched, so the one built in"},
		{pricing.Function{}, "us-west-2", "0.00002", "one price of all regions becomes one of each"},
		{pricing.Function{Arch: "x86"}, "us-west-2", "0.0000166667", "the other architecture was not fetched"},
		{pricing.Function{}, "us-east-1", "0.0000133334", "any region's"},
		{pricing.Lightsail{}, "us-west-2", "13", "of the bundle"},
		{pricing.Lightsail{}, "us-east-1", "12", "any region's"},
		{pricing.Fargate{}, "us-east-1", "0.03238", "a table of which nothing was fetched"},
	} {
		require.Equal(t, tc.want, first(tc.candidate, tc.region), tc.reason)
	}
	requests := pricing.Function{}.Price(book, hundredHours(t, "us-west-2")).Sources[1]
	require.Equal(t, "0.3", requests.USD.String())
	source := pricing.EC2{Type: "t4g.medium"}.Price(book, hundredHours(t, "us-west-2")).Sources[0]
	require.Equal(t, pricing.Price{USD: dec("0.0338"), Source: "AWS Price List 1, SKU A", ReadOn: "2026-11-26"}, source)
	require.Contains(
		t,
		book.InstanceTypes("us-west-2", "arm64", whole(2), whole(8)),
		"m8g.large",
		"with its vCPUs and memory",
	)
	require.NotContains(t, book.InstanceTypes("us-east-1", "arm64", whole(2), whole(8)), "m8g.large")

	broken := pricing.EC2{Type: "t4g.medium"}.Price(book, hundredHours(t, "eu-north-1"))
	require.Contains(t, broken.Unknown(), "the fetched prices of eu-north-1 cannot be read: ec2.yaml: ")

	// A later folder counts, as one that is about to be stored does in a trial.
	trial := book.Over(fstest.MapFS{
		"us-west-2/ec2.yaml": fetchedFile(
			"hourly:\n  us-west-2:\n    t4g.medium: {usd: 0.05, source: a, read_on: \"2026-11-27\"}\n",
		),
	})
	require.Equal(
		t,
		"0.05",
		pricing.EC2{Type: "t4g.medium"}.Price(trial, hundredHours(t, "us-west-2")).Sources[0].USD.String(),
	)
	require.Equal(t, "0.0338", first(pricing.EC2{Type: "t4g.medium"}, "us-west-2"), "the book below is not changed")
}
