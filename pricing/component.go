package pricing

import (
	"fmt"
	"strings"

	"microspend/internal/figures"
)

// Component is a line of a bill, or a group of lines. It is an index and not a text, so that a misspelt one does not
// compile: a sum over a name that nothing has would be zero. Texts are read by [ParseComponent], at the edge.
type Component uint8

// The lines of a MicroVM's bill, in its order, and the groups that they add up to.
const (
	BaselineVCPU     Component = iota // vCPU-seconds outside bursts
	BaselineMemory                    // GB-seconds outside bursts
	PeakVCPU                          // vCPU-seconds in bursts, at the peak
	PeakMemory                        // GB-seconds in bursts, at the peak
	WriteSuspend                      // GB written by suspends
	ReadLaunch                        // GB read from the image by launches
	ReadResume                        // GB read from suspended state by resumes
	StorageImage                      // GB-hours of image versions
	StorageSuspended                  // GB-hours of suspended MicroVMs

	Everything    // the whole bill
	Compute       // everything that is billed while running
	Baseline      // of that, outside bursts
	Peak          // of that, in bursts
	Snapshots     // written and read
	SnapshotReads // of that, read
	Storage       // images and suspended MicroVMs

	// Lines of plain quantities, which no scenario stands behind. Those of reads, writes and storage share their ids
	// with SnapshotReads, WriteSuspend and Storage.
	PlainVCPU
	PlainMemory

	componentCount = iota
	lineCount      = int(StorageSuspended) + 1
)

type componentWords struct{ id, label string }

// componentTable has the stable id of each component, as JSON, CSV and scenario files have it, and the words for it
// under the heading of its group.
var componentTable = [componentCount]componentWords{
	BaselineVCPU:     {"compute.baseline.vcpu", "baseline vCPU"},
	BaselineMemory:   {"compute.baseline.memory", "baseline memory"},
	PeakVCPU:         {"compute.peak.vcpu", "peak vCPU"},
	PeakMemory:       {"compute.peak.memory", "peak memory"},
	WriteSuspend:     {"snapshot.write", "write, suspend"},
	ReadLaunch:       {"snapshot.read.launch", "read, launch"},
	ReadResume:       {"snapshot.read.resume", "read, resume"},
	StorageImage:     {"storage.image", "image"},
	StorageSuspended: {"storage.suspended", "suspended"},
	Everything:       {"total", "total"},
	Compute:          {"compute", "compute"},
	Baseline:         {"compute.baseline", "baseline"},
	Peak:             {"compute.peak", "peak"},
	Snapshots:        {"snapshot", "snapshot"},
	SnapshotReads:    {"snapshot.read", "read"},
	Storage:          {"storage", "storage"},
	PlainVCPU:        {"vcpu", "vCPU"},
	PlainMemory:      {"memory", "memory"},
}

// plainComponents are the lines of plain quantities.
var plainComponents = [QuantityCount]Component{
	VCPU: PlainVCPU, Memory: PlainMemory,
	SnapshotRead: SnapshotReads, SnapshotWrite: WriteSuspend, SnapshotStorage: Storage,
}

// Component is the line that a plain amount of the quantity has in a bill.
func (q BilledQuantity) Component() Component {
	if int(q) < QuantityCount {
		return plainComponents[q]
	}
	return componentCount // no component
}

// Components returns the lines of a MicroVM's bill in its order.
func Components() []Component {
	lines := make([]Component, lineCount)
	for i := range lines {
		lines[i] = Component(i)
	}
	return lines
}

// Groups returns the groups under which a bill shows its lines, in its order. Each line is in exactly one.
func Groups() []Component { return []Component{Compute, Snapshots, Storage} }

// ParseComponent reads the id of a line or a group of a scenario's bill.
func ParseComponent(id string) (Component, error) {
	for c := range PlainVCPU {
		if componentTable[c].id == id {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%.60q is not a component of a bill", id)
}

// words are those of a component that there is; any other has its number.
func (c Component) words() componentWords {
	if c < componentCount {
		return componentTable[c]
	}
	name := figures.Word("component", nil, c)
	return componentWords{name, name}
}

// String is the component's id.
func (c Component) String() string { return c.words().id }

// MarshalText writes the id.
func (c Component) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the id of a line or a group of a scenario's bill.
func (c *Component) UnmarshalText(text []byte) (err error) {
	*c, err = ParseComponent(string(text))
	return err
}

// Label is the component in words, under the heading of its group.
func (c Component) Label() string { return c.words().label }

// Group is the one of [Groups] that the line is in.
func (c Component) Group() Component {
	for _, group := range Groups() {
		if c.Within(group) {
			return group
		}
	}
	return c
}

// Within reports whether a component is the given one or lies under it: compute.peak.vcpu is within compute.peak.
func (c Component) Within(group Component) bool {
	if group == Everything {
		return true
	}
	rest, under := strings.CutPrefix(c.String(), group.String())
	return under && (rest == "" || rest[0] == '.')
}
