package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/report"
	"microspend/usage"
)

func (a *app) importCommand() *cobra.Command {
	var options usage.CSVOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take usage from a CSV file into the ledger",
		Long: `import reads usage from CSV ("-" is standard input) into the ledger. Importing the same rows again changes nothing; a
row with a known key (source, region, account, MicroVM, period start) takes the place of the one before.

The header names the columns, in any order:
  period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours
and, where they are known: account, role, source, running_seconds, suspended_seconds, launches, suspends, resumes, coverage.

Bad rows are all reported, and nothing is imported then, unless --skip-bad leaves them out.`,
		Args: exactly(1, "one CSV file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := a.ledgerFolder()
			if err != nil {
				return err
			}
			in, size, err := a.openInput(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			reader := usage.ReadCSV(in, options)
			bar := a.startProgress("reading", "rows")
			defer bar.clear()
			var changes ledger.Changes
			ofLedger := ledger.Options{Command: "microspend import", Progress: func(done, of int) { bar.at(int64(done), int64(of), int64(done)) }}
			err = a.writeLedger(cmd.Context(), folder, ofLedger, func(ctx context.Context, writer *ledger.Writer) (err error) {
				changes, err = writer.Upsert(ctx, shown(reader, size, bar))
				return err
			})
			bar.clear()
			var bad *usage.CSVError
			if errors.As(err, &bad) {
				return fmt.Errorf("%s: %w\nnothing was imported; mend the rows, or leave them out with --skip-bad", args[0], bad)
			}
			if err != nil {
				return err
			}
			return a.reportImport(reader.Report(), changes, folder)
		},
	}
	cmd.Flags().StringVar(&a.finance.ledger, "ledger", "", "`folder` of the ledger (default in the user's data folder)")
	cmd.Flags().BoolVar(&options.SkipBad, "skip-bad", false, "leave rows out that cannot be read, instead of importing nothing")
	cmd.Flags().StringVar(&options.DefaultSource, "source", "import", "the `source` of rows that name none")
	return cmd
}

// openInput opens a file, or standard input for "-", and tells its size where that is known.
func (a *app) openInput(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		if file, ok := a.in.(*os.File); ok { // it may be a file all the same
			if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
				return io.NopCloser(a.in), info.Size(), nil
			}
		}
		return io.NopCloser(a.in), 0, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; give a CSV file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// reportImport says what an import did, on standard error, as the ledger is where the data goes.
func (a *app) reportImport(read usage.CSVReport, changes ledger.Changes, folder string) error {
	fmt.Fprintf(a.err, "%d rows: %d added, %d replaced, %d unchanged, %d superseded by a later row; %d days written to %s\n",
		read.Rows, changes.Added, changes.Replaced, changes.Unchanged, changes.Superseded, len(changes.Days), folder)
	if read.Bad > 0 {
		fmt.Fprintf(a.err, "%d bad rows were left out:\n", read.Bad)
		for _, fault := range read.Faults {
			fmt.Fprintln(a.err, "  "+report.Visible(fault.String()))
		}
	}
	if read.Rounded > 0 {
		fmt.Fprintf(a.err, "%d values were finer than the ledger's units (milliseconds, bytes) and were rounded half-even\n", read.Rounded)
	}
	for _, file := range changes.SetAside {
		fmt.Fprintf(a.err, "%s was damaged and set aside: %s\n", file.Path, report.Visible(file.Reason))
	}
	return nil
}

// shown gives the reader's batches and shows how far it has come: in bytes where the size is known.
func shown(reader *usage.CSVReader, size int64, p *progress) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch, err := range reader.Batches() {
			read := reader.Report()
			p.at(read.Bytes, size, read.Rows)
			if !yield(batch, err) {
				return
			}
		}
		p.relabel("sorting into days", "days")
	}
}
