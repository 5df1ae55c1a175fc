package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"microspend/collector/events"
	"microspend/collector/sources"
	"microspend/internal/figures"
	"microspend/internal/tabular"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/intake"
	"microspend/ledger/parquet"
	"microspend/ledger/stores"
	"microspend/pricing"
	"microspend/usage"
	"microspend/view"
)

// importFlags are the flags of import.
type importFlags struct {
	rows           usage.CSVOptions
	overlaps       string
	replace        bool // what was collected
	events         bool
	dryRun         bool
	region, memory string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := a.command(&cobra.Command{
		Use:   "import FILE",
		Short: "Import usage, lifecycle events or sessions from a file",
		Long: `import reads usage from a CSV file (- for standard input) or a Parquet file into the ledger. Importing the same
rows again changes nothing: a row with a known key (source, region, account, MicroVM, period start) replaces the
previous one.

A CSV file has a header with the columns of docs/import.md, in any order. Fields may be separated by commas,
semicolons or tabs; the file may be gzipped or in UTF-16; numbers and times may be written as spreadsheets and data
frames write them. A Parquet file has the columns of the ledger's own files, as ledger export writes them. Rows
that span several UTC days are split exactly.

--events reads a log of lifecycle events (provisioned, suspended, resumed, terminated) and works out what each
MicroVM used. A table with a start and an end in each row is read as sessions. Map other column and event names in
microspend.yaml. When a log has grown, import it again: it continues where it ended.

A file that ledger export wrote restores a ledger: collected rows are added where they are missing. If the ledger
has other values for them, nothing is imported unless you give --replace-collected.

If any row is bad, import lists all bad rows and imports nothing, unless you give --skip-bad. Nor does it import
anything that makes a MicroVM run twice at the same time, unless --overlaps says what to do.`,
		Example: `  # See what would be imported and what it costs, then import it
  microspend import usage.csv --dry-run
  microspend import usage.csv
  # Lifecycle events that name neither region nor size
  microspend import --events sandboxes.csv --region us-east-1 --memory 2GB
  # Sessions with a start and an end, counting overlapping time once
  microspend import sessions.csv --region us-east-1 --overlaps merge`,
		Args: exactly(1, "one file"),
	}, func(cmd *cobra.Command, args []string) error { return a.importFile(cmd.Context(), args[0], f) })
	a.ledgerFlags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.rows.SkipBad, "skip-bad", false, "skip rows that cannot be read, instead of importing nothing")
	flags.IntVar(&f.rows.MaxFaults, "max-faults", 1000, "maximum `N` of bad rows to list")
	flags.StringVar(
		&f.rows.DefaultSource,
		"source",
		"import",
		"`SOURCE` of rows that name none; not one that collect writes",
	)
	flags.BoolVar(&f.replace, "replace-collected", false,
		"replace what was collected by other values of the same MicroVMs and periods; the audit log names them")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would be imported and what it would cost, and write nothing")
	flags.BoolVar(&f.events, "events", false, "read lifecycle events")
	flags.StringVar(&f.region, "region", "",
		"`REGION` of events and sessions that name none (default the configuration's events.defaults.region)")
	flags.StringVar(&f.memory, "memory", "",
		"baseline memory `SIZE` of events and sessions that name none (default the configuration's events.defaults.memory)")
	choiceFlag(cmd, &f.overlaps, "overlaps", "`ACTION` if a MicroVM runs twice at the same time: refuse, merge "+
		"(count the time once) or keep (count both)", "refuse", "merge", "keep")
	return cmd
}

