package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"microspend/config"
	"microspend/internal/civil"
	"microspend/spend"
	"microspend/view"
)

// The flags that several commands have are declared here, so that they have one name, one default and one explanation.

// sharedFlags are the values of flags that several commands have. A command that does not declare one leaves it empty.
type sharedFlags struct {
	ledger, config string
	from, to, tz   string
}

const (
	outputHelp  = "write to `FILE` instead of standard output (-)"
	accountHelp = "billed AWS account `ID`, for FOCUS (default: the one in the ledger)"
	explainHelp = "show the formula of each line and total"
	regionHelp  = "AWS `REGION`, for example eu-west-1"
)

// ledgerFlag declares --ledger.
func (a *app) ledgerFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.ledger, "ledger", "", "ledger `DIR` (default: in the user's data directory)")
}

// configFlag declares --config.
func (a *app) configFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.config, "config", "",
		"configuration `FILE` (default: ./"+config.Name+", then the user's config directory)")
}

// ledgerFlags declares the flags of commands that price the ledger's usage.
func (a *app) ledgerFlags(cmd *cobra.Command) {
	a.ledgerFlag(cmd)
	a.configFlag(cmd)
}

// periodFlags declares the flags for the days to look at.
func (a *app) periodFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.flags.from, "from", "", "first `DAY`, for example 2026-10-01 (default: the first of this month)")
	flags.StringVar(&a.flags.to, "to", "", "`DAY` after the last (default: the first of the month after --from)")
	flags.StringVar(&a.flags.tz, "tz", "",
		"`TIMEZONE` of days, for example Europe/Berlin (default: the configuration's, or UTC)")
}

// dayRangeFlags declares --from and --to where days are in UTC and the default is everything that there is of
// something.
func (a *app) dayRangeFlags(cmd *cobra.Command, owner string) {
	cmd.Flags().StringVar(&a.flags.from, "from", "", "first UTC `DAY` (default: the "+owner+"'s first)")
	cmd.Flags().StringVar(&a.flags.to, "to", "", "UTC `DAY` after the last (default: the "+owner+"'s end)")
}

// pricingFlags declares the flags of commands that price workloads. Unlike elsewhere the configuration is not read
// unless it is named, so that the same file gives the same bill wherever it is run.
func (a *app) pricingFlags(cmd *cobra.Command, more ...view.Format) {
	a.output.addTo(cmd, more...)
	cmd.Flags().StringVar(&a.flags.config, "config", "",
		"use the rates and discounts of this configuration `FILE` (not read unless given)")
}

// patternFlag declares a flag that selects by name.
func patternFlag(cmd *cobra.Command, into *[]string, name, placeholder string) {
	cmd.Flags().StringArrayVar(into, name, nil,
		"only this `"+placeholder+"`; a trailing * matches any suffix (repeatable)")
}

// flagName is the name of a request's field on the command line.
func flagName(field string) string { return "--" + field }

// today is --as-of, or now.
func (a *app) today() (time.Time, error) {
	if a.asOf == "" {
		return a.now(), nil
	}
	day, err := civil.Parse(a.asOf)
	if err != nil {
		return time.Time{}, fmt.Errorf("--as-of: %w", err)
	}
	return day.UTC(), nil
}

// rawPeriod is the period as given by flags.
func (a *app) rawPeriod() spend.RawPeriod {
	return spend.RawPeriod{From: a.flags.from, To: a.flags.to, TimeZone: a.flags.tz}
}

// period reads --from, --to and --tz. The default is the current month.
func (a *app) period(source spend.Source) (from, to time.Time, loc *time.Location, err error) {
	now, err := a.today()
	if err != nil {
		return from, to, nil, err
	}
	return a.rawPeriod().Period(source, now, flagName)
}

// dayRange reads --from and --to as declared by [app.dayRangeFlags]. It returns the given times where they are not set.
func (a *app) dayRange(from, to time.Time) (time.Time, time.Time, error) {
	var err error
	for _, bound := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", a.flags.from, &from}, {"--to", a.flags.to, &to}} {
		if bound.text == "" {
			continue
		}
		if *bound.into, err = spend.ParseDayIn(bound.text, time.UTC); err != nil {
			return from, to, fmt.Errorf("%s: %w", bound.flag, err)
		}
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, fmt.Errorf("--from %s is not before --to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	return from, to, nil
}

// everything is a range that holds all days there can be.
func everything() (from, to time.Time) {
	return time.Unix(0, 0).UTC(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
}
