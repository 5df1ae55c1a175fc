package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/usage"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "The ledger itself: what it holds, whether it is in order, and its usage again",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var file string
	export := &cobra.Command{
		Use:   "export",
		Short: "Write the ledger's usage as CSV, in the form that import reads",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opened, err := a.openLedger()
			if err != nil {
				return err
			}
			from, to, err := a.utcBounds()
			if err != nil {
				return err
			}
			write := func(w io.Writer) error {
				_, err := usage.WriteCSV(w, opened.Records(cmd.Context(), from, to))
				return err
			}
			if file != "" && file != "-" {
				return a.writeFile(file, write)
			}
			return write(a.out)
		},
	}
	export.Flags().StringVar(&a.finance.ledger, "ledger", "", "`folder` of the ledger (default in the user's data folder)")
	export.Flags().StringVar(&a.finance.from, "from", "", "first `day` in UTC (default the ledger's first)")
	export.Flags().StringVar(&a.finance.to, "to", "", "`day` after the last in UTC (default the ledger's end)")
	export.Flags().StringVar(&file, "output", "", "write to this `file` instead of standard output")
	cmd.AddCommand(a.ledgerInfoCommand(), a.ledgerCheckCommand(), export)
	return cmd
}

func (a *app) ledgerInfoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Which days the ledger has, with rows, size and coverage",
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
	cmd.Flags().StringVar(&a.finance.ledger, "ledger", "", "`folder` of the ledger (default in the user's data folder)")
	return cmd
}

func (a *app) ledgerCheckCommand() *cobra.Command {
	var repair bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read every file in full and exit with 1 where one is damaged",
		Long: `check reads every file in full against its checksums. --repair renames what is damaged to *.damaged, so that query engines
do not read it either; what it held is lost and has to be imported again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opened, err := a.openLedger()
			if err != nil {
				return err
			}
			var result ledger.CheckResult
			if repair {
				err = a.writeLedger(cmd.Context(), opened.Dir(), ledger.Options{Command: "microspend ledger check --repair"},
					func(ctx context.Context, writer *ledger.Writer) (err error) {
						result, err = writer.Repair(ctx)
						return err
					})
			} else {
				result, err = opened.Check(cmd.Context())
			}
			if err != nil {
				return err
			}
			if err := a.print(report.LedgerCheck(opened.Dir(), result)); err != nil {
				return err
			}
			if !result.OK() {
				return errCheckFailed
			}
			return nil
		},
	}
	a.output.addTo(cmd)
	cmd.Flags().StringVar(&a.finance.ledger, "ledger", "", "`folder` of the ledger (default in the user's data folder)")
	cmd.Flags().BoolVar(&repair, "repair", false, "set damaged files aside")
	return cmd
}
