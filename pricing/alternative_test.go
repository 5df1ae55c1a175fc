package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// alternativeCase is a candidate whose month was worked out by hand; the arithmetic stands above each row.
type alternativeCase struct {
	name, reason string
	candidate    pricing.Candidate
	demand       pricing.Demand
	shown        string   // the alternative's name
	monthly      string   // at the demand's running time
	formula      string   // "" where the row is about something else
	notes        []string // their ids
	unknown      string   // in place of a price
}

func requireAlternatives(t *testing.T, kind pricing.Kind, cases []alternativeCase) {
	t.Helper()
	book := prices(t)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			alt := tc.candidate.Price(book, tc.demand)
			require.Equal(t, kind, alt.Kind)
			require.Equal(t, tc.shown, alt.Name, tc.reason)
			require.NotEmpty(t, alt.GivesUp, "every alternative gives something up")
			require.Equal(t, tc.unknown, alt.Unknown(), tc.reason)
			if tc.unknown != "" {
				require.Equal(t, pricing.Curve{}, alt.Curve, "no price, no curve")
				return
			}
			require.Equal(t, tc.monthly, alt.Curve.At(tc.demand.Running).String(), tc.reason)
			if tc.formula != "" {
				require.Equal(t, tc.formula, alt.Formula, tc.reason)
			}
			var notes []string
			for _, note := range alt.Notes {
				require.NotEmpty(t, note.Text)
				notes = append(notes, note.ID)
			}
			require.Equal(t, tc.notes, notes, tc.reason)
			for _, source := range alt.Sources {
				require.NotEmpty(t, source.Source, "every figure says where it is from")
			}
			require.NotEmpty(t, alt.Sources)
		})
	}
}

// hundredHours is one user's 100 hours in 100 stretches on a 2 GB MicroVM (1 vCPU).
func hundredHours(t testing.TB, region string) pricing.Demand {
	return pricing.Demand{
		Region: region, Size: size(t, "2GB"), Users: whole(1), Running: whole(360_000), Stretches: whole(100),
	}
}

// inJobs is a demand counted in jobs of equal length, in seconds.
func inJobs(t testing.TB, jobs int64, seconds string) pricing.Demand {
	d := hundredHours(t, "us-east-1")
	d.Jobs, d.Stretches, d.Running = whole(jobs), whole(jobs), whole(jobs).Mul(dec(seconds))
	return d
}

func TestLightsail(t *testing.T) {
	three := hundredHours(t, "us-east-1")
	three.Users = whole(3)
	row := func(gb string, ipv6 bool, shown, monthly, price string) alternativeCase {
		return alternativeCase{
			name: shown, reason: "three users, a bundle each; running time does not matter",
			candidate: pricing.Lightsail{GB: dec(gb), IPv6Only: ipv6}, demand: three,
			shown: shown, monthly: monthly, formula: "3 bundles × $" + price,
		}
	}
	requireAlternatives(t, pricing.KindLightsail, []alternativeCase{
		row("0.5", false, "Lightsail 0.5 GB", "15", "5"),               // 3 × 5
		row("1", false, "Lightsail 1 GB", "21", "7"),                   // 3 × 7
		row("2", false, "Lightsail 2 GB", "36", "12"),                  // 3 × 12
		row("4", false, "Lightsail 4 GB", "72", "24"),                  // 3 × 24
		row("8", false, "Lightsail 8 GB", "132", "44"),                 // 3 × 44
		row("0.5", true, "Lightsail 0.5 GB, IPv6 only", "10.5", "3.5"), // 3 × 3.50
		row("1", true, "Lightsail 1 GB, IPv6 only", "15", "5"),         // 3 × 5
		row("2", true, "Lightsail 2 GB, IPv6 only", "30", "10"),        // 3 × 10
		row("4", true, "Lightsail 4 GB, IPv6 only", "60", "20"),        // 3 × 20
		row("8", true, "Lightsail 8 GB, IPv6 only", "120", "40"),       // 3 × 40
		{
			name: "the MicroVM's memory", reason: "nothing is said about the size",
			candidate: pricing.Lightsail{}, demand: hundredHours(t, "eu-west-1"),
			shown: "Lightsail 2 GB", monthly: "12", formula: "1 bundle × $12",
		},
		{
			name: "trailing zeros", reason: "2.00 GB is 2 GB",
			candidate: pricing.Lightsail{GB: dec("2.00")}, demand: hundredHours(t, "eu-west-1"),
			shown: "Lightsail 2 GB", monthly: "12",
		},
		{
			name: "no such bundle", reason: "the price is not guessed from its neighbours",
			candidate: pricing.Lightsail{GB: dec("16")}, demand: hundredHours(t, "us-east-1"),
			shown: "Lightsail 16 GB", unknown: "no Lightsail bundle of 16 GB is known; bundles are 0.5, 1, 2, 4 and 8 GB; give another's price as per_month",
		},
	})
	require.Equal(t, "12", pricing.Lightsail{}.Price(prices(t), three).PerInstance.String(), "of one bundle")
}

