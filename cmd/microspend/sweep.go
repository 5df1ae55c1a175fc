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
		Short: "Price a workload over a range of one or two of its fields",
		Long: `sweep prices a workload at every value of a field, or at every combination of two fields,
shown as a heat map. Any field of the file can be varied by its path; values are written as in the
file, as a range with a step or as a list.`,
		Example: `  microspend sweep workload.yaml --vary workload.running=1h..12h/1h
  microspend sweep workload.yaml --vary microvm.memory=0.5GB..8GB --vary workload.cycles=0..10/1
  microspend sweep workload.yaml --vary region=eu-west-1,us-east-1,ap-northeast-1`,
		Args: exactly(1, "one workload file"),
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
	a.pricingFlags(cmd, view.FormatSVG)
	cmd.Flags().StringArrayVar(&vary, "vary", nil, "the `FIELD` to vary and its values (once or twice)")
	return cmd
}

func parseAxes(vary []string) ([]scenarios.Axis, error) {
	if len(vary) == 0 {
		return nil, errors.New("nothing to vary; use --vary, for example --vary workload.running=1h..12h/1h")
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
		Short: "Show which input affects a workload's bill most",
		Long: `sensitivity changes each input of a workload up and down, one at a time, and shows how much
the bill changes: the figures worth measuring first.`,
		Args: exactly(1, "one workload file"),
		RunE: func(_ *cobra.Command, args []string) error {
			var percent scenarios.Percent
			if err := percent.ParseScalar(by); err != nil {
				return fmt.Errorf("--by: %w", err)
			}
			market, estimates, err := a.estimate(args...)
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
	a.pricingFlags(cmd, view.FormatSVG)
	cmd.Flags().StringVar(&by, "by", by, "`PERCENT` by which to change each input")
	return cmd
}
