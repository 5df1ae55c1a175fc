package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) sweepCommand() *cobra.Command {
	var vary []string
	cmd := &cobra.Command{
		Use:   "sweep FILE --vary path=from..to/step",
		Short: "Price a workload over the values of one or two of its fields",
		Long: `sweep prices a workload at every value of a field, or at every combination of the values of two, which makes a heat
map. Any field of the file can be varied, by its path; values are written as in the file, with a step or as a list.`,
		Example: `  microspend sweep workload.yaml --vary workload.running=1h..12h/1h
  microspend sweep workload.yaml --vary microvm.memory=0.5GB..8GB --vary workload.cycles=0..10/1
  microspend sweep workload.yaml --vary region=eu-west-1,us-east-1,ap-northeast-1`,
		Args: exactly(1, "one scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			axes, err := parseAxes(vary)
			if err != nil {
				return err
			}
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			s, err := a.load(args[0])
			if err != nil {
				return err
			}
			sweep, err := market.Sweep(s, axes...)
			if err != nil {
				return err
			}
			return a.print(report.Sweep(sweep))
		},
	}
	a.output.addTo(cmd, view.FormatSVG)
	a.addOwnRatesTo(cmd)
	cmd.Flags().StringArrayVar(&vary, "vary", nil, "the `field` and its values; give it once or twice")
	return cmd
}

func parseAxes(vary []string) ([]scenarios.Axis, error) {
	if len(vary) == 0 {
		return nil, errors.New("nothing to vary; give --vary, such as --vary workload.running=1h..12h/1h")
	}
	var (
		axes   []scenarios.Axis
		faults []error
	)
	for _, text := range vary {
		axis, err := scenarios.ParseAxis(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--vary: %w", err))
		}
		axes = append(axes, axis)
	}
	return axes, errors.Join(faults...)
}

func (a *app) sensitivityCommand() *cobra.Command {
	by := "20%"
	cmd := &cobra.Command{
		Use:   "sensitivity FILE",
		Short: "Which input moves a workload's bill most",
		Long: `sensitivity moves every input of a workload up and down, one at a time, and shows how far the bill follows: the
figures that are worth measuring before the others.`,
		Args: exactly(1, "one scenario file"),
		RunE: func(_ *cobra.Command, args []string) error {
			var percent scenarios.Percent
			if err := percent.ParseScalar(by); err != nil {
				return fmt.Errorf("--by: %w", err)
			}
			market, err := a.ownMarket()
			if err != nil {
				return err
			}
			estimates, err := a.estimate(market, args)
			if err != nil {
				return err
			}
			sensitivity, err := market.Sensitivity(estimates[0], percent.Fraction)
			if err != nil {
				return fmt.Errorf("--by: %w", err)
			}
			return a.print(report.Sensitivity(sensitivity))
		},
	}
	a.output.addTo(cmd, view.FormatSVG)
	a.addOwnRatesTo(cmd)
	cmd.Flags().StringVar(&by, "by", by, "how far each input is moved, as a `percentage`")
	return cmd
}
