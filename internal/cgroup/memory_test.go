package cgroup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryLimit(t *testing.T) {
	for _, test := range []struct {
		reason string
		files  map[string]string
		want   int64 // 0: none
	}{
		{"a container of version 2 sees itself as the root", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "134217728\n",
		}, 128 << 20},
		{"a service of systemd: the group around it is tighter", map[string]string{
			"proc/self/cgroup": "0::/system.slice/collect.service\n",
			"sys/fs/cgroup/system.slice/collect.service/memory.max": "max\n",
			"sys/fs/cgroup/system.slice/memory.max":                 "268435456\n",
		}, 256 << 20},
		{"what is throttled before it is killed", map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "268435456\n", "sys/fs/cgroup/a/memory.high": "200000000\n",
		}, 200_000_000},
		{"no limit of version 2", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, 0},
		{"version 1", map[string]string{
			"proc/self/cgroup": "7:cpu,cpuacct:/x\n5:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "67108864\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":            "9223372036854771712\n",
		}, 64 << 20},
		{"version 1 in a container, whose path is not there", map[string]string{
			"proc/self/cgroup": "5:memory:/docker/abc\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "67108864\n",
		}, 64 << 20},
		{"no limit of version 1", map[string]string{
			"proc/self/cgroup": "5:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		{"a path that leads out", map[string]string{"proc/self/cgroup": "0::/../../etc\n"}, 0},
		{"not Linux", nil, 0},
	} {
		root := t.TempDir()
		for name, text := range test.files {
			path := filepath.Join(root, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		}
		limit, ok := MemoryLimit(root)
		require.Equal(t, test.want > 0, ok, test.reason)
		if ok {
			require.Equal(t, test.want, limit, test.reason)
		}
	}
}
