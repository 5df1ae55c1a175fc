package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/scenarios"
	"microspend/spend"
	"microspend/spend/reconcile"
)

func (a *app) spendCommand() *cobra.Command {
	var (
		by, sort, least string
		basis, account  string
		request         spend.Request
		tenants, images []string
		microvms, regs  []string
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
			if request.By, err = spend.ParseDimensions(by); err != nil {
				return fmt.Errorf("--by: %w", err)
			}
			if request.Basis, err = spend.ParseBasis(basis); err != nil {
				return fmt.Errorf("--basis: %w", err)
			}
			if request.Basis == spend.BasisBilled {
				if source.Billed, err = a.loadBilled(); err != nil {
					return err
				}
			}
			if request.Basis == spend.BasisBilled || a.writesFOCUS() {
				source.Location = nil // both go by UTC days, whatever zone the configuration cuts days in
			}
			if request.From, request.To, request.Location, err = a.period(source); err != nil {
				return err
			}
			if sort == "" {
				sort = usualSort(request.By)
			}
			if request.Sort, err = spend.ParseSort(sort); err != nil {
				return fmt.Errorf("--sort: %w", err)
			}
			var amount scenarios.Price
			if err := amount.ParseScalar(least); err != nil {
				return fmt.Errorf("--min: %w", err)
			}
			request.Min = amount.Decimal
			for _, filter := range []struct {
				flag  string
				texts []string
				into  *[]spend.Pattern
			}{
				{"tenant", tenants, &request.Filter.Tenants},
				{"image", images, &request.Filter.Images},
				{"microvm", microvms, &request.Filter.MicroVMs},
				{"region", regs, &request.Filter.Regions},
			} {
				for _, text := range filter.texts {
					pattern, err := spend.ParsePattern(text)
					if err != nil {
						return fmt.Errorf("--%s: %w", filter.flag, err)
					}
					*filter.into = append(*filter.into, pattern)
				}
			}
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
	flags.StringVar(&by, "by", "tenant", "what rows are grouped by: any of "+dimensionWords())
	flags.StringVar(&sort, "sort", "", "`order` of rows: amount, key or change (default amount, or key where rows are days, weeks or months)")
	flags.StringVar(&basis, "basis", "rates", "what amounts are made of: `rates`, or billed: AWS's bill as microspend reconcile --allocate took it in")
	flags.IntVar(&request.Top, "top", 0, "keep so `many` rows and fold the rest into one")
	flags.StringVar(&least, "min", "0", "fold rows below so many `dollars` into one")
	flags.BoolVar(&request.Previous, "previous", false, "put the period before beside it, with the change")
	flags.BoolVar(&request.Strict, "strict", false, "fail where a rate is not known, instead of saying what is missing")
	flags.StringArrayVar(&tenants, "tenant", nil, "only this `tenant`; a * at the end stands for any rest; may be repeated")
	flags.StringArrayVar(&images, "image", nil, "only this `image`, likewise")
	flags.StringArrayVar(&microvms, "microvm", nil, "only this MicroVM's `id`, likewise")
	flags.StringArrayVar(&regs, "region", nil, "only this `region`, likewise")
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

// usualSort is how people read rows: in the order of time, or the largest first.
func usualSort(by []spend.Dimension) string {
	for _, d := range by {
		if d == spend.ByDay || d == spend.ByWeek || d == spend.ByMonth {
			return "key"
		}
	}
	return "amount"
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
func (a *app) budgets(cmd *cobra.Command) (spend.BudgetReport, error) {
	source, err := a.spendSource()
	if err != nil {
		return spend.BudgetReport{}, err
	}
	now, err := a.today()
	if err != nil {
		return spend.BudgetReport{}, err
	}
	status, err := source.BudgetStatus(cmd.Context(), now)
	if err != nil {
		return spend.BudgetReport{}, err
	}
	return status, a.print(report.Budget(status))
}

func (a *app) anomaliesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "anomalies",
		Short: "Days on which a tenant's spend left its own range, and what moved",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			source, err := a.spendSource()
			if err != nil {
				return err
			}
			request := spend.AnomalyRequest{}
			if request.From, request.To, request.Location, err = a.period(source); err != nil {
				return err
			}
			if request.Now, err = a.today(); err != nil {
				return err
			}
			found, err := source.Anomalies(cmd.Context(), request)
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
