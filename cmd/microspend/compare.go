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
		Short: "Set a workload's MicroVMs beside what else could run it",
		Long: `compare prices the alternatives of the file's compare list, or, where it has none, some of the same size: cheapest
first, with what each gives up, and the running time at which it costs the same.`,
		Args: exactly(1, "one scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, comparisons, err := a.compared(args[0])
			if err != nil {
				return err
			}
			return a.print(report.Compare(e, comparisons))
		},
	}
	a.output.addTo(cmd)
	a.addOwnRatesTo(cmd)
	return cmd
}

func (a *app) breakevenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "breakeven FILE",
		Short: "The running time at which each alternative costs the same",
		Long: `breakeven solves for the running time at which each alternative costs what the MicroVMs do, launches, cycles and
storage included: a month, and a day in months of 20, 22 and 30 days. It draws the cost curves; --format svg writes them
as a picture to paste.`,
		Args: exactly(1, "one scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, comparisons, err := a.compared(args[0])
			if err != nil {
				return err
			}
			return a.print(report.BreakEven(e, comparisons))
		},
	}
	a.output.addTo(cmd, view.FormatSVG)
	a.addOwnRatesTo(cmd)
	return cmd
}

// compared prices one scenario and its alternatives.
func (a *app) compared(path string) (*scenarios.Estimate, []scenarios.Comparison, error) {
	market, err := a.ownMarket()
	if err != nil {
		return nil, nil, err
	}
	estimates, err := a.estimate(market, []string{path})
	if err != nil {
		return nil, nil, err
	}
	comparisons, err := market.Compare(estimates[0])
	return estimates[0], comparisons, err
}
