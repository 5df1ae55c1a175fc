package serve

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzQuery reads any query: nothing panics, and what is taken is text under names that are allowed, once each where
// once is meant.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"", "from=2026-11-01&to=2026-12-01", "tenant=a&tenant=b", "top=5&previous=1", "%zz",
		"a;b", "tenant=%00", "from=%ff&from=", "=&&==",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q := readQuery(raw, "from", "tenant", "top", "previous")
		from, tenants, top, _ := q.one("from"), q.many("tenant"), q.number("top"), q.truth("previous")
		if q.fault != nil {
			require.True(t, utf8.ValidString(q.fault.Error()) || !utf8.ValidString(raw))
			return
		}
		require.True(t, utf8.ValidString(from) && !strings.ContainsRune(from, 0))
		require.LessOrEqual(t, len(tenants), maxPatterns)
		require.GreaterOrEqual(t, top, 0)
		again, err := url.ParseQuery(q.canonical())
		require.NoError(t, err)
		require.Equal(t, q.values, again, "an answer is kept under what was asked")
	})
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br": false, "br, gzip": true, "gzip;q=0": false, "gzip; q=0.0": false,
		"gzip;q=0.1": true, "*": true,
		"*;q=0": false, "gzipped": false, "identity, *;q=0.5": true, "gzip;q=x": false,
	} {
		require.Equal(t, want, acceptsGzip(header), header)
	}
}
