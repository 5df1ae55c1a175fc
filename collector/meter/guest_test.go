package meter

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// rootWith is a file system with those files.
func rootWith(t testing.TB, files map[string]string) string {
	root := t.TempDir()
	for path, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte(content), 0o644))
	}
	return root
}

const (
	procStat    = "cpu  50810 13214 14170 95751 672 3 171 54 5 0\ncpu0 24996 6743 6956 48510 157 0 25 26 0 0\nintr 1 2 3\n"
	procMeminfo = "MemTotal:       24684084 kB\nMemFree:        11684084 kB\nMemAvailable:   20684084 kB\nBuffers:  1 kB\n"
)

func TestGuests(t *testing.T) {
	cgroup2 := map[string]string{
		"sys/fs/cgroup/cpu.stat":       "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n",
		"sys/fs/cgroup/memory.current": "3145728\n",
		"sys/fs/cgroup/memory.stat":    "anon 1\nfile 2\ninactive_file 1048576\n",
	}
	cgroup1 := map[string]string{
		"sys/fs/cgroup/cpuacct/cpuacct.usage":        "1234567890\n",
		"sys/fs/cgroup/memory/memory.usage_in_bytes": "3145728\n",
		"sys/fs/cgroup/memory/memory.stat":           "cache 1\ninactive_file 7\ntotal_cache 1\ntotal_inactive_file 2097152\n",
	}
	proc := map[string]string{"proc/stat": procStat, "proc/meminfo": procMeminfo}
	fromProc := Load{
		CPU: (50810 + 13214 + 14170 + 3 + 171) * 10 * time.Millisecond, CPUKnown: true, MemoryKiB: 4_000_000,
		MemoryKnown: true,
	}
	from2 := Load{CPU: 1234567 * time.Microsecond, CPUKnown: true, MemoryKiB: 2048, MemoryKnown: true}
	from1 := Load{CPU: 1234567890, CPUKnown: true, MemoryKiB: 1024, MemoryKnown: true}
	merge := func(all ...map[string]string) map[string]string {
		merged := map[string]string{}
		for _, files := range all {
			for path, content := range files {
				merged[path] = content
			}
		}
		return merged
	}
	for _, tc := range []struct {
		name, reason string
		files        map[string]string
		measure      Measure
		want         Load
		cgroup       bool
	}{
		{"the guest", "what is billed is the whole MicroVM", merge(proc, cgroup2), MeasureAuto, fromProc, false},
		{"cgroup on request", "for a meter that shares its guest", merge(proc, cgroup2), MeasureCgroup, from2, true},
		{"version 2 before 1", "a hybrid system has both", merge(cgroup1, cgroup2), MeasureAuto, from2, true},
		{"version 1", "where there is no other", cgroup1, MeasureAuto, from1, true},
		{"guest alone", "and not readable", cgroup2, MeasureGuest, Load{}, false},
		{"nothing", "no Linux", nil, MeasureAuto, Load{}, false},
		{
			"half", "memory alone can be read",
			map[string]string{"proc/meminfo": procMeminfo},
			MeasureAuto,
			Load{MemoryKiB: 4_000_000, MemoryKnown: true},
			false,
		},
		{"garbage", "nothing is made of it", map[string]string{
			"proc/stat":    "cpu  1 x 3 4 5 6 7\n",
			"proc/meminfo": "MemTotal: lots\n",
		}, MeasureAuto, Load{}, false},
		{
			"negative", "nothing is made of it",
			map[string]string{"proc/stat": "cpu  1 -2 3 4 5 6 7\n"},
			MeasureAuto,
			Load{},
			false,
		},
		{
			"other units", "nothing is made of it",
			map[string]string{"proc/meminfo": "MemTotal: 1 MB\nMemAvailable: 1 MB\n"},
			MeasureAuto,
			Load{},
			false,
		},
		{"old kernel", "too few fields", map[string]string{"proc/stat": "cpu  1 2 3 4\n"}, MeasureAuto, Load{}, false},
		{"cut", "no whole line", map[string]string{"proc/stat": "cpu  1 2 3 4 5 6 7"}, MeasureAuto, Load{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			guest, cgroup := SystemGuest(rootWith(t, tc.files), tc.measure)
			require.Equal(t, tc.want, guest.Load(), tc.reason)
			require.Equal(t, tc.want, guest.Load(), "the same when read again")
			require.Equal(t, tc.cgroup, cgroup)
		})
	}
}

