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
		Short: "Price a workload: an exact, itemized monthly bill",
		Long: `estimate reads workloads in YAML ("-" for standard input) and prints the monthly bill of
each.

Tables are rounded for reading; JSON and CSV carry exact decimals. Several files are also added up
into one bill; --fleet prints only that, in any format.`,
		Example: `  microspend estimate workload.yaml
  microspend estimate --explain workload.yaml
  microspend estimate --format json a.yaml b.yaml`,
		Args: atLeastOne("a workload file"),
		RunE: func(_ *cobra.Command, args []string) error {
			_, estimates, err := a.estimate(args...)
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
	a.pricingFlags(cmd)
	cmd.Flags().BoolVar(&options.Explain, "explain", false, explainHelp)
	cmd.Flags().BoolVar(&fleet, "fleet", false, "print only the combined bill of all files")
	return cmd
}
