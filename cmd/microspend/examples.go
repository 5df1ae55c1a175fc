package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) examplesCommand() *cobra.Command {
	list := func(*cobra.Command, []string) (view.Document, error) {
		_, estimates, err := a.estimateExamples(nil)
		return report.ExampleList(estimates), err
	}
	cmd := a.printing(&cobra.Command{
		Use:   "examples",
		Short: "Published worked examples: printed figures next to exact ones",
	}, list)
	cmd.AddCommand(
		a.printing(&cobra.Command{Use: "list", Short: "List the worked examples"}, list),
		a.examplesShowCommand(),
		a.printing(&cobra.Command{
			Use:   "check [NAME…]",
			Short: "Compare every published figure with the exact one",
			Long: `check compares every figure that the sources of the worked examples print with the exact
one, and shows which differ, by how much and why. It exits with 1 only if an exact figure or a
verdict is no longer what the example's file states.`,
			Args: cobra.ArbitraryArgs,
		}, func(_ *cobra.Command, args []string) (view.Document, error) {
			_, estimates, err := a.estimateExamples(args)
			if err != nil {
				return view.Document{}, err
			}
			document, drifted := report.Examples(estimates)
			return document, passes(drifted == 0)
		}))
	return cmd
}

func (a *app) examplesShowCommand() *cobra.Command {
	var options report.EstimateOptions
	var source bool
	cmd := a.command(&cobra.Command{
		Use:   "show NAME",
		Short: "Print an example's bill next to the figures its source prints",
		Args:  exactly(1, "the name of an example"),
	}, func(_ *cobra.Command, args []string) error {
		examples, estimates, err := a.estimateExamples(args)
		if err != nil {
			return err
		}
		if source {
			return a.write(a.output.file, func(w io.Writer) error { _, err := w.Write(examples[0].YAML); return err })
		}
		return a.print(report.Estimate(estimates[0], options))
	})
	a.output.addTo(cmd)
	cmd.Flags().BoolVar(&options.Explain, "explain", false, explainHelp)
	cmd.Flags().BoolVar(&source, "yaml", false, "print the example's YAML file instead")
	return cmd
}

// estimateExamples prices the examples of these names, or all of them.
func (a *app) estimateExamples(names []string) ([]scenarios.Example, []*scenarios.Estimate, error) {
	market, err := a.market()
	if err != nil {
		return nil, nil, err
	}
	examples, err := scenarios.Examples()
	if err != nil {
		return nil, nil, err
	}
	if len(names) > 0 {
		examples = make([]scenarios.Example, len(names))
	}
	for i, name := range names {
		if examples[i], err = scenarios.FindExample(name); err != nil {
			return nil, nil, err
		}
	}
	estimates := make([]*scenarios.Estimate, len(examples))
	for i, example := range examples {
		s, err := example.Load()
		if err != nil {
			return nil, nil, err
		}
		if estimates[i], err = market.Estimate(s); err != nil {
			return nil, nil, fmt.Errorf("example %s: %w", example.Name, err)
		}
	}
	return examples, estimates, nil
}
