package awssource

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"microspend/collector"
)

// Accounts are the accounts and regions to read. They are found by the first call that can: credentials that have
// expired fail one run of a service, not the service.
type Accounts struct {
	options Options

	mu    sync.Mutex
	found map[collector.Target]aws.Config
	order []collector.Target
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
	list, err := Targets(ctx, a.options)
	if err != nil {
		return err
	}
	a.found = map[collector.Target]aws.Config{}
	for _, t := range list {
		target := collector.Target{Account: t.Account, Region: t.Region}
		a.found[target] = t.Config
		a.order = append(a.order, target)
	}
	return nil
}

// List implements [collector.TargetsFunc].
func (a *Accounts) List(ctx context.Context) ([]collector.Target, []collector.Gap) {
	if err := a.Find(ctx); err != nil {
		return nil, []collector.Gap{{Reason: err.Error(), Lasting: lasting(err)}}
	}
	return a.order, nil
}

// Config returns the SDK's configuration for one of the accounts and regions.
func (a *Accounts) Config(target collector.Target) (aws.Config, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	config, known := a.found[target]
	if !known {
		return config, fmt.Errorf("%s is not one of the accounts and regions to read", target)
	}
	return config, nil
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
