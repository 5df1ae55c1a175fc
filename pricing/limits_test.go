package pricing

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// A limit that could not be read would pass for one that is not known, so the table refuses it.
func TestLimitRefusals(t *testing.T) {
	const told = `, source: a, read_on: "2026-11-27"}}`
	for _, tc := range []struct{ name, text, err string }{
		{"no source", `{life: {is: 900, read_on: "2026"}}`, "life: a limit names its source and the date it was read on"},
		{"no date", `{life: {is: 900, source: a}}`, "life: a limit names its source and the date it was read on"},
		{"nothing", `{life: {source: a, read_on: "2026"}}`, `life: "" is not one`},
		{"a life in words", `{life: {is: an hour` + told, `life: "an hour" is not one`},
		{"a life of none", `{life: {is: 0` + told, `life: "0" is not one`},
		{"no such isolation", `{isolation: {is: gvisor` + told, `isolation: "gvisor" is not one`},
		{"what only a scenario brings about", `{isolation: {is: shared VM` + told, `isolation: "shared VM" is not one`},
		{"no such limit", `{ports: {is: 4` + told, `ports: "4" is not one`},
		{"no such confidence", `{vcpu: {is: 4, confidence: low` + told, "vcpu: confidence is medium, or left out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l limits
			require.ErrorContains(t, yaml.Load([]byte(tc.text), &l), tc.err)
		})
	}
	var l limits
	require.NoError(t, yaml.Load([]byte(`{life: {is: unlimited`+told), &l))
	offer := l.offer(one, one)
	require.Equal(t, []Limit{{Of: "life", Is: "unlimited", Source: "a", ReadOn: "2026-11-27"}}, offer.Limits)
	require.Equal(t, "no limit", offer.Life.String())
	require.Equal(t, "not known", limits(nil).offer(one, one).Life.String(), "what is left out is not known")
}
