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
		Short: "What each tenant spent",
		Long: `spend prices the ledger's usage and adds it up by tenant, or by any of image, microvm, region, day, week, month and
component. Rows add up to the total exactly; usage that no tenant can be named for is (unallocated).

xlsx is a workbook with tenants, tenants by day, rates and assumptions. focus-csv and focus-parquet are FOCUS 1.2: a row for each
tenant, UTC day, region and usage type.`,
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
			asked.RawPeriod = a.finance.asked()
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
	a.finance.addTo(cmd)
	a.finance.addPeriodTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&account, "billing-account", "", "AWS account `id` that is billed, for FOCUS (default the one in the ledger)")
	flags.StringVar(&asked.By, "by", "tenant", "what rows are grouped by: any of "+dimensionWords())
	flags.StringVar(&asked.Sort, "sort", "", "`order` of rows: amount, key or change (default amount, or key where rows are days, weeks or months)")
	flags.StringVar(&basis, "basis", "rates", "what amounts are made of: `rates`, or billed: AWS's bill as microspend reconcile --allocate took it in")
	flags.IntVar(&asked.Top, "top", 0, "keep so `many` rows and fold the rest into one")
	flags.StringVar(&asked.Min, "min", "0", "fold rows below so many `dollars` into one")
	flags.BoolVar(&asked.Previous, "previous", false, "put the period before beside it, with the change")
	flags.BoolVar(&asked.Strict, "strict", false, "fail where a rate is not known, instead of saying what is missing")
	flags.StringArrayVar(&asked.Tenants, "tenant", nil, "only this `tenant`; a * at the end stands for any rest; may be repeated")
	flags.StringArrayVar(&asked.Images, "image", nil, "only this `image`, likewise")
	flags.StringArrayVar(&asked.MicroVMs, "microvm", nil, "only this MicroVM's `id`, likewise")
	flags.StringArrayVar(&asked.Regions, "region", nil, "only this `region`, likewise")
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
		Short: "How budgets stand: spent, burn rate, forecast, and when they run out",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := a.budgets(cmd)
			return err
		},
	}
	a.output.addTo(cmd)
	a.finance.addTo(cmd)
	check := &cobra.Command{
		Use:   "check",
		Short: "Exit with 1 where a budget's threshold is exceeded, for cron",
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
	a.finance.addTo(check)
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
		Short: "Days on which a tenant's spend left its own range, and what moved",
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
	a.finance.addTo(cmd)
	a.finance.addPeriodTo(cmd)
	return cmd
}
