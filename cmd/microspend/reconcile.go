package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"microspend/report"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
)

func (a *app) reconcileCommand() *cobra.Command {
	var (
		tolerance     string
		allocate, all bool
	)
	cmd := &cobra.Command{
		Use:   "reconcile FILE…",
		Short: "Compare AWS's bill with measured usage and explain differences",
		Long: `reconcile compares AWS's bill with the ledger by usage type, region and day: ours, theirs,
the difference and the likely reasons, ranked by the dollars they explain. FILE is the output of
Cost Explorer's GetCostAndUsage (daily, grouped by USAGE_TYPE and, if possible, REGION), a Cost and
Usage Report or a FOCUS export, as CSV, gzip or Parquet. If AWS delivered a report in several files,
give all of them; - is standard input. reconcile exits with 1 if the total, or a usage type in a
region, differs by more than --tolerance.

--allocate stores the bill with the ledger, for microspend spend --basis billed: tenants' rows then
add up to the bill exactly, with unmeasured usage as a row of its own.`,
		Example: `  aws ce get-cost-and-usage --granularity DAILY --metrics UnblendedCost UsageQuantity \
    --time-period Start=2026-10-01,End=2026-11-01 \
    --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION > bill.json
  microspend reconcile bill.json --tolerance 1%
  microspend reconcile cur-*.csv.gz --allocate`,
		Args: atLeastOne("the file of a bill"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := reconcile.Request{}
			var err error
			if request.Tolerance, err = reconcile.ParseTolerance(tolerance); err != nil {
				return fmt.Errorf("--tolerance: %w", err)
			}
			if request.From, request.To, err = a.dayRange(time.Time{}, time.Time{}); err != nil {
				return err
			}
			if request.Bill, err = a.readBills(args); err != nil {
				return err
			}
			source, err := a.spendSource()
			if err != nil {
				return err
			}
			shown := report.Reconciliation{Source: billName(args), All: all}
			if shown.Comparison, err = reconcile.Compare(cmd.Context(), source, request); err != nil {
				return err
			}
			if allocate {
				if err := a.allocate(cmd.Context(), source, &shown); err != nil {
					return err
				}
			}
			if err := a.print(report.Reconcile(shown)); err != nil {
				return err
			}
			if !shown.Comparison.Within() {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(cmd)
	a.ledgerFlags(cmd)
	flags := cmd.Flags()
	a.dayRangeFlags(cmd, "bill")
	flags.StringVar(&tolerance, "tolerance", "1%", "accepted difference: a `PERCENT` of the bill, or dollars")
	flags.BoolVar(&allocate, "allocate", false, "store the bill with the ledger and allocate it to tenants")
	flags.BoolVar(&all, "all", false, "show every day in the table, not only those with the largest differences")
	return cmd
}

// billName is what a bill is called: its file, or the first of them.
func billName(paths []string) string {
	name := shortName(paths[0])
	if len(paths) > 1 {
		name += fmt.Sprintf(" and %d more", len(paths)-1)
	}
	return name
}

// readBills reads the files of one bill. Faults of all files are reported together.
func (a *app) readBills(paths []string) (bill.Bill, error) {
	var parts []bill.Bill
	var faults []error
	for _, path := range paths {
		part, err := a.readBill(path)
		parts, faults = append(parts, part), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return bill.Bill{}, err
	}
	return bill.Join(parts)
}

// maxPipedBill bounds a bill that does not come as a file and so has to be kept in memory.
const maxPipedBill = 512 << 20

// readBill reads one file, or standard input for "-".
func (a *app) readBill(path string) (bill.Bill, error) {
	in, size, err := a.openInput(path)
	if err != nil {
		return bill.Bill{}, err
	}
	defer in.Close()
	whole, isFile := in.(io.ReaderAt)
	if !isFile || size == 0 {
		text, err := io.ReadAll(io.LimitReader(in, maxPipedBill+1))
		if err == nil && len(text) > maxPipedBill {
			err = fmt.Errorf("larger than %d MiB; give it as a file", maxPipedBill>>20)
		}
		if err != nil {
			return bill.Bill{}, fmt.Errorf("%s: %w", inputName(path), err)
		}
		whole, size = bytes.NewReader(text), int64(len(text))
	}
	read, err := bill.Read(whole, size)
	if err != nil {
		return bill.Bill{}, fmt.Errorf("%s: %w", inputName(path), err)
	}
	return read, nil
}

// allocate keeps the bill beside the ledger, once it has been shared out among tenants.
func (a *app) allocate(ctx context.Context, source spend.Source, shown *report.Reconciliation) error {
	c := shown.Comparison
	request := spend.Request{
		From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant}, Location: time.UTC,
		Sort: spend.SortAmount,
	}
	rates, err := source.Report(ctx, request)
	if err != nil {
		return err
	}
	source.Billed = c.Billed()
	request.Basis = spend.BasisBilled
	billed, err := source.Report(ctx, request)
	if err != nil {
		return err
	}
	folder, err := a.ledgerFolder()
	if err != nil {
		return err
	}
	shown.File, err = reconcile.Save(folder, shown.Source, c, a.now())
	shown.Billed, shown.Rates = &billed, &rates
	return err
}
