package microvmapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"microspend/collector"
	"microspend/collector/watch"
	"microspend/ledger/lifecycle"
)

// WatchOptions are what a [Watcher] works with. Targets and Client are required.
type WatchOptions struct {
	Targets collector.TargetsFunc
	Client  func(context.Context, collector.Target) (*Client, error) // asked once per target
	Sizes   []Sizing                                                 // in place of what the API tells
	Quota   func(region string) int64                                // of memory, in MiB; nil where it is not known

	// State is what the collector last remembered of a target, and Launched what it wrote down of launches; both may be
	// nil. What they know is not asked for again.
	State    func(context.Context, collector.Target) (json.RawMessage, error)
	Launched func(ctx context.Context, from, to time.Time) (*lifecycle.Table, error)

	Patience time.Duration // the longest that a look waits for accounts and regions while others are told; 0 means 8 s
	Now      func() time.Time
	Explain  func(error) error
}

// Watcher looks at the fleets of accounts and regions, by the rules by which a [Source] polls them. It writes nothing.
// It implements [watch.Watcher] and may be used by several goroutines, of which one looks at a time.
//
// However often it is asked, it keeps within the service's limits: an account and region is listed again when it is its
// turn, at two pages a second on average and less often once it was throttled. Until then, what was found last is given
// again. What a listing does not tell is asked for little by little, over several looks.
type Watcher struct {
	options WatchOptions
	source  *Source

	turn chan struct{} // bounds how many listings run at once

	mu     sync.Mutex
	places map[collector.Target]*place
}

// NewWatcher returns a watcher.
func NewWatcher(options WatchOptions) (*Watcher, error) {
	options.Patience = cmp.Or(options.Patience, 8*time.Second)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Quota == nil {
		options.Quota = func(string) int64 { return 0 }
	}
	source, err := New(Options{
		Client: options.Client, Sizes: options.Sizes, Now: options.Now, Explain: options.Explain,
		Poll: time.Minute, MaxGap: 3 * time.Minute, ImagesEvery: -1, Details: mostAsked,
	})
	if err != nil {
		return nil, err
	}
	return &Watcher{
		options: options, source: source, places: map[collector.Target]*place{}, turn: make(chan struct{}, lookedAtOnce),
	}, nil
}

// What a look may ask beyond the listing, of an account and region.
const (
	mostAsked   = 25 // MicroVMs
	mostLearned = 6  // versions of images, each a few calls
)

// When an account and region is listed again.
const (
	shortestWait = 2 * time.Second
	longestWait  = 2 * time.Minute
	pageWait     = 500 * time.Millisecond // for each call of the listing before
	lookedAtOnce = 8                      // accounts and regions

	// longestList is how long a listing may take, whoever waits for it: 10,000 MicroVMs are 200 calls, of which AWS's
	// limits allow 20 a second.
	longestList = time.Minute
)

// Look implements [watch.Watcher].
func (w *Watcher) Look(ctx context.Context) (watch.Look, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return watch.Look{}, err
	}
	targets, gaps := w.options.Targets(ctx)
	if len(targets) == 0 {
		return watch.Look{}, noTargets(ctx, gaps)
	}
	w.lookAt(ctx, targets)
	if err := ctx.Err(); err != nil {
		return watch.Look{}, err
	}
	return w.found(targets)
}

// noTargets is why there is nothing to look at.
func noTargets(ctx context.Context, gaps []collector.Gap) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	faults := []error{errors.New("there is no account and region to look at")}
	if len(gaps) > 0 {
		faults = faults[:0]
	}
	for _, gap := range gaps {
		faults = append(faults, errors.New(gap.Reason))
	}
	return errors.Join(faults...)
}

// lookAt lists those of the targets whose turn it is, several at once, and waits for them: for a while if some can be
// told, and else for as long as it takes. What takes longer goes on, and is there for a later look.
func (w *Watcher) lookAt(ctx context.Context, targets []collector.Target) {
	for _, target := range targets {
		p := w.places[target]
		if p == nil {
			p = newPlace(target, w.options.Quota(target.Region))
			w.places[target] = p
		}
		if p.took() || p.listing != nil || !p.due(w.options.Now()) {
			continue
		}
		p.asked, p.listing = w.options.Now(), make(chan outcome, 1)
		long, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestList)
		go func() {
			defer cancel()
			w.turn <- struct{}{}
			defer func() { <-w.turn }()
			p.listing <- p.look(long, w)
		}()
	}
	patience := w.options.Patience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline)*9/10)
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, target := range targets {
		w.places[target].await(patient)
	}
	for _, target := range targets {
		if w.places[target].told() {
			return
		}
	}
	for _, target := range targets { // nothing could be told yet: the first to be there is worth waiting for
		if w.places[target].await(ctx); w.places[target].told() {
			return
		}
	}
}

// found puts together what the places have.
func (w *Watcher) found(targets []collector.Target) (look watch.Look, err error) {
	slices.SortFunc(targets, func(a, b collector.Target) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	var faults []error
	for _, target := range targets {
		p := w.places[target]
		look.Places = append(look.Places, p.Place)
		look.MicroVMs = append(look.MicroVMs, p.microvms...)
		if p.ListedAt.After(look.At) {
			look.At = p.ListedAt
		}
		if p.ListedAt.IsZero() {
			place := &look.Places[len(look.Places)-1]
			place.Fault = cmp.Or(p.Fault, "it is still being listed")
			faults = append(faults, errors.New(target.String()+": "+place.Fault))
		}
	}
	if len(faults) == len(targets) {
		return watch.Look{}, errors.Join(faults...)
	}
	return look, nil
}
