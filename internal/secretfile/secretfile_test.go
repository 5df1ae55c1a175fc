//go:build unix

package secretfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		name, reason string
		mode         os.FileMode
		text, fault  string
	}{
		{"own", "only its user may read it", 0o600, "secret\n", ""},
		{"read-only", "nor write it", 0o400, "secret", ""},
		{
			"group", "a group has members", 0o640, "secret",
			"PATH is open to other users (mode 0640); run: chmod 600 PATH, and consider a new secret",
		},
		{
			"others", "everybody", 0o604, "secret",
			"PATH is open to other users (mode 0604); run: chmod 600 PATH, and consider a new secret",
		},
		{
			"write", "who can write it knows it", 0o622, "secret",
			"PATH is open to other users (mode 0622); run: chmod 600 PATH, and consider a new secret",
		},
		{"empty", "an empty token lets everybody in", 0o600, " \n", "PATH is empty"},
		{
			"long", "no secret is that long", 0o600, string(make([]byte, 5000)),
			"PATH is larger than 4 KiB, the most that is read of such a file",
		},
	} {
		path := filepath.Join(dir, tc.name)
		require.NoError(t, os.WriteFile(path, []byte(tc.text), 0o600))
		require.NoError(t, os.Chmod(path, tc.mode))
		text, err := Read(path, 4096)
		if tc.fault == "" {
			require.NoError(t, err, tc.reason)
			require.Equal(t, "secret", string(text))
			continue
		}
		require.EqualError(t, err, strings.ReplaceAll(tc.fault, "PATH", path), tc.reason)
	}
}