func (a *app) importFile(ctx context.Context, path string, f importFlags) error {
	if f.rows.MaxFaults < 1 {
		return fmt.Errorf("--max-faults: %d is not at least 1", f.rows.MaxFaults)
	}
	if slices.Contains(sources.Names(), f.rows.DefaultSource) {
		return fmt.Errorf("--source: %s is what microspend collect writes; give your rows a source of their own (rows of a "+
			"ledger's export say theirs)", f.rows.DefaultSource)
	}
	in, size, err := a.openInput(path)
	if err != nil {
		return err
	}
	defer in.Close()
	defer a.boundMemory()()
	source := &auditedInput{path: path, in: in, size: size}
	reader, err := a.readUsage(source.reader(), size, path, f)
	if err != nil {
		return err
	}
	bar := a.progress("reading", "rows")
	defer bar.Clear()
	var from func(audit.Source)
	batches := func(yield func([]usage.Record, error) bool) {
		for batch, err := range reader.Batches() {
			read := reader.Report()
			bar.At(read.Bytes, size, read.Rows)
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			if !yield(batch, err) {
				return
			}
		}
		file, err := source.file()
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", path, err))
			return
		}
		from(audit.Source{Files: []audit.File{file}})
	}
	var (
		changes ledger.Changes
		name    string // of the ledger
	)
	options := ledger.Options{
		Command: "microspend import", Action: "import", Overlaps: overlapChoices[f.overlaps],
		Collected: ledger.Collected{Sources: sources.Names(), Replace: f.replace},
		Progress: func(done, of int) {
			bar.Relabel("sorting into days", fmt.Sprintf("of %d", of))
			bar.At(int64(done), int64(of), int64(done))
		},
	}
	var costs []string
	if f.dryRun {
		from = func(audit.Source) {}
		changes, name, costs, err = a.previewImport(ctx, options, batches)
	} else {
		err = a.writeLedger(ctx, options, func(ctx context.Context, writer ledger.Store) (err error) {
			from, name = writer.From, writer.Name()
			changes, err = writer.Upsert(ctx, batches)
			return err
		})
	}
	bar.Clear()
	if bad, ok := errors.AsType[*usage.RowsError](err); ok {
		return fmt.Errorf("%s: %w\nnothing was imported; fix the rows, or skip them with --skip-bad", path, bad)
	}
	if refused, ok := errors.AsType[*ledger.OverlapsError](err); ok {
		return overlapFault(path, reader, refused)
	}
	if refused, ok := errors.AsType[*ledger.CollectedError](err); ok {
		return collectedFault(path, reader, refused)
	}
	if err != nil {
		return err
	}
	if f.dryRun {
		fmt.Fprintln(a.err, "dry run, nothing was written; the import would end with:")
	}
	a.reportImport(reader, changes, name)
	for _, cost := range costs {
		fmt.Fprintln(a.err, view.Visible(cost))
	}
	return nil
}

// previewImport tells what an import would do, into a ledger that need not be there yet, and what its server would
// charge.
func (a *app) previewImport(ctx context.Context, o ledger.Options, batches iter.Seq2[[]usage.Record, error]) (
	changes ledger.Changes, name string, costs []string, err error,
) {
	if name, err = a.ledgerName(); err != nil {
		return changes, name, nil, err
	}
	o.Now = a.now
	opened, err := stores.Open(ctx, name, o)
	if errors.Is(err, fs.ErrNotExist) {
		opened, err = nil, nil
	}
	if err != nil {
		return changes, name, nil, err
	}
	name = audit.Redact([]string{name})[0]
	if opened != nil {
		name = opened.Name()
	}
	if changes, err = intake.Preview(ctx, opened, o, batches); err != nil {
		return changes, name, nil, err
	}
	if metered, is := opened.(ledger.Metered); is {
		costs, err = metered.WriteCost(len(changes.Days))
	}
	return changes, name, costs, err
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
	return errors.New(text + "\nnothing was imported; fix the rows, or decide with --overlaps=merge (count the time " +
		"once) " +
		"or --overlaps=keep (count both)")
}

// collectedFault names the rows that would replace what was collected.
func collectedFault(path string, reader usageReader, refused *ledger.CollectedError) error {
	text := fmt.Sprintf(
		"%s: %s would replace what was collected by other values",
		path,
		figures.Count(refused.Count, "row"),
	)
	named := refused.Replacements[:min(len(refused.Replacements), maxNamedOverlaps)]
	for _, r := range named {
		text += fmt.Sprintf("\n  %s: %s", reader.Place(r.Read), view.Visible(r.String()))
	}
	if more := refused.Count - int64(len(named)); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return errors.New(text + "\nnothing was imported; leave these rows out, or replace what was collected with " +
		"--replace-collected")
}

const parquetMagic = "PAR1"

// headerBytes is how much of a file is looked at to tell what it is.
const headerBytes = 1 << 16

