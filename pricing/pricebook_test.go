package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"microspend/pricing"
)

// What each alternative rests on, copied by hand: the figures and how precisely their sources are dated.
func TestSourcesOfAlternatives(t *testing.T) {
	book := prices(t)
	for _, tc := range []struct {
		name, region string
		candidate    pricing.Candidate
		figures      []string
		readOn       string
	}{
		{"EC2", "us-east-1", pricing.EC2{Type: "m7g.large"}, []string{"0.0816"}, "2026-07-20"},
		{
			"Fargate arm64", "us-east-1",
			pricing.Fargate{DiskGB: whole(30)},
			[]string{"0.03238", "0.00356", "0.000111"},
			"2026-09-11",
		},
		{"Fargate x86", "eu-west-1", pricing.Fargate{Arch: "x86"}, []string{"0.04048", "0.004445"}, "2026-09-11"},
		{"Fargate Spot", "us-east-1", pricing.Fargate{Spot: true}, []string{"0.01030969", "0.00113349"}, "2026-09-28"},
		{
			"Fargate Spot, Ireland", "eu-west-1",
			pricing.Fargate{Spot: true},
			[]string{"0.00979124", "0.00107649"},
			"2026-09-28",
		},
		{"function arm64", "us-east-1", pricing.Function{}, []string{"0.0000133334", "0.2"}, "2026-09-19"},
		{"function x86", "us-east-1", pricing.Function{Arch: "x86"}, []string{"0.0000166667", "0.2"}, "2026-09-19"},
		{"Lightsail", "us-east-1", pricing.Lightsail{}, []string{"12"}, "2026-09-17"},
		{"Lightsail IPv6", "us-east-1", pricing.Lightsail{IPv6Only: true}, []string{"10"}, "2026-09-17"},
		{"GitHub", "us-east-1", pricing.CI{Runner: "github-linux-2-core"}, []string{"0.006"}, "2026-01-01"},
		{"E2B", "us-east-1", pricing.Sandbox{Provider: "e2b"}, []string{"0.000014", "0.0000045"}, "2026"},
		{
			"Daytona", "us-east-1",
			pricing.Sandbox{Provider: "daytona", DiskGB: whole(9)},
			[]string{"0.0504", "0.0162", "0.000108"},
			"2026",
		},
		{"Fly", "us-east-1", pricing.Sandbox{Provider: "fly"}, []string{"0.00001196", "0.00000193"}, "2026"},
		{"Fly shared", "us-east-1", pricing.Sandbox{Provider: "fly-shared"}, []string{"0.00000075", "0.00000193"}, "2026"},
		{"Modal", "us-east-1", pricing.Sandbox{Provider: "modal"}, []string{"0.00003942", "0.00000667"}, "2026-10"},
		{"AgentCore", "us-east-1", pricing.Sandbox{Provider: "agentcore"}, []string{"0.0895", "0.00945"}, "2026"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var figures []string
			for _, source := range tc.candidate.Price(book, hundredHours(t, tc.region)).Sources {
				figures = append(figures, source.USD.String())
				require.Equal(t, tc.readOn, source.ReadOn)
			}
			require.Equal(t, tc.figures, figures)
		})
	}

	all := pricing.EC2{Type: "t4g.medium", EBSGB: whole(1), PublicIPv4: true}.Price(book, hundredHours(t, "eu-west-1"))
	require.Len(t, all.Sources, 3, "the instance, its disk and its address")
	require.Equal(t, "0.088", all.Sources[1].USD.String())
	require.Equal(t, "0.005", all.Sources[2].USD.String())
	require.Equal(t, "2026-10-08", all.Sources[2].ReadOn)

	given := dec("0.01")
	own := pricing.EC2{Type: "t4g.medium", Hourly: &given}.Price(book, hundredHours(t, "eu-west-1"))
	require.Equal(t, "given in the workload", own.Sources[0].Source,
		"the user's own figure is not passed off as a listed one")
}

