package usage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"microspend/internal/nearest"
	"microspend/internal/tabular"
)

// csvColumn is a column of the file: its name and how its fields are read and written.
type csvColumn struct {
	name     string
	required bool
	read     func(row *csvRow, field []byte, to *Record) error
	write    func(w *csvWriter, r *Record)
}

// csvColumns are the columns that a file can have, in the order in which they are written. New ones go to the end, as
// there are programs that count.
var csvColumns = slices.Concat(
	[]csvColumn{
		{"period_start", true, (*csvRow).start, (*csvWriter).start},
		{
			"period_seconds", true,
			func(row *csvRow, field []byte, to *Record) error { return row.count(field, &to.PeriodSeconds) },
			func(w *csvWriter, r *Record) { w.text = strconv.AppendInt(w.text, r.PeriodSeconds, 10) },
		},
		nameColumn("region", true),
		{"microvm_id", true, (*csvRow).resource, (*csvWriter).resource},
		nameColumn("image", true),
		nameColumn("tenant", true),
	},
	amountColumns(true),
	[]csvColumn{nameColumn("account", false), nameColumn("role", false), nameColumn("source", false)},
	amountColumns(false),
	[]csvColumn{
		{
			"coverage", false,
			func(_ *csvRow, field []byte, to *Record) (err error) {
				if len(field) > 0 {
					to.Coverage, err = ParseCoverage(string(field))
				}
				return err
			},
			func(w *csvWriter, r *Record) { w.text = append(w.text, r.Coverage.String()...) },
		},
		nameColumn("arch", false),
		nameColumn("tenant_by", false),
	},
)

func nameColumn(name string, required bool) csvColumn {
	place := slices.Index(nameColumns[:], name)
	return csvColumn{
		name, required,
		func(row *csvRow, field []byte, r *Record) error {
			if len(field) > 0 { // an empty source is the default one
				*r.Names()[place] = row.names[place].Of(field)
			}
			return nil
		},
		func(w *csvWriter, r *Record) { w.name(place, *r.Names()[place]) },
	}
}

// amountColumns are the columns of the measures that a file must have, or of the others.
func amountColumns(required bool) (columns []csvColumn) {
	for _, m := range Measures() {
		if m.Required() == required {
			columns = append(columns, amountColumn(m))
		}
	}
	return columns
}

func amountColumn(m Measure) csvColumn {
	perUnit, required := m.Counted().PerUnit, m.Required()
	return csvColumn{
		m.Column(), required,
		func(row *csvRow, field []byte, r *Record) error {
			switch {
			case isMissing(field):
				if required {
					row.missing++
				}
				return nil
			case perUnit == 1:
				return row.count(field, &r.Amounts[m])
			default:
				return row.amount(field, perUnit, &r.Amounts[m])
			}
		},
		func(w *csvWriter, r *Record) { w.text = appendQuotient(w.text, uint64(r.Amounts[m]), uint64(perUnit)) },
	}
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
	c.separator = tabular.Separator(line)
	c.lines.separator = c.separator
	names, err := splitQuoted(line, c.separator, nil)
	if err != nil {
		return fmt.Errorf("line %d: %w", c.lines.line, err)
	}
	var faults []error
	seen := map[string]bool{}
	for place, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if place == 0 && len(names) > 1 && (name == "" || name == "unnamed: 0") { // the index of a data frame
			c.columns = append(c.columns, csvColumn{read: func(*csvRow, []byte, *Record) error { return nil }})
			continue
		}
		i := slices.IndexFunc(csvColumns, func(column csvColumn) bool { return column.name == name })
		switch {
		case i < 0:
			faults = append(faults, fmt.Errorf("%.40q is not a column%s", name, nearest.Meant(name, columnNames(true, false))))
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
	if len(seen) == 0 { // another table, or none: to name each of its columns says less
		faults = []error{fmt.Errorf("not a usage table: no column of it is known, such as %.40q", names[0])}
	}
	if len(faults) > 20 {
		faults = append(faults[:20:20], fmt.Errorf("and %d more", len(faults)-20))
	}
	return fmt.Errorf("line %d: %w\nstart the file with this line: %s\nfurther columns: %s", c.lines.line,
		errors.Join(faults...), strings.Join(columnNames(true), ","), strings.Join(columnNames(false), ", "))
}

// columnNames are the columns that a file must have, those that it may have, or both.
func columnNames(required ...bool) (names []string) {
	for _, column := range csvColumns {
		if slices.Contains(required, column.required) {
			names = append(names, column.name)
		}
	}
	return names
}

// parse reads a row's fields. All its faults come at once.
func (c *CSVReader) parse(line []byte, to *Record) (rounded int64, err error) {
	c.row.begin()
	if c.lines.quotes {
		if c.fields, err = splitQuoted(line, c.separator, c.fields[:0]); err != nil {
			return 0, err
		}
		if len(c.fields) != len(c.columns) {
			return 0, fmt.Errorf("%d fields, not %d", len(c.fields), len(c.columns))
		}
		for i, field := range c.fields {
			if fault := c.columns[i].read(&c.row, []byte(field), to); fault != nil {
				err = c.also(err, i, fault)
			}
		}
		return c.row.rounded, err
	}
	rest, more := line, true
	for i := range c.columns {
		if !more {
			return 0, fmt.Errorf("%d fields, not %d", i, len(c.columns))
		}
		field := rest
		end := bytes.IndexByte(rest, c.separator)
		if more = end >= 0; more {
			field, rest = rest[:end], rest[end+1:]
		}
		if fault := c.columns[i].read(&c.row, field, to); fault != nil {
			err = c.also(err, i, fault)
		}
	}
	if more {
		return 0, fmt.Errorf("%d fields, not %d", len(c.columns)+1+bytes.Count(rest, []byte{c.separator}), len(c.columns))
	}
	return c.row.rounded, err
}

// also joins the fault of a column to those of the row before it.
func (c *CSVReader) also(before error, column int, fault error) error {
	return errors.Join(before, fmt.Errorf("%s: %w", c.columns[column].name, fault))
}