// readUsage reads what a file has, told by its first bytes rather than its name, which a pipe has none of.
func (a *app) readUsage(in io.Reader, size int64, path string, f importFlags) (usageReader, error) {
	file, isFile := in.(*os.File)
	begin := make([]byte, headerBytes)
	if isFile {
		n, _ := file.ReadAt(begin, 0) // what cannot be read is reported when all of it is
		begin = begin[:n]
	} else {
		stream := bufio.NewReaderSize(in, headerBytes)
		begin, _ = stream.Peek(headerBytes)
		in = stream
	}
	isParquet := bytes.HasPrefix(begin, []byte(parquetMagic)) || strings.HasSuffix(path, ".parquet")
	sessions := !isParquet && !f.events && hasSessions(begin)
	switch {
	case isParquet && f.events:
		return nil, errors.New("--events: events are read from CSV, not from Parquet")
	case isParquet && !isFile:
		return nil, errors.New("cannot read a Parquet file from a pipe; give its name")
	case isParquet:
		reader, err := parquet.ReadParquet(file, size, parquet.ParquetOptions{
			DefaultSource: f.rows.DefaultSource, SkipBad: f.rows.SkipBad, MaxFaults: f.rows.MaxFaults,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return reader, nil
	case f.events || sessions:
		return a.readEvents(in, f, sessions)
	case f.region != "" || f.memory != "":
		return nil, errors.New("--region and --memory are for events and sessions; rows of usage say both themselves")
	default:
		return usage.ReadCSV(in, f.rows), nil
	}
}

// hasSessions reports whether a file begins with the header of a table of sessions.
func hasSessions(begin []byte) bool {
	text, err := tabular.Decode(bytes.NewReader(begin))
	if err != nil {
		return false
	}
	rows, err := tabular.Rows(text)
	if err != nil {
		return false
	}
	header, err := rows.Read()
	return err == nil && events.IsSessions(header)
}

// readEvents reads a log of events, or sessions, as the configuration says.
func (a *app) readEvents(in io.Reader, f importFlags, sessions bool) (usageReader, error) {
	read, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	if f.region != "" {
		read.Events.Defaults.Region = f.region
	}
	if f.memory != "" {
		size, err := pricing.ParseSize(f.memory)
		if err != nil {
			return nil, fmt.Errorf("--memory: %w", err)
		}
		read.Events.Defaults.Memory = &size
	}
	return events.Read(in, events.Options{
		Config: read.Events, Sessions: sessions, Now: a.today(), DefaultSource: f.rows.DefaultSource,
		SkipBad: f.rows.SkipBad, MaxFaults: f.rows.MaxFaults,
	}), nil
}

// reportImport reports what an import did, on standard error, as the ledger is where the data goes.
func (a *app) reportImport(reader usageReader, changes ledger.Changes, name string) {
	read := reader.Report()
	fmt.Fprintf(a.notes, "%s: %s added, %s replaced, %s unchanged, %s superseded by a later row; %s written to %s\n",
		figures.Count(read.Rows, "row"), figures.Int(changes.Added), figures.Int(changes.Replaced),
		figures.Int(changes.Unchanged), figures.Int(changes.Superseded),
		figures.Count(len(changes.Days), "day"), name)
	if read.Bad > 0 {
		fmt.Fprintf(a.err, "skipped because they could not be read: %s\n", figures.Count(read.Bad, "row"))
		for _, fault := range read.Faults {
			fmt.Fprintln(a.err, "  "+view.Visible(fault.String()))
		}
		if more := read.Bad - int64(len(read.Faults)); more > 0 {
			fmt.Fprintf(a.err, "  and %d more\n", more)
		}
	}
	if changes.Collected > 0 {
		fmt.Fprintf(a.err, "warning: %s replaced what was collected by other values; the audit log has an entry\n",
			figures.Count(changes.Collected, "row"))
		for _, r := range changes.CollectedOnes[:min(len(changes.CollectedOnes), maxNamedOverlaps)] {
			fmt.Fprintf(a.err, "  %s: %s\n", reader.Place(r.Read), view.Visible(r.String()))
		}
	}
	if changes.Merged > 0 {
		fmt.Fprintf(a.err, "%s overlapped with another of the same MicroVM and lost the time that was there already\n",
			figures.Count(changes.Merged, "row"))
	}
	if changes.Removed > 0 {
		fmt.Fprintf(a.notes, "%s of the ledger no longer hold and were removed\n", figures.Count(changes.Removed, "record"))
	}
	if read.Split > 0 {
		fmt.Fprintf(a.notes, "%s touched several UTC days and became a record for each, in proportion to the time\n",
			figures.Count(read.Split, "row"))
	}
	if read.Incomplete > 0 {
		fmt.Fprintf(a.err, "%s lacked a quantity and count without it, with partial coverage\n",
			figures.Count(read.Incomplete, "row"))
	}
	if read.Rounded > 0 {
		fmt.Fprintf(a.err,
			"%s more precise than the ledger's units (milliseconds, bytes), rounded half-even\n",
			figures.Count(read.Rounded, "value"))
	}
	for _, file := range changes.SetAside {
		fmt.Fprintf(a.err, "%s was damaged and has been quarantined: %s\n", file.Path, view.Visible(file.Reason))
	}
	if noting, ok := reader.(interface{ Notes() []string }); ok {
		for _, note := range noting.Notes() {
			fmt.Fprintln(a.err, view.Visible(note))
		}
	}
}
