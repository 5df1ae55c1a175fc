package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/collector/prices"
	"microspend/internal/atomicfile"
	"microspend/internal/cardstore"
	"microspend/internal/commandline"
	"microspend/internal/nearest"
	"microspend/pricing"
	"microspend/pricing/pricelist"
	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

// ratesUpdate are the flags of rates update.
type ratesUpdate struct {
	request  prices.Request
	services []string
	from     string
	against  string
	timeout  time.Duration
}

func (a *app) ratesUpdateCommand() *cobra.Command {
	var update ratesUpdate
	cmd := a.command(&cobra.Command{
		Use:   "update",
		Short: "Fetch current rates from AWS's public Price List",
		Long: `update fetches AWS's public Price List, which is free and needs no credentials, and stores in --rates-dir the rates
of MicroVMs and the prices of the alternatives and of what measuring costs. Earlier rates stay for the days on
which they held. Files that have not changed are not downloaded again.

If a price is implausible (another unit, currency or tiers, or more than 3 times the current one), update keeps all
prices of that region as they are and exits with 1. It exits with 3 if a file could not be read.`,
		Example: `  # Show what would change
  microspend rates update --dry-run
  microspend rates update
  # One region, and what it does to the price of a workload
  microspend rates update --region eu-west-1 --against workload.yaml
  # Without internet access: from a mirror
  microspend rates update --from https://mirror.example.com/pricing`,
		Annotations: map[string]string{makesRatesDir: "true"},
	}, func(cmd *cobra.Command, _ []string) error { return a.updateRates(cmd.Context(), update) })
	a.output.addTo(cmd)
	flags := cmd.Flags()
	a.parsedListFlag(cmd, "region", "only this `REGION` (repeatable; default all that have MicroVMs)",
		func(text string) error {
			for region := range strings.SplitSeq(text, ",") {
				if !pricing.IsRegionName(region) {
					return fmt.Errorf("%.40q is not the name of a region, such as eu-west-1", region)
				}
				if !slices.Contains(update.request.Regions, region) {
					update.request.Regions = append(update.request.Regions, region)
				}
			}
			return nil
		})
	a.parsedListFlag(cmd, "service", "only this `SERVICE` (repeatable): "+strings.Join(pricelist.ServiceNames(), ", "),
		func(text string) error {
			for name := range strings.SplitSeq(text, ",") {
				if !slices.Contains(pricelist.ServiceNames(), name) {
					return fmt.Errorf("unknown service %.40q; valid services: %s%s", name,
						strings.Join(pricelist.ServiceNames(), ", "), nearest.Meant(name, pricelist.ServiceNames()))
				}
				update.services = append(update.services, name)
			}
			return nil
		})
	flags.StringVar(&update.from, "from", prices.AWS, "mirror to fetch from, a `URL` or a folder, laid out as AWS's")
	flags.BoolVar(&update.request.History, "history", false,
		"also fetch the rates of past days, from AWS's index of versions")
	flags.StringVar(&update.against, "against", "", "show the price of the workload in `FILE` before and after")
	flags.BoolVar(&update.request.Accept, "accept", false, "take prices that changed more than threefold")
	flags.BoolVar(&update.request.DryRun, "dry-run", false, "show what would change, and store nothing")
	flags.DurationVar(&update.timeout, "timeout", 30*time.Minute, "give up a file that is not read within this `DURATION`")
	return cmd
}

func (a *app) updateRates(ctx context.Context, update ratesUpdate) error {
	folder := a.cardFolder()
	if folder == "" {
		return errors.New("no home directory to store rate cards in; use --rates-dir")
	}
	updater, err := a.updater(update, cardstore.In(folder))
	if err != nil {
		return err
	}
	against, err := a.pricedBefore(update.against)
	if err != nil {
		return err
	}
	if !update.request.DryRun {
		release, err := updater.Store.Lock(ctx, func() {
			fmt.Fprintln(a.notes, "waiting for another update of "+folder)
		})
		if err != nil {
			return err
		}
		defer release()
		if err := a.present(updater); err != nil { // what the other has stored
			return err
		}
	}
	bar := a.progress("reading", "MB")
	updater.Progress = func(label string) prices.Watch {
		bar.Relabel(label, "MB")
		return func(done, total int64) { bar.At(done, total, done>>20) }
	}
	updater.Warn = func(text string) {
		bar.Clear()
		fmt.Fprintln(a.err, "microspend: warning: "+view.Visible(text))
	}
	result, err := updater.Run(ctx, update.request)
	bar.Clear()
	if err != nil {
		return a.mirrorFailed(err)
	}
	if err := a.pricedAfter(against, result); err != nil {
		return err
	}
	if err := a.print(report.RatesUpdate(result, update.request.DryRun, against)); err != nil {
		return err
	}
	return a.sayUpdate(result, folder, update)
}

