// Package fleet says what a fleet of MicroVMs is now and what it costs while it is: which run, which only wait, what an
// hour of them costs, what each has cost so far and what suspending it would save. It is the program's own and promises
// nothing. It joins what a look at the fleet finds (package watch) with the newest lines of meters and the ledger's
// records.
//
// What the ledger has is exact. What is newer is worked out from states and sizes; it is kept apart, and marked ≈
// wherever it is shown. What is not known is not zero: see [Amount].
//
// # Units
//
// Money is in US dollars, exact decimals, priced by package pricing with the rates of the source of spend. Moments are
// UTC. Memory is MiB, vCPU thousandths.
package fleet

import (
	"time"

	"microspend/collector/watch"
	"microspend/pricing"
)

// Snapshot is the fleet at one moment. It is not changed any more once it was made.
type Snapshot struct {
	At     time.Time // of the newest listing
	Places []watch.Place

	MicroVMs []MicroVM // by account, region and id; those that ended today are among them
	Events   []Event   // newest first, at most [MostEvents]

	Counts     map[watch.State]int
	EndedToday int

	Burn          Amount       // an hour of all that is not ended, as it is now
	Month         Amount       // 730 hours of it
	Today         Amount       // what the ledger has of today
	TodayNewer    Amount       // ≈ what is not in the ledger yet
	LedgerUntil   time.Time    // up to when the ledger has usage; zero where it has none
	LedgerFault   string       // why the ledger could not be read this time; what was read of it before is shown
	RatesReadOn   pricing.Date // the oldest day on which rates that were used were read; zero where none were
	BurnHistory   []BurnAt     // of this process's looks, oldest first
	MemoryInUse   int64        // MiB of baselines of what runs or is suspended, which is what the quota counts
	MemoryQuota   int64        // MiB; 0 where it is not known of every place
	MemoryUnknown bool         // the baseline of some of them is not known
	NearCap, Idle int          // see [MicroVM.NearCap], [MicroVM.Idles]
}

// MostEvents is how many events are kept.
const MostEvents = 500

// BurnAt is what an hour cost at a moment.
type BurnAt struct {
	At   time.Time
	Burn Amount
}

// MicroVM is one of the fleet.
type MicroVM struct {
	watch.MicroVM

	// Owner is the tenant by the ledger's records and the tenants file, or what stands for none: see [spend.OwnerName].
	Owner string

	Running, Suspended time.Duration // so far, as far as its life is known
	Unsure             time.Duration // of them, what no two looks in a row saw

	BurnPerHour Amount
	Spent       Amount                        // in the ledger
	Newer       Amount                        // ≈ since then
	Quantities  [pricing.QuantityCount]Amount // of Spent and Newer together

	SuspendSaves Amount // an hour, were it suspended now; not known for what does not run
	ResumeCosts  Amount // and writing its state, once
}

// Event is a change that was noticed.
type Event struct {
	At       time.Time // of the change where it is known, otherwise of the look that noticed it
	MicroVM  string
	Account  string
	Region   string
	Owner    string
	Image    string
	From, To watch.State // From is "" for a launch
	Reason   string      // what is known of why: "idle for 5m1s", "maximum duration reached"; "" otherwise
}
