package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
)

func (a *app) examplesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "examples",
		Short: "Published worked examples: printed figures next to exact ones",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.listExamples() },
	}
	a.output.addTo(cmd)

	list := &cobra.Command{
		Use:   "list",
		Short: "List the worked examples",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.listExamples() },
	}
	a.output.addTo(list)

	var options report.EstimateOptions
	var source bool
	show := &cobra.Command{
		Use:               "show NAME",
		Short:             "Print an example's bill next to the figures its source prints",
		Args:              exactly(1, "the name of an example"),
		ValidArgsFunction: completeExamples,
		RunE: func(_ *cobra.Command, args []string) error {
			example, err := scenarios.FindExample(args[0])
			if err != nil {
				return err
			}
			if source {
				return a.write(a.output.file, func(w io.Writer) error { _, err := w.Write(example.YAML); return err })
			}
			estimates, err := a.estimateExamples([]scenarios.Example{example})
			if err != nil {
				return err
			}
			return a.print(report.Estimate(estimates[0], options))
		},
	}
	a.output.addTo(show)
	show.Flags().BoolVar(&options.Explain, "explain", false, explainHelp)
	show.Flags().BoolVar(&source, "yaml", false, "print the example's YAML file instead")

	check := &cobra.Command{
		Use:   "check [NAME…]",
		Short: "Compare every published figure with the exact one",
		Long: `check compares every figure that the sources of the worked examples print with the exact
one, and shows which differ, by how much and why. It exits with 1 only if an exact figure or a
verdict is no longer what the example's file states.`,
		ValidArgsFunction: completeExamples,
		RunE: func(_ *cobra.Command, args []string) error {
			examples, err := chooseExamples(args)
			if err != nil {
				return err
			}
			estimates, err := a.estimateExamples(examples)
			if err != nil {
				return err
			}
			document, drifted := report.Examples(estimates)
			if err := a.print(document); err != nil {
				return err
			}
			if drifted > 0 {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(check)
	cmd.AddCommand(list, show, check)
	return cmd
}

func (a *app) listExamples() error {
	examples, err := scenarios.Examples()
	if err != nil {
		return err
	}
	estimates, err := a.estimateExamples(examples)
	if err != nil {
		return err
	}
	return a.print(report.ExampleList(estimates))
}

func chooseExamples(names []string) ([]scenarios.Example, error) {
	if len(names) == 0 {
		return scenarios.Examples()
	}
	var chosen []scenarios.Example
	for _, name := range names {
		example, err := scenarios.FindExample(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, example)
	}
	return chosen, nil
}

func (a *app) estimateExamples(examples []scenarios.Example) ([]*scenarios.Estimate, error) {
	market, err := a.market()
	if err != nil {
		return nil, err
	}
	estimates := make([]*scenarios.Estimate, len(examples))
	for i, example := range examples {
		s, err := example.Load()
		if err != nil {
			return nil, err
		}
		if estimates[i], err = market.Estimate(s); err != nil {
			return nil, fmt.Errorf("example %s: %w", example.Name, err)
		}
	}
	return estimates, nil
}

func completeExamples(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	examples, err := scenarios.Examples()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, example := range examples {
		if strings.HasPrefix(example.Name, prefix) {
			names = append(names, example.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
