package ledger

import (
	"time"

	"microspend/usage"
)

// Query asks for sums over a part of the ledger.
type Query struct {
	From, To time.Time      // periods that start in [From, To)
	By       []Field        // what the sums are grouped by; none for one sum over all
	Location *time.Location // where days are cut for FieldDay; nil means UTC
	Sums     Sums           // what is summed besides the records and their seconds; 0 means everything
}

// Sums is a set of what can be summed: columns that are not asked for are not read, and zero in the result.
type Sums uint16

// The members of the set.
const (
	SumVCPU Sums = 1 << iota
	SumMemory
	SumRead
	SumWrite
	SumStorage
	SumRunning
	SumSuspended
	SumLaunches
	SumSuspends
	SumResumes

	// SumBilled are the five billed quantities.
	SumBilled = SumVCPU | SumMemory | SumRead | SumWrite | SumStorage
)

// has says whether the amount in a place among the columns is asked for.
func (s Sums) has(amount int) bool { return s == 0 || s&(1<<amount) != 0 }

// Field is something that sums can be grouped by.
type Field uint8

// The fields.
const (
	FieldTenant Field = iota
	FieldImage
	FieldMicroVM
	FieldRole
	FieldRegion
	FieldAccount
	FieldSource
	FieldDay // the day on which a period starts, in the query's location
)

// Group is one group of a query's result. Of its key only the fields that the query groups by are set.
type Group struct {
	Tenant, Image, MicroVMID, Role, Region, Account, Source string

	Day time.Time // midnight at the start of the day, in the query's location

	Sum usage.Sum
}

// Result is the answer to a query.
type Result struct {
	Groups []Group // in the order of their keys: the fields as they are declared above
	// Damaged names the files that could not be read and are left out, each with its reason.
	Damaged []DamagedFile
}

// DamagedFile is a file of the ledger whose content is not what was written.
type DamagedFile struct {
	Path   string // within the ledger's folder
	Day    time.Time
	Reason string
}
