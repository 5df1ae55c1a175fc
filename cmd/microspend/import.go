package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/usage"
	"microspend/view"
)

func (a *app) importCommand() *cobra.Command {
	var how importFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import usage from a CSV or Parquet file into the ledger",
		Long: `import reads usage from CSV ("-" for standard input) or from a Parquet file into the
ledger. Importing the same rows again changes nothing; a row with a known key (source, region,
account, MicroVM, period start) replaces the previous one.

The header of a CSV file names the columns, in any order:
  period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours
and, if known: account, role, source, running_seconds, suspended_seconds, launches, suspends,
resumes, coverage. A Parquet file has the columns of the ledger's own files, as ledger export writes
them.

If any row is bad, all bad rows are reported and nothing is imported, unless --skip-bad is given.`,
		Args: exactly(1, "one CSV or Parquet file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := a.ledgerFolder()
			if err != nil {
				return err
			}
			in, err := a.openUsage(args[0], how)
			if err != nil {
				return err
			}
			defer in.Close()
			bar := a.startProgress("reading", "rows")
			defer bar.clear()
			options := ledger.Options{Command: "microspend import", Progress: func(done, of int) {
				bar.relabel("sorting into days", fmt.Sprintf("of %d", of))
				bar.at(int64(done), int64(of), int64(done))
			}}
			var changes ledger.Changes
			err = a.writeLedger(cmd.Context(), folder, options, func(ctx context.Context, writer *ledger.Writer) (err error) {
				changes, err = writer.Upsert(ctx, in.shown(bar))
				return err
			})
			bar.clear()
			var bad *usage.RowsError
			if errors.As(err, &bad) {
				return fmt.Errorf("%s: %w\nnothing was imported; fix the rows, or skip them with --skip-bad", args[0], bad)
			}
			if err != nil {
				return err
			}
			return a.reportImport(in.Report(), changes, folder)
		},
	}
	a.ledgerFlag(cmd)
	cmd.Flags().BoolVar(&how.skipBad, "skip-bad", false, "skip rows that cannot be read, instead of importing nothing")
	cmd.Flags().IntVar(&how.maxFaults, "max-faults", 1000, "maximum `N` of bad rows to list")
	cmd.Flags().StringVar(&how.source, "source", "import", "`SOURCE` of rows that name none")
	return cmd
}

// importFlags say how a file is read.
type importFlags struct {
	source    string
	skipBad   bool
	maxFaults int
}

// usageReader reads records from a file of some format.
type usageReader interface {
	Batches() iter.Seq2[[]usage.Record, error]
	Report() usage.ReadReport
}

// usageFile is a file of records.
type usageFile struct {
	usageReader
	io.Closer
	path string
	size int64 // 0 where it is not known
}

// shown gives the records and shows how far they have come: by bytes where the size is known.
func (f usageFile) shown(bar *progress) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch, err := range f.Batches() {
			read := f.Report()
			bar.at(read.Bytes, f.size, read.Rows)
			if err != nil {
				err = fmt.Errorf("%s: %w", f.path, err)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// openUsage opens a file, or standard input for "-", and tells Parquet from CSV by its first bytes.
func (a *app) openUsage(path string, how importFlags) (usageFile, error) {
	if how.maxFaults < 1 {
		return usageFile{}, fmt.Errorf("--max-faults: %d is not at least 1", how.maxFaults)
	}
	ofCSV := usage.CSVOptions{DefaultSource: how.source, SkipBad: how.skipBad, MaxFaults: how.maxFaults}
	in, size, err := a.openInput(path)
	if err != nil {
		return usageFile{}, err
	}
	file, ok := in.(*os.File)
	if !ok {
		stream := bufio.NewReader(in)
		if magic, _ := stream.Peek(len(parquetMagic)); string(magic) == parquetMagic {
			return usageFile{}, errors.New("cannot read a Parquet file from a pipe; give its name")
		}
		return usageFile{usage.ReadCSV(stream, ofCSV), in, path, 0}, nil
	}
	var magic [len(parquetMagic)]byte
	_, _ = file.ReadAt(magic[:], 0) // what is not there is not Parquet
	if string(magic[:]) != parquetMagic && !strings.HasSuffix(path, ".parquet") {
		return usageFile{usage.ReadCSV(file, ofCSV), file, path, size}, nil
	}
	reader, err := ledger.ReadParquet(file, size, ledger.ParquetOptions{
		DefaultSource: how.source, SkipBad: how.skipBad, MaxFaults: how.maxFaults,
	})
	if err != nil {
		return usageFile{}, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return usageFile{reader, file, path, size}, nil
}

const parquetMagic = "PAR1"

// openInput opens a file, or standard input for "-", and tells its size where that is known. What is a file is given
// as one, also where the shell made it standard input.
func (a *app) openInput(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		if file, ok := a.in.(*os.File); ok {
			if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
				return file, info.Size(), nil
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
		err = fmt.Errorf("%s is a directory; give a file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// reportImport says what an import did, on standard error, as the ledger is where the data goes.
func (a *app) reportImport(read usage.ReadReport, changes ledger.Changes, folder string) error {
	fmt.Fprintf(a.err, "%s: %d added, %d replaced, %d unchanged, %d superseded by a later row; %s written to %s\n",
		figures.Count(read.Rows, "row"), changes.Added, changes.Replaced, changes.Unchanged, changes.Superseded,
		figures.Count(len(changes.Days), "day"), folder)
	if read.Bad > 0 {
		fmt.Fprintf(a.err, "skipped because they could not be read: %s\n", figures.Count(read.Bad, "row"))
		for _, fault := range read.Faults {
			fmt.Fprintln(a.err, "  "+view.Visible(fault.String()))
		}
		if more := read.Bad - int64(len(read.Faults)); more > 0 {
			fmt.Fprintf(a.err, "  and %d more\n", more)
		}
	}
	if read.Rounded > 0 {
		fmt.Fprintf(a.err,
			"%d values were more precise than the ledger's units (milliseconds, bytes) and were rounded half-even\n",
			read.Rounded)
	}
	for _, file := range changes.SetAside {
		fmt.Fprintf(a.err, "%s was damaged and has been quarantined: %s\n", file.Path, view.Visible(file.Reason))
	}
	return nil
}
