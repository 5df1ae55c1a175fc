package pricing

import (
	"strings"

	"github.com/shopspring/decimal"
)

// BilledQuantity is one of the five things a MicroVM's bill is made of, in AWS's order. Its string is the id that
// outputs use.
type BilledQuantity uint8

// The five billed quantities. Source: AWS Lambda pricing page and Price List, service code AWSLambda, read 2026-09-19.
const (
	// VCPU is running time × vCPUs: the configured baseline, busy or idle, and what a burst adds while it lasts.
	VCPU BilledQuantity = iota
	// Memory is running time × GB of memory, baseline and burst likewise. vCPU and memory burst independently.
	Memory
	// SnapshotRead is GB read by every start (from the image) and by every resume (from the suspended state).
	SnapshotRead
	// SnapshotWrite is GB written by every suspend.
	SnapshotWrite
	// SnapshotStorage is GB × hours of image versions, also inactive ones, and of suspended MicroVMs.
	SnapshotStorage

	quantityCount = 5
)

type quantityFacts struct{ id, name, unit, group string }

var quantityTable = [quantityCount]quantityFacts{
	VCPU:            {"vcpu", "vCPU", "vCPU-Seconds", "AWS-Lambda-MicroVM-vCPU-Second-ARM"},
	Memory:          {"memory", "memory", "GB-Seconds", "AWS-Lambda-MicroVM-Memory-GB-Second-ARM"},
	SnapshotRead:    {"snapshot.read", "snapshot read", "GB", "AWS-Lambda-MicroVM-Snapshot-Read-GB"},
	SnapshotWrite:   {"snapshot.write", "snapshot write", "GB", "AWS-Lambda-MicroVM-Snapshot-Write-GB"},
	SnapshotStorage: {"storage", "snapshot storage", "GB-Hours", "AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour"},
}

// BilledQuantities returns the five, in the order of a bill.
func BilledQuantities() []BilledQuantity {
	return []BilledQuantity{VCPU, Memory, SnapshotRead, SnapshotWrite, SnapshotStorage}
}

// String is the id used in outputs: vcpu, memory, snapshot.read, snapshot.write or storage.
func (q BilledQuantity) String() string { return quantityTable[q].id }

// Name is the quantity in words, as in "snapshot write".
func (q BilledQuantity) Name() string { return quantityTable[q].name }

// Unit is the unit AWS bills in, in the Price List's spelling.
func (q BilledQuantity) Unit() string { return quantityTable[q].unit }

// PriceListGroup is the attribute "group" of the ARM product in AWS's Price List. It is the same in every region, while
// the names of usage types carry a prefix of the location.
func (q BilledQuantity) PriceListGroup() string { return quantityTable[q].group }

// Quantities holds an amount of each billed quantity. The zero value is nothing used.
type Quantities [quantityCount]decimal.Decimal

// Component names a line of a bill. The ids are stable: they appear in JSON, CSV and scenario files.
type Component string

// The components of a MicroVM's bill, in the order of its lines.
const (
	BaselineVCPU     Component = "compute.baseline.vcpu"   // vCPU-seconds outside bursts
	BaselineMemory   Component = "compute.baseline.memory" // GB-seconds outside bursts
	PeakVCPU         Component = "compute.peak.vcpu"       // vCPU-seconds in bursts, at the peak
	PeakMemory       Component = "compute.peak.memory"     // GB-seconds in bursts, at the peak
	WriteSuspend     Component = "snapshot.write"          // GB written by suspends
	ReadLaunch       Component = "snapshot.read.launch"    // GB read from the image by launches
	ReadResume       Component = "snapshot.read.resume"    // GB read from suspended state by resumes
	StorageImage     Component = "storage.image"           // GB-hours of image versions
	StorageSuspended Component = "storage.suspended"       // GB-hours of suspended MicroVMs
)

// Components returns every component in the order of a bill.
func Components() []Component {
	return []Component{
		BaselineVCPU, BaselineMemory, PeakVCPU, PeakMemory,
		WriteSuspend, ReadLaunch, ReadResume, StorageImage, StorageSuspended,
	}
}

// Groups returns the groups that components add up to: the first element of their ids.
func Groups() []string { return []string{"compute", "snapshot", "storage"} }

// Group is the first element of the component's id: compute, snapshot or storage.
func (c Component) Group() string {
	group, _, _ := strings.Cut(string(c), ".")
	return group
}

// within says whether a component is the named one or lies under it: compute.peak.vcpu is within compute.peak.
func (c Component) within(prefix string) bool {
	s := string(c)
	return s == prefix || (len(s) > len(prefix) && s[:len(prefix)] == prefix && s[len(prefix)] == '.')
}
