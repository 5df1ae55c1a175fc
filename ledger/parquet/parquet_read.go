package parquet

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"slices"
	"strings"

	"microspend/internal/parquetcolumn"
	"microspend/usage"
)

// ParquetOptions say how a Parquet file from outside is read. The zero value will do.
type ParquetOptions struct {
	DefaultSource string // the source of rows that name none; "" means import
	SkipBad       bool   // whether rows that cannot be are left out, rather than make the reading fail at the end
	MaxFaults     int    // how many bad rows are kept with their reason; 0 means 20
}

// ParquetReader reads records from a Parquet file in the schema of the ledger's, as [WriteParquet] and query engines
// write it. Columns are found by their names, in any order; the column dt, which engines make of a ledger's folders,
// is passed over.
//
//   - period_start (a timestamp of any unit; one without time zone is UTC), period_seconds, region, microvm_id, image,
//     tenant, vcpu_ms, mem_mib_ms, read_bytes, write_bytes and storage_byte_seconds are required.
//   - account, resource_kind, arch, tenant_by, role, source, running_ms, suspended_ms, launches, suspends, resumes and coverage
//     may be missing or null. A row that says nothing of coverage is complete, as it states what was used; of one that
//     names no kind of resource, microvm_id is read as in CSV files.
//
// Names may be null where they may be empty; an amount may not. What [usage.Record.Check] refuses is a bad row. The
// file has no manifest to be checked against: pages with a checksum are held to it, and the records to what a record
// can be.
type ParquetReader struct {
	file    *parquetcolumn.File
	options ParquetOptions
	cursors []*cursor
	report  usage.ReadReport
	batch   []usage.Record
	bad     []error // of the batch's rows
	rows    int64   // read, good and bad
	places  usage.Places
}

// Place says where in the file a record is from: "row 12". The first record that was read is number 1.
func (r *ParquetReader) Place(record int64) string { return r.places.Name("row", record) }

// ReadParquet opens a Parquet file of a given size in bytes. A file that is not Parquet and columns that cannot be used
// are errors.
func ReadParquet(file io.ReaderAt, size int64, options ParquetOptions) (r *ParquetReader, err error) {
	defer recoverAsDamage(&err)
	if options.DefaultSource == "" {
		options.DefaultSource = "import"
	}
	if options.MaxFaults == 0 {
		options.MaxFaults = 20
	}
	opened, err := parquetcolumn.Open(file, size)
	if err != nil {
		return nil, fmt.Errorf("it is no Parquet file: %w", err)
	}
	r = &ParquetReader{file: opened, options: options}
	return r, r.columns()
}

// optional reports whether a file from outside need not have the column.
func (c column) optional() bool {
	switch c {
	case columnAccount, columnKind, columnArch, columnTenantBy, columnRole, columnSource, columnCoverage:
		return true
	default:
		return c >= firstAmount && !usage.Measure(c-firstAmount).Required()
	}
}

// columns finds the columns. All their faults come at once.
func (r *ParquetReader) columns() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	seen := map[column]bool{}
	for _, found := range r.file.Root().Columns() {
		if found.Name() == "dt" {
			continue
		}
		c := column(slices.Index(columnNames[:], found.Name()))
		switch {
		case c < 0:
			fault("%.40q is not a column", found.Name())
			continue
		case seen[c]:
			fault("column %s is there twice", found.Name())
			continue
		}
		seen[c] = true
		cursor, err := newCursor(c, found)
		if err != nil {
			fault("column %s %w", found.Name(), err)
			continue
		}
		r.cursors = append(r.cursors, cursor)
	}
	for c := range columnCount {
		if !seen[c] && !c.optional() {
			fault("column %s is missing", columnNames[c])
		}
	}
	if len(faults) > 20 {
		faults = append(faults[:20:20], fmt.Errorf("and %d more", len(faults)-20))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%w\ncolumns are those of the ledger's own files: %s", err, strings.Join(columnNames[:], ", "))
	}
	return nil
}

// Report says what was read so far.
func (r *ParquetReader) Report() usage.ReadReport {
	report := r.report
	if total := r.file.NumRows(); total > 0 { // about, as rows are of different lengths
		hi, lo := bits.Mul64(uint64(r.file.Size()), uint64(min(r.rows, total)))
		bytes, _ := bits.Div64(hi, lo, uint64(total))
		report.Bytes = int64(bytes)
	}
	return report
}

// batchRows is how many records are given at a time.
const batchRows = 2048

// Batches gives the records in batches, each of which is valid until the next is asked for. It can be used once. A
// file that cannot be read to its end ends it with an error; bad rows end it with a [usage.RowsError] after the last
// batch, unless they are to be skipped.
func (r *ParquetReader) Batches() iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		defer func() {
			for _, c := range r.cursors {
				c.Close()
			}
		}()
		for group := range r.file.Groups() {
			rows := r.file.RowsOf(group)
			for left := rows; left > 0; left -= int64(len(r.bad)) {
				begin := left == rows
				if err := r.read(group, begin, int(min(left, batchRows))); err != nil {
					yield(nil, fmt.Errorf("after row %d: %w", r.rows, err))
					return
				}
				if good := r.good(); len(good) > 0 && !yield(good, nil) {
					return
				}
			}
		}
		if r.report.Bad > 0 && !r.options.SkipBad {
			yield(nil, &usage.RowsError{ReadReport: r.Report()})
		}
	}
}

// read reads the next n rows of a row group into the batch.
func (r *ParquetReader) read(group int, begin bool, n int) (err error) {
	defer recoverAsDamage(&err)
	r.batch = slices.Grow(r.batch[:0], n)[:n]
	r.bad = slices.Grow(r.bad[:0], n)[:n]
	clear(r.bad)
	for i := range r.batch {
		r.batch[i] = usage.Record{Source: r.options.DefaultSource, Coverage: usage.CoverageComplete}
	}
	for _, c := range r.cursors {
		if begin {
			if err := c.Begin(r.file, group, c.leaf); err != nil {
				return fmt.Errorf("column %s: %w", columnNames[c.column], err)
			}
		}
		for i := range r.batch {
			value, err := c.Next()
			if err != nil {
				return fmt.Errorf("column %s: %w", columnNames[c.column], err)
			}
			if err := c.set(&r.batch[i], value); err != nil {
				r.bad[i] = errors.Join(r.bad[i], fmt.Errorf("%s: %w", columnNames[c.column], err))
			}
		}
	}
	return nil
}

// good takes the bad rows out of the batch, counts both, and cuts the good ones into UTC days.
func (r *ParquetReader) good() []usage.Record {
	kept := r.batch[:0]
	var split []usage.Record
	var splitRows []int64
	for i := range r.batch {
		r.rows++
		err := r.bad[i]
		if resource := &r.batch[i].Resource; resource.Kind == usage.KindMicroVM { // or the file has no kinds, but marked ids
			*resource = usage.ParseResource(resource.ID)
		}
		var parts []usage.Record
		if err == nil {
			parts, err = r.batch[i].Days()
		}
		switch {
		case err != nil:
			r.report.AddFault(fmt.Sprintf("row %d", r.rows), err, r.options.MaxFaults)
			continue
		case len(parts) > 0:
			split = append(split, parts...)
			splitRows = append(splitRows, slices.Repeat([]int64{r.rows}, len(parts))...)
			r.report.Split++
		default:
			kept = append(kept, r.batch[i])
			r.places.Add(1, r.rows)
		}
		r.report.Rows++
	}
	for _, row := range splitRows {
		r.places.Add(1, row)
	}
	return append(kept, split...)
}
