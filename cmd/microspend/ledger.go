package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Inspect, check and export the ledger",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ledgerInfoCommand(), a.ledgerCheckCommand(), a.ledgerExportCommand())
	return cmd
}

func (a *app) ledgerInfoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "info",
		Short: "List the ledger's days with rows, size and coverage",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			opened, err := a.openLedger()
			if err != nil {
				return err
			}
			info, err := opened.Info()
			if err != nil {
				return err
			}
			return a.print(report.LedgerInfo(opened.Dir(), info))
		},
	}
	a.output.addTo(cmd)
	a.ledgerFlag(cmd)
	return cmd
}

func (a *app) ledgerCheckCommand() *cobra.Command {
	var repair, accept bool
	var days []string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Verify every file and exit with 1 if one is damaged",
		Long: `check reads every file in full against its checksums, and exits with 1 where one is damaged
or was set aside.

--repair renames what is damaged to _*.damaged, so that query engines do not read it either. What
such a file held is lost, and reports say so until it is accepted. A damaged manifest is made anew
from those of its day's files that prove to be whole.

--accept-loss ends those reports, once what was lost has been imported again or never will be; --day
limits it to that day.`,
		Example: `  microspend ledger check --repair
  microspend import october.csv
  microspend ledger check --accept-loss --day 2026-10-03`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			limit, err := parseDays(days)
			if err != nil {
				return fmt.Errorf("--day: %w", err)
			}
			if len(days) > 0 && !accept {
				return errors.New("--day requires --accept-loss; check always reads every day")
			}
			opened, err := a.openLedger()
			if err != nil {
				return err
			}
			result, accepted, err := a.checkLedger(cmd.Context(), opened, repair, accept, limit)
			if err != nil {
				return err
			}
			if err := a.print(report.LedgerCheck(opened.Dir(), result, accepted)); err != nil {
				return err
			}
			if !result.OK() {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(cmd)
	a.ledgerFlag(cmd)
	cmd.Flags().BoolVar(&repair, "repair", false, "quarantine damaged files, and rebuild damaged manifests")
	cmd.Flags().BoolVar(&accept, "accept-loss", false, "stop reporting quarantined files")
	cmd.Flags().StringArrayVar(&days, "day", nil, "accept the loss of this UTC `DAY` only (repeatable)")
	return cmd
}

// checkLedger accepts, repairs and checks, in the order that leaves nothing accepted that nobody has seen yet.
func (a *app) checkLedger(ctx context.Context, opened *ledger.Ledger, repair, accept bool, days []time.Time) (
	result ledger.CheckResult, accepted []ledger.DamagedFile, err error,
) {
	if !repair && !accept {
		result, err = opened.Check(ctx)
		return result, nil, err
	}
	options := ledger.Options{Command: "microspend ledger check"}
	err = a.writeLedger(ctx, opened.Dir(), options, func(ctx context.Context, writer *ledger.Writer) error {
		if accept {
			if accepted, err = writer.AcceptLoss(days...); err != nil {
				return err
			}
		}
		if repair {
			result, err = writer.Repair(ctx)
		} else {
			result, err = writer.Check(ctx)
		}
		return err
	})
	return result, accepted, err
}

func parseDays(texts []string) ([]time.Time, error) {
	var days []time.Time
	for _, text := range texts {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, fmt.Errorf("%.40q is not a day such as 2026-10-03", text)
		}
		days = append(days, day)
	}
	return days, nil
}