// Only embedded tables are read this way; the refusals keep whoever edits them honest.
func TestPriceRefusals(t *testing.T) {
	for _, tc := range []struct{ name, reason, text, err string }{
		{"no figure", "a price has one", `{source: a, read_on: "2026"}`, "usd: " + notPlain},
		{"exponent", "plain decimals only", `{usd: 1e-5, source: a, read_on: "2026"}`, "usd: " + notPlain},
		{
			"no source", "a figure names its source", `{usd: 1, read_on: "2026"}`,
			"a price names its source and the date it was read on",
		},
		{"no date", "a figure is dated", `{usd: 1, source: a}`, "a price names its source and the date it was read on"},
		{
			"date in words", "years, months or days", `{usd: 1, source: a, read_on: autumn}`,
			"a price names its source and the date it was read on",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var price pricing.Price
			err := yaml.Load([]byte(tc.text), &price, yaml.WithKnownFields())
			require.ErrorContains(t, err, tc.err, tc.reason)
			require.ErrorContains(t, err, "line 1", "whoever edits the table finds the line")
		})
	}
	for _, readOn := range []string{"2026", "2026-10", "2026-10-08"} {
		var price pricing.Price
		require.NoError(t, yaml.Load([]byte(`{usd: 0.0084, source: a, read_on: "`+readOn+`"}`), &price))
		require.Equal(t, readOn, price.ReadOn)
		require.Equal(t, "0.0084", price.USD.String())
	}
}

// Whatever an alternative costs, it never costs less for running longer.
func TestAlternativesNeverFall(t *testing.T) {
	book := prices(t)
	for _, candidate := range []pricing.Candidate{
		pricing.EC2{Type: "t4g.medium"},
		pricing.Fargate{},
		pricing.Fargate{Always: true},
		pricing.Function{FreeTier: true},
		pricing.Lightsail{},
		pricing.CI{Runner: "github-linux-2-core"},
		pricing.Sandbox{Provider: "fly"},
		pricing.Fixed{PerMinute: whole(1)},
	} {
		alt := candidate.Price(book, hundredHours(t, "us-east-1"))
		before := alt.Curve.At(whole(0))
		for seconds := int64(0); seconds < 1_000_000; seconds += 9_973 {
			now := alt.Curve.At(whole(seconds))
			require.True(t, now.GreaterThanOrEqual(before), "%s at %d s", alt.Name, seconds)
			before = now
		}
	}
}

// What an architect's usual comparison needs is known in each region that has a card, typed by hand from the sources:
// EC2 t4g.medium and t3.medium by the hour, and EBS gp3 by the GB-month. Fargate is known where somebody has read it,
// and in the other US regions taken to be as in us-east-1, which is said.
func TestRegionsOfAlternatives(t *testing.T) {
	book := prices(t)
	for _, tc := range []struct{ region, t4g, t3, gp3, fargate, assumption string }{
		{"us-east-1", "0.0336", "0.0416", "0.08", "0.03238", ""},
		{"us-east-2", "0.0336", "0.0416", "0.08", "0.03238", "fargate-us-regions"},
		{"us-west-2", "0.0336", "0.0416", "0.08", "0.03238", "fargate-us-regions"},
		{"eu-west-1", "0.0368", "0.0456", "0.088", "0.03238", ""},
		{"eu-central-1", "0.0384", "0.048", "0.0952", "", ""},
		{"eu-north-1", "0.0344", "0.0432", "0.0836", "", ""},
		{"ap-northeast-1", "0.0432", "0.0544", "0.096", "", ""},
		{"ap-south-1", "0.0224", "0.0448", "0.0912", "", ""},
		{"ap-southeast-1", "0.0424", "0.0528", "0.096", "", ""},
		{"ap-southeast-2", "0.0424", "0.0528", "0.096", "", ""},
	} {
		t.Run(tc.region, func(t *testing.T) {
			demand := hundredHours(t, tc.region)
			disk := pricing.EC2{Type: "t4g.medium", EBSGB: whole(1)}.Price(book, demand)
			require.Equal(t, tc.t4g, disk.Sources[0].USD.String())
			require.Equal(t, tc.gp3, disk.Sources[1].USD.String())
			require.Equal(t, tc.t3, pricing.EC2{Type: "t3.medium"}.Price(book, demand).Sources[0].USD.String())

			fargate := pricing.Fargate{}.Price(book, demand)
			if tc.fargate == "" {
				require.Contains(t, fargate.Unknown(), "the price of Fargate arm64 in "+tc.region+" is not known")
				return
			}
			require.Equal(t, tc.fargate, fargate.Sources[0].USD.String())
			ids := []string{fargate.Notes[0].ID}
			want := []string{"fargate-tasks"}
			if tc.assumption != "" {
				ids, want = append(ids, fargate.Notes[1].ID), []string{tc.assumption, "fargate-tasks"}
			}
			require.Equal(t, want, ids, "said once, though two prices rest on it")
		})
	}
	frankfurt := pricing.EC2{Type: "t4g.medium"}.Price(book, hundredHours(t, "eu-central-1"))
	require.Equal(t, "medium", frankfurt.Sources[0].Confidence, "it was read from one hand")
	require.Empty(t, pricing.EC2{Type: "t4g.medium"}.Price(book, hundredHours(t, "us-east-1")).Sources[0].Confidence)
}
