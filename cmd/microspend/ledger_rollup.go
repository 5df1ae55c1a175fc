package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/view"
)

func (a *app) ledgerRollupCommand() *cobra.Command {
	var (
		dryRun bool
		days   []time.Time
	)
	cmd := a.printing(&cobra.Command{
		Use:   "rollup",
		Short: "Create rollups that are missing",
		Long: `rollup makes the rollups of days that have none, or whose rollup is of other records. A rollup has a day's sums by
hour and by every dimension but the MicroVM, and makes reports faster. import and collect make those of the days
they write, so that rollup is only needed for days written by an early version.

Figures are the same with and without rollups; --explain-query shows which were used.`,
		Example: `  # Which days have none
  microspend ledger rollup --dry-run
  microspend ledger rollup
  # One day
  microspend ledger rollup --day 2026-10-03`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		lister, can := opened.(ledger.RollupLister)
		if !can {
			return view.Document{}, fmt.Errorf("%s keeps its rollups by itself", opened.Name())
		}
		lacking, err := lister.WithoutRollup(cmd.Context(), days...)
		if err == nil && !dryRun && len(lacking) > 0 {
			options := ledger.Options{Command: "microspend ledger rollup"}
			err = a.writeLedger(cmd.Context(), options, func(ctx context.Context, store ledger.Store) (err error) {
				maker, can := store.(ledger.RollupMaker)
				if !can {
					return fmt.Errorf("%s keeps its rollups by itself", store.Name())
				}
				lacking, err = maker.MakeRollups(ctx, days...)
				return err
			})
		}
		if err != nil {
			return view.Document{}, err
		}
		return report.LedgerRollups(opened.Name(), lacking, dryRun), nil
	})
	a.ledgerFlags(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "list the days and write nothing")
	a.parsedListFlag(cmd, "day", "only this UTC `DAY` (repeatable)", func(text string) error {
		day, err := utcDay(text)
		days = append(days, day)
		return err
	})
	return cmd
}
