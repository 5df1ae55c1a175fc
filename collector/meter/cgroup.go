package meter

import (
	"bytes"
	"time"
)

// cgroup2Guest reads the load of the unified hierarchy's root as the meter sees it, which in a container is the
// container.
type cgroup2Guest struct {
	cpu, memory, memoryStat *rereadFile
}

func newCgroup2Guest(root string) *cgroup2Guest {
	return &cgroup2Guest{
		reread(root, "sys/fs/cgroup/cpu.stat"),
		reread(root, "sys/fs/cgroup/memory.current"), reread(root, "sys/fs/cgroup/memory.stat"),
	}
}

func (g *cgroup2Guest) Load() (load Load) {
	if usec, ok := statField(g.cpu.read(), "usage_usec"); ok {
		load.CPU, load.CPUKnown = time.Duration(usec)*time.Microsecond, usec < 1<<50
	}
	load.MemoryKiB, load.MemoryKnown = workingSet(g.memory.read(), g.memoryStat.read(), "inactive_file")
	return load
}

// cgroup1Guest reads the load of the first version's hierarchies.
type cgroup1Guest struct {
	cpu, memory, memoryStat *rereadFile
}

func newCgroup1Guest(root string) *cgroup1Guest {
	return &cgroup1Guest{
		reread(root, "sys/fs/cgroup/cpuacct/cpuacct.usage"),
		reread(root, "sys/fs/cgroup/memory/memory.usage_in_bytes"), reread(root, "sys/fs/cgroup/memory/memory.stat"),
	}
}

func (g *cgroup1Guest) Load() (load Load) {
	if nsec, ok := parseCount(bytes.TrimSpace(g.cpu.read())); ok {
		load.CPU, load.CPUKnown = time.Duration(nsec), true
	}
	load.MemoryKiB, load.MemoryKnown = workingSet(g.memory.read(), g.memoryStat.read(), "total_inactive_file")
	return load
}

// workingSet is the memory of a cgroup less the part of the page cache that is not in use, in KiB.
func workingSet(current, stat []byte, cacheField string) (kib int64, ok bool) {
	used, ok := parseCount(bytes.TrimSpace(current))
	cache, hasCache := statField(stat, cacheField)
	return max(used-cache, 0) / 1024, ok && hasCache
}

// statField finds a field in a file of lines such as "usage_usec 1234".
func statField(text []byte, name string) (int64, bool) {
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(line, []byte(name)); found && len(value) > 0 && value[0] == ' ' {
			return parseCount(bytes.TrimSpace(value))
		}
	}
	return 0, false
}
