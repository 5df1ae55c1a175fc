package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/pricing"
	"microspend/report"
	"microspend/view"
)

func (a *app) priceCommand() *cobra.Command {
	var (
		quantities pricing.Quantities
		any        bool
	)
	t := &a.terms
	cmd := a.printing(&cobra.Command{
		Use:   "price --region REGION [quantities]",
		Short: "Price quantities at a region's rates",
		Long: `price multiplies billed quantities by the rates of a region and prints the bill. Give at least one quantity. For a
workload described by its users and hours, use microspend estimate.`,
		Example: `  # 160 hours of 1 vCPU and 2 GB
  microspend price --region eu-west-1 --vcpu-seconds 576000 --gb-seconds 1152000
  # With a discount, and a rate of your own
  microspend price --region eu-west-1 --write-gb 500 --discount 5% --rate snapshot_write_gb=0.0038
  # At the rates of x86-64
  microspend price --region us-east-1 --arch x86_64 --vcpu-seconds 3600`,
	}, func(*cobra.Command, []string) (view.Document, error) {
		if !any {
			return view.Document{}, errors.New("nothing to price; give at least one quantity, for example --vcpu-seconds 3600")
		}
		market, err := a.ownMarket()
		if err != nil {
			return view.Document{}, err
		}
		card, err := t.card(market.Cards)
		if err != nil {
			return view.Document{}, fmt.Errorf("--region: %w", err)
		}
		bill, err := quantities.Bill(card)
		if err != nil {
			return view.Document{}, withRateFlags(err)
		}
		return report.Price(bill, market.Now), nil
	})
	a.namedConfigFlag(cmd)
	a.discountFlag(cmd, t, "the configuration's")
	a.rateFlag(cmd, &t.rates, "in place of the region's")
	a.archFlag(cmd, &t.arch, string(pricing.ArchARM64), "")
	for _, q := range pricing.BilledQuantities() {
		name := strings.ReplaceAll(q.Column(), "_", "-")
		a.parsedFlag(cmd, name, "", "`N` "+q.Unit()+" of "+q.Name(), func(text string) (err error) {
			any = true
			quantities[q], err = pricing.ParseDecimal(text)
			switch {
			case err != nil:
				return fmt.Errorf("%.60q is %w", text, err)
			case quantities[q].IsNegative():
				return fmt.Errorf("%s is below zero", quantities[q])
			}
			return nil
		})
	}
	a.regionFlag(cmd, &t.region)
	return cmd
}

// regionFlag declares a --region that has to be given.
func (a *app) regionFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "region", "", "AWS `REGION` whose rates apply, for example eu-west-1")
	_ = cmd.MarkFlagRequired("region")
}
