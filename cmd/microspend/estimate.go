package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) estimateCommand() *cobra.Command {
	var options report.EstimateOptions
	var fleet bool
	cmd := &cobra.Command{
		Use:   "estimate FILE…",
		Short: "Price a workload: an itemised, explained, exact bill for a month",
		Long: `estimate reads workloads in YAML ("-" is standard input) and prints the bill of each for a month.

Tables are rounded for reading; JSON and CSV carry exact decimals. Several files are also added up into one bill, which
--fleet prints alone, in every format.`,
		Example: "  microspend estimate workload.yaml\n  microspend estimate --explain workload.yaml\n  microspend estimate --format json a.yaml b.yaml",
		Args:    atLeastOne("a scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			estimates, err := a.estimate(market, args)
			if err != nil {
				return err
			}
			if fleet {
				return a.print(report.Fleet(scenarios.NewFleet(estimates)))
			}
			documents := make([]view.Document, len(estimates))
			for i, e := range estimates {
				documents[i] = report.Estimate(e, options)
			}
			// Programs get one document per file; for people the files are also one bill.
			if format := view.Format(a.output.format); len(estimates) > 1 &&
				(format == view.FormatTable || format == view.FormatMarkdown) {
				documents = append(documents, report.Fleet(scenarios.NewFleet(estimates)))
			}
			return a.print(documents...)
		},
	}
	a.output.addTo(cmd)
	a.addOwnRatesTo(cmd)
	cmd.Flags().BoolVar(&options.Explain, "explain", false, "write out how each line and each month's total comes about")
	cmd.Flags().BoolVar(&fleet, "fleet", false, "print all files as one bill only")
	return cmd
}
