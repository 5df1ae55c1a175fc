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
		Short: "Check published pricing examples against exact figures",
		Long: `examples lists worked pricing examples, by AWS and others, with their exact totals. Each is a workload file that is
built into the program; examples show prints its bill, and examples check compares every published figure with the
exact one.`,
		Example: `  # Which examples there are
  microspend examples
  # One of them, with its formulas
  microspend examples show s1-personal-dev-tool --explain
  # Where published figures differ from exact ones
  microspend examples check`,
	}, list)
	cmd.AddCommand(
		a.printing(&cobra.Command{
			Use: "list", Short: "List the worked examples",
			Long:    "list shows the worked examples with their exact totals, as microspend examples does by itself.",
			Example: "  microspend examples list\n  microspend examples list --format json",
		}, list),
		a.examplesShowCommand(),
		a.printing(&cobra.Command{
			Use:   "check [NAME…]",
			Short: "Compare each published figure with the exact one",
			Long: `check compares each figure that the source of an example prints with the exact one, and shows which differ, by how
much and why. It exits with 1 only if the program no longer gets the exact figures or verdicts that the examples'
files state.`,
			Example: `  microspend examples check
  # One example only
  microspend examples check aws-example-1`,
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
		Short: "Show an example's bill next to the published figures",
		Long:  `show prices an example and prints its bill, followed by the figures that its source prints.`,
		Example: `  microspend examples show s1-personal-dev-tool
  # With the formula of each line
  microspend examples show s1-personal-dev-tool --explain
  # Start a workload of your own from it
  microspend examples show aws-example-1 --yaml --output team.yaml`,
		Args: exactly(1, "the name of an example"),
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
