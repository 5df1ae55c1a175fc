package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
)

func (a *app) estimateCommand() *cobra.Command {
	var options report.EstimateOptions
	cmd := &cobra.Command{
		Use:   "estimate FILE…",
		Short: "Price a workload: an itemised, explained, exact bill for a month",
		Long: `estimate reads workloads in YAML ("-" is standard input) and prints the bill of each for a month.

Tables are rounded for reading; JSON and CSV carry exact decimals.`,
		Example: "  microspend estimate workload.yaml\n  microspend estimate --explain workload.yaml\n  microspend estimate --format json a.yaml b.yaml",
		Args:    atLeastOne("a scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			market, err := a.market()
			if err != nil {
				return err
			}
			estimates, err := a.estimate(market, args)
			if err != nil {
				return err
			}
			documents := make([]report.Document, len(estimates))
			for i, e := range estimates {
				documents[i] = report.Estimate(e, options)
			}
			return a.print(documents...)
		},
	}
	a.output.addTo(cmd)
	cmd.Flags().BoolVar(&options.Explain, "explain", false, "write out how each line and each month's total comes about")
	return cmd
}
