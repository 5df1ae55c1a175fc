package usage

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"microspend/internal/tabular"
)

// CSVOptions say how a CSV file is read. The zero value will do.
type CSVOptions struct {
	DefaultSource string // the source of rows that name none; "" means import
	SkipBad       bool   // whether rows that cannot be read are left out, rather than make the reading fail at the end
	MaxFaults     int    // how many bad rows are kept with their reason; 0 means 20
	MaxLineBytes  int    // the longest row; 0 means 1 MiB
}

// CSVReader reads records from CSV with a header. The columns may come in any order:
//
//   - period_start (RFC 3339 with any offset, or 2026-10-01 00:00:00 in UTC), period_seconds, region, microvm_id,
//     image, tenant, vcpu_seconds, gb_seconds, read_gb, write_gb and storage_gb_hours are required; image and tenant
//     may be empty.
//   - account, role, source, running_seconds, suspended_seconds, launches, suspends, resumes, coverage, arch and tenant_by may be
//     left out or empty; a row that says nothing of coverage is complete, as it states what was used.
//
// A GB is 2^30 bytes. Quantities are decimals, which are turned into a record's whole units exactly; a value finer than
// the unit is rounded half-even, and counted. A quantity that is missing (empty, NaN, null) is not known, rather than
// nothing: the row counts without it and its coverage is partial at most. A row that gives none of those required is
// bad, and so is what [Record.Check] refuses.
//
// A row of more than one UTC day, of up to a year, becomes a record for each of them: see [Record.Days].
//
// What the bytes, the separator, numbers and times may look like is for [tabular] to say. Numbers of one file must
// agree on what the point is: where one has a decimal comma, as 0,5, another as 1.234 could be a thousand.
//
// Quotes are those of RFC 4180. An apostrophe before = + - @, a tab or a carriage return at the beginning of a name is
// taken off: it is how [WriteCSV] and others keep spreadsheets from computing a name.
type CSVReader struct {
	in      *countedReader
	lines   *lineReader
	options CSVOptions
	report  ReadReport
	batch   []Record
	columns []csvColumn
	fields  []string // of a quoted row
	row     csvRow

	separator byte
	places    Places
}

// Place says where in the file a record began: "line 12". The first record that was read is number 1.
func (c *CSVReader) Place(record int64) string { return c.places.Name("line", record) }

// ReadCSV returns a reader of CSV. Nothing is read before [CSVReader.Batches] is.
func ReadCSV(r io.Reader, options CSVOptions) *CSVReader {
	if options.DefaultSource == "" {
		options.DefaultSource = "import"
	}
	if options.MaxFaults == 0 {
		options.MaxFaults = 20
	}
	if options.MaxLineBytes == 0 {
		options.MaxLineBytes = 1 << 20
	}
	return &CSVReader{in: &countedReader{in: r}, options: options, row: newCSVRow()}
}

// countedReader counts the bytes that are read of a file, which is fewer than it has text where it is compressed.
type countedReader struct {
	in    io.Reader
	bytes int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.bytes += int64(n)
	return n, err
}

// Report says what was read so far.
func (c *CSVReader) Report() ReadReport {
	report := c.report
	if c.in != nil {
		report.Bytes = c.in.bytes
	}
	return report
}

// batchRows is how many records are given at a time.
const batchRows = 2048

// Batches gives the records in batches, each of which is valid until the next is asked for. It can be used once. A
// header that cannot be used and a failing reader end it with an error; bad rows end it with a [RowsError] after the
// last batch, unless they are to be skipped.
func (c *CSVReader) Batches() iter.Seq2[[]Record, error] {
	return func(yield func([]Record, error) bool) {
		if c.in == nil || c.in.in == nil {
			yield(nil, errors.New("there is nothing to read CSV from"))
			return
		}
		text, err := tabular.Decode(c.in)
		if err != nil {
			yield(nil, err)
			return
		}
		c.lines = newLineReader(text, c.options.MaxLineBytes)
		if err := c.header(); err != nil {
			yield(nil, err)
			return
		}
		c.batch = make([]Record, 0, batchRows)
		for {
			line, err := c.lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !c.isBadRow(err) {
				yield(nil, fmt.Errorf("line %d: %w", c.lines.line, err))
				return
			}
			if err != nil || len(line) == 0 {
				continue
			}
			c.add(line)
			if err := c.row.contradiction(); err != nil {
				yield(nil, err)
				return
			}
			if len(c.batch) >= batchRows {
				if !yield(c.batch, nil) {
					return
				}
				c.batch = c.batch[:0]
			}
		}
		if len(c.batch) > 0 && !yield(c.batch, nil) {
			return
		}
		if c.report.Bad > 0 && !c.options.SkipBad {
			yield(nil, &RowsError{c.Report()})
		}
	}
}

// add reads a row into the batch.
func (c *CSVReader) add(line []byte) {
	c.batch = append(c.batch, Record{Source: c.options.DefaultSource, Coverage: CoverageComplete})
	record := &c.batch[len(c.batch)-1]
	rounded, err := c.parse(line, record)
	if err == nil {
		err = c.row.finish(c.lines.line, record)
	}
	var days []Record
	if err == nil {
		days, err = record.Days()
	}
	if err != nil {
		c.batch = c.batch[:len(c.batch)-1]
		c.fault(err)
		return
	}
	if days != nil {
		c.batch = append(c.batch[:len(c.batch)-1], days...)
		c.report.Split++
	}
	c.places.Add(max(len(days), 1), int64(c.lines.line))
	c.report.Rows++
	c.report.Rounded += rounded
	if c.row.missing > 0 {
		c.report.Incomplete++
	}
}

func (c *CSVReader) isBadRow(err error) bool {
	if !errors.Is(err, errBadRow) {
		return false
	}
	c.fault(err)
	return true
}

func (c *CSVReader) fault(err error) {
	c.report.AddFault(fmt.Sprintf("line %d", c.lines.line), err, c.options.MaxFaults)
}
