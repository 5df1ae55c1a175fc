package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/cardstore"
	"microspend/pricing/pricelist"
	"microspend/report"
	"microspend/view"
)

func (a *app) ratesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rates",
		Short: "List rate cards with the source and date of each rate",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.listRates() },
	}
	a.output.addTo(cmd)
	list := &cobra.Command{
		Use:   "list",
		Short: "List the rates of all regions",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.listRates() },
	}
	a.output.addTo(list)
	show := &cobra.Command{
		Use:               "show REGION",
		Short:             "Show one region's rates with their sources",
		Args:              exactly(1, "a region"),
		ValidArgsFunction: a.completeRegions,
		RunE: func(_ *cobra.Command, args []string) error {
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			card, err := market.Cards.Card(args[0])
			if err != nil {
				return err
			}
			return a.print(report.Card(card, market.Now))
		},
	}
	a.pricingFlags(show)
	cmd.AddCommand(list, show, a.ratesCheckCommand(), a.ratesImportCommand())
	return cmd
}

func (a *app) listRates() error {
	market, err := a.market()
	if err != nil {
		return err
	}
	var cards []pricing.RateCard
	for _, region := range market.Cards.Regions() {
		card, err := market.Cards.Card(region)
		if err != nil {
			return err
		}
		cards = append(cards, card)
	}
	return a.print(report.Cards(cards, market.Now))
}

const priceListForms = `FILE is JSON as published by AWS: the Price List bulk offer file of AWSLambda, or the output of
"aws pricing get-products --service-code AWSLambda", one file per page.`

func (a *app) ratesCheckCommand() *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Compare the rate cards with AWS's Price List",
		Long:  "check compares the rate cards with a price list and exits with 1 if they differ.\n\n" + priceListForms,
		Args:  atLeastOne("a price list file"),
		RunE: func(_ *cobra.Command, args []string) error {
			changes, _, err := a.readPriceList(args, region)
			if err != nil {
				return err
			}
			document, drifted := report.Drift(changes)
			if err := a.print(document); err != nil {
				return err
			}
			if drifted {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(cmd)
	cmd.Flags().StringVar(&region, "region", "", "check this `REGION` only")
	return cmd
}

func (a *app) ratesImportCommand() *cobra.Command {
	var region string
	var force bool
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Replace rate cards with those of AWS's Price List",
		Long: "import makes rate cards from a price list and stores them in --rates-dir, where they take\n" +
			"precedence over the cards built into the program. On any error the existing cards stay.\n\n" + priceListForms,
		Args: atLeastOne("a price list file"),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := a.cardFolder()
			if folder == "" {
				return errors.New("no home directory to store rate cards in; use --rates-dir")
			}
			changes, cards, err := a.readPriceList(args, region)
			if err != nil {
				return err
			}
			if err := plausible(changes); err != nil && !force {
				return fmt.Errorf("%w\nnothing was imported; check the file, and use --force if the prices are correct", err)
			}
			if err := cardstore.In(folder).Save(cards); err != nil {
				return err
			}
			document, _ := report.Drift(changes)
			if err := a.print(document); err != nil {
				return fmt.Errorf("the rate cards were imported, but: %w", err)
			}
			fmt.Fprintf(a.err, "wrote %s to %s\n", figures.Count(len(cards), "rate card"), folder)
			return nil
		},
	}
	a.output.addTo(cmd)
	cmd.Flags().StringVar(&region, "region", "", "import this `REGION` only")
	cmd.Flags().BoolVar(&force, "force", false, "import prices even if they changed more than tenfold")
	return cmd
}

func plausible(changes []report.CardChange) error {
	var faults []error
	for _, change := range changes {
		faults = append(faults, pricelist.Plausible(change.Present, change.Next))
	}
	return errors.Join(faults...)
}

// readPriceList makes the cards of a price list and sets each beside the present one.
func (a *app) readPriceList(paths []string, region string) ([]report.CardChange, []pricing.RateCard, error) {
	market, err := a.market()
	if err != nil {
		return nil, nil, err
	}
	pages := make([]pricelist.Page, len(paths))
	for i, path := range paths {
		pages[i].Name = path
		if path == "-" {
			pages[i].Name, pages[i].Body = "standard input", a.in
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		defer file.Close()
		pages[i].Body = bufio.NewReaderSize(file, 1<<20)
	}
	listing, err := pricelist.Read(pages...)
	if err != nil {
		return nil, nil, err
	}
	for _, group := range listing.Unrecognized {
		fmt.Fprintln(a.err, "microspend: warning: unknown MicroVM product in the price list: "+view.Visible(group))
	}
	var cards []pricing.RateCard
	if region == "" {
		cards, err = listing.Cards(market.Cards, pricing.DateOf(market.Now))
	} else {
		var card, present pricing.RateCard
		present, _ = market.Cards.Card(region) // a region without a card gets its first
		card, err = listing.Card(region, present, pricing.DateOf(market.Now))
		cards = []pricing.RateCard{card}
	}
	if err != nil {
		return nil, nil, err
	}
	changes := make([]report.CardChange, len(cards))
	for i, card := range cards {
		present, err := market.Cards.Card(card.Region)
		var none *pricing.NoCardError
		if err != nil && !errors.As(err, &none) {
			fmt.Fprintf(a.err, "microspend: warning: the existing card of %s cannot be read and will be replaced: %s\n",
				card.Region, view.Visible(err.Error()))
		}
		changes[i] = report.CardChange{Present: present, Next: card, Drift: pricelist.Compare(present, card)}
	}
	return changes, cards, nil
}
