package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
)

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff A.yaml B.yaml",
		Short: "What changes between two workloads' bills, line by line, and why",
		Long: `diff prices two workloads and shows for each line how much of its change comes from the quantity, valued at the
first file's rate, and how much from the rate, at the second file's quantity; then which values differ in the files.`,
		Args: exactly(2, "two scenario files"),
		RunE: func(_ *cobra.Command, args []string) error {
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			estimates, err := a.estimate(market, args)
			if err != nil {
				return err
			}
			return a.print(report.Diff(scenarios.Compare(estimates[0], estimates[1])))
		},
	}
	a.output.addTo(cmd)
	a.addOwnRatesTo(cmd)
	return cmd
}
