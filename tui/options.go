package tui

import (
	"context"
	"io"
	"time"

	"microspend/tui/data"
)

// Collector brings usage into the ledger while the dashboard is open.
type Collector interface {
	// Collect collects once. It calls progress as often as it likes, from any goroutine, with how much of how much is
	// done (a total of 0 where that is not known) and with what it is at. It ends early when the context does.
	Collect(ctx context.Context, progress func(done, total int64, label string)) error
}

// Options are what the dashboard takes from outside. Reader and Now must be given.
type Options struct {
	Reader *data.Reader
	// Now is the moment as of which spend is looked at; it stands still where --as-of says so. Clock is the time that
	// passes, for ages on the screen; nil is Now.
	Now, Clock func() time.Time

	Period *data.Period // to open with, as a custom one; nil is the month of Now
	View   string       // to open with, one of Views; "" is the first
	Filter string       // of the table of View, in place of the one that is remembered; "" for none of its own

	// Rested is called, on a goroutine of its own, when nothing is left to read; nil for nothing. There is a lot to give
	// back then.
	Rested func()

	Poll       time.Duration // how often the ledger is looked at; 0 is never
	StaleAfter time.Duration // the age from which on data is called stale; 0 is never

	Collector    Collector     // nil for none
	CollectEvery time.Duration // from the end of one collecting to the start of the next; 0 collects once

	Live      Live          // nil for none
	LiveEvery time.Duration // from the end of one look at the fleet to the start of the next; 0 looks once

	StateFile string // where sort and filter are remembered; "" for nowhere
	ExportDir string // where exports go; "" is the working folder
	Mouse     bool
	ASCII     bool // the terminal shows nothing else

	Input   io.Reader // nil is standard input
	Output  io.Writer // nil is standard output
	Environ []string  // nil is the process's own
}
