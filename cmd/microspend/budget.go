package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/view"
)

func (a *app) budgetCommand() *cobra.Command {
	evaluate := func(cmd *cobra.Command) (budget.Report, error) {
		in, err := a.measured(cmd.Context())
		if err != nil {
			return budget.Report{}, err
		}
		return budget.Evaluate(cmd.Context(), in.Source, in.Budgets, a.today())
	}
	cmd := a.printing(&cobra.Command{
		Use:   "budget",
		Short: "Show budgets: spend, burn rate, forecast, and when they run out",
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		status, err := evaluate(cmd)
		if err != nil {
			return view.Document{}, err
		}
		return report.Budget(status), nil
	})
	failOn := ""
	check := a.printing(&cobra.Command{
		Use:   "check",
		Short: "Exit with 1 if a budget's threshold is exceeded, for cron",
		Long: `check prints how budgets stand and exits with 1 where a budget fails:

  --fail-on spent     spend is above the budget's threshold (the default)
  --fail-on forecast  also where the forecast is above the budget
  --fail-on at-risk   also where the upper end of the forecast's range is

A forecast may change its mind from day to day, which spend cannot: that is why the default is spent.`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		alert, err := budget.ParseAlert(failOn)
		if err != nil {
			return view.Document{}, fmt.Errorf("--fail-on: %w", err)
		}
		status, err := evaluate(cmd)
		if err != nil {
			return view.Document{}, err
		}
		return report.Budget(status), passes(len(status.Alerts(alert)) == 0)
	})
	check.Flags().StringVar(&failOn, "fail-on", "spent", "`ALERT` to fail on: spent, forecast or at-risk")
	a.ledgerFlags(cmd)
	a.ledgerFlags(check)
	cmd.AddCommand(check)
	return cmd
}

func (a *app) anomaliesCommand() *cobra.Command {
	cmd := a.printing(&cobra.Command{
		Use:   "anomalies",
		Short: "Find days outside a tenant's usual range, and what caused them",
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		in, err := a.measured(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		request := anomaly.Request{Now: a.today()}
		if request.From, request.To, request.Location, err = a.period(in.Source); err != nil {
			return view.Document{}, err
		}
		found, err := anomaly.Find(cmd.Context(), in.Source, in.AnomalyRule, request)
		if err != nil {
			return view.Document{}, err
		}
		return report.Anomalies(found), nil
	})
	a.ledgerFlags(cmd)
	a.periodFlags(cmd, theMonth)
	return cmd
}
