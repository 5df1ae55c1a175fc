package usage

import (
	"errors"
	"fmt"
	"io"
	"iter"
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
//   - account, role, source, running_seconds, suspended_seconds, launches, suspends, resumes, coverage and arch may be
//     left out or empty; a row that says nothing of coverage is complete, as it states what was used.
//
// A GB is 2^30 bytes. Quantities are plain decimals, which are turned into a record's whole units exactly; a value
// finer than the unit is rounded half-even, and counted. What [Record.Check] refuses is a bad row.
//
// Quotes are those of RFC 4180. An apostrophe before = + - @, a tab or a carriage return at the beginning of a name is
// taken off: it is how [WriteCSV] and others keep spreadsheets from computing a name.
type CSVReader struct {
	lines   *lineReader
	options CSVOptions
	report  ReadReport
	batch   []Record
	columns []csvColumn
	fields  []string // of a quoted row
	row     csvRow
}

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
	return &CSVReader{lines: newLineReader(r, options.MaxLineBytes), options: options, row: newCSVRow()}
}

// Report says what was read so far.
func (c *CSVReader) Report() ReadReport {
	report := c.report
	report.Bytes = c.lines.bytes
	return report
}

// batchRows is how many records are given at a time.
const batchRows = 2048

// Batches gives the records in batches, each of which is valid until the next is asked for. It can be used once. A
// header that cannot be used and a failing reader end it with an error; bad rows end it with a [RowsError] after the
// last batch, unless they are to be skipped.
func (c *CSVReader) Batches() iter.Seq2[[]Record, error] {
	return func(yield func([]Record, error) bool) {
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
			if len(c.batch) == batchRows {
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
	c.batch = c.batch[:len(c.batch)+1]
	record := &c.batch[len(c.batch)-1]
	*record = Record{Source: c.options.DefaultSource, Coverage: CoverageComplete}
	rounded, err := c.parse(line, record)
	if err == nil {
		err = record.Check()
	}
	if err != nil {
		c.batch = c.batch[:len(c.batch)-1]
		c.fault(err)
		return
	}
	c.report.Rows++
	c.report.Rounded += rounded
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
