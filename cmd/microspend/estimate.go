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
	cmd := a.command(&cobra.Command{
		Use:   "estimate FILE…",
		Short: "Price a workload: an exact, itemized monthly bill",
		Long: `estimate reads workload files (- for standard input) and prints the monthly bill of each, line by line. With
several files it also prints their combined bill. Tables are rounded for reading; JSON and CSV contain exact
decimals.

If AWS has not published a rate that the bill needs, estimate names the rate and exits with 2 instead of guessing
it.`,
		Example: `  microspend estimate workload.yaml
  # Show the formula and the source of each line
  microspend estimate workload.yaml --explain
  # With your own rates and discounts
  microspend estimate workload.yaml --config microspend.yaml
  # The combined bill of several workloads, for a script
  microspend estimate api.yaml jobs.yaml --fleet --format json`,
		Args: atLeastOne("a workload file"),
	}, func(_ *cobra.Command, args []string) error {
		_, estimates, err := a.estimate(args...)
		if err != nil {
			return err
		}
		var documents []view.Document
		if !fleet {
			for _, e := range estimates {
				documents = append(documents, report.Estimate(e, options))
			}
		}
		// Programs get one document per file; for people the files are also one bill.
		format := view.Format(a.output.format)
		forPeople := format == view.FormatTable || format == view.FormatMarkdown
		if fleet || len(estimates) > 1 && forPeople {
			documents = append(documents, report.Fleet(scenarios.NewFleet(estimates)))
		}
		return a.print(documents...)
	})
	a.output.addTo(cmd)
	a.workloadTerms(cmd)
	cmd.Flags().BoolVar(&options.Explain, "explain", false, explainHelp)
	cmd.Flags().BoolVar(&fleet, "fleet", false, "print only the combined bill of all files")
	return cmd
}
