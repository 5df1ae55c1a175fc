package meter

import (
	"bytes"
	"time"
)

// Load is what a guest has used and uses.
type Load struct {
	CPU         time.Duration // of all vCPUs together, since the kernel started; only differences mean something
	CPUKnown    bool
	MemoryKiB   int64 // in use now
	MemoryKnown bool
}

// Guest is where the load is read.
type Guest interface {
	Load() Load
}

// Measure says what the load is read of.
type Measure string

// The measures.
const (
	MeasureAuto   Measure = "auto"   // the guest, or the cgroup where the guest's /proc cannot be read
	MeasureGuest  Measure = "guest"  // /proc: everything that runs in the MicroVM, which is what is billed
	MeasureCgroup Measure = "cgroup" // the cgroup at the root of what the meter sees: version 2, or 1
)

// SystemGuest reads the machine's load by a measure, below a root folder that is "/" outside of tests. It reports
// whether it reads a cgroup's. A guest whose load cannot be read is one whose load is not known.
func SystemGuest(root string, measure Measure) (guest Guest, cgroup bool) {
	var readable []systemGuest
	if measure != MeasureCgroup {
		readable = append(readable, procGuest(root))
	}
	if measure != MeasureGuest {
		readable = append(readable, cgroup2Guest(root), cgroup1Guest(root))
	}
	for i, guest := range readable {
		if load := guest.Load(); load.CPUKnown || load.MemoryKnown {
			return guest, measure == MeasureCgroup || i > 0
		}
	}
	return systemGuest{}, measure == MeasureCgroup
}

// systemGuest reads files of the kernel's. It keeps them open, as it reads them every second.
type systemGuest struct {
	cpu    func() (time.Duration, bool)
	memory func() (kib int64, ok bool)
}

func (g systemGuest) Load() (load Load) {
	if g.cpu != nil {
		load.CPU, load.CPUKnown = g.cpu()
		load.MemoryKiB, load.MemoryKnown = g.memory()
	}
	return load
}

// procGuest reads the whole guest's load from /proc.
func procGuest(root string) systemGuest {
	stat, meminfo := reread(root, "proc/stat"), reread(root, "proc/meminfo")
	return systemGuest{
		func() (time.Duration, bool) { return parseStat(stat.read()) },
		func() (int64, bool) { return parseMeminfo(meminfo.read()) },
	}
}

// cgroup2Guest reads the load of the unified hierarchy's root as the meter sees it, which in a container is the
// container.
func cgroup2Guest(root string) systemGuest {
	cpu, memory := reread(root, "sys/fs/cgroup/cpu.stat"), reread(root, "sys/fs/cgroup/memory.current")
	stat := reread(root, "sys/fs/cgroup/memory.stat")
	return systemGuest{
		func() (time.Duration, bool) {
			usec, ok := statField(cpu.read(), "usage_usec")
			return time.Duration(usec) * time.Microsecond, ok && usec < 1<<50
		},
		func() (int64, bool) { return workingSet(memory.read(), stat.read(), "inactive_file") },
	}
}

// cgroup1Guest reads the load of the first version's hierarchies.
func cgroup1Guest(root string) systemGuest {
	cpu := reread(root, "sys/fs/cgroup/cpuacct/cpuacct.usage")
	memory := reread(root, "sys/fs/cgroup/memory/memory.usage_in_bytes")
	stat := reread(root, "sys/fs/cgroup/memory/memory.stat")
	return systemGuest{
		func() (time.Duration, bool) {
			nsec, ok := parseCount(bytes.TrimSpace(cpu.read()))
			return time.Duration(nsec), ok
		},
		func() (int64, bool) { return workingSet(memory.read(), stat.read(), "total_inactive_file") },
	}
}

// workingSet is the memory of a cgroup less the part of the page cache that is not in use, in KiB.
func workingSet(current, stat []byte, cacheField string) (kib int64, ok bool) {
	used, ok := parseCount(bytes.TrimSpace(current))
	cache, hasCache := statField(stat, cacheField)
	return max(used-cache, 0) / 1024, ok && hasCache
}
