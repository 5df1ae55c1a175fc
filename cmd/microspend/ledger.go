package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/view"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger COMMAND",
		Short: "Inspect, verify, export and move the ledger",
		Long: `The ledger holds measured usage, as collect and import write it. It is a folder in the user's data directory
unless --ledger or the configuration names another folder, a bucket (s3://BUCKET/PREFIX) or a ClickHouse database
(clickhouse://HOST:PORT/DATABASE).`,
		Example: `  # What the ledger holds
  microspend ledger info
  # Whether its files are intact
  microspend ledger check
  # A copy in CSV
  microspend ledger export --output usage.csv`,
		Args: noArguments,
		RunE: help,
	}
	info := a.printing(&cobra.Command{
		Use:   "info",
		Short: "List the ledger's days with rows, size and coverage",
		Long: `info lists each UTC day in the ledger with the number of its records, their size on disk, and how much of the usage
is known in full.`,
		Example: `  microspend ledger info
  microspend ledger info --ledger s3://finance/ledger --format csv`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		info, err := opened.Info(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		return report.LedgerInfo(opened.Name(), info), nil
	})
	a.ledgerFlags(info)
	cmd.AddCommand(
		info,
		a.ledgerCheckCommand(),
		a.ledgerAuditCommand(),
		a.ledgerExportCommand(),
		a.ledgerFilesCommand(),
		a.ledgerMoveCommand(),
		a.ledgerRollupCommand(),
	)
	return cmd
}

// check checks a ledger of a kind that can be.
func check(ctx context.Context, opened ledger.Reader) (ledger.CheckResult, error) {
	checker, can := opened.(ledger.Checker)
	if !can {
		return ledger.CheckResult{}, fmt.Errorf("%s cannot be checked file by file: what keeps it checks what it reads; "+
			"compare it with a copy, as microspend ledger move --help says", opened.Name())
	}
	return checker.Check(ctx)
}

// mend accepts losses and repairs a ledger of a kind that can be. Loss is accepted first, so that nothing is accepted
// that this run finds and nobody has seen yet.
func mend(ctx context.Context, store ledger.Store, accept bool, days []time.Time, repair bool) (
	accepted []ledger.DamagedFile, result ledger.CheckResult, err error,
) {
	w, can := store.(ledger.Repairer)
	if !can {
		return nil, result, fmt.Errorf("%s has no files to repair; import or collect a damaged day again", store.Name())
	}
	if accept {
		if accepted, err = w.AcceptLoss(ctx, days...); err != nil {
			return nil, result, err
		}
	}
	if repair {
		result, err = w.Repair(ctx)
	} else {
		result, err = w.Check(ctx)
	}
	return accepted, result, err
}

func (a *app) ledgerCheckCommand() *cobra.Command {
	var (
		repair, accept bool
		days           []time.Time
	)
	cmd := a.printing(&cobra.Command{
		Use:   "check",
		Short: "Verify the ledger's files; exit with 1 if one is damaged",
		Long: `check reads every file in full and compares it with its checksums. It exits with 1 if a file is damaged or has been
quarantined.

--repair renames damaged files to _*.damaged, so that query engines skip them too, and rebuilds damaged manifests
from the intact files of their day, and damaged rollups. A manifest that cannot be rebuilt is listed as not
repaired, with what to do; the other days are repaired.

Reports mention what was lost until you import it again and give --accept-loss.`,
		Example: `  microspend ledger check
  # Quarantine damaged files, restore the day, and stop reporting the loss
  microspend ledger check --repair
  microspend import october.csv
  microspend ledger check --accept-loss --day 2026-10-03`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		if len(days) > 0 && !accept {
			return view.Document{}, errors.New("--day requires --accept-loss; check always reads every day")
		}
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		var (
			result   ledger.CheckResult
			accepted []ledger.DamagedFile
		)
		if !repair && !accept {
			result, err = check(cmd.Context(), opened)
		} else {
			options := ledger.Options{Command: "microspend ledger check"}
			err = a.writeLedger(cmd.Context(), options, func(ctx context.Context, store ledger.Store) (err error) {
				accepted, result, err = mend(ctx, store, accept, days, repair)
				return err
			})
		}
		if err != nil && len(result.SetAside)+len(result.Rebuilt) == 0 {
			return view.Document{}, err
		}
		if err != nil { // what was done about other days is done
			return view.Document{}, errors.Join(a.print(report.LedgerCheck(opened.Name(), result, accepted)), err)
		}
		return report.LedgerCheck(opened.Name(), result, accepted), passes(result.OK())
	})
	a.ledgerFlags(cmd)
	cmd.Flags().BoolVar(&repair, "repair", false, "quarantine damaged files, and rebuild damaged manifests and rollups")
	cmd.Flags().BoolVar(&accept, "accept-loss", false, "stop reporting quarantined files")
	a.parsedListFlag(cmd, "day", "accept the loss of this UTC `DAY` only (repeatable)", func(text string) error {
		day, err := utcDay(text)
		days = append(days, day)
		return err
	})
	return cmd
}
