package main

import (
	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) diffCommand() *cobra.Command {
	return a.pricing(&cobra.Command{
		Use:   "diff A.yaml B.yaml",
		Short: "Show what changes between the bills of two workloads, and why",
		Long: `diff prices two workloads and shows how much of each line's change comes from the quantity,
valued at the first file's rate, and how much from the rate, at the second file's quantity; then
which values in the files differ.`,
		Args: exactly(2, "two workload files"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		_, estimates, err := a.estimate(args...)
		if err != nil {
			return view.Document{}, err
		}
		return report.Diff(scenarios.Compare(estimates[0], estimates[1])), nil
	})
}
