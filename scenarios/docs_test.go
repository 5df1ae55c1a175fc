package scenarios

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"microspend/idle"
	"microspend/pricing"
)

var (
	codeOfHeading = regexp.MustCompile("^#+ `([^`]+)`")
	codeOfCell    = regexp.MustCompile("`([^`]+)`")
)

// documentedRow is a row of a table of keys in docs/workload.md: key, value, default, meaning.
type documentedRow struct{ text string }

func (r documentedRow) cell(n int) string { return strings.Split(strings.Trim(r.text, "| "), " | ")[n] }

// documentedKeys are the rows of docs/workload.md by the path of their key. A heading in code names what the keys below
// it are within; those under "Keys" are the file's.
func documentedKeys(t *testing.T) map[string]documentedRow {
	t.Helper()
	text, err := os.ReadFile("../docs/workload.md")
	require.NoError(t, err)
	rows := map[string]documentedRow{}
	within, counts := "", false
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			within, counts = "", line == "## Keys"
			if code := codeOfHeading.FindStringSubmatch(line); code != nil {
				within, counts = code[1]+".", true
			}
		case counts && strings.HasPrefix(line, "| `"):
			cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			for _, key := range codeOfCell.FindAllStringSubmatch(cell, -1) {
				require.NotContains(t, rows, within+key[1], "two rows for one key")
				rows[within+key[1]] = documentedRow{line}
			}
		}
	}
	return rows
}

// schemaKeys collects the paths of all keys of a schema. Those of a list's entries and of a mapping with any keys are
// below the list or mapping itself.
func schemaKeys(schema *jsonschema.Schema, within string, into map[string]bool) {
	for _, one := range append(schema.OneOf, schema.Items, schema.AdditionalProperties) {
		if one != nil {
			schemaKeys(one, within, into)
		}
	}
	if schema.Properties == nil {
		return
	}
	for pair := schema.Properties.Oldest(); pair != nil; pair = pair.Next() {
		into[within+pair.Key] = true
		schemaKeys(pair.Value, within+pair.Key+".", into)
	}
}

// TestEveryKeyIsDocumented: docs/workload.md has a row for each key of the schema and no others, and one for each trait.
func TestEveryKeyIsDocumented(t *testing.T) {
	keys, rows := map[string]bool{}, documentedKeys(t)
	schemaKeys(Schema(), "", keys)
	require.Greater(t, len(keys), 90)
	for _, trait := range traits() {
		keys["traits."+trait] = true
	}
	require.ElementsMatch(t, slices.Sorted(maps.Keys(keys)), slices.Sorted(maps.Keys(rows)))
}

// documentedFields is a workload in which every key that the tests below vary has an effect.
func documentedFields() Fields {
	return Fields{
		"region": "eu-west-1", "microvm.memory": "4GB", "workload.users": "3", "workload.days": "20",
		"workload.running": "3h", "workload.suspended": "1h", "workload.cycles": "4", "workload.burst.share": "25%",
	}
}

// TestDocumentedDefaults: a key that is left out is worth the default that the page states.
func TestDocumentedDefaults(t *testing.T) {
	rows := documentedKeys(t)
	bill := func(fields Fields) string {
		scenario, err := New("documented", fields)
		require.NoError(t, err)
		estimate, err := Market{}.Estimate(scenario)
		require.NoError(t, err)
		return estimate.Bill.Total().String()
	}
	for _, test := range []struct{ path, says, value, other string }{
		{"microvm.arch", "`arm64`", "arm64", ""},
		{"image.size", "the baseline memory", "4GB", "2GB"},
		{"image.count", "1", "1", "2"},
		{"image.hours", "720h", "720h", "300h"},
		{"state.size", "the baseline memory", "4GB", "1GB"},
		{"workload.launches", "1", "1", "2"},
		{"workload.cycles", "0", "0", "1"},
		{"workload.suspended", "0", "0", "1h"},
		{"workload.burst.memory", "4 times", "16GB", "8GB"},
		{"workload.burst.vcpu", "4 times", "8", "4"},
		{"rates.card", "`aws-list`", "aws-list", ""},
	} {
		require.Equal(t, test.says, rows[test.path].cell(2), test.path)
		without, with := documentedFields(), documentedFields()
		delete(without, test.path)
		with[test.path] = test.value
		require.Equal(t, bill(without), bill(with), test.path)
		if test.other != "" {
			with[test.path] = test.other
			require.NotEqual(t, bill(without), bill(with), "%s has no effect in this test", test.path)
		}
	}
	require.Equal(t, fmt.Sprintf("%ds", idle.DefaultCurrent), rows["workload.idle_timeout"].cell(2))
	require.Equal(t, fmt.Sprintf("%dh", pricing.MaxLifeSeconds/3600), rows["workload.suspended_duration"].cell(2))
}

// TestDocumentedLimits: what the page allows is accepted, and what is beyond it is refused.
func TestDocumentedLimits(t *testing.T) {
	rows := documentedKeys(t)
	refused := func(path, value string) error {
		fields := documentedFields()
		fields[path] = value
		_, err := New("documented", fields)
		return err
	}
	for _, test := range []struct{ path, says, within, beyond string }{
		{"name", "at most 200 bytes", strings.Repeat("n", 200), strings.Repeat("n", 201)},
		{"microvm.memory", "or `8GB`", "8GB", "16GB"},
		{"image.hours", "at most 744h", "744h", "745h"},
		{"state.size", "at most peak memory plus disk", "32GB", "32.1GB"},
		{"workload.users", "whole number, at least 1", "1", "0.5"},
		{"workload.days", "at most 31", "31", "31.5"},
		{"workload.days", "above 0", "0.1", "0"},
		{"workload.suspended", "", "21h", "21.1h"},
		{"workload.burst.memory", "from the baseline", "4GB", "3.9GB"},
		{"workload.burst.memory", "to 4 times it", "16GB", "16.1GB"},
		{"workload.burst.vcpu", "from the baseline", "2", "1.9"},
		{"workload.burst.vcpu", "to 4 times it", "8", "8.1"},
		{"rates.discount.vcpu", "percentage", "99%", "100%"},
		{"image.size", "size", "1048576GB", "1048577GB"},
		{"image.count", "count", "1000000000000", "1000000000001"},
		{"workload.burst.share", "percentage", "100%", "101%"},
	} {
		require.Contains(t, rows[test.path].cell(1), test.says, test.path)
		require.NoError(t, refused(test.path, test.within), test.path)
		require.Error(t, refused(test.path, test.beyond), test.path)
	}
	require.Contains(t, rows["workload.running"].text, "at most 24h a day")
	require.Contains(t, rows["workload.idle_timeout"].text, fmt.Sprintf("at least %ds", idle.LeastTimeout))
	require.Contains(t, rows["compare"].text, fmt.Sprintf("at most %d entries", maxAlternatives))
}
