package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
)

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff A.yaml B.yaml",
		Short: "Show what changes between the bills of two workloads, and why",
		Long: `diff prices two workloads and shows how much of each line's change comes from the quantity,
valued at the first file's rate, and how much from the rate, at the second file's quantity; then
which values in the files differ.`,
		Args: exactly(2, "two workload files"),
		RunE: func(_ *cobra.Command, args []string) error {
			_, estimates, err := a.estimate(args...)
			if err != nil {
				return err
			}
			return a.print(report.Diff(scenarios.Compare(estimates[0], estimates[1])))
		},
	}
	a.pricingFlags(cmd)
	return cmd
}
