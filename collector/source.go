package collector

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
	"microspend/usage"
)

// Source is somewhere that usage is read from. Plan and Fetch are called by several goroutines at a time, for one
// target too. They return when their context ends.
//
// An error that means that nothing can be read of the target, such as missing credentials, is a [TargetError]; any
// other concerns what was asked for alone. Retrying what may pass is the source's work: an error is final for the
// run.
type Source interface {
	// Name is the source of its records: cloudwatch, logs, microvms.
	Name() string
	Traits() Traits
	// Plan says what reading a window would take. It may ask the service what there is to read; what that takes is part
	// of the plan, also where there is an error. The batches of a plan, and those of adjoining windows, have no record
	// in common.
	Plan(ctx context.Context, target Target, window Window) (Plan, error)
	// Fetch reads a batch of a plan, of this run or of one that was interrupted. The result is complete in itself: every
	// record is what the whole period amounts to, as far as it is known. A part that cannot be read is a gap of the
	// result, and the rest is there; an error means that there is nothing at all.
	Fetch(ctx context.Context, target Target, batch Batch) (Result, error)
}

type ledgerKey struct{}

// WithLedger returns a context for Fetch that has the ledger which the run writes to.
func WithLedger(ctx context.Context, l ledger.Store) context.Context {
	return context.WithValue(ctx, ledgerKey{}, l)
}

// LedgerOf is the ledger among whose documents a source may keep, during Fetch, what it knows beyond records; nil where
// there is none. Nothing else of it may be used: the run is reading it and about to write to it.
func LedgerOf(ctx context.Context) ledger.Store {
	l, _ := ctx.Value(ledgerKey{}).(ledger.Store)
	return l
}

// SeriesSource is a source whose batches are made of series, each of which can be read without the others. Of a batch
// of which one series failed, that one alone is asked for again; and a gap is closed by whatever batch reads its
// series, as another plan puts them into others. Of any other source, a batch is one series: its ID.
type SeriesSource interface {
	Source
	// Series lists what a batch reads, each by the resource that its records are about: see [SeriesOf]. It is asked of
	// batches that were planned with another configuration, too; of one that it cannot make out it returns nil.
	Series(Batch) []string
	// Readable reports whether Fetch can read a batch, which may have been planned with another configuration. What it
	// cannot read is planned anew.
	Readable(Batch) bool
	// Part is the batch that reads those series of another for which keep is true, of which there is at least one. The
	// runner gives it an ID of its own.
	Part(batch Batch, keep func(series string) bool) (Batch, error)
}

// SeriesOf names a series by the resource that its records are about, as the ledger knows them by that, too. The
// account is only part of the name where it is not the target's own.
func SeriesOf(target Target, account string, resource usage.Resource) string {
	if account == target.Account {
		return resource.String()
	}
	return account + "/" + resource.String()
}

// Traits are what the runner has to know of a source.
type Traits struct {
	// Live says that only the present can be read: a window begins where the last one ended and ends now, to the
	// nanosecond, without overlap, and is never cut. The first window is empty: From equals To.
	Live bool
	// Settle is how long after the end of a period the data is usually there.
	Settle time.Duration
	// MaxWindow is the longest window, in whole days; 0 means a day.
	MaxWindow time.Duration
	// FinestPeriod is the shortest period that can still be asked for when a window begins at such an age, or 0 where
	// nothing can. Nil means any period at any age.
	FinestPeriod func(age time.Duration) time.Duration
	// ListedFor is how long what Plan lists is used, before it is listed again; 0 means that each Plan lists.
	ListedFor time.Duration
	// Grows says that what is known of a period only becomes more: a record that is not complete never takes the place of
	// one that is, as when the service has begun to forget the period.
	Grows bool
	// Origins says that the ID of a batch is where its records are from, such as a log group, which vouches for them: no
	// resource is in two, so that two which have one contradict each other.
	Origins bool
	// LinkedAccounts says that a target's records may be of other accounts than its own, which are linked to it.
	LinkedAccounts bool
	// Shape identifies what the records of the source are keyed by, such as its names of series. Where it changes, no
	// window is read again, as records with new keys would stand beside those with the old ones.
	Shape string
	// KeepsKeys reports whether what was read as of another shape has the same keys now, so that windows can be read again
	// all the same: parts were only added or left out. Nil means that no other shape does.
	KeepsKeys func(shape string) bool
}

