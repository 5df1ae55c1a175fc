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
		from, to, tolerance string
		allocate, all       bool
	)
	cmd := &cobra.Command{
		Use:   "reconcile FILE…",
		Short: "Set AWS's bill beside what was measured, and say why they differ",
		Long: `reconcile compares AWS's bill with the ledger, for each usage type, region and day: ours, theirs, the difference and the
likely reasons, ranked by what they make. FILE is a reply of Cost Explorer's GetCostAndUsage (daily, grouped by USAGE_TYPE,
and by REGION if it can be), a Cost and Usage Report or a FOCUS export; CSV, gzip or Parquet. A report that AWS delivers in
several files is given as all of them; - is standard input. It exits with 1 where the total, or a usage type in a region, is further off than
--tolerance.

With --allocate the bill is kept beside the ledger, for microspend spend --basis billed: tenants' rows then add up to the bill
exactly, with what no measured usage accounts for as a row of its own.`,
		Example: `  aws ce get-cost-and-usage --granularity DAILY --metrics UnblendedCost UsageQuantity \
    --time-period Start=2026-10-01,End=2026-11-01 --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION > bill.json
  microspend reconcile bill.json --tolerance 1%
  microspend reconcile cur-*.csv.gz --allocate`,
		Args: atLeastOne("the file of a bill"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := reconcile.Request{}
			var err error
			if request.Tolerance, err = reconcile.ParseTolerance(tolerance); err != nil {
				return fmt.Errorf("--tolerance: %w", err)
			}
			for _, bound := range []struct {
				flag, text string
				into       *time.Time
			}{{"from", from, &request.From}, {"to", to, &request.To}} {
				if bound.text == "" {
					continue
				}
				if *bound.into, err = time.Parse(time.DateOnly, bound.text); err != nil {
					return fmt.Errorf("--%s: %.40q is not a day such as 2026-10-01", bound.flag, bound.text)
				}
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
	a.finance.addTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "first `day` to compare, as 2026-10-01 (default the bill's first)")
	flags.StringVar(&to, "to", "", "`day` after the last (default after the bill's last)")
	flags.StringVar(&tolerance, "tolerance", "1%", "how far off is still right: a `percentage` of the bill, or dollars")
	flags.BoolVar(&allocate, "allocate", false, "keep the bill beside the ledger and share it out among tenants")
	flags.BoolVar(&all, "all", false, "show every day in the table, not only those that are furthest off")
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
			err = fmt.Errorf("it is larger than %d MiB; give it as a file", maxPipedBill>>20)
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
	request := spend.Request{From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant}, Location: time.UTC, Sort: spend.SortAmount}
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
	shown.File, err = reconcile.Save(folder, shown.Source, c.Bill, source.Billed, c.From, c.To, a.now())
	shown.Billed, shown.Rates = &billed, &rates
	return err
}
