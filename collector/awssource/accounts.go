package awssource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"microspend/collector"
)

// Accounts are the accounts and regions to read. They are found by the first call that can: credentials that have
// expired fail one run of a service, not the service.
//
// Credentials are read again at the beginning of a run, and during one, when the files that they come from have
// changed, and at the beginning of a run after AWS refused them. Clients that were made before go on with the new ones.
type Accounts struct {
	options Options
	refused atomic.Bool // AWS refused the credentials, or there were none, since they were last read

	mu     sync.Mutex
	found  map[collector.Target]Target // nil until they are found
	order  []collector.Target
	files  files     // as they were when the accounts were found
	looked time.Time // when they were looked at last
}

// NewAccounts returns accounts that have yet to be found.
func NewAccounts(options Options) *Accounts { return &Accounts{options: options} }

// Check returns what is wrong with the options, without asking anyone.
func (a *Accounts) Check() error { return a.options.Check() }

// Find finds the accounts and regions, unless they are known.
func (a *Accounts) Find(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found != nil {
		return nil
	}
	return a.renew(ctx)
}

// renew finds the accounts and regions, as the configuration has them now. Of those that are known, only the
// credentials change. After an error, everything is as it was.
func (a *Accounts) renew(ctx context.Context) error {
	files := filesNow() // before they are read: a change meanwhile is seen the next time
	list, err := Targets(ctx, a.options)
	if err != nil {
		return err
	}
	known := a.found
	a.found, a.order, a.files = map[collector.Target]Target{}, nil, files
	for _, t := range list {
		target := collector.Target{Account: t.Account, Region: t.Region}
		if before, ok := known[target]; ok {
			before.credentials.replace(t.credentials.provider)
			t = before
			delete(known, target)
		} else {
			t.credentials.accounts = a
		}
		a.found[target] = t
		a.order = append(a.order, target)
	}
	for target, t := range known {
		t.credentials.replace(gone(target))
	}
	return nil
}

// List implements [collector.TargetsFunc].
func (a *Accounts) List(ctx context.Context) ([]collector.Target, []collector.Gap) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if refused := a.refused.Swap(false); a.found != nil && !refused && a.files == filesNow() {
		return slices.Clone(a.order), nil
	}
	again := a.found != nil
	switch err := a.renew(ctx); {
	case err != nil && again: // those from before may still be good
		return slices.Clone(a.order), []collector.Gap{{
			Reason: fmt.Sprintf("reading the credentials again: %s; those from before are used", err),
		}}
	case err != nil:
		return nil, []collector.Gap{{Reason: err.Error(), Lasting: lasting(err)}}
	}
	return slices.Clone(a.order), nil
}

// Config returns the SDK's configuration for one of the accounts and regions.
func (a *Accounts) Config(target collector.Target) (aws.Config, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, known := a.found[target]
	if !known {
		return aws.Config{}, fmt.Errorf("%s is not one of the accounts and regions to read", target)
	}
	return found.Config, nil
}

// PerTarget makes something for each target when it is first asked for, such as a client, and keeps it.
type PerTarget[T any] struct {
	Make    func(context.Context, collector.Target) (T, error) // called by one goroutine at a time
	Explain func(error) error

	mu   sync.Mutex
	made map[collector.Target]T
}

// For returns what was made for a target. An error is a [collector.TargetError].
func (p *PerTarget[T]) For(ctx context.Context, target collector.Target) (T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.made[target]; ok {
		return known, nil
	}
	made, err := p.Make(ctx, target)
	if err != nil {
		return made, &collector.TargetError{Err: p.Explain(err)}
	}
	if p.made == nil {
		p.made = map[collector.Target]T{}
	}
	p.made[target] = made
	return made, nil
}

// Failure explains why a call failed, and makes it a [collector.TargetError] where nothing else can be read of the
// target either. The end of a context is left as it is.
func (p *PerTarget[T]) Failure(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	explained := p.Explain(err)
	if EndsTarget(err) {
		return &collector.TargetError{Err: explained}
	}
	return explained
}

// ListedFor is how long a listing of what there is to read of a target is used. CloudWatch lists a new metric after
// up to 15 minutes anyway.
const ListedFor = 10 * time.Minute

// Listing is a target's client, and what it listed.
type Listing[C, T any] struct {
	Client C

	mu     sync.Mutex // held while it is listed
	listed time.Time
	found  T
}

// Get returns what was listed, and lists it again where that was too long ago. Other callers wait meanwhile.
func (l *Listing[C, T]) Get(now time.Time, list func(C) (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A clock that was set back makes a listing of the future, which nobody knows the age of.
	if age := now.Sub(l.listed); !l.listed.IsZero() && age >= 0 && age < ListedFor {
		return l.found, nil
	}
	found, err := list(l.Client)
	if err == nil {
		l.found, l.listed = found, now
	}
	return found, err
}
