package main

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What newcomers asked, and did not find or found late: where each answer is, and words of it.
var questions = []struct{ question, page, heading, answer string }{
	{"How do I give my own rates?", "docs/discounts.md", "## In microspend.yaml", "snapshot_write_gb: 0.003"},
	{"Where is my data stored?", "docs/operate.md", "## Where data is", "`~/.local/share/microspend/ledger`"},
	{"Which IAM permissions does it need?", "docs/aws-setup.md", "## Permissions by command", "`cloudwatch:GetMetricData`"},
	{"… to get AWS's bill?", "docs/aws-setup.md", "### Getting AWS's bill", "`ce:GetCostAndUsage`"},
	{"… to update rates?", "docs/aws-setup.md", "## Permissions by command", "`rates update` | none"},
	{"How do I add a tenant's name?", "docs/tenants.md", "## Name a tenant", "image,sandbox-acme*,acme"},
	{"How do I get an alert in Slack?", "docs/budgets.md", "## Alerts", "slack.sh"},
	{"What is a GB?", "docs/index.md", "## Glossary", "| GB | 2^30 bytes"},
	{"What does coverage mean?", "docs/index.md", "## Glossary", "| coverage | The part of the time"},
	{"How do I upgrade?", "docs/operate.md", "## Upgrade", "Replace the binary"},
	{"How do I uninstall it?", "docs/operate.md", "## Uninstall", "rm -rf ~/.local/share/microspend"},
	{"What does it cost me at AWS?", "docs/aws-setup.md", "### A fleet of 100 tenants", "| total |"},
	{"Can two people use one ledger?", "docs/operate.md", "## Share a ledger", "several people read, over the network"},
	{"… on a network disk?", "docs/operate.md", "## Share a ledger", "mount it read-only"},
	{"How do I compare with Fargate?", "docs/workload.md", "### `compare.fargate`: AWS Fargate tasks", "`fargate: active`"},
	{"… and with everything else?", "docs/workload.md", "## `compare`", "### `compare.sandbox`"},
}

// TestQuestionsAreAnswered: an answer is two links or fewer from the README.
func TestQuestionsAreAnswered(t *testing.T) {
	near := map[string]bool{}
	step := func(from string) (pages []string) {
		for _, link := range readPage(t, from).links() {
			target, _, _ := strings.Cut(link, "#")
			if target = path.Join(path.Dir(from), target); strings.HasSuffix(target, ".md") {
				pages = append(pages, target)
			}
		}
		return pages
	}
	for _, page := range step("README.md") {
		near[page] = true
		for _, next := range step(page) {
			near[next] = true
		}
	}
	for _, q := range questions {
		require.True(t, near[q.page], "%s: %s is more than two links away", q.question, q.page)
		require.Contains(t, section(t, docPage(t, q.page), q.heading), q.answer, q.question)
	}
}

// TestReadmeIsShort: whoever adds to the README takes something else to a page of its own.
func TestReadmeIsShort(t *testing.T) {
	require.LessOrEqual(t, strings.Count(readPage(t, "README.md").text, "\n"), 160)
}
