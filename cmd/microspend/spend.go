package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/report/focus"
	"microspend/report/statement"
	"microspend/report/xlsx"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/bill/reconcile"
	"microspend/view"
)

// exportFormats are the formats of spend for other programs, beside those of every document.
var exportFormats = []view.Format{view.FormatXLSX, view.FormatFOCUSCSV, view.FormatFOCUSParquet}

func (a *app) spendCommand() *cobra.Command {
	var (
		asked   spend.RawRequest
		basis   spend.Basis
		billing focus.Account
	)
	cmd := a.command(&cobra.Command{
		Use:   "spend",
		Short: "Show what each tenant spent",
		Long: `spend prices the usage in the ledger and adds it up by tenant, or by any of group, image, microvm, region, account,
arch, day, week, month and component (--by). The rows add up to the total exactly. Usage without a tenant is shown
as (unallocated).

Groups of tenants, such as cost centers, come from the tenants file. --by group shows each group with everything
below it; --depth N stops at the Nth level.

--format xlsx writes a workbook with tenants, tenants by day, rates and assumptions. focus-csv and focus-parquet
write FOCUS 1.2: one row per tenant, UTC day, region and usage type.`,
		Example: `  # This month, by tenant
  microspend spend
  # A month by tenant and day, for a spreadsheet
  microspend spend --by tenant,day --period 2026-10 --format csv
  # The ten tenants that changed most since the previous period
  microspend spend --previous --sort change --top 10
  # One cost center, by its groups and tenants
  microspend spend --by group,tenant --group Engineering
  # A workbook for finance, or a FOCUS dataset
  microspend spend --period 2026-10 --format xlsx --output october.xlsx
  microspend spend --period 2026-10 --format focus-parquet --output october.parquet`,
	}, func(cmd *cobra.Command, _ []string) error {
		in, err := a.measured(cmd.Context())
		if err != nil {
			return err
		}
		source := a.inUTCForFOCUS(in.Source)
		if basis == spend.BasisBilled {
			if source.Billed, err = reconcile.Load(cmd.Context(), a.usage); err != nil {
				return err
			}
			source.Location = nil // bills go by UTC days, whatever zone the configuration cuts days in
		}
		asked.RawPeriod = a.flags.RawPeriod
		request, err := asked.Request(source, a.today(), flagName)
		if err != nil {
			return err
		}
		request.Basis, request.Restated = basis, true
		return a.writeSpend(cmd, source, request, billing, nil)
	})
	a.output.addTo(cmd, exportFormats...)
	a.ledgerFlags(cmd)
	a.currencyFlag(cmd)
	a.periodFlags(cmd, theMonth)
	var dimensions []string
	for _, d := range spend.Dimensions() {
		dimensions = append(dimensions, d.String())
	}
	flags := cmd.Flags()
	billingFlags(cmd, &billing)
	flags.StringVar(&asked.By, "by", "tenant",
		"group rows by `DIMENSIONS`, comma-separated: "+strings.Join(dimensions, ", "))
	flags.StringVar(&asked.Sort, "sort", "",
		"`ORDER` of rows: amount, key or change (default amount, or key if rows are days, weeks or months)")
	a.parsedFlag(cmd, "basis", "rates",
		"`BASIS` of amounts: rates, or billed for AWS's bill as stored by microspend reconcile --allocate",
		func(text string) (err error) { basis, err = spend.ParseBasis(text); return err })
	flags.IntVar(&asked.Top, "top", 0, "keep the `N` largest rows and fold the rest into one")
	flags.StringVar(&asked.Min, "min", "0", "fold rows below this many `DOLLARS` into one")
	flags.BoolVar(&asked.Previous, "previous", false, "show the previous period alongside, with the change")
	flags.BoolVar(&asked.Counts, "unit-cost", false,
		"also count launches, and show the cost per launch and per running hour")
	flags.BoolVar(&asked.Strict, "strict", false, "fail if a rate is unknown, instead of listing what is missing")
	flags.IntVar(&asked.Depth, "depth", 0, "tell groups apart by the first `N` names of their paths only, with --by group")
	for _, d := range spend.NamedDimensions() {
		patternFlag(cmd, &asked.Names[d], d)
	}
	cmd.AddCommand(a.closeCommand())
	return cmd
}

// writeSpend writes a period in any of the formats that it has. A workbook has advice where it is said what to work that
// out from.
func (a *app) writeSpend(
	cmd *cobra.Command, source spend.Source, request spend.Request, billing focus.Account, advice *advise.Inputs,
) error {
	if err := a.checkNames(cmd.Context(), source, request); err != nil {
		return err
	}
	switch format := view.Format(a.output.format); format {
	case view.FormatXLSX:
		err := a.refuseFlags(cmd, "by", "depth", "sort", "top", "min", "billing-account", "billing-account-name")
		if err != nil {
			return err
		}
		gathered, err := xlsx.Gather(cmd.Context(), source, request, a.now())
		if err != nil {
			return err
		}
		a.noteNoData(cmd.Context(), request, gathered.Tenants.Total.Measured)
		if advice != nil {
			asked := advise.Request{Now: a.today(), From: request.From, To: request.To}
			if gathered.Advice, err = statement.Advise(cmd.Context(), *advice, asked); err != nil {
				return err
			}
		}
		return a.printBinary(func(w io.Writer) error { return xlsx.Write(w, gathered) })
	case view.FormatFOCUSCSV, view.FormatFOCUSParquet:
		if err := a.refuseFlags(cmd, "by", "depth", "sort", "top", "min", "previous", "basis", "tz", "currency"); err != nil {
			return err
		}
		charges, err := source.Charges(cmd.Context(), request.From, request.To, request.Filter)
		if err != nil {
			return err
		}
		write := focus.WriteCSV
		if format == view.FormatFOCUSParquet {
			write = focus.WriteParquet
		}
		dataset := focus.Dataset{Charges: charges, Billing: billing, Corrections: focus.CorrectionsOf(charges)}
		return a.printBinary(func(w io.Writer) error { return write(w, dataset) })
	default:
		result, err := source.Report(cmd.Context(), request)
		if err != nil {
			return err
		}
		a.noteNoData(cmd.Context(), request, result.Total.Measured)
		return a.print(report.Spend(result))
	}
}

// inUTCForFOCUS is a source that cuts days in UTC where FOCUS, which goes by UTC days, is written, whatever zone the
// configuration cuts days in.
func (a *app) inUTCForFOCUS(source spend.Source) spend.Source {
	if a.writesFOCUS() {
		source.Location = nil
	}
	return source
}

func (a *app) writesFOCUS() bool {
	format := view.Format(a.output.format)
	return format == view.FormatFOCUSCSV || format == view.FormatFOCUSParquet
}

// refuseFlags refuses flags that a format has no use for, instead of ignoring them silently.
func (a *app) refuseFlags(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s cannot be combined with --format %s", name, a.output.format)
		}
	}
	return nil
}
