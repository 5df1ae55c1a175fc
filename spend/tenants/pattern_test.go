package tenants

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		name, reason, text string
		matches, leaves    []string
		message            string
	}{
		{"exact", "case and all", "acme", []string{"acme"}, []string{"Acme", "acme-1", ""}, ""},
		{"prefix", "the name itself too", "acme*", []string{"acme", "acme-1"}, []string{"acm", ""}, ""},
		{"everything", "but what is not known", "*", []string{"a", "*"}, []string{""}, ""},
		{"no other sign has a meaning", "names are never interpreted", "a.[b]?", []string{"a.[b]?"}, []string{"axb"}, ""},
		{"inside", "", "a*b", nil, nil, `"a*b" has a * before its end; a * is allowed only at the end, to match any rest`},
		{"empty", "", "", nil, nil, "is empty"},
		{"too long", "no name is", strings.Repeat("x", 2049), nil, nil, "is longer than 2048 bytes"},
		{"not text", "", "\xff", nil, nil, "is not valid UTF-8 text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := ParsePattern(test.text)
			if test.message != "" {
				require.EqualError(t, err, test.message, test.reason)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.text, p.String())
			for _, name := range test.matches {
				require.True(t, p.Match(name), "%s: %s", test.reason, name)
			}
			for _, name := range test.leaves {
				require.False(t, p.Match(name), "%s: %s", test.reason, name)
			}
		})
	}
}
