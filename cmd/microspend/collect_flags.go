package main

import (
	"errors"
	"fmt"
	"time"

	"microspend/collector"
	"microspend/collector/cloudwatch"
	"microspend/collector/mapping"
	"microspend/internal/scalar"
	"microspend/spend"
)

// over lays the flags over the configuration. All that is wrong with them is said at once.
func (f collectFlags) over(c collector.Config, changed func(string) bool) (collector.Config, error) {
	var faults []error
	fault := func(flag string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	for _, text := range []struct {
		value string
		into  *string
	}{{f.source, &c.Source}, {f.profile, &c.Profile}, {f.endpointURL, &c.EndpointURL}} {
		if text.value != "" {
			*text.into = text.value
		}
	}
	if c.Source == "" {
		c.Source = cloudwatch.MetricsSource
	}
	if len(f.regions) > 0 {
		c.Regions = f.regions
	}
	if len(f.roles) > 0 {
		c.Roles = nil
		for _, arn := range f.roles {
			c.Roles = append(c.Roles, collector.Role{ARN: arn, ExternalID: f.externalID})
		}
	} else if f.externalID != "" {
		for i := range c.Roles {
			c.Roles[i].ExternalID = f.externalID
		}
	}
	for _, d := range []struct {
		flag, text string
		into       *time.Duration
	}{
		{"period", f.period, &c.Timing.Period},
		{"lookback", f.lookback, &c.Timing.Lookback},
		{"overlap", f.overlap, &c.Timing.Overlap},
		{"reread", f.reread, &c.Timing.Reread},
		{"settle", f.settle, &c.Timing.Settle},
		{"every", f.every, &c.Every},
	} {
		if !changed(d.flag) {
			continue
		}
		var length scalar.Duration
		err := length.ParseScalar(d.text)
		if *d.into = time.Duration(length.Seconds.Shift(9).IntPart()); *d.into == 0 {
			*d.into = -1 // none, which is not the default
		}
		if err == nil {
			err = collector.CheckLength(d.flag, *d.into)
		}
		fault(d.flag, err)
	}
	for _, moment := range []struct {
		flag, text string
		into       *time.Time
	}{{"since", f.since, &c.Timing.Since}, {"until", f.until, &c.Timing.Until}} {
		if moment.text == "" {
			continue
		}
		at, err := spend.ParseDayIn(moment.text, time.UTC)
		fault(moment.flag, err)
		*moment.into = at.UTC()
	}
	if f.maxAPICost != "" {
		var most scalar.Price
		err := most.ParseScalar(f.maxAPICost)
		fault("max-api-cost", err)
		c.MaxAPICost = &most.Decimal
	}
	if changed("parallel") {
		if f.parallel < 1 || f.parallel > 64 {
			fault("parallel", fmt.Errorf("%d is not from 1 to 64", f.parallel))
		}
		c.Parallel = f.parallel
	}
	if len(f.logGroups) > 0 {
		c.LogGroups = f.logGroups
	}
	c.AllowOverlappingSources = c.AllowOverlappingSources || f.overlappingSources
	if f.perMicroVM {
		if len(c.Metrics) > 0 {
			fault("per-microvm", errors.New("the configuration says which metrics are read; give it a dimension for microvm there"))
		}
		m := mapping.Default()
		m.Dimensions.MicroVM = "MicrovmId"
		c.Metrics = []mapping.Mapping{m}
	}
	return c, errors.Join(faults...)
}
