package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/internal/scalar"
	"microspend/pricing"
	"microspend/scenarios"
)

// givenRates are the rates of --rate, which take the place of a card's.
type givenRates map[pricing.BilledQuantity]pricing.Rate

// rateFlag declares --rate.
func (a *app) rateFlag(cmd *cobra.Command, into *givenRates) {
	*into = givenRates{}
	a.parsedListFlag(cmd, "rate",
		"override a `RATE` of the region, for example snapshot_write_gb=0.0038 (repeatable)", into.parse)
}

func (g givenRates) parse(text string) error {
	key, figure, ok := strings.Cut(text, "=")
	quantity, per, known := pricing.RateKey(key).Meaning()
	if !ok || !known {
		return fmt.Errorf("%.60q is not a rate such as snapshot_write_gb=0.0038", text)
	}
	if _, twice := g[quantity]; twice {
		return fmt.Errorf("the %s rate is given twice", quantity.Name())
	}
	var price scalar.Price
	err := price.ParseScalar(figure)
	g[quantity] = pricing.Rate{Figure: price.Decimal, Per: per, Source: "given on the command line", Inline: true}
	return err
}

// card is a region's card with the given rates in place of its own. Where all are given there need be none.
func (g givenRates) card(cards scenarios.Cards, region string) (pricing.RateCard, error) {
	card, err := cards.Card(region)
	all := len(g) == len(pricing.BilledQuantities())
	if _, none := errors.AsType[*pricing.NoCardError](err); none && all && pricing.IsRegionName(region) {
		card, err = pricing.RateCard{Region: region}, nil
	}
	switch {
	case all:
		card.Name = "inline"
	case len(g) > 0:
		card.Name += " with inline figures"
	}
	for quantity, rate := range g {
		card = card.With(quantity, rate)
	}
	return card, err
}
