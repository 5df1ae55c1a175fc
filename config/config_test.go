package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"microspend/spend/budget"
	"microspend/spend/tenants"

	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	c, err := Load(Name, []byte("tenants: tenants.csv\nbudgets: {total: 5000}\n"))
	require.NoError(t, err)
	require.Equal(t, "tenants.csv", c.Spend.TenantsFile)
	require.Equal(t, "5000", totalOf(c.Budgets))
}

func TestLoadNamesTheFaultsOfAllParts(t *testing.T) {
	_, err := Load("there/"+Name, []byte("budget: {total: 5000}\ntimezone: Mars\n"))
	require.ErrorContains(t, err, "there/microspend.yaml:1:1: budget: unknown key")
	require.ErrorContains(t, err, `there/microspend.yaml:2:11: timezone: "Mars" is not a time zone`)
}

// FuzzLoad wants that no text makes reading panic, and that every fault has a place.
func FuzzLoad(f *testing.F) {
	f.Add("tenants: a\nshared: {policy: even}\n")
	f.Add("budgets: [1]\nrates: {a: {discount: 200%}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Load(Name, []byte(text)); err != nil {
			require.Regexp(t, `^microspend\.yaml(:\d+)?`, err.Error())
		}
	})
}

// TestTheDocumentedFileIsInOrder reads the files in the documentation as a user would write them down.
func TestTheDocumentedFileIsInOrder(t *testing.T) {
	block := regexp.MustCompile("(?s)\n```(?:yaml|csv)\n(.*?)```")
	text, err := os.ReadFile("../docs/configuration.md")
	require.NoError(t, err)
	blocks := block.FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 1)
	c, err := Load(Name, []byte(blocks[0][1]))
	require.NoError(t, err)
	for _, key := range keysOf(reflect.TypeFor[file]()) {
		require.Regexp(t, `(?m)^`+key+`:`, blocks[0][1], "%s is not documented", key)
	}
	require.Equal(t, "7500", totalOf(c.Budgets))
	require.Len(t, c.collect.AWS.Roles, 2)
	text, err = os.ReadFile("../docs/tenants.md")
	require.NoError(t, err)
	_, file, found := strings.Cut(string(text), "## The tenants file\n")
	require.True(t, found)
	blocks = block.FindAllStringSubmatch(file, 2)
	for i, name := range []string{"tenants.csv", "tenants.yaml"} {
		named, err := tenants.Load(name, []byte(blocks[i][1]))
		require.NoError(t, err)
		require.NotEmpty(t, named.Rules)
		require.Equal(t, "Engineering/Platform", named.Group("acme", 0))
	}
}

// TestTrustedKeysAreDocumented holds the table of keys that a found file may not have against those that are marked.
func TestTrustedKeysAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/configuration.md")
	require.NoError(t, err)
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(ledger|collect\\.[a-z_.]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, row[1])
	}
	require.ElementsMatch(t, TrustedKeys(), documented)
	require.Contains(t, documented, "collect.endpoint_url")
}

// keysOf lists the keys of a struct as the decoder knows them.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if options == "inline" {
			keys = append(keys, keysOf(t.Field(i).Type)...)
		} else if key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func totalOf(s budget.Set) string {
	for _, b := range s.Budgets {
		if b.Subject == budget.OfEverything() && b.Period == budget.Month {
			return b.Amount.String()
		}
	}
	return "none"
}
