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
	var axes []scenarios.Axis
	cmd := a.pricing(&cobra.Command{
		Use:   "sweep FILE --vary path=from..to/step",
		Short: "Price a workload over a range of one or two of its fields",
		Long: `sweep prices a workload at every value of a field, or at every combination of two fields,
shown as a heat map. Any field of the file can be varied by its path; values are written as in the
file, as a range with a step or as a list.`,
		Example: `  microspend sweep workload.yaml --vary workload.running=1h..12h/1h
  microspend sweep workload.yaml --vary microvm.memory=0.5GB..8GB --vary workload.cycles=0..10/1
  microspend sweep workload.yaml --vary region=eu-west-1,us-east-1,ap-northeast-1`,
		Args: exactly(1, "one workload file"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		if len(axes) == 0 {
			return view.Document{}, errors.New("nothing to vary; use --vary, for example --vary workload.running=1h..12h/1h")
		}
		market, err := a.ownMarket()
		if err != nil {
			return view.Document{}, err
		}
		s, err := a.load(args[0], market.Given.Load)
		if err != nil {
			return view.Document{}, err
		}
		sweep, err := market.Sweep(s, axes...)
		if err != nil {
			return view.Document{}, err
		}
		return report.Sweep(sweep), nil
	}, view.FormatSVG)
	a.parsedListFlag(cmd, "vary", "the `FIELD` to vary and its values (once or twice)", func(text string) error {
		axis, err := scenarios.ParseAxis(text)
		axes = append(axes, axis)
		return err
	})
	return cmd
}

func (a *app) sensitivityCommand() *cobra.Command {
	var by scenarios.Percent
	cmd := a.pricing(&cobra.Command{
		Use:   "sensitivity FILE",
		Short: "Show which input affects a workload's bill most",
		Long: `sensitivity changes each input of a workload up and down, one at a time, and shows how much
the bill changes: the figures worth measuring first. A value that the file gives as a range, such
as 2h..6h, is changed over that range, and the rest by --by.`,
		Args: exactly(1, "one workload file"),
	}, func(_ *cobra.Command, args []string) (view.Document, error) {
		market, estimates, err := a.estimate(args...)
		if err != nil {
			return view.Document{}, err
		}
		sensitivity, err := market.Sensitivity(estimates[0], by.Fraction)
		if err != nil {
			return view.Document{}, fmt.Errorf("--by: %w", err)
		}
		return report.Sensitivity(sensitivity), nil
	}, view.FormatSVG)
	a.parsedFlag(cmd, "by", "20%", "`PERCENT` by which to change each input", by.ParseScalar)
	return cmd
}
