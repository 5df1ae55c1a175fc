package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"microspend/internal/nearest"
	"microspend/internal/scalar"
	"microspend/pricing"
	"microspend/scenarios"
)

// givenRates are the rates of --rate, which take the place of a card's.
type givenRates map[pricing.Rated]pricing.Rate

// terms are what a command line says about prices, beside what is priced and the configuration. It wins over both.
type terms struct {
	region    string
	arch      pricing.Arch
	rates     givenRates
	discounts *pricing.Discounts // of all quantities; nil where none is given
}

// workloadTerms declares the flags for terms where workloads are priced, whose files have terms of their own.
func (a *app) workloadTerms(cmd *cobra.Command) {
	t := &a.terms
	a.namedConfigFlag(cmd)
	a.rateFlag(cmd, &t.rates, "in place of the region's or the workload's")
	a.discountFlag(cmd, t, "the workload's and the configuration's")
	a.archFlag(cmd, &t.arch, "", " (default the workload's)")
	a.parsedFlag(cmd, "region", "", "price as in this AWS `REGION`, instead of the workload's", func(text string) error {
		if !pricing.IsRegionName(text) {
			return errors.New(pricing.NotARegion(text))
		}
		t.region = text
		return nil
	})
}

// discountFlag declares --discount.
func (a *app) discountFlag(cmd *cobra.Command, into *terms, whose string) {
	var texts []string
	a.parsedListFlag(cmd, "discount", "`PERCENT` off every rate, for example 5%, or off one, for example vcpu=10%; "+
		"takes the place of "+whose+" (repeatable)", func(text string) error {
		if _, err := pricing.ParseDiscounts([]string{text}); err != nil {
			return err
		}
		texts = append(texts, text)
		all, err := pricing.ParseDiscounts(texts)
		into.discounts = &all
		return err
	})
}

// given are the terms as they take the place of a workload's own.
func (t terms) given() scenarios.Given {
	given := scenarios.Given{Region: t.region, Arch: t.arch, Discounts: t.discounts}
	for _, key := range pricing.RateKeys() {
		rated, per, _ := key.Meaning()
		if rate, ok := t.rates[rated]; ok && rate.Per == per {
			if given.Rates == nil {
				given.Rates = map[pricing.RateKey]decimal.Decimal{}
			}
			given.Rates[key] = rate.Figure
		}
	}
	return given
}

// archFlag declares --arch, with its default, "" for one that the usage gives.
func (a *app) archFlag(cmd *cobra.Command, into *pricing.Arch, value, usual string) {
	a.parsedFlag(cmd, "arch", value,
		"`ARCHITECTURE` of the image, which decides the rates of compute: arm64 or x86_64"+usual,
		func(text string) (err error) {
			*into, err = pricing.ParseArch(text)
			return err
		})
}

// rateFlag declares --rate, and says what it takes the place of.
func (a *app) rateFlag(cmd *cobra.Command, into *givenRates, instead string) {
	if *into == nil { // all commands share the terms, and the flags are those of one
		*into = givenRates{}
	}
	a.parsedListFlag(cmd, "rate",
		"use this `RATE` "+instead+", for example snapshot_write_gb=0.0038 (repeatable)", into.parse)
}

func (g givenRates) parse(text string) error {
	key, figure, ok := strings.Cut(text, "=")
	rated, per, known := pricing.RateKey(key).Meaning()
	if !ok || !known {
		var names []string
		for _, key := range pricing.RateKeys() {
			names = append(names, string(key))
		}
		return fmt.Errorf("%.60q is not a rate such as snapshot_write_gb=0.0038; rates: %s%s",
			text, strings.Join(names, ", "), nearest.Meant(key, names))
	}
	if _, twice := g[rated]; twice {
		return fmt.Errorf("the %s rate is given twice", rated.Name())
	}
	var price scalar.Price
	err := price.ParseScalar(figure)
	g[rated] = pricing.Rate{Figure: price.Decimal, Per: per, Source: "given on the command line", Inline: true}
	return err
}

// card is the region's card for the architecture with the given rates and discounts in place of its own, in which a
// plain key means that architecture. Where any rates are given there need be none.
func (t terms) card(cards scenarios.Cards) (pricing.RateCard, error) {
	card, err := cards.Card(t.region)
	all := pricing.Complete(pricing.OwnRates(t.rates, t.arch), t.arch)
	switch none := errors.Is(err, pricing.ErrNoCard) && pricing.IsRegionName(t.region); {
	case none && len(t.rates) > 0:
		card, err, all = pricing.RateCard{Region: t.region}, nil, true
	case none:
		return card, fmt.Errorf("%w, or give them with --rate", withFetching(err))
	}
	switch {
	case all:
		card.Name = "inline"
	case len(t.rates) > 0:
		card.Name += " with inline figures"
	}
	if t.discounts != nil {
		card.Discounts = *t.discounts
	}
	return card.WithOwn(t.rates, t.arch), err
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
