package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) compareCommand() *cobra.Command {
	var options report.EstimateOptions
	cmd := a.pricing(&cobra.Command{
		Use:   "compare FILE",
		Short: "Compare a workload on MicroVMs with the alternatives",
		Long: `compare prices the alternatives listed under compare in the file, or, if there are none,
some of the same size: cheapest first, with what you give up and the running time at which the cost
is the same.`,
		Args: exactly(1, "one workload file"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		return a.compared(args[0], func(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Document {
			return report.Compare(e, comparisons, options)
		})
	})
	cmd.Flags().BoolVar(&options.Explain, "explain", false, fullHelp)
	return cmd
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
