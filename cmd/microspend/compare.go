package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) compareCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare FILE",
		Short: "Compare a workload on MicroVMs with the alternatives",
		Long: `compare prices the alternatives listed under compare in the file, or, if there are none,
some of the same size: cheapest first, with what you give up and the running time at which the cost
is the same.`,
		Args: exactly(1, "one workload file"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, comparisons, err := a.compared(args[0])
			if err != nil {
				return err
			}
			return a.print(report.Compare(e, comparisons))
		},
	}
	a.pricingFlags(cmd)
	return cmd
}

func (a *app) breakevenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "breakeven FILE",
		Short: "Find the running time at which each alternative costs the same",
		Long: `breakeven solves for the running time at which each alternative costs as much as the
MicroVMs, including launches, cycles and storage: per month, and per day in months of 20, 22 and 30
days. It draws the cost curves; --format svg writes them as an image.`,
		Args: exactly(1, "one workload file"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, comparisons, err := a.compared(args[0])
			if err != nil {
				return err
			}
			return a.print(report.BreakEven(e, comparisons))
		},
	}
	a.pricingFlags(cmd, view.FormatSVG)
	return cmd
}

// compared prices one scenario and its alternatives.
func (a *app) compared(path string) (*scenarios.Estimate, []scenarios.Comparison, error) {
	market, estimates, err := a.estimate(path)
	if err != nil {
		return nil, nil, err
	}
	comparisons, err := market.Compare(estimates[0])
	return estimates[0], comparisons, err
}