// updater is made anew for each update: cards and prices are read once.
func (a *app) updater(update ratesUpdate, store cardstore.Store) (*prices.Updater, error) {
	services, err := pricelist.Services()
	if err != nil {
		return nil, err
	}
	if len(update.services) > 0 {
		services = slices.DeleteFunc(services, func(s pricelist.Service) bool {
			return !slices.Contains(update.services, s.Name)
		})
	}
	var mirror prices.Mirror = prices.Folder(update.from)
	if strings.Contains(update.from, "://") {
		if mirror, err = prices.NewWeb(update.from, prices.Patience{File: update.timeout}, a.now); err != nil {
			return nil, err
		}
	} else if info, err := os.Stat(update.from); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--from: %s is neither a folder nor a URL", update.from)
	}
	if update.timeout <= 0 {
		return nil, errors.New("--timeout must be above zero")
	}
	updater := &prices.Updater{Mirror: mirror, Store: store, Services: services, Today: pricing.DateOf(a.today())}
	return updater, a.present(updater)
}

// present has an updater look at what is present now.
func (a *app) present(updater *prices.Updater) error {
	market, err := a.market()
	updater.Cards, updater.Prices = a.listCards(), market.Prices
	return err
}

// mirrorFailed reports an error of a mirror, and ends the command as one does whose outside service failed.
func (a *app) mirrorFailed(err error) error {
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	for line := range strings.SplitSeq(commandline.Text(err), "\n") {
		fmt.Fprintln(a.err, "microspend: "+view.Visible(line))
	}
	return errOutside
}

// sayUpdate says on standard error what could not be taken, and what was stored.
func (a *app) sayUpdate(result prices.Result, folder string, update ratesUpdate) error {
	var regions []string
	for _, outcome := range result.Outcomes {
		if outcome.Err == nil {
			continue
		}
		if !slices.Contains(regions, outcome.Region) {
			regions = append(regions, outcome.Region)
		}
		for line := range strings.SplitSeq(commandline.Text(outcome.Err), "\n") {
			fmt.Fprintf(a.err, "microspend: %s %s: %s\n", outcome.Region, outcome.Service, view.Visible(line))
		}
	}
	if len(regions) > 0 {
		advice := ""
		if result.Any(prices.Refused) {
			advice = "; leave a service out with --service, or use --accept if the prices are right"
		}
		fmt.Fprintf(a.err, "nothing of %s was stored%s\n", strings.Join(regions, ", "), advice)
	}
	if stored, ok := errors.AsType[*prices.StoreError](result.Stopped); ok {
		return stored
	}
	switch {
	case errors.Is(result.Stopped, context.Canceled):
		fmt.Fprintln(a.err, "interrupted; run it again to go on with the rest")
		return errInterrupted
	case result.Stopped != nil || result.Any(prices.Failed):
		return errOutside
	case result.Any(prices.Refused):
		return errCheckFailed
	case !slices.ContainsFunc(result.Outcomes, func(o prices.Outcome) bool { return o.Status != prices.NotListed }):
		fmt.Fprintf(a.err, "microspend: %s lists none of the services in any of the regions\n", result.Mirror)
		return errOutside
	case !update.request.DryRun && len(result.Files) > 0:
		fmt.Fprintf(a.notes, "the rates are in %s\n", folder)
	}
	return nil
}

// pricedBefore prices the workload of --against at the present rates, nil where no workload is given. There is no
// estimate where a rate is not known, which the update may change.
func (a *app) pricedBefore(path string) (*report.Against, error) {
	if path == "" {
		return nil, nil
	}
	market, err := a.ownMarket()
	if err != nil {
		return nil, err
	}
	workload, err := a.load(path, scenarios.LoadWithFiles)
	if err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	against := &report.Against{File: inputName(path), Workload: workload}
	against.Before, _ = market.Estimate(workload)
	return against, nil
}

// pricedAfter prices it once more at what was stored, or would have been but for a dry run.
func (a *app) pricedAfter(against *report.Against, result prices.Result) error {
	if against == nil {
		return nil
	}
	market, err := a.ownMarket()
	if err != nil {
		return err
	}
	trial, remove, err := atomicfile.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	store := cardstore.In(trial)
	if err := store.Put(result.Files); err != nil {
		return err
	}
	for _, fetched := range store.Prices() {
		market.Prices = market.Prices.Over(fetched)
	}
	if a.flags.config == "" {
		market.Cards = a.listCards().Over(store.FS()).AsOf(pricing.DateOf(a.today()))
	}
	if against.After, err = market.Estimate(against.Workload); err != nil {
		fmt.Fprintf(a.err, "microspend: warning: --against: %s\n", view.Visible(err.Error()))
	}
	return nil
}
