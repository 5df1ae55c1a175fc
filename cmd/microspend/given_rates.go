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
type givenRates map[pricing.Rated]pricing.Rate

// archFlag declares --arch.
func (a *app) archFlag(cmd *cobra.Command, into *pricing.Arch) {
	a.parsedFlag(
		cmd,
		"arch",
		string(pricing.ArchARM64),
		"`ARCHITECTURE` of the image, which decides the rates of compute: "+
			"arm64 or x86_64",
		func(text string) (err error) {
			*into, err = pricing.ParseArch(text)
			return err
		},
	)
}

// rateFlag declares --rate.
func (a *app) rateFlag(cmd *cobra.Command, into *givenRates) {
	*into = givenRates{}
	a.parsedListFlag(cmd, "rate",
		"override a `RATE` of the region, for example snapshot_write_gb=0.0038 (repeatable)", into.parse)
}

func (g givenRates) parse(text string) error {
	key, figure, ok := strings.Cut(text, "=")
	rated, per, known := pricing.RateKey(key).Meaning()
	if !ok || !known {
		return fmt.Errorf("%.60q is not a rate such as snapshot_write_gb=0.0038", text)
	}
	if _, twice := g[rated]; twice {
		return fmt.Errorf("the %s rate is given twice", rated.Name())
	}
	var price scalar.Price
	err := price.ParseScalar(figure)
	g[rated] = pricing.Rate{Figure: price.Decimal, Per: per, Source: "given on the command line", Inline: true}
	return err
}

// card is a region's card for an architecture with the given rates in place of its own, in which a plain key means that
// architecture. Where any are given there need be none.
func (g givenRates) card(cards scenarios.Cards, region string, arch pricing.Arch) (pricing.RateCard, error) {
	card, err := cards.Card(region)
	all := pricing.Complete(pricing.OwnRates(g, arch), arch)
	switch none := errors.Is(err, pricing.ErrNoCard) && pricing.IsRegionName(region); {
	case none && len(g) > 0:
		card, err, all = pricing.RateCard{Region: region}, nil, true
	case none:
		return card, fmt.Errorf("%w, or give them with --rate", withFetching(err))
	}
	switch {
	case all:
		card.Name = "inline"
	case len(g) > 0:
		card.Name += " with inline figures"
	}
	return card.WithOwn(g, arch), err
}

// withFetching adds to an error about a region without a card how to get one.
func withFetching(err error) error {
	if none, ok := errors.AsType[*pricing.NoCardError](err); ok && pricing.IsRegionName(none.Region) {
		return fmt.Errorf("%w; fetch them with microspend rates update --region %s", err, none.Region)
	}
	return err
}

// withRateFlags adds to errors about unknown rates how to give them.
func withRateFlags(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var faults []error
	for _, each := range joined.Unwrap() {
		if unknown, ok := errors.AsType[*pricing.UnknownRateError](each); ok {
			each = fmt.Errorf("%w; give it with --rate %s=FIGURE or refresh the rates", unknown, unknown.Quantity.RateKeys()[0])
		}
		faults = append(faults, each)
	}
	return errors.Join(faults...)
}
