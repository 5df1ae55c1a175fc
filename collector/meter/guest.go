package meter

import "time"

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

// SystemGuest reads the machine's load by a measure, below a root folder that is "/" outside of tests. It says
// whether it reads a cgroup's. A guest whose load cannot be read is one whose load is not known.
func SystemGuest(root string, measure Measure) (guest Guest, cgroup bool) {
	var readable []Guest
	if measure != MeasureCgroup {
		readable = append(readable, newProcGuest(root))
	}
	if measure != MeasureGuest {
		readable = append(readable, newCgroup2Guest(root), newCgroup1Guest(root))
	}
	for i, guest := range readable {
		if load := guest.Load(); load.CPUKnown || load.MemoryKnown {
			return guest, measure == MeasureCgroup || i > 0
		}
	}
	return unknownGuest{}, measure == MeasureCgroup
}

type unknownGuest struct{}

func (unknownGuest) Load() Load { return Load{} }
