package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/pricing"
	"microspend/report"
)

func (a *app) priceCommand() *cobra.Command {
	var region string
	var given [pricing.QuantityCount]string
	var discounts []string
	cmd := &cobra.Command{
		Use:     "price --region REGION [quantities]",
		Short:   "Price quantities at a region's rates",
		Example: "  microspend price --region eu-west-1 --vcpu-seconds 576000 --gb-seconds 1152000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			quantities, err := parseQuantities(cmd, given)
			if err != nil {
				return err
			}
			card, err := market.Cards.Card(region)
			if err != nil {
				return fmt.Errorf("--region: %w", err)
			}
			if len(discounts) > 0 {
				if card.Discounts, err = pricing.ParseDiscounts(discounts); err != nil {
					return fmt.Errorf("--discount: %w", err)
				}
			}
			bill, err := quantities.Bill(card)
			if err != nil {
				return err
			}
			return a.print(report.Price(bill, market.Now))
		},
	}
	a.pricingFlags(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&discounts, "discount", nil,
		"discount `PERCENT`, for example 5%, or of one quantity: vcpu=10% (repeatable; replaces the configuration's)")
	flags.StringVar(&region, "region", "", regionHelp)
	for i, q := range pricing.BilledQuantities() {
		flags.StringVar(&given[i], quantityFlag(q), "", "`"+q.Unit()+"` of "+q.Name())
	}
	_ = cmd.MarkFlagRequired("region")
	_ = cmd.RegisterFlagCompletionFunc("region", a.completeRegions)
	return cmd
}

// quantityFlag is the flag that gives a billed quantity.
func quantityFlag(q pricing.BilledQuantity) string { return strings.ReplaceAll(q.Column(), "_", "-") }

func parseQuantities(cmd *cobra.Command, given [pricing.QuantityCount]string) (pricing.Quantities, error) {
	var (
		quantities pricing.Quantities
		faults     []error
		any        bool
	)
	for i, q := range pricing.BilledQuantities() {
		if !cmd.Flags().Changed(quantityFlag(q)) {
			continue
		}
		any = true
		value, err := pricing.ParseDecimal(given[i])
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("--%s: %.60q is %w", quantityFlag(q), given[i], err))
		case value.IsNegative():
			faults = append(faults, fmt.Errorf("--%s: %s is below zero", quantityFlag(q), value))
		}
		quantities[q] = value
	}
	if !any {
		faults = append(faults, errors.New("nothing to price; give at least one quantity, for example --vcpu-seconds 3600"))
	}
	return quantities, errors.Join(faults...)
}

func (a *app) completeRegions(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	market, err := a.market()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return market.Cards.Regions(), cobra.ShellCompDirectiveNoFileComp
}
