package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
	"microspend/view"
)

func (a *app) reconcileCommand() *cobra.Command {
	var (
		request       reconcile.Request
		allocate, all bool
	)
	cmd := a.printing(&cobra.Command{
		Use:   "reconcile FILE…",
		Short: "Compare AWS's bill with measured usage and explain differences",
		Long: `reconcile compares AWS's bill with the ledger by usage type, region and day. It shows both amounts, the difference
and its likely reasons, ranked by the dollars they explain. It exits with 1 if the total, or a usage type in a
region, differs by more than --tolerance. A bill without MicroVMs counts as a bill of $0.

FILE is the output of Cost Explorer's GetCostAndUsage (daily, grouped by USAGE_TYPE and, if possible, REGION), a
Cost and Usage Report, or a FOCUS 1.0 to 1.3 export: CSV, gzipped CSV or Parquet; - is standard input. Give all
files of a report that AWS delivered in several. Of several versions of a report, the newest counts.

--allocate stores the bill with the ledger, for microspend spend --basis billed: the tenants' rows then add up to
the bill exactly, with unmeasured usage in a row of its own.

reconcile itself calls nothing at AWS. Each GetCostAndUsage request below costs $0.01.`,
		Example: `  # Fetch a month from Cost Explorer, then compare
  aws ce get-cost-and-usage --granularity DAILY --metrics UnblendedCost UsageQuantity --time-period Start=2026-10-01,End=2026-11-01 --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION --filter '{"Dimensions":{"Key":"RECORD_TYPE","Values":["Usage"]}}' > bill.json
  microspend reconcile bill.json
  # Accept a difference of 2%, and show every day
  microspend reconcile bill.json --tolerance 2% --all
  # Store a Cost and Usage Report, then charge tenants what AWS billed
  microspend reconcile cur-*.csv.gz --allocate
  microspend spend --basis billed --period 2026-10`,
		Args: atLeastOne("the file of a bill"),
	}, func(cmd *cobra.Command, args []string) (view.Document, error) {
		var err error
		if request.From, request.To, err = a.bounds(time.UTC); err != nil {
			return view.Document{}, err
		}
		if request.Bill, err = a.readBills(args); err != nil {
			return view.Document{}, err
		}
		shown := report.Reconciliation{Source: shortNames(args), All: all}
		in, err := a.spendInputs(cmd.Context())
		if errors.Is(err, errNoLedger) && !request.Bill.MicroVMs() { // nothing was measured, and nothing billed
			shown.Comparison = reconcile.Nothing(request)
			return report.Reconcile(shown), nil
		}
		if err != nil {
			return view.Document{}, err
		}
		if shown.Comparison, err = reconcile.Compare(cmd.Context(), in.Source, request); err != nil {
			return view.Document{}, err
		}
		if allocate {
			billed, rates, err := shown.Comparison.Allocate(cmd.Context(), in.Source)
			if err != nil {
				return view.Document{}, err
			}
			shown.Billed, shown.Rates = &billed, &rates
			// The bill is stored only once it could be shared out.
			options := ledger.Options{Command: "microspend reconcile --allocate"}
			err = a.writeLedger(cmd.Context(), options, func(ctx context.Context, w ledger.Store) (err error) {
				shown.File, err = reconcile.Save(ctx, w, shown.Source, shown.Comparison, a.now())
				return err
			})
			if err != nil {
				return view.Document{}, err
			}
		}
		return report.Reconcile(shown), passes(shown.Comparison.Within())
	})

	a.ledgerFlags(cmd)
	flags := cmd.Flags()
	a.periodFlags(cmd, theWholeOf("bill"))
	a.parsedFlag(cmd, "tolerance", "1%", "accepted difference: a `PERCENT` of the bill, or dollars",
		func(text string) (err error) { request.Tolerance, err = reconcile.ParseTolerance(text); return err })
	flags.BoolVar(&allocate, "allocate", false, "store the bill with the ledger and allocate it to tenants")
	flags.BoolVar(&all, "all", false, "show every day in the table, not only those with the largest differences")
	return cmd
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
	read.Path = inputName(path)
	return read, nil
}
