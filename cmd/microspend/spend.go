package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/bill/reconcile"
	"microspend/spend/budget"
)

func (a *app) spendCommand() *cobra.Command {
	var (
		asked          spend.RawRequest
		basis, account string
	)
	cmd := &cobra.Command{
		Use:   "spend",
		Short: "Show what each tenant spent",
		Long: `spend prices the ledger's usage and adds it up by tenant, or by any of image, microvm,
region, day, week, month and component. Rows add up to the total exactly; usage without a tenant is
(unallocated).

--format xlsx is a workbook with tenants, tenants by day, rates and assumptions. focus-csv and
focus-parquet are FOCUS 1.2: a row per tenant, UTC day, region and usage type.`,
		Example: `  microspend spend
  microspend spend --by tenant,day --from 2026-10-01 --to 2026-11-01 --format csv
  microspend spend --by tenant --previous --sort change --top 10
  microspend spend --from 2026-10-01 --format xlsx --output october.xlsx
  microspend spend --from 2026-10-01 --format focus-parquet --output october.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			source, err := a.spendSource()
			if err != nil {
				return err
			}
			var on spend.Basis
			if on, err = spend.ParseBasis(basis); err != nil {
				return fmt.Errorf("--basis: %w", err)
			}
			if on == spend.BasisBilled {
				if source.Billed, err = a.loadBilled(); err != nil {
					return err
				}
			}
			if on == spend.BasisBilled || a.writesFOCUS() {
				source.Location = nil // both go by UTC days, whatever zone the configuration cuts days in
			}
			now, err := a.today()
			if err != nil {
				return err
			}
			asked.RawPeriod = a.rawPeriod()
			request, err := asked.Request(source, now, flagName)
			if err != nil {
				return err
			}
			request.Basis = on
			if done, err := a.exportSpend(cmd, source, request, account); done {
				return err
			}
			result, err := source.Report(cmd.Context(), request)
			if err != nil {
				return err
			}
			return a.print(report.Spend(result))
		},
	}
	a.output.addTo(cmd, exportFormats...)
	a.ledgerFlags(cmd)
	a.periodFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&account, "billing-account", "", accountHelp)
	flags.StringVar(&asked.By, "by", "tenant", "group rows by `DIMENSIONS`, comma-separated: "+dimensionWords())
	flags.StringVar(&asked.Sort, "sort", "",
		"`ORDER` of rows: amount, key or change (default: amount, or key if rows are days, weeks or months)")
	flags.StringVar(&basis, "basis", "rates",
		"`BASIS` of amounts: rates, or billed for AWS's bill as stored by microspend reconcile --allocate")
	flags.IntVar(&asked.Top, "top", 0, "keep the `N` largest rows and fold the rest into one")
	flags.StringVar(&asked.Min, "min", "0", "fold rows below this many `DOLLARS` into one")
	flags.BoolVar(&asked.Previous, "previous", false, "show the previous period alongside, with the change")
	flags.BoolVar(&asked.Strict, "strict", false, "fail if a rate is unknown, instead of listing what is missing")
	patternFlag(cmd, &asked.Tenants, "tenant", "TENANT")
	patternFlag(cmd, &asked.Images, "image", "IMAGE")
	patternFlag(cmd, &asked.MicroVMs, "microvm", "ID")
	patternFlag(cmd, &asked.Regions, "region", "REGION")
	return cmd
}

// loadBilled reads the bills that are kept beside the ledger.
func (a *app) loadBilled() (*spend.Billed, error) {
	folder, err := a.ledgerFolder()
	if err != nil {
		return nil, err
	}
	return reconcile.Load(folder)
}

func dimensionWords() string {
	var words []string
	for _, d := range spend.Dimensions() {
		words = append(words, d.String())
	}
	return strings.Join(words, ", ")
}

func (a *app) budgetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "budget",
		Short: "Show budgets: spend, burn rate, forecast, and when they run out",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := a.budgets(cmd)
			return err
		},
	}
	a.output.addTo(cmd)
	a.ledgerFlags(cmd)
	check := &cobra.Command{
		Use:   "check",
		Short: "Exit with 1 if a budget's threshold is exceeded, for cron",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			status, err := a.budgets(cmd)
			if err != nil {
				return err
			}
			if len(status.Exceeded()) > 0 {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(check)
	a.ledgerFlags(check)
	cmd.AddCommand(check)
	return cmd
}

// budgets prints how budgets stand.
func (a *app) budgets(cmd *cobra.Command) (budget.Report, error) {
	in, err := a.spendInputs()
	if err != nil {
		return budget.Report{}, err
	}
	now, err := a.today()
	if err != nil {
		return budget.Report{}, err
	}
	status, err := budget.Evaluate(cmd.Context(), in.Source, in.Budgets, now)
	if err != nil {
		return budget.Report{}, err
	}
	return status, a.print(report.Budget(status))
}

func (a *app) anomaliesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "anomalies",
		Short: "Find days outside a tenant's usual range, and what caused them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.spendInputs()
			if err != nil {
				return err
			}
			request := anomaly.Request{}
			if request.From, request.To, request.Location, err = a.period(in.Source); err != nil {
				return err
			}
			if request.Now, err = a.today(); err != nil {
				return err
			}
			found, err := anomaly.Find(cmd.Context(), in.Source, in.AnomalyRule, request)
			if err != nil {
				return err
			}
			return a.print(report.Anomalies(found))
		},
	}
	a.output.addTo(cmd)
	a.ledgerFlags(cmd)
	a.periodFlags(cmd)
	return cmd
}
