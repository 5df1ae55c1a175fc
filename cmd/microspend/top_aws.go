package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"microspend/collector/awssource"
	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/ledger"
	"microspend/serve"
	"microspend/tui"
)

// watcher looks at the fleets of the accounts and regions that collect would read. Patience is how long a look waits
// for one of them while others can be told.
func (a *app) watcher(
	ctx context.Context, flags collectFlags, patience time.Duration, token func() (string, error),
) (watch.Watcher, error) {
	settings, err := a.collectSettings(flags)
	if err != nil {
		return nil, err
	}
	settings.AWS.Token = token
	opened, err := a.openLedger(ctx)
	if err != nil && !errors.Is(err, errNoLedger) {
		return nil, err
	}
	var reader ledger.Reader
	if err == nil {
		reader = opened
	}
	made, err := settings.Watch(ctx, a.now, patience, reader)
	if awssource.IsConfiguration(err) {
		return nil, fmt.Errorf("%w; to see what top shows without AWS, run microspend top --demo", err)
	}
	return made, err
}

// laterFleet is the fleet of what collect would read. Nothing is asked of AWS before somebody looks at it.
type laterFleet struct {
	make func(context.Context) (*fleet.Fleet, error)

	mu   sync.Mutex
	made *fleet.Fleet
}

// Refresh implements [tui.Live].
func (l *laterFleet) Refresh(ctx context.Context) (*fleet.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil {
		made, err := l.make(ctx)
		if err != nil {
			return nil, err
		}
		l.made = made
	}
	return l.made.Refresh(ctx)
}

// liveInDash lets the dashboard show the fleet as it is now, whatever day spend is looked at as of.
func (a *app) liveInDash(options *tui.Options, in serve.Inputs) {
	options.LiveEvery = tui.LiveEvery
	options.Live = &laterFleet{make: func(ctx context.Context) (*fleet.Fleet, error) {
		watcher, err := a.watcher(ctx, collectFlags{}, 0, nil) // a prompt would be lost behind the screen
		if err != nil {
			return nil, err
		}
		return fleetOver(in, watcher), nil
	}}
}
