package pricing

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// BilledQuantity is one of the things a MicroVM's bill is made of, in AWS's order. Its string is the id that
// outputs use.
type BilledQuantity uint8

// The billed quantities. Source: AWS Lambda pricing page and Price List, service code AWSLambda, read 2026-09-19.
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

	// QuantityCount is how many billed quantities there are: the length of every array that has one place for each.
	QuantityCount = int(iota)
)

// quantityFacts is everything that differs between billed quantities and is a name or a number rather than a rule.
type quantityFacts struct {
	id, name, unit, group, column string
	byArch                        bool // whether group is without the suffix of the architecture
	counted                       CountUnit
}

// CountUnit is the small unit in which a billed quantity is measured, as a whole number.
type CountUnit struct {
	Column  string // heads columns of such numbers: vcpu_ms
	Name    string // for text: vCPU-ms
	PerUnit int64  // how many make up one billed unit
}

const (
	bytesPerGB  = 1 << 30
	mibsPerGB   = 1 << 10
	msPerSecond = 1000
)

// quantityTable has one line for each billed quantity. Whatever else needs to be known of one comes from here, so that
// a new quantity of AWS's is a line in this table and a rate in the cards.
var quantityTable = [QuantityCount]quantityFacts{
	VCPU: {
		"vcpu", "vCPU", "vCPU-Seconds", "AWS-Lambda-MicroVM-vCPU-Second", "vcpu_seconds", true,
		CountUnit{"vcpu_ms", "vCPU-ms", msPerSecond},
	},
	Memory: {
		"memory", "memory", "GB-Seconds", "AWS-Lambda-MicroVM-Memory-GB-Second", "gb_seconds", true,
		CountUnit{"mem_mib_ms", "MiB-ms", mibsPerGB * msPerSecond},
	},
	SnapshotRead: {
		"snapshot.read", "snapshot read", "GB", "AWS-Lambda-MicroVM-Snapshot-Read-GB", "read_gb", false,
		CountUnit{"read_bytes", "bytes", bytesPerGB},
	},
	SnapshotWrite: {
		"snapshot.write", "snapshot write", "GB", "AWS-Lambda-MicroVM-Snapshot-Write-GB", "write_gb", false,
		CountUnit{"write_bytes", "bytes", bytesPerGB},
	},
	SnapshotStorage: {
		"storage", "snapshot storage", "GB-Hours", "AWS-Lambda-MicroVM-Snapshot-Storage-GB-Hour", "storage_gb_hours", false,
		CountUnit{"storage_byte_seconds", "byte-seconds", bytesPerGB * SecondsPerHour},
	},
}

// BilledQuantities returns every billed quantity, in the order of a bill.
func BilledQuantities() []BilledQuantity {
	quantities := make([]BilledQuantity, QuantityCount)
	for i := range quantities {
		quantities[i] = BilledQuantity(i)
	}
	return quantities
}

// ParseBilledQuantity reads the id that [BilledQuantity.String] writes.
func ParseBilledQuantity(id string) (BilledQuantity, bool) {
	for q := range quantityTable {
		if quantityTable[q].id == id {
			return BilledQuantity(q), true
		}
	}
	return 0, false
}

// facts are those of a quantity that there is; any other has its number as id and name alone.
func (q BilledQuantity) facts() quantityFacts {
	if int(q) < QuantityCount {
		return quantityTable[q]
	}
	name := figures.Word("quantity", nil, q)
	return quantityFacts{id: name, name: name}
}

// String is the id used in outputs: vcpu, memory, snapshot.read, snapshot.write or storage.
func (q BilledQuantity) String() string { return q.facts().id }

// MarshalText writes the id.
func (q BilledQuantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads an id.
func (q *BilledQuantity) UnmarshalText(text []byte) error {
	read, known := ParseBilledQuantity(string(text))
	if !known {
		return fmt.Errorf("%.60q is not a billed quantity", text)
	}
	*q = read
	return nil
}

// Name is the quantity in words, as in "snapshot write".
func (q BilledQuantity) Name() string { return q.facts().name }

// Unit is the unit AWS bills in, in the Price List's spelling.
func (q BilledQuantity) Unit() string { return q.facts().unit }

// ByArch reports whether each architecture has a usage type and a rate of its own, as compute has. Snapshots are billed
// alike.
func (q BilledQuantity) ByArch() bool { return q.facts().byArch }

// Column heads columns of the quantity in billed units, in CSV files and JSON: vcpu_seconds.
func (q BilledQuantity) Column() string { return q.facts().column }

// Counted is the unit in which the quantity is measured.
func (q BilledQuantity) Counted() CountUnit { return q.facts().counted }

// Quantities holds an amount of each billed quantity. The zero value is nothing used.
type Quantities [QuantityCount]decimal.Decimal
