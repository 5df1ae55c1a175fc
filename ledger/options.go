package ledger

import (
	"log/slog"
	"time"

	"microspend/ledger/audit"
)

// Options are what a ledger takes from outside. The zero value will do.
type Options struct {
	Now     func() time.Time // for the lock's holder line and for when a file was set aside; nil means time.Now
	Logger  *slog.Logger     // for what was completed, cleared away or found damaged; nil keeps quiet
	Command string           // what the lock's holder line says is running, such as "microspend import"; may be ""
	// Action is what the audit log calls what is written, such as "import"; "" means "write".
	Action string
	// Actor is who writes, for the audit log; the zero value means this process.
	Actor audit.Actor
	// Progress is told how many of the days that an import concerns are sorted and on the disk, before the first of them
	// is switched. It is called by one goroutine at a time. Nil is not told.
	Progress func(done, of int)
	// Overlaps says what becomes of imported records of a MicroVM that overlap with others.
	Overlaps Overlaps
	// Collected says which records an import must not change by the way.
	Collected Collected
}

// WithDefaults fills in what is not given.
func (o Options) WithDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Action == "" {
		o.Action = "write"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	return o
}
