package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"microspend/internal/atomicfile"
	"microspend/ledger"
	"microspend/usage"
	"microspend/view"
)

func (a *app) ledgerExportCommand() *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export the ledger's usage as CSV or Parquet, which import reads",
		Long: `export writes the records of a range of days, ordered by day, MicroVM and start, as CSV or
as one Parquet file in the schema of the ledger's own files. If a file of the ledger is damaged, the
others are written, the missing ones are named, and the exit code is 1.`,
		Example: `  microspend ledger export --from 2026-10-01 --to 2026-11-01 --output october.csv
  microspend ledger export --format parquet --output usage.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, err := exporter(format)
			if err != nil {
				return err
			}
			toStandard := file == "" || file == "-"
			if out, ok := a.out.(*os.File); ok && toStandard && format == "parquet" && term.IsTerminal(out.Fd()) {
				return errors.New("refusing to write parquet to a terminal; use --output FILE")
			}
			opened, err := a.openLedger()
			if err != nil {
				return err
			}
			from, to, err := a.dayRange(everything())
			if err != nil {
				return err
			}
			export := &exported{ctx: cmd.Context(), ledger: opened, from: from, to: to}
			if !toStandard {
				export.bar = a.startProgress("writing", "rows")
				err = atomicfile.Replace(file, newFile, func(w io.Writer) error { return export.run(w, write) })
			} else {
				err = export.run(a.out, write)
			}
			export.bar.clear()
			if err != nil {
				return err
			}
			for _, damaged := range export.damaged {
				fmt.Fprintf(a.err, "%s is damaged and was skipped: %s\n", damaged.Path, view.Visible(damaged.Reason))
			}
			if len(export.damaged) > 0 {
				return errCheckFailed
			}
			return nil
		},
	}
	a.ledgerFlag(cmd)
	a.dayRangeFlags(cmd, "ledger")
	cmd.Flags().StringVar(&format, "format", "csv", "output `FORMAT`: csv or parquet")
	cmd.Flags().StringVar(&file, "output", "", outputHelp)
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string,
		string,
	) ([]string, cobra.ShellCompDirective) {
		return []string{"csv", "parquet"}, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// writeRecords writes records in a format.
type writeRecords = func(io.Writer, iter.Seq2[usage.Record, error]) (int64, error)

func exporter(format string) (writeRecords, error) {
	switch format {
	case "csv":
		return usage.WriteCSV, nil
	case "parquet":
		return ledger.WriteParquet, nil
	default:
		return nil, fmt.Errorf("--format: unknown format %q; valid formats: csv, parquet", format)
	}
}

// exported is an export under way.
type exported struct {
	ctx      context.Context
	ledger   *ledger.Ledger
	from, to time.Time
	bar      *progress
	damaged  []ledger.DamagedFile
}

func (e *exported) run(w io.Writer, write writeRecords) error {
	_, err := write(w, e.records)
	return err
}

// records gives what can be read and remembers what cannot.
func (e *exported) records(yield func(usage.Record, error) bool) {
	rows, total := int64(0), e.expected()
	for r, err := range e.ledger.Records(e.ctx, e.from, e.to) {
		var damaged *ledger.DamagedError
		if errors.As(err, &damaged) {
			e.damaged = append(e.damaged, damaged.File)
			continue
		}
		if rows++; rows%4096 == 0 {
			e.bar.at(rows, total, rows)
		}
		if !yield(r, err) {
			return
		}
	}
}

// expected is about how many rows there are to write, for the bar.
func (e *exported) expected() (rows int64) {
	if e.bar == nil {
		return 0
	}
	info, err := e.ledger.Info()
	if err != nil {
		return 0
	}
	for _, day := range info.Days {
		if !day.Last.Before(e.from) && day.First.Before(e.to) {
			rows += day.Rows
		}
	}
	return rows
}
