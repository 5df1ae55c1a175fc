package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/report"
	"microspend/view"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "ledger", Short: "Inspect, check, audit and export the ledger", Args: noArguments, RunE: help}
	info := a.printing(&cobra.Command{
		Use:   "info",
		Short: "List the ledger's days with rows, size and coverage",
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		opened, err := a.openLedger()
		if err != nil {
			return view.Document{}, err
		}
		info, err := opened.Info(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		return report.LedgerInfo(opened.Dir(), info), nil
	})
	a.ledgerFlag(info)
	cmd.AddCommand(info, a.ledgerCheckCommand(), a.ledgerAuditCommand(), a.ledgerExportCommand())
	return cmd
}

func (a *app) ledgerCheckCommand() *cobra.Command {
	var (
		repair, accept bool
		days           []time.Time
	)
	cmd := a.printing(&cobra.Command{
		Use:   "check",
		Short: "Verify every file and exit with 1 if one is damaged",
		Long: `check reads every file in full against its checksums, and exits with 1 if one is damaged or
has been quarantined.

--repair renames damaged files to _*.damaged, so that query engines do not read them either, and
rebuilds a damaged manifest from the files of its day that are provably intact. Reports mention what
was lost until --accept-loss, for use once it has been imported again or never will be.`,
		Example: `  microspend ledger check --repair
  microspend import october.csv
  microspend ledger check --accept-loss --day 2026-10-03`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		if len(days) > 0 && !accept {
			return view.Document{}, errors.New("--day requires --accept-loss; check always reads every day")
		}
		opened, err := a.openLedger()
		if err != nil {
			return view.Document{}, err
		}
		var (
			result   parquet.CheckResult
			accepted []ledger.DamagedFile
		)
		if !repair && !accept {
			result, err = opened.Check(cmd.Context())
		} else {
			options := ledger.Options{Command: "microspend ledger check"}
			err = a.writeLedger(cmd.Context(), opened.Dir(), options, func(ctx context.Context, w *parquet.Writer) (err error) {
				// Loss is accepted first, so that nothing is accepted that this run finds and nobody has seen yet.
				if accept {
					if accepted, err = w.AcceptLoss(ctx, days...); err != nil {
						return err
					}
				}
				verify := w.Check
				if repair {
					verify = w.Repair
				}
				result, err = verify(ctx)
				return err
			})
		}
		if err != nil {
			return view.Document{}, err
		}
		return report.LedgerCheck(opened.Dir(), result, accepted), passes(result.OK())
	})
	a.ledgerFlag(cmd)
	cmd.Flags().BoolVar(&repair, "repair", false, "quarantine damaged files, and rebuild damaged manifests")
	cmd.Flags().BoolVar(&accept, "accept-loss", false, "stop reporting quarantined files")
	a.parsedListFlag(cmd, "day", "accept the loss of this UTC `DAY` only (repeatable)", func(text string) error {
		day, err := utcDay(text)
		days = append(days, day)
		return err
	})
	return cmd
}
