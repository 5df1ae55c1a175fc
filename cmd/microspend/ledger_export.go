package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"microspend/internal/progress"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/usage"
	"microspend/view"
)

func (a *app) ledgerExportCommand() *cobra.Command {
	cmd := a.command(&cobra.Command{
		Use:   "export",
		Short: "Export usage as CSV or Parquet, which import reads",
		Long: `export writes the records of a range of days, ordered by day, MicroVM and start, as CSV or as one Parquet file with
the columns of the ledger's own files. If a file of the ledger is damaged, export writes the others, names what is
missing and exits with 1.`,
		Example: `  # A month
  microspend ledger export --period 2026-10 --output october.csv
  # Everything, for DuckDB or pandas
  microspend ledger export --format parquet --output usage.parquet`,
	}, func(cmd *cobra.Command, _ []string) error {
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return err
		}
		from, to, err := a.dayRange()
		if err != nil {
			return err
		}
		var bar *progress.Bar
		expected := int64(0)
		if namesFile(a.output.file) {
			bar = a.progress("writing", "rows")
			info, _ := opened.Info(cmd.Context()) // a ledger that cannot be listed is exported without a total
			for _, day := range info.Days {
				if !day.Last.Before(from) && day.First.Before(to) {
					expected += day.Rows
				}
			}
		}
		var damaged []ledger.DamagedFile
		records := func(yield func(usage.Record, error) bool) {
			rows := int64(0)
			for r, err := range opened.Records(cmd.Context(), from, to) {
				if unreadable, ok := errors.AsType[*ledger.DamagedError](err); ok {
					damaged = append(damaged, unreadable.File)
					continue
				}
				if rows++; rows%4096 == 0 {
					bar.At(rows, expected, rows)
				}
				if !yield(r, err) {
					return
				}
			}
		}
		if a.output.format == "parquet" {
			err = a.printBinary(func(w io.Writer) error { _, err := parquet.WriteParquet(w, records); return err })
		} else {
			err = a.write(a.output.file, func(w io.Writer) error { _, err := usage.WriteCSV(w, records); return err })
		}
		bar.Clear()
		if err != nil {
			return err
		}
		for _, file := range damaged {
			fmt.Fprintf(a.err, "%s is damaged and was skipped: %s\n", file.Path, view.Visible(file.Reason))
		}
		return passes(len(damaged) == 0)
	})
	a.output.addFormat(cmd, "csv", "parquet")
	a.ledgerFlags(cmd)
	a.periodFlags(cmd, theWholeOf("ledger"))
	return cmd
}
