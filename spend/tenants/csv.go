package tenants

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// csvColumns are the columns of a tenants file in CSV.
var csvColumns = []struct {
	name     string
	required bool
}{{"match", true}, {"value", true}, {"tenant", true}, {"from", false}, {"to", false}, {"group", false}}

// matchWords are the words of the column match.
var matchWords = map[string]Field{
	"microvm_id": MicroVM, "microvm": MicroVM, "image": Image, "role": Role,
}

// csvReader reads one file and collects what is wrong with it.
type csvReader struct {
	in      *csv.Reader
	faults  strictyaml.Faults
	columns map[string]int // name to place
	width   int
	builder
}

func loadCSV(file string, text []byte) (File, error) {
	r := &csvReader{faults: strictyaml.Faults{File: file}, columns: map[string]int{}}
	if len(text) > MaxFileBytes {
		r.fault(0, 0, "", "is larger than %d MiB, the most that is read", MaxFileBytes>>20)
		return File{}, &r.faults
	}
	r.in = csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.in.FieldsPerRecord = -1
	r.in.ReuseRecord = true
	if r.header() {
		r.rows()
	}
	if len(r.faults.List) > 0 {
		slices.SortStableFunc(r.faults.List, func(a, b strictyaml.Fault) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return File{}, &r.faults
	}
	return r.out, nil
}

func (r *csvReader) fault(line, column int, path, format string, args ...any) {
	r.faults.List = append(r.faults.List, strictyaml.Fault{
		Line: line, Column: column, Path: path, Message: fmt.Sprintf(format, args...),
	})
}

// notCSV records what the reader says of a row.
func (r *csvReader) notCSV(err error) {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		r.fault(parse.Line, parse.Column, "", "is not valid CSV: %s", parse.Err)
		return
	}
	r.fault(0, 0, "", "%s", err)
}

// header reads the names of the columns. Without them no row has a meaning, so it reports whether to go on.
func (r *csvReader) header() bool {
	names, err := r.in.Read()
	if errors.Is(err, io.EOF) {
		r.fault(1, 1, "", "is empty; it begins with the header match,value,tenant,from,to")
		return false
	}
	if err != nil {
		r.notCSV(err)
		return false
	}
	r.width = len(names)
	for i, name := range names {
		line, column := r.in.FieldPos(i)
		name = strings.TrimSpace(name)
		known := false
		for _, c := range csvColumns {
			known = known || c.name == name
		}
		_, twice := r.columns[name]
		switch {
		case len(names) == 1 && strings.Contains(name, ";"):
			r.fault(line, column, "", "has columns separated by ; but commas separate columns")
			return false
		case !known: // nothing of it is shown: the file may be any that a configuration names
			r.fault(line, column, "", "unknown column; columns are match, value, tenant, from, to, group")
		case twice:
			r.fault(line, column, "", "column %s is given twice", name)
		}
		r.columns[name] = i
	}
	for _, c := range csvColumns {
		if _, given := r.columns[c.name]; c.required && !given {
			r.fault(1, 1, "", "column %s is missing; columns are match, value, tenant, from, to, group", c.name)
		}
	}
	return len(r.faults.List) == 0
}

func (r *csvReader) rows() {
	for {
		cells, err := r.in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			r.notCSV(err)
		case len(cells) != r.width:
			line, column := r.in.FieldPos(0)
			r.fault(line, column, "", "has %d columns; the header has %d", len(cells), r.width)
		default:
			r.row(cells)
		}
	}
}

func (r *csvReader) row(cells []string) {
	cell := func(name string) string {
		if at, given := r.columns[name]; given {
			return strings.Clone(cells[at])
		}
		return ""
	}
	wrong := func(name, format string, args ...any) {
		line, column := r.in.FieldPos(r.columns[name])
		r.fault(line, column, name, format, args...)
	}
	day := func(name string) (date pricing.Date) {
		text := strings.TrimSpace(cell(name))
		if text == "" {
			return date
		}
		date, err := pricing.ParseDate(text)
		if err != nil {
			wrong(name, "%s", err)
		}
		return date
	}

	rule := Rule{Tenant: cell("tenant"), From: day("from"), To: day("to")}
	match, value := strings.TrimSpace(cell("match")), cell("value")
	if match == "" && value == "" {
		for field, date := range map[string]pricing.Date{"from": rule.From, "to": rule.To} {
			if !date.IsZero() {
				wrong(field, "has no meaning without match and value")
			}
		}
		r.listed(rule.Tenant, wrong)
	} else {
		rule.Selector = selectorOf(match, value, wrong)
		r.rule(rule, wrong)
	}
	if group := cell("group"); group != "" {
		r.member(rule.Tenant, group, wrong)
	}
}

func selectorOf(match, value string, wrong faulty) Selector {
	field, known := matchWords[match]
	if !known {
		wrong("match", "%.40q cannot be matched; choose microvm_id, image or role", match)
	}
	pattern, err := ParsePattern(value)
	if err != nil {
		wrong("value", "%s", err)
	}
	return Selector{field, pattern}
}
