package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) compareCommand() *cobra.Command {
	var options report.EstimateOptions
	var regions []string
	cmd := a.pricing(&cobra.Command{
		Use:   "compare FILE",
		Short: "Compare a workload on MicroVMs with the alternatives",
		Long: `compare prices the alternatives listed under compare in the file, or, if there are none,
some of the same size: cheapest first, with what you give up and the running time at which the cost
is the same.

With --regions it compares regions instead: what the workload would cost in each, and which rates
are not known there.`,
		Example: `  microspend compare workload.yaml
  microspend compare workload.yaml --regions all
  microspend compare workload.yaml --regions eu-west-1,eu-central-1 --format csv`,
		Args: exactly(1, "one workload file"),
	}, func(cmd *cobra.Command, args []string) (view.Document, error) {
		if cmd.Flags().Changed("regions") {
			return a.comparedRegions(args[0], regions)
		}
		return a.compared(args[0], func(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Document {
			return report.Compare(e, comparisons, options)
		})
	})
	cmd.Flags().BoolVar(&options.Explain, "explain", false, fullHelp)
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "compare these `REGIONS` instead, or all whose rates are known")
	return cmd
}

// comparedRegions prices one scenario in several regions.
func (a *app) comparedRegions(path string, regions []string) (view.Document, error) {
	market, err := a.ownMarket()
	if err != nil {
		return view.Document{}, err
	}
	s, err := a.load(path, market.Given.Load)
	if err != nil {
		return view.Document{}, err
	}
	compared, err := market.Regions(s, regions)
	if err != nil {
		return view.Document{}, fmt.Errorf("--regions: %w", err)
	}
	return report.Regions(compared), nil
}

func (a *app) breakevenCommand() *cobra.Command {
	return a.pricing(&cobra.Command{
		Use:   "breakeven FILE",
		Short: "Find the running time at which each alternative costs the same",
		Long: `breakeven solves for the running time at which each alternative costs as much as the
MicroVMs, including launches, cycles and storage: per month, and per day in months of 20, 22 and 30
days. It draws the cost curves; --format svg writes them as an image.`,
		Args: exactly(1, "one workload file"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		return a.compared(args[0], report.BreakEven)
	}, view.FormatSVG)
}

// compared prices one scenario and its alternatives, and reports on them.
func (a *app) compared(path string, build func(*scenarios.Estimate, []scenarios.Comparison) view.Document) (
	view.Document, error,
) {
	market, estimates, err := a.estimate(path)
	if err != nil {
		return view.Document{}, err
	}
	comparisons, err := market.Compare(estimates[0])
	if err != nil {
		return view.Document{}, err
	}
	return build(estimates[0], comparisons), nil
}
