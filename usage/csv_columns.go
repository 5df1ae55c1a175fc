package usage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvColumn is a column of the file: its name and how its fields are read.
type csvColumn struct {
	name     string
	required bool
	read     func(row *csvRow, field []byte, to *Record) error
}

// csvColumns are the columns that a file can have, in the order in which they are written.
var csvColumns = slices.Concat(
	[]csvColumn{
		{"period_start", true, (*csvRow).start},
		{"period_seconds", true, func(row *csvRow, field []byte, to *Record) error {
			return row.count(field, &to.PeriodSeconds)
		}},
		nameColumn("region", true, 0, func(r *Record) *string { return &r.Region }),
		nameColumn("microvm_id", true, 1, func(r *Record) *string { return &r.MicroVMID }),
		nameColumn("image", true, 2, func(r *Record) *string { return &r.Image }),
		nameColumn("tenant", true, 3, func(r *Record) *string { return &r.Tenant }),
	},
	amountColumns(true),
	[]csvColumn{
		nameColumn("account", false, 4, func(r *Record) *string { return &r.Account }),
		nameColumn("role", false, 5, func(r *Record) *string { return &r.Role }),
		{"source", false, (*csvRow).source},
	},
	amountColumns(false),
	[]csvColumn{{"coverage", false, func(_ *csvRow, field []byte, to *Record) (err error) {
		if len(field) > 0 {
			to.Coverage, err = ParseCoverage(string(field))
		}
		return err
	}}},
)

// sourceNames is the place of the source among the names.
const sourceNames = 6

func nameColumn(name string, required bool, place int, to func(*Record) *string) csvColumn {
	return csvColumn{name, required, func(row *csvRow, field []byte, r *Record) error {
		*to(r) = row.names[place].of(field)
		return nil
	}}
}

// amountColumns are the columns of the billed quantities, which a file must have, or of the other measures.
func amountColumns(billed bool) (columns []csvColumn) {
	for _, m := range Measures() {
		if m.Billed() == billed {
			columns = append(columns, csvColumn{m.Column(), billed, amountReader(m, billed)})
		}
	}
	return columns
}

func amountReader(m Measure, required bool) func(*csvRow, []byte, *Record) error {
	perUnit := m.Counted().PerUnit
	return func(row *csvRow, field []byte, r *Record) error {
		if len(field) == 0 && !required {
			return nil
		}
		if perUnit == 1 {
			return row.count(field, &r.Amounts[m])
		}
		return row.amount(field, perUnit, &r.Amounts[m])
	}
}

func (row *csvRow) source(field []byte, to *Record) error {
	if len(field) > 0 {
		to.Source = row.names[sourceNames].of(field)
	}
	return nil
}

// header reads the header. All its faults come at once.
func (c *CSVReader) header() error {
	var line []byte
	for len(line) == 0 {
		var err error
		if line, err = c.lines.next(); errors.Is(err, io.EOF) {
			return errors.New("there is no header: the file is empty")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", c.lines.line, err)
		}
	}
	if err := otherFormat(line); err != nil {
		return err
	}
	names, err := splitQuoted(line, nil)
	if err != nil {
		return fmt.Errorf("line %d: %w", c.lines.line, err)
	}
	var faults []error
	seen := map[string]bool{}
	for _, name := range names {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(csvColumns, func(column csvColumn) bool { return column.name == name })
		switch {
		case i < 0:
			faults = append(faults, fmt.Errorf("%.40q is not a column", name))
			continue
		case seen[name]:
			faults = append(faults, fmt.Errorf("column %s is there twice", name))
		}
		seen[name] = true
		c.columns = append(c.columns, csvColumns[i])
	}
	for _, column := range csvColumns {
		if column.required && !seen[column.name] {
			faults = append(faults, fmt.Errorf("column %s is missing", column.name))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	if len(faults) > 20 {
		faults = append(faults[:20:20], fmt.Errorf("and %d more", len(faults)-20))
	}
	return fmt.Errorf("line %d: %w\nrequired columns: %s\nfurther columns: %s", c.lines.line, errors.Join(faults...),
		columnList(true), columnList(false))
}

// otherFormat knows what people take for CSV, by its first line, and says what to do about it.
func otherFormat(line []byte) error {
	switch {
	case bytes.HasPrefix(line, []byte("\x1f\x8b")):
		return errors.New("it is compressed with gzip; decompress it first, as in gunzip -c FILE | microspend import -")
	case bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
		return errors.New("it is in UTF-16; save it as UTF-8")
	case bytes.HasPrefix(line, []byte("PK\x03\x04")):
		return errors.New("it is a workbook or another archive; save it as CSV")
	case bytes.IndexByte(line, ',') < 0 && bytes.Count(line, []byte{';'}) > 3:
		return errors.New("its fields are separated by semicolons; save it with commas, and with points in numbers")
	case bytes.IndexByte(line, ',') < 0 && bytes.Count(line, []byte{'\t'}) > 3:
		return errors.New("its fields are separated by tabs; save it with commas")
	default:
		return nil
	}
}

func columnList(required bool) string {
	var names []string
	for _, column := range csvColumns {
		if column.required == required {
			names = append(names, column.name)
		}
	}
	return strings.Join(names, ", ")
}

// parse reads a row's fields. All its faults come at once.
func (c *CSVReader) parse(line []byte, to *Record) (rounded int64, err error) {
	c.row.rounded = 0
	if bytes.IndexByte(line, '"') >= 0 {
		if c.fields, err = splitQuoted(line, c.fields[:0]); err != nil {
			return 0, err
		}
		if len(c.fields) != len(c.columns) {
			return 0, fmt.Errorf("%d fields, not %d", len(c.fields), len(c.columns))
		}
		for i, field := range c.fields {
			err = c.field(i, []byte(field), to, err)
		}
		return c.row.rounded, err
	}
	rest, more := line, true
	for i := range c.columns {
		if !more {
			return 0, fmt.Errorf("%d fields, not %d", i, len(c.columns))
		}
		field := rest
		comma := bytes.IndexByte(rest, ',')
		if more = comma >= 0; more {
			field, rest = rest[:comma], rest[comma+1:]
		}
		err = c.field(i, field, to, err)
	}
	if more {
		return 0, fmt.Errorf("%d fields, not %d", len(c.columns)+1+bytes.Count(rest, []byte(",")), len(c.columns))
	}
	return c.row.rounded, err
}

// field reads a field, and joins its fault to those of the row before it.
func (c *CSVReader) field(i int, field []byte, to *Record, before error) error {
	if err := c.columns[i].read(&c.row, field, to); err != nil {
		return errors.Join(before, fmt.Errorf("%s: %w", c.columns[i].name, err))
	}
	return before
}
