package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// factRow is one figure of the worked examples as it was typed off the sources by hand, apart from the example files:
// what is printed, and what the inputs give exactly.
type factRow struct{ example, figure, printed, exact string }

// facts is the table of worked examples: the post on what MicroVMs cost, and AWS's pricing page. An empty printed
// figure is one that the source does not print.
var facts = []factRow{
	{"s1-personal-dev-tool", "compute.baseline.vcpu", "16.79", "16.7945472"},
	{"s1-personal-dev-tool", "compute.baseline.memory", "4.45", "4.4470656"},
	{"s1-personal-dev-tool", "snapshot.write", "0.32", "0.3248"},
	{"s1-personal-dev-tool", "snapshot.read.resume", "0.13", "0.1312"},
	{"s1-personal-dev-tool", "storage.image", "0.19", "0.1904"},
	{"s1-personal-dev-tool", "total", "~22", "21.8880128"},

	{"s2-always-on", "compute.baseline.vcpu", "151.15", "151.1509248"},
	{"s2-always-on", "compute.baseline.memory", "40.01", "40.0235904"},
	{"s2-always-on", "total", "~191", "191.1745152"},
	{"s2-always-on", "alternatives.EC2 t4g.medium.monthly", "~27", "26.864"},
	{"s2-always-on", "alternatives.EC2 t4g.medium.ratio", "7", "7.1163830852"},

	{"s3-bursty-assistant-30-days", "per_user", "~11", "19.914012"},
	{"s3-bursty-assistant-22-days", "per_user", "~11", "14.6036088"},
	{"s3-bursty-assistant-20-days", "per_user", "~11", "13.276008"},
	{"s3-bursty-assistant-20-days", "alternatives.EC2 t4g.medium.saving_percent", "60", "50.5806730197"},
	{"s3-bursty-assistant-as-aws", "per_user", "~11", "11.033757"},
	{"s3-bursty-assistant-as-aws", "alternatives.t4g.medium in eu-west-1.per_user", "~27", "26.864"},

	{"a-pdf-cold", "compute.per_job", "0.000295", "0.0002950224"},
	{"a-pdf-cold", "compute", "2.95", "2.950224"},
	{"a-pdf-cold", "storage.image", "0.10", "0.0952"},
	{"a-pdf-cold", "snapshot.read.launch", "16.40", "16.4"},
	{"a-pdf-cold", "total", "~19.50", "19.445424"},

	{"a-pdf-warm-as-documented", "snapshot.read.resume", "0.98", "0.984"},
	{"a-pdf-warm-as-documented", "snapshot.write", "2.44", "2.436"},
	{"a-pdf-warm-month", "compute.baseline.vcpu", "2.33", "2.332576"},
	{"a-pdf-warm-month", "compute.baseline.memory", "0.62", "0.617648"},
	{"a-pdf-warm-month", "snapshot.read.resume", "0.98", "29.52"},
	{"a-pdf-warm-month", "snapshot.write", "2.44", "73.08"},
	{"a-pdf-warm-month", "total", "~6.50", "105.550224"},
	{"a-pdf-warm-month", "alternatives.Fargate at $15 a tenant.monthly", "750", "750"},
	{"a-pdf-warm-month", "alternatives.Fargate at $15 a tenant.inverse_ratio", "100", "7.1056220591"},

	{"b-ci-runner", "compute.baseline.vcpu", "10.49", "10.496592"},
	{"b-ci-runner", "compute.baseline.memory", "2.78", "2.779416"},
	{"b-ci-runner", "snapshot.read.launch", "3.28", "3.28"},
	{"b-ci-runner", "storage.image", "0.38", "0.3808"},
	{"b-ci-runner", "total", "~17", "16.936808"},
	{"b-ci-runner", "alternatives.GitHub Actions before 2026.monthly", "12", "12"},
	{"b-ci-runner", "alternatives.GitHub Actions Linux 2-core.monthly", "12", "9"},
	{"b-ci-runner", "alternatives.EC2 m6g.xlarge.monthly", "~115", "125.56"},

	{"c-playwright", "compute.baseline.vcpu", "5.25", "5.248296"},
	{"c-playwright", "compute.baseline.memory", "1.39", "1.389708"},
	{"c-playwright", "snapshot.read.launch", "9.84", "9.84"},
	{"c-playwright", "storage.image", "0.29", "0.2856"},
	{"c-playwright", "total", "~17", "16.763604"},
	{"c-playwright", "alternatives.BrowserStack at $0.01.monthly", "15", "15"},
	{"c-playwright", "alternatives.BrowserStack at $0.05.monthly", "75", "75"},

	// 26.864 / 0.26552016 an hour, and that over the days of a month
	{"break-even-t4g-medium", "alternatives.EC2 t4g.medium.running_hours_per_month", "", "101.1749917596"},
	{"break-even-t4g-medium", "alternatives.EC2 t4g.medium.hours_per_day_30", "4..6", "3.3724997253"},
	{"break-even-t4g-medium", "alternatives.EC2 t4g.medium.hours_per_day_22", "4..6", "4.5988632618"},
	{"break-even-t4g-medium", "alternatives.EC2 t4g.medium.hours_per_day_20", "4..6", "5.058749588"},
	{"break-even-always-on", "alternatives.EC2 t4g.medium.ratio", "5..7", "7.1163830852"},

	{"aws-example-1", "compute.peak.vcpu", "498.50", "498.4992"},
	{"aws-example-1", "compute.peak.memory", "132.00", "132.0012"},
	{"aws-example-1", "compute.peak", "630.50", "630.5004"},
	{"aws-example-1", "compute.baseline.vcpu", "373.87", "373.8744"},
	{"aws-example-1", "compute.baseline.memory", "99.00", "99.0009"},
	{"aws-example-1", "compute.baseline", "472.88", "472.8753"},
	{"aws-example-1", "compute", "1103.38", "1103.3757"},
	{"aws-example-1", "snapshot.write", "91.20", "91.2"},
	{"aws-example-1", "snapshot.read.resume", "37.20", "37.2"},
	{"aws-example-1", "snapshot.read.launch", "6.20", "6.2"},
	{"aws-example-1", "storage.image", "0.80", "0.8"},
	{"aws-example-1", "storage.suspended", "2.44", "2.44444444444444444444"}, // 22/9, at 20 decimals
	{"aws-example-1", "total", "1241.22", "1241.22014444444444444444"},
	{"aws-example-1", "per_user", "12.41", "12.41220144444444444444"},
}

// TestFacts prices the examples and holds them to the table. It finds an example file whose inputs, printed and exact
// figures were changed together.
func TestFacts(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range facts {
		seen[row.example] = true
		t.Run(row.example+" "+row.figure, func(t *testing.T) {
			example, err := FindExample(row.example)
			require.NoError(t, err)
			e := estimate(t, string(example.YAML))
			exact, err := e.Figure(row.figure)
			require.NoError(t, err)
			requireDecimal(t, row.exact, exact)
			for _, check := range e.Documented {
				if check.ID != row.figure {
					continue
				}
				printed := ""
				if check.Printed != nil {
					printed = check.Printed.Text
				}
				require.Equal(t, row.printed, printed)
				return
			}
			require.Fail(t, "the example does not document the figure")
		})
	}
	require.Len(t, seen, documentedExamples, "every example of the posts is in the table")
}