// TestThisGuest reads the machine that the tests run on.
func TestThisGuest(t *testing.T) {
	guest, _ := SystemGuest("/", MeasureAuto)
	before := guest.Load()
	if !before.CPUKnown || !before.MemoryKnown {
		t.Skip("this machine has neither /proc nor cgroups")
	}
	for begin := time.Now(); time.Since(begin) < 100*time.Millisecond; {
	}
	after := guest.Load()
	require.Greater(t, after.CPU, before.CPU)
	require.Positive(t, after.MemoryKiB)
	require.Less(t, testing.AllocsPerRun(100, func() { guest.Load() }), 40.0, "it is read every second")
}

func BenchmarkLoad(b *testing.B) {
	guest, _ := SystemGuest("/", MeasureAuto)
	b.ReportAllocs()
	for b.Loop() {
		guest.Load()
	}
}

func FuzzGuest(f *testing.F) {
	f.Add(procStat, procMeminfo)
	f.Add("usage_usec 5", "total_inactive_file 5")
	f.Fuzz(func(t *testing.T, stat, meminfo string) {
		if cpu, ok := parseStat([]byte(stat)); ok && cpu < 0 {
			t.Fatal("CPU time below zero")
		}
		if kib, ok := parseMeminfo([]byte(meminfo)); ok && kib < 0 {
			t.Fatal("memory below zero")
		}
		if kib, ok := workingSet([]byte(stat), []byte(meminfo), "total_inactive_file"); ok && kib < 0 {
			t.Fatal("memory below zero")
		}
	})
}

func TestInferSize(t *testing.T) {
	for _, tc := range []struct {
		name string
		kib  int64
		want string
		fits bool
	}{
		{"a little less than 2 GiB", 2_000_000, "0.5GB", true},
		{"2 GiB", 2 << 20, "0.5GB", true},
		{"a little more", 2<<20 + 1, "1GB", true},
		{"the peak of 2 GB", 8_100_000, "2GB", true},
		{"the peak of 8 GB", 32 << 20, "8GB", true},
		{"no MicroVM", 64 << 20, "8GB", false},
		{"not known", 0, "0.5GB", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			size, fits := inferSize(tc.kib)
			require.Equal(t, tc.want, size.String())
			require.Equal(t, tc.fits, fits)
		})
	}
}

func TestSegments(t *testing.T) {
	size, err := pricing.ParseSize("0.5GB") // a quarter of a vCPU
	require.NoError(t, err)
	load := func(cpu time.Duration, kib int64) Load {
		return Load{CPU: cpu, CPUKnown: true, MemoryKiB: kib, MemoryKnown: true}
	}
	for _, tc := range []struct {
		name, reason  string
		before, after Load
		want          segment
	}{
		{"idle", "the baseline is billed, busy or idle", load(0, 0), load(0, 0), segment{length: time.Second}},
		{"at the baseline", "nothing more", load(0, 0), load(250*time.Millisecond, 512<<10), segment{length: time.Second}},
		{
			"above", "half a vCPU and 256 MiB more", load(0, 0), load(750*time.Millisecond, 768<<10),
			segment{time.Second, 2 * int64(time.Second), 256 << 10, false},
		},
		{
			"at the peak", "four times the baseline", load(0, 0), load(time.Second, 2<<20),
			segment{time.Second, 3 * int64(time.Second), 1536 << 10, false},
		},
		{
			"beyond the peak", "cannot be billed", load(0, 0), load(9*time.Second, 9<<20),
			segment{time.Second, 3 * int64(time.Second), 1536 << 10, false},
		},
		{
			"backwards", "a counter of another boot", load(time.Second, 0), load(0, 0),
			segment{length: time.Second, unknown: true},
		},
		{
			"not known", "the baseline alone is counted, and that is said",
			Load{},
			Load{},
			segment{length: time.Second, unknown: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, segmentOf(size, time.Second, tc.before, tc.after), tc.reason)
		})
	}
}
