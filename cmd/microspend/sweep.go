package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"microspend/internal/scalar"
	"microspend/report"
	"microspend/scenarios"
	"microspend/view"
)

func (a *app) sweepCommand() *cobra.Command {
	var axes []scenarios.Axis
	cmd := a.pricing(&cobra.Command{
		Use:   "sweep FILE --vary FIELD=FROM..TO/STEP",
		Short: "Price a workload over a range of one or two of its fields",
		Long: `sweep prices a workload at each value of a field, or at each combination of two fields, which it shows as a heat
map. You can vary any field of the file by its path. Write values as in the file: as a range with a step, or as a
list.`,
		Example: `  # 1 to 12 hours a day
  microspend sweep workload.yaml --vary workload.running=1h..12h/1h
  # Memory against suspends, as a heat map
  microspend sweep workload.yaml --vary microvm.memory=0.5GB..8GB --vary workload.cycles=0..10/1
  # A list of values
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
	a.parsedListFlag(cmd, "vary", "`FIELD` to vary and its values, as FIELD=FROM..TO/STEP or FIELD=A,B,C (repeatable, for two fields)", func(text string) error {
		axis, err := scenarios.ParseAxis(text)
		axes = append(axes, axis)
		return err
	})
	return cmd
}

func (a *app) sensitivityCommand() *cobra.Command {
	var by scalar.Percent
	cmd := a.pricing(&cobra.Command{
		Use:   "sensitivity FILE",
		Short: "Show which inputs affect a workload's bill most",
		Long: `sensitivity changes each input of a workload up and down, one at a time, and shows how much the bill changes:
measure the inputs at the top first. A value that the file gives as a range, such as 2h..6h, is changed over that
range; all others are changed by --by.`,
		Example: `  microspend sensitivity workload.yaml
  # Change each input by half
  microspend sensitivity workload.yaml --by 50%
  # As an image
  microspend sensitivity workload.yaml --format svg --output sensitivity.svg`,
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
