package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	c, err := Load(Name, []byte("tenants: tenants.csv\nbudgets: {total: 5000}\n"))
	require.NoError(t, err)
	require.Equal(t, "tenants.csv", c.Spend.TenantsFile)
	require.Equal(t, "5000", c.Spend.Budgets.Total.Monthly.String())
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
