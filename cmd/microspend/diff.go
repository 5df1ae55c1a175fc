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
		Short: "Show what changes between the bills of two workloads",
		Long: `diff prices two workloads and splits the change of each line into the part due to quantity, valued at the first
file's rate, and the part due to rate, at the second file's quantity. It then lists the values that differ between
the files.`,
		Example: `  microspend diff before.yaml after.yaml
  # For a pull request
  microspend diff before.yaml after.yaml --format markdown`,
		Args: exactly(2, "two workload files"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		_, estimates, err := a.estimate(args...)
		if err != nil {
			return view.Document{}, err
		}
		return report.Diff(scenarios.Compare(estimates[0], estimates[1])), nil
	})
}
