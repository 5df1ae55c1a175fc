package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"microspend/collector/awssource"
	"microspend/collector/watch"
	"microspend/ledger"
)

// watcher looks at the fleets of the accounts and regions that collect would read. Patience is how long a look waits
// for one of them while others can be told.
func (a *app) watcher(
	ctx context.Context, flags collectFlags, patience time.Duration, token func() (string, error),
) (watch.Watcher, error) {
	read, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	configured, err := read.Collect()
	if err != nil {
		return nil, err
	}
	settings, err := flags.over(configured)
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
