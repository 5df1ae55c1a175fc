package main

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/internal/cardstore"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/pricelist"
	"microspend/report"
	"microspend/view"
)

func (a *app) ratesCommand() *cobra.Command {
	list := func(*cobra.Command, []string) (view.Document, error) { return a.listRates() }
	cmd := a.printing(&cobra.Command{
		Use:   "rates",
		Short: "List rate cards with the source and date of each rate",
	}, list)
	cmd.AddCommand(
		a.printing(&cobra.Command{Use: "list", Short: "List the rates of all regions"}, list),
		a.pricing(&cobra.Command{
			Use:               "show REGION",
			Short:             "Show one region's rates with their sources",
			Args:              exactly(1, "a region"),
			ValidArgsFunction: a.completeRegions,
		}, func(_ *cobra.Command, args []string) (view.Document, error) {
			market, err := a.ownMarket()
			if err != nil {
				return view.Document{}, err
			}
			card, err := market.Cards.Card(args[0])
			if err != nil {
				return view.Document{}, err
			}
			return report.Card(card, market.Now), nil
		}), a.ratesCheckCommand(), a.ratesImportCommand())
	return cmd
}

func (a *app) listRates() (view.Document, error) {
	market, err := a.market()
	if err != nil {
		return view.Document{}, err
	}
	var cards []pricing.RateCard
	for _, region := range market.Cards.Regions() {
		card, err := market.Cards.Card(region)
		if err != nil {
			return view.Document{}, err
		}
		cards = append(cards, card)
	}
	return report.Cards(cards, market.Now), nil
}

const priceListForms = `FILE is JSON as published by AWS: the Price List bulk offer file of AWSLambda, or the output of
"aws pricing get-products --service-code AWSLambda", one file per page.`

func (a *app) ratesCheckCommand() *cobra.Command {
	var region string
	cmd := a.printing(&cobra.Command{
		Use:   "check FILE…",
		Short: "Compare the rate cards with AWS's Price List",
		Long:  "check compares the rate cards with a price list and exits with 1 if they differ.\n\n" + priceListForms,
		Args:  atLeastOne("a price list file"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		changes, err := a.readPriceList(args, region)
		if err != nil {
			return view.Document{}, err
		}
		document, drifted := report.Drift(changes)
		return document, passes(!drifted)
	})
	cmd.Flags().StringVar(&region, "region", "", "check this `REGION` only")
	return cmd
}

func (a *app) ratesImportCommand() *cobra.Command {
	var region string
	var force bool
	cmd := a.command(&cobra.Command{
		Use:   "import FILE…",
		Short: "Replace rate cards with those of AWS's Price List",
		Long: "import makes rate cards from a price list and stores them in --rates-dir, where they take\n" +
			"precedence over the cards built into the program. On any error the existing cards stay.\n\n" + priceListForms,
		Args: atLeastOne("a price list file"),
	}, func(_ *cobra.Command, args []string) error {
		folder := a.cardFolder()
		if folder == "" {
			return errors.New("no home directory to store rate cards in; use --rates-dir")
		}
		changes, err := a.readPriceList(args, region)
		if err != nil {
			return err
		}
		var jumps []error
		cards := make([]pricing.RateCard, len(changes))
		for i, change := range changes {
			cards[i] = change.Next
			jumps = append(jumps, pricelist.Plausible(change.Present, change.Next))
		}
		if err := errors.Join(jumps...); err != nil && !force {
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
	})
	a.output.addTo(cmd)
	cmd.Flags().StringVar(&region, "region", "", "import this `REGION` only")
	cmd.Flags().BoolVar(&force, "force", false, "import prices even if they changed more than tenfold")
	return cmd
}

// readPriceList makes the cards of a price list, of one region or of all, and pairs each with the present one.
func (a *app) readPriceList(paths []string, region string) ([]pricelist.Change, error) {
	market, err := a.market()
	if err != nil {
		return nil, err
	}
	pages := make([]pricelist.Page, len(paths))
	for i, path := range paths {
		file, _, err := a.openInput(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		pages[i] = pricelist.Page{Name: inputName(path), Body: bufio.NewReaderSize(file, 1<<20)}
	}
	listing, err := pricelist.Read(pages...)
	if err != nil {
		return nil, err
	}
	for _, group := range listing.Unrecognized {
		fmt.Fprintln(a.err, "microspend: warning: unknown MicroVM product in the price list: "+view.Visible(group))
	}
	changes, err := listing.Changes(market.Cards, region, pricing.DateOf(market.Now))
	for _, change := range changes {
		if change.Unreadable != nil {
			fmt.Fprintf(a.err, "microspend: warning: the existing card of %s cannot be read and will be replaced: %s\n",
				change.Next.Region, view.Visible(change.Unreadable.Error()))
		}
	}
	return changes, err
}
