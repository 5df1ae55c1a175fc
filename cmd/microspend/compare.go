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
		Short: "Compare a workload with EC2, Fargate, functions and sandboxes",
		Long: `compare prices a workload on MicroVMs and on the alternatives that its file lists under compare; if it lists none,
on some of the same size. The cheapest comes first. Each alternative is shown with what you would give up and the
running time at which it costs the same.

With --regions, compare shows what the workload would cost in other AWS regions instead, and which rates are not
known there.`,
		Example: `  microspend compare workload.yaml
  # What each alternative rests on, in full
  microspend compare workload.yaml --explain
  # The same workload in other regions
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
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "compare these `REGIONS` instead, comma-separated, or all whose rates are known (repeatable)")
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
		Long: `breakeven solves for the running time at which each alternative costs exactly as much as MicroVMs, including
launches, suspends, resumes and storage: per month, and per day in months of 20, 22 and 30 days. It draws the cost
curves; --format svg writes them as an image.`,
		Example: `  microspend breakeven workload.yaml
  # The cost curves as an image
  microspend breakeven workload.yaml --format svg --output breakeven.svg`,
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
