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
	"microspend/spend"
	"microspend/view"
)

func (a *app) ratesCommand() *cobra.Command {
	list := func(*cobra.Command, []string) (view.Document, error) { return a.listRates() }
	cmd := a.printing(&cobra.Command{
		Use:   "rates",
		Short: "Show rate cards with the source and date of each rate",
		Long: `rates lists the rates of all regions: those built into the program, and those you imported or fetched, each with
its source and the day it was read. Workloads and usage are priced at these unless a workload file or the
configuration overrides them.`,
		Example: `  # Which regions have known rates
  microspend rates
  # One region, with sources
  microspend rates show eu-west-1
  # Fetch current rates from AWS
  microspend rates update`,
	}, list)
	show := a.printing(&cobra.Command{
		Use:   "show REGION",
		Short: "Show one region's rates with their sources",
		Long: `show prints the rates of a region with their sources and, where they have changed, the days on which each holds.
--config applies the rates and discounts of a configuration.`,
		Example: `  microspend rates show eu-west-1
  # With your own rates and discounts applied
  microspend rates show eu-west-1 --config microspend.yaml`,
		Args: exactly(1, "a region"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		market, err := a.ownMarket()
		if err != nil {
			return view.Document{}, err
		}
		series, err := market.Cards.(spend.Rates).Series(args[0])
		if err != nil {
			return view.Document{}, withFetching(err)
		}
		return report.Card(series, market.Now), nil
	})
	a.namedConfigFlag(show)
	cmd.AddCommand(
		a.printing(&cobra.Command{
			Use: "list", Short: "List the rates of all regions",
			Long:    "list shows the rates of all regions, as microspend rates does by itself.",
			Example: "  microspend rates list\n  microspend rates list --format csv --output rates.csv",
		}, list),
		show, a.ratesCheckCommand(), a.ratesImportCommand(), a.ratesUpdateCommand())
	return cmd
}

func (a *app) listRates() (view.Document, error) {
	cards := a.listCards()
	var list []pricing.Series
	for _, region := range cards.Regions() {
		series, err := cards.Series(region)
		if err != nil {
			return view.Document{}, err
		}
		list = append(list, series)
	}
	return report.Cards(list, a.today()), nil
}

const priceListForms = `FILE is JSON as published by AWS: the Price List bulk offer file of AWSLambda, or the output of
"aws pricing get-products --service-code AWSLambda", one file per page.`

func (a *app) ratesCheckCommand() *cobra.Command {
	var region string
	cmd := a.printing(&cobra.Command{
		Use:   "check FILE…",
		Short: "Compare the rates in use with a Price List file",
		Long: `check compares the rates in use with those of a price list and exits with 1 if they differ. It changes nothing.

` + priceListForms,
		Example: `  # Fetch the price list, then compare
  aws pricing get-products --service-code AWSLambda --region us-east-1 > products.json
  microspend rates check products.json
  # One region
  microspend rates check products.json --region eu-west-1`,
		Args: atLeastOne("a price list file"),
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
	var (
		region         string
		from           pricing.Date
		force, reprice bool
	)
	cmd := a.command(&cobra.Command{
		Use:   "import FILE…",
		Short: "Add rates from a Price List file",
		Long: `import makes rate cards from a price list and stores them in --rates-dir, alongside those built into the program.
They apply from today, or from --from; usage of earlier days keeps the rates it had. If anything is wrong with the
file, the existing rates stay as they are.

` + priceListForms,
		Example: `  microspend rates import products.json
  # One region, from a given day on
  microspend rates import products.json --region eu-west-1 --from 2026-11-01`,
		Annotations: map[string]string{makesRatesDir: "true"},
		Args:        atLeastOne("a price list file"),
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
		if from.IsZero() {
			from = pricing.DateOf(a.today())
		}
		var cards []pricing.RateCard
		for _, change := range changes {
			cards = append(cards, a.datedCards(change.Next, from, reprice)...)
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
		fmt.Fprintf(a.notes, "wrote %s to %s; rates hold from %s\n", figures.Count(len(cards), "rate card"), folder, from)
		if published := cards[0].ReadOn(); published.Before(from) {
			fmt.Fprintf(a.notes, "the price list is of %s; to price usage since then by it, import it with --from %[1]s\n",
				published)
		}
		return nil
	})
	a.output.addTo(cmd)
	cmd.Flags().StringVar(&region, "region", "", "import this `REGION` only")
	a.parsedFlag(cmd, "from", "", "first `DAY` in UTC on which the rates hold (default today)",
		func(text string) (err error) {
			from, err = pricing.ParseDate(text)
			return err
		})
	cmd.Flags().BoolVar(&reprice, "reprice", false,
		"also replace the cards that hold from later days, so that every day since --from has these rates")
	cmd.Flags().BoolVar(&force, "force", false, "import prices even if they changed more than tenfold")
	return cmd
}

// datedCards are the cards to store for one that holds from a day on. A card that holds from a later day stays, and is
// named, unless the past is to be repriced: then it is replaced, too.
func (a *app) datedCards(card pricing.RateCard, from pricing.Date, reprice bool) []pricing.RateCard {
	card.From = from
	cards := []pricing.RateCard{card}
	present, err := a.listCards().Series(card.Region)
	if err != nil {
		return cards // there is none, or it cannot be read and will be replaced
	}
	for _, later := range present {
		switch {
		case !from.Before(later.From):
		case reprice:
			card.From = later.From
			cards = append(cards, card)
		default:
			fmt.Fprintf(a.err, "microspend: warning: in %s the rates hold until %s only, as there is a card that holds from "+
				"then; use --reprice to replace it\n", card.Region, later.From)
			return cards
		}
	}
	return cards
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
