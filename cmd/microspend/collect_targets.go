package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"microspend/collector"
	"microspend/collector/awsconfig"
)

// targets are the accounts and regions that are asked. They are found out by the first run that can.
type targets struct {
	options awsconfig.Options

	mu    sync.Mutex
	found map[collector.Target]awsconfig.Target
	order []collector.Target
}

func (t *targets) find(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.found != nil {
		return nil
	}
	list, err := awsconfig.Targets(ctx, t.options)
	if err != nil {
		return err
	}
	t.found = map[collector.Target]awsconfig.Target{}
	for _, of := range list {
		target := collector.Target{Account: of.Account, Region: of.Region}
		t.found[target] = of
		t.order = append(t.order, target)
	}
	return nil
}

// list implements collector.TargetsFunc.
func (t *targets) list(ctx context.Context) ([]collector.Target, []collector.Gap) {
	if err := t.find(ctx); err != nil {
		return nil, []collector.Gap{{Reason: err.Error()}}
	}
	return t.order, nil
}

func (t *targets) of(target collector.Target) (awsconfig.Target, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of, known := t.found[target]
	if !known {
		return of, fmt.Errorf("%s is not among the accounts and regions that are asked", target)
	}
	return of, nil
}

func awsOptions(c collector.Config, now func() time.Time) awsconfig.Options {
	options := awsconfig.Options{
		Profile: c.Profile, Regions: c.Regions, EndpointURL: c.EndpointURL,
		Rate:  rateOf(c.Source),
		Retry: awsconfig.Retry{Random: rand.Float64},
	}
	for _, role := range c.Roles {
		options.Roles = append(options.Roles, awsconfig.Role(role))
	}
	if c.CallsPerSecond > 0 {
		options.Rate.PerSecond = c.CallsPerSecond
	}
	if c.CallsBurst > 0 {
		options.Rate.Burst = c.CallsBurst
	}
	return options
}
