package ledger

import (
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// Query asks for sums over a part of the ledger.
type Query struct {
	From, To time.Time      // periods that start in [From, To)
	By       []Field        // what the sums are grouped by; none for one sum over all
	Location *time.Location // where days are cut for FieldDay; nil means UTC
	Sums     Sums           // what is summed besides the records and their seconds; 0 means everything
}

// Sums is a set of measures: columns that are not asked for are not read, and zero in the result. The empty set is all of them.
type Sums uint16

// SumOf is the set of some measures.
func SumOf(measures ...usage.Measure) (s Sums) {
	for _, m := range measures {
		s |= 1 << m
	}
	return s
}

// SumBilled are the billed quantities.
const SumBilled Sums = 1<<pricing.QuantityCount - 1

// has reports whether a measure is asked for.
func (s Sums) has(m usage.Measure) bool { return s == 0 || s&(1<<m) != 0 }

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