func TestCI(t *testing.T) {
	threeMinutes := inJobs(t, 500, "180")
	github := func(runner string) pricing.CI { return pricing.CI{Runner: runner} }
	old := dec("0.008")
	requireAlternatives(t, pricing.KindCI, []alternativeCase{
		// 500 × 3 min = 1,500 min; × 0.006, 0.005, 0.012, 0.022.
		{
			name: "2-core", reason: "Linux x64", candidate: github("github-linux-2-core"), demand: threeMinutes,
			shown: "GitHub Actions Linux 2-core", monthly: "9", formula: "1,500 minutes × $0.006",
		},
		{
			name: "arm64", reason: "Linux arm64", candidate: github("github-linux-2-core-arm64"),
			demand: threeMinutes, shown: "GitHub Actions Linux 2-core arm64", monthly: "7.5",
			formula: "1,500 minutes × $0.005",
		},
		{
			name: "4-core", reason: "larger runner", candidate: github("github-linux-4-core"), demand: threeMinutes,
			shown: "GitHub Actions Linux 4-core", monthly: "18", formula: "1,500 minutes × $0.012",
		},
		{
			name: "8-core", reason: "larger runner", candidate: github("github-linux-8-core"), demand: threeMinutes,
			shown: "GitHub Actions Linux 8-core", monthly: "33", formula: "1,500 minutes × $0.022",
		},
		// 500 × ceil(61 / 60) = 1,000 min × 0.006; summed before rounding it would be 508.34.
		{
			name: "a second more", reason: "each job is rounded up, not their sum",
			candidate: github("github-linux-2-core"), demand: inJobs(t, 500, "61"),
			shown: "GitHub Actions Linux 2-core", monthly: "6", formula: "1,000 minutes × $0.006",
		},
		// 2,000 × 1 min × 0.006.
		{
			name: "45 seconds", reason: "a started minute is a minute", candidate: github("github-linux-2-core"),
			demand: inJobs(t, 2000, "45"), shown: "GitHub Actions Linux 2-core", monthly: "12",
			formula: "2,000 minutes × $0.006",
		},
		{
			name: "one minute", reason: "the noun in the singular", candidate: github("github-linux-2-core"),
			demand: inJobs(t, 1, "60"), shown: "GitHub Actions Linux 2-core", monthly: "0.006",
			formula: "1 minute × $0.006",
		},
		// 1,500 × 0.008.
		{
			name: "the price of 2025", reason: "a price given wins over the listed one; the listed title stays",
			candidate: pricing.CI{Runner: "github-linux-2-core", PerMinute: &old}, demand: threeMinutes,
			shown: "GitHub Actions Linux 2-core", monthly: "12", formula: "1,500 minutes × $0.008",
		},
		{
			name: "another runner", reason: "with a price of its own it needs no listed one",
			candidate: pricing.CI{Runner: "gitlab-small", PerMinute: &old, Name: "GitLab small"},
			demand:    threeMinutes, shown: "GitLab small", monthly: "12",
		},
		// 100 stretches of 3,600 s = 60 min each.
		{
			name: "users", reason: "launches and resumes stand for jobs, and it says so",
			candidate: github("github-linux-2-core"), demand: hundredHours(t, "us-east-1"),
			shown: "GitHub Actions Linux 2-core", monthly: "36", formula: "6,000 minutes × $0.006",
			notes: []string{"ci-jobs"},
		},
		{
			name: "unknown runner", reason: "the known ones are named", candidate: github("github-windows"),
			demand: threeMinutes, shown: "github-windows",
			unknown: `no runner "github-windows" is known; runners are github-linux-2-core, ` +
				"github-linux-2-core-arm64, github-linux-4-core, github-linux-8-core",
		},
	})
}

func TestFixed(t *testing.T) {
	demand := inJobs(t, 2000, "45") // 90,000 s = 1,500 min
	requireAlternatives(t, pricing.KindFixed, []alternativeCase{
		// 1,500 min × 0.01 and × 0.05: the post's range for browser tests.
		{
			name: "per minute, low", reason: "not rounded to minutes",
			candidate: pricing.Fixed{Name: "BrowserStack", PerMinute: dec("0.01")}, demand: demand,
			shown: "BrowserStack", monthly: "15", formula: "90,000 s / 60 × $0.01",
		},
		{
			name: "per minute, high", reason: "the other end",
			candidate: pricing.Fixed{Name: "Sauce Labs", PerMinute: dec("0.05")}, demand: demand, shown: "Sauce Labs",
			monthly: "75", formula: "90,000 s / 60 × $0.05",
		},
		{
			name: "per month", reason: "whatever runs",
			candidate: pricing.Fixed{Name: "a server", PerMonth: dec("115.2")}, demand: demand, shown: "a server",
			monthly: "115.2", formula: "$115.2 a month",
		},
		// 29 + 15.
		{
			name: "both", reason: "a base fee and minutes",
			candidate: pricing.Fixed{Name: "both", PerMonth: dec("29"), PerMinute: dec("0.01")}, demand: demand,
			shown: "both", monthly: "44", formula: "$29 a month + 90,000 s / 60 × $0.01",
		},
		{
			name: "nothing", reason: "free is a price that the user gave", candidate: pricing.Fixed{Name: "free"},
			demand: demand, shown: "free", monthly: "0", formula: "$0 a month",
		},
		// 1 s: 0.01 / 60 at twenty places.
		{
			name: "a second", reason: "divided once, last",
			candidate: pricing.Fixed{Name: "s", PerMinute: dec("0.01")}, demand: inJobs(t, 1, "1"), shown: "s",
			monthly: "0.00016666666666666667",
		},
	})
}
