package main

import (
	"context"
	"slices"
	"sync"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/serve"
	"microspend/tui"
)

// liveFleet lets the dashboard show the fleet that a watcher finds; nil shows what it would need.
func liveFleet(options *tui.Options, in serve.Inputs, watcher watch.Watcher) {
	if watcher != nil {
		options.Live = fleet.New(fleet.Options{Watcher: watcher, Source: in.Source, Fingerprint: in.Ledger.Fingerprint})
		options.LiveEvery = tui.LiveEvery
	}
}

// dashWatcher looks at the accounts and regions that are configured under collect. It is nil where none are: a dashboard
// on a ledger from elsewhere has no business with whatever account the environment happens to name.
func (a *app) dashWatcher(in serve.Inputs) (watch.Watcher, error) {
	read, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	settings, err := read.Collect()
	if err != nil {
		return nil, nil // of a file that is not trusted: what it says of AWS is not followed
	}
	named := slices.ContainsFunc(settings.AWS.Regions, func(region string) bool { return region != "" })
	if !named && len(settings.AWS.Roles) == 0 && settings.AWS.Profile == "" {
		return nil, nil
	}
	return &lateWatcher{make: func(ctx context.Context) (watch.Watcher, error) {
		return settings.Watch(ctx, a.now, 0, in.Ledger)
	}}, nil
}

// lateWatcher is a watcher that is made by its first look, so that AWS is asked nothing before the view is opened.
type lateWatcher struct {
	make func(context.Context) (watch.Watcher, error)

	mu   sync.Mutex
	made watch.Watcher
}

// Look implements [watch.Watcher].
func (w *lateWatcher) Look(ctx context.Context) (watch.Look, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.made == nil {
		made, err := w.make(ctx)
		if err != nil {
			return watch.Look{}, err
		}
		w.made = made
	}
	return w.made.Look(ctx)
}