// Plan is what reading a window takes.
type Plan struct {
	Batches []Batch `json:"batches"`
	Listing Cost    `json:"listing"` // of the calls that the plan itself took
	// Quarantined is what the plan leaves out. Target and Window may be left out.
	Quarantined []Quarantine `json:"-"`
	// Notes are sentences for who asks what a run would cost, such as what the metrics cost by themselves.
	Notes []string `json:"-"`
	// Accounts are those that records will be of besides the target's own: see [Traits.LinkedAccounts].
	Accounts []string `json:"-"`
	// State is what the source wants to remember for the target, in place of what [Result.State] or an earlier plan left.
	// It takes effect together with the plan: what the plan has is read by this run or by a later one. Nil keeps what was.
	State json.RawMessage `json:"-"`
}

// Batch is a part of a window that is read, kept and counted as done at once. It is written to the disk, so that a
// later run can go on with it.
type Batch struct {
	ID string `json:"id"` // tells the batches of a plan apart
	// Window is what Fetch is to read. Of a batch that is asked for again it may be shorter or longer than planned.
	Window Window          `json:"window"`
	Cost   Cost            `json:"cost"`           // expected
	Spec   json.RawMessage `json:"spec,omitempty"` // what the source needs to read it; compact, as it is kept in memory
	// State is what the source last returned as [Result.State] for the target. The runner sets it before Fetch.
	State json.RawMessage `json:"-"`
}

// Cost is what calls amount to.
type Cost struct {
	Calls    int64           `json:"calls"`
	Metrics  int64           `json:"metrics"`  // metrics requested of CloudWatch, which are what it charges for
	APIPrice decimal.Decimal `json:"apiPrice"` // US dollars
}

// Add sums two costs.
func (c Cost) Add(other Cost) Cost {
	return Cost{c.Calls + other.Calls, c.Metrics + other.Metrics, c.APIPrice.Add(other.APIPrice)}
}

// Result is what a batch gave.
type Result struct {
	Records []usage.Record // in any order; each with the source's name
	Gaps    []Gap          // parts that could not be read; Target and Window may be left out where they are the batch's
	// Quarantined is what was left out of the records for what it is; Target and Window may be left out as in Gaps.
	Quarantined []Quarantine
	Calls       int64 // calls made, with repeated ones
	// Counts are what a reader of the summary should know of, by what was counted, as a plural: "periods without a
	// datapoint", "values rounded to a whole unit", "lines that are cut". They are summed over batches.
	Counts map[string]int64
	// Notes name single things of those that are counted, such as a line that is cut with where it is. A source gives the
	// first few; the summary keeps the first MaxNotes.
	Notes []string
	// FirstSeen is when the service, by its own clock, took in the first of what the records of a resource are made of, in
	// Unix milliseconds, by [usage.Resource.String]. It decides which of two origins had a resource first; see
	// [Traits.Origins].
	FirstSeen map[string]int64
	// State is what the source wants to remember for the target. It takes effect together with the records; nil keeps
	// what was. A source that uses it plans one batch per window.
	State json.RawMessage
}

// Gap is something that could not be read, and is not in the ledger.
type Gap struct {
	Target Target
	Window Window // zero where no time can be named
	What   string // of the target: a series, a log group; "" for all of it
	Reason string
	// Series is which of the batch's series it is about, as [SeriesSource.Series] has it; "" for all of the batch.
	Series string `json:",omitempty"`
	// Lasting says that it is for someone to mend before the target can be read: its credentials, or the configuration.
	Lasting bool `json:"-"`
}

// String names a gap in a message.
func (g Gap) String() string {
	var parts []string
	for _, part := range []string{g.Target.String(), g.What} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if !g.Window.To.IsZero() {
		parts = append(parts, g.Window.String())
	}
	if len(parts) == 0 {
		return g.Reason
	}
	return strings.Join(parts, ", ") + ": " + g.Reason
}

// TargetError says that nothing can be read of a target: its credentials are missing or expired, its role may not be
// assumed. The run leaves the target and goes on with the others.
type TargetError struct{ Err error }

func (e *TargetError) Error() string { return e.Err.Error() }

// lasting reports whether someone has to mend something, unless the reason says of itself that it may pass, as that AWS
// could not be reached for credentials.
func (e *TargetError) lasting() bool {
	var reason interface{ Passing() bool }
	return !errors.As(e.Err, &reason) || !reason.Passing()
}

// Unwrap returns the reason.
func (e *TargetError) Unwrap() error { return e.Err }
