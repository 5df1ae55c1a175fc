package webserver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzHost lets no name pass that is not a loopback's.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{
		"localhost", "localhost:80", "[::1]:80", "127.0.0.1", "evil.com", "localhost.evil.com",
		"[localhost]", "localhost:80:80", "",
	} {
		f.Add(seed)
	}
	g := guard{hosts: loopbackHosts}
	f.Fuzz(func(t *testing.T, host string) {
		if g.knowsHost(host) {
			bare := strings.ToLower(host)
			require.True(t, strings.HasPrefix(strings.TrimLeft(bare, "["), "localhost") ||
				strings.HasPrefix(bare, "127.0.0.1") ||
				strings.HasPrefix(strings.TrimLeft(bare, "["), "::1") ||
				strings.HasPrefix(strings.TrimLeft(bare, "["), "127.0.0.1"), host)
		}
	})
}
