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
	var options usage.CSVOptions
	var overlaps string
	cmd := a.command(&cobra.Command{
		Use:   "import FILE",
		Short: "Import usage from a CSV or Parquet file into the ledger",
		Long: `import reads usage from CSV ("-" for standard input) or from a Parquet file into the
ledger. Importing the same rows again changes nothing; a row with a known key (source, region,
account, MicroVM, period start) replaces the previous one.

A CSV file has a header with the columns of docs/ledger.md, in any order; a Parquet file has those
of the ledger's own files, as ledger export writes them.

If any row is bad, all bad rows are reported and nothing is imported, unless --skip-bad is given.`,
		Args: exactly(1, "one CSV or Parquet file"),
	}, func(cmd *cobra.Command, args []string) error {
		if options.MaxFaults < 1 {
			return fmt.Errorf("--max-faults: %d is not at least 1", options.MaxFaults)
		}
		folder, err := a.ledgerFolder()
		if err != nil {
			return err
		}
		in, size, err := a.openInput(args[0])
		if err != nil {
			return err
		}
		defer in.Close()
		reader, err := readUsage(in, size, args[0], options)
		if err != nil {
			return err
		}
		bar := a.progress("reading", "rows")
		defer bar.Clear()
		batches := func(yield func([]usage.Record, error) bool) {
			for batch, err := range reader.Batches() {
				read := reader.Report()
				bar.At(read.Bytes, size, read.Rows)
				if err != nil {
					err = fmt.Errorf("%s: %w", args[0], err)
				}
				if !yield(batch, err) {
					return
				}
			}
		}
		var changes ledger.Changes
		err = a.writeLedger(cmd.Context(), folder, ledger.Options{
			Command: "microspend import", Overlaps: overlapChoices[overlaps],
			Progress: func(done, of int) {
				bar.Relabel("sorting into days", fmt.Sprintf("of %d", of))
				bar.At(int64(done), int64(of), int64(done))
			},
		}, func(ctx context.Context, writer *ledger.Writer) (err error) {
			changes, err = writer.Upsert(ctx, batches)
			return err
		})
		bar.Clear()
		if bad, ok := errors.AsType[*usage.RowsError](err); ok {
			return fmt.Errorf("%s: %w\nnothing was imported; fix the rows, or skip them with --skip-bad", args[0], bad)
		}
		if refused, ok := errors.AsType[*ledger.OverlapsError](err); ok {
			return overlapFault(args[0], reader, refused)
		}
		if err != nil {
			return err
		}
		a.reportImport(reader.Report(), changes, folder)
		return nil
	})
	a.ledgerFlag(cmd)
	cmd.Flags().BoolVar(&options.SkipBad, "skip-bad", false, "skip rows that cannot be read, instead of importing nothing")
	cmd.Flags().IntVar(&options.MaxFaults, "max-faults", 1000, "maximum `N` of bad rows to list")
	choiceFlag(cmd, &overlaps, "overlaps", "what to do if a MicroVM ran twice at the same time: `ACTION` is refuse, merge "+
		"(count the time once) or keep (count both)", "refuse", "merge", "keep")
	cmd.Flags().StringVar(&options.DefaultSource, "source", "import", "`SOURCE` of rows that name none")
	return cmd
}

// usageReader reads records from a file of some format.
type usageReader interface {
	Batches() iter.Seq2[[]usage.Record, error]
	Report() usage.ReadReport
	Place(record int64) string // where in the file it began; the first is number 1
}

var overlapChoices = map[string]ledger.Overlaps{
	"refuse": ledger.RefuseOverlaps, "merge": ledger.MergeOverlaps, "keep": ledger.KeepOverlaps,
}

// maxNamedOverlaps is how many overlaps an error lists.
const maxNamedOverlaps = 20

// overlapFault names both rows of overlaps.
func overlapFault(path string, reader usageReader, refused *ledger.OverlapsError) error {
	place := func(read int64) string {
		if read == 0 {
			return "the ledger"
		}
		return reader.Place(read)
	}
	text := fmt.Sprintf("%s: MicroVMs run twice at the same time: %s", path, figures.Count(refused.Count, "overlap"))
	named := refused.Overlaps[:min(len(refused.Overlaps), maxNamedOverlaps)]
	for _, o := range named {
		text += fmt.Sprintf("\n  %s and %s: %s", place(o.FirstRead), place(o.SecondRead), view.Visible(o.String()))
	}
	if more := refused.Count - int64(len(named)); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return errors.New(text + "\nnothing was imported; fix the rows, or decide with --overlaps=merge (count the time once) " +
		"or --overlaps=keep (count both)")
}

const parquetMagic = "PAR1"

// readUsage reads CSV or Parquet, told apart by the first bytes rather than the name, which a pipe has none of.
func readUsage(in io.Reader, size int64, path string, options usage.CSVOptions) (usageReader, error) {
	file, ok := in.(*os.File)
	if !ok {
		stream := bufio.NewReader(in)
		if magic, _ := stream.Peek(len(parquetMagic)); string(magic) == parquetMagic {
			return nil, errors.New("cannot read a Parquet file from a pipe; give its name")
		}
		return usage.ReadCSV(stream, options), nil
	}
	var magic [len(parquetMagic)]byte
	_, _ = file.ReadAt(magic[:], 0) // a file too short to read is not Parquet
	if string(magic[:]) != parquetMagic && !strings.HasSuffix(path, ".parquet") {
		return usage.ReadCSV(file, options), nil
	}
	reader, err := ledger.ReadParquet(file, size, ledger.ParquetOptions{
		DefaultSource: options.DefaultSource, SkipBad: options.SkipBad, MaxFaults: options.MaxFaults,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return reader, nil
}

// reportImport reports what an import did, on standard error, as the ledger is where the data goes.
func (a *app) reportImport(read usage.ReadReport, changes ledger.Changes, folder string) {
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
	if changes.Merged > 0 {
		fmt.Fprintf(a.err, "%s overlapped with another of the same MicroVM and lost the time that was there already\n",
			figures.Count(changes.Merged, "row"))
	}
	if changes.Removed > 0 {
		fmt.Fprintf(a.err, "%s of the ledger no longer hold and were removed\n", figures.Count(changes.Removed, "record"))
	}
	if read.Split > 0 {
		fmt.Fprintf(a.err, "%s touched several UTC days and became a record for each, in proportion to the time\n",
			figures.Count(read.Split, "row"))
	}
	if read.Incomplete > 0 {
		fmt.Fprintf(a.err, "%s lacked a quantity and count without it, with partial coverage\n",
			figures.Count(read.Incomplete, "row"))
	}
	if read.Rounded > 0 {
		fmt.Fprintf(a.err,
			"%d values were more precise than the ledger's units (milliseconds, bytes) and were rounded half-even\n",
			read.Rounded)
	}
	for _, file := range changes.SetAside {
		fmt.Fprintf(a.err, "%s was damaged and has been quarantined: %s\n", file.Path, view.Visible(file.Reason))
	}
}
