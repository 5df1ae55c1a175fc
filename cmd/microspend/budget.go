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
		Short: "Show budgets: spend, burn rate and forecast",
		Long: `budget shows how each budget stands: what was spent in its month, quarter or year, the burn rate, the forecast for
the end of that period, and the day on which the budget runs out. Budgets are set under budgets in microspend.yaml, for
the total and for tenants, groups, images, accounts and regions.`,
		Example: `  microspend budget
  # For a script
  microspend budget --format json
  # Fail a cron job if a budget is exceeded
  microspend budget check`,
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
		Short: "Exit with 1 if a budget is exceeded, for cron and CI",
		Long: `check shows how budgets stand and exits with 1 if one fails:

  --fail-on spent     spend is above the budget's threshold (the default)
  --fail-on forecast  or the forecast is above the budget
  --fail-on at-risk   or the upper end of the forecast's range is

The exit code is also 1 if figures are incomplete because a day of the ledger is damaged. The default is spent because
spend only rises, while a forecast can change from one day to the next.`,
		Example: `  microspend budget check
  # Fail early: if the forecast exceeds a budget
  microspend budget check --fail-on forecast
  # In a crontab: mail the table if a budget is exceeded
  microspend budget check --output budget.txt || mail -s "Over budget" team@example.com < budget.txt`,
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
	choiceFlag(check, &failOn, "fail-on", "`ALERT` to fail on: spent, forecast or at-risk", budget.AlertNames()...)
	a.ledgerFlags(cmd)
	a.ledgerFlags(check)
	cmd.AddCommand(check)
	return cmd
}

func (a *app) anomaliesCommand() *cobra.Command {
	cmd := a.printing(&cobra.Command{
		Use:   "anomalies",
		Short: "Find days on which a tenant's spend was unusual",
		Long: `anomalies lists the days of a period on which a tenant spent much more or less than usual, with the billed quantity
that changed most. A day is compared with the same weekdays of the eight weeks before. What counts as unusual is
set under anomalies in microspend.yaml.`,
		Example: `  # This month
  microspend anomalies
  # The last 30 days, for a script
  microspend anomalies --period last-month --format json`,
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
		a.noteBeyond(cmd.Context(), request.From, request.To, request.Location)
		return report.Anomalies(found), nil
	})
	a.ledgerFlags(cmd)
	a.periodFlags(cmd, theMonth)
	return cmd
}
