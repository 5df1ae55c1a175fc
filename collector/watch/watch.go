// Package watch is what a look at a fleet finds: which MicroVMs there are now, in which state, and what was asked for
// when they were launched. It is the program's own and promises nothing. Collecting asks what was used; this asks what
// is. The MicroVM API's poller, the demo's fleet and the scripted one of tests give it alike, and whoever shows it sees
// no AWS types.
//
// # Units
//
// Moments are UTC. Sizes are bytes, memory MiB (2^20 bytes), vCPU thousandths.
package watch

import (
	"context"
	"time"

	"microspend/usage"
)

// Watcher looks at a fleet.
type Watcher interface {
	// Look lists the fleet once, within the limits of the service. What one place cannot tell does not keep the others
	// from being told: it is the fault of the place, and what was known of its MicroVMs before is given again. An error is
	// returned only where nothing at all can be told, or ctx is done.
	Look(ctx context.Context) (Look, error)
}

// Look is what was found. It is not changed any more once it was returned.
type Look struct {
	At       time.Time // when it was complete, by the service's clock as far as that is known
	Places   []Place   // in the order of account and region
	MicroVMs []MicroVM // in the order of account, region and id
}

// Place is a region of an account.
type Place struct {
	Account, Region string

	ListedAt time.Time // when all of it was last listed; zero if never
	Listed   int       // how many MicroVMs that listing had, those that had ended included
	Calls    int64     // to the API for this look
	MetersAt time.Time // up to when lines of meters were read; zero where none are

	Fault     string // why it could not be listed this time; "" where it could
	Lacks     string // what besides the listing could not be read, and why; "" where nothing is missing
	Throttled bool   // the service asked to wait
	Denied    bool   // permission is missing: trying again does not help

	// Quota is the baseline memory that the account may have in running and suspended MicroVMs, in MiB; 0 where that is
	// not known.
	Quota int64
}

// State is the state of a MicroVM, as the service says it. Another one than these is kept as it is.
type State string

// Source: AWS Lambda MicroVMs API reference, MicrovmItem.
const (
	Pending     State = "PENDING"
	Running     State = "RUNNING"
	Suspending  State = "SUSPENDING"
	Suspended   State = "SUSPENDED"
	Terminating State = "TERMINATING"
	Terminated  State = "TERMINATED"
)

// States are those that are known, in the order of a life.
func States() []State {
	return []State{Pending, Running, Suspending, Suspended, Terminating, Terminated}
}

// MicroVM is what is known of one. A member that is not known is left at its zero value.
type MicroVM struct {
	ID, Region, Account string

	Image, ImageVersion string // the image by its name or ARN, as its records in the ledger have it
	Role                string // ARN of the execution role
	Tenant              string // as the MicroVM's own records name it, before any tenants file
	Arch                usage.Arch
	MemoryMiB           int64 // the baseline
	StateBytes          int64 // what a suspend writes, a resume reads, and a suspended one stores
	ImageBytes          int64 // what a launch reads

	Policy  Policy
	MaxLife time.Duration // from the launch to its termination by the service

	State     State
	SeenAt    time.Time // when the service said so
	StartedAt time.Time
	EndedAt   time.Time // zero while it lives

	// Life is the stretches of time whose state is known, from the start on, without overlaps. The last one ends at
	// SeenAt.
	Life []Stretch

	LastActivity time.Time // of the last request or of what the meter calls activity
	Gauges       []Gauge   // of the meter, oldest first and without overlaps; the last hour at most
}

// Policy is what the service does with a MicroVM that idles.
type Policy struct {
	Known      bool
	MaxIdle    time.Duration // without a request for longer, it is suspended; 0 for never
	Suspended  time.Duration // suspended for longer, it is terminated; 0 for never
	AutoResume bool
}

// Stretch is time spent in a state.
type Stretch struct {
	From, To time.Time
	State    State
	Sure     bool // two looks in a row saw it, or the service or the meter gave its bounds
}

// Gauge is what a meter saw of a MicroVM that ran in [From, At).
type Gauge struct {
	From, At  time.Time
	VCPU      int64 // thousandths of a vCPU in use, on average
	PeakVCPU  int64
	MemoryMiB int64
	// Billed is whether the meter told what is billed, which is the baseline where less than that was in use.
	Billed bool
}
