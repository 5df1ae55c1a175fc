package idle

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"microspend/internal/figures"
	"microspend/internal/tabular"
)

// FaultsError has the rows of an input that cannot be read. Nothing is worked out from the others.
type FaultsError struct {
	Faults []string // the first of them, each with its file and line
	Count  int64
}

func (e *FaultsError) Error() string {
	lines := slices.Clone(e.Faults)
	if more := e.Count - int64(len(e.Faults)); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more rows that cannot be read", more))
	}
	return strings.Join(lines, "\n")
}

// Named is an input with the name that messages give it.
type Named struct {
	Name string
	io.Reader
}

// table reads CSV, plain or gzip, row by row, and collects what is wrong with rows.
type table struct {
	name    string
	csv     *csv.Reader
	faults  FaultsError
	columns []string
	whose   [3]int // the columns microvm_id, tenant and image, each -1 where there is none
	row     []string
	line    int
	packed  *counted // the file as it is
	stop    error    // why no further row is to be read; nil to go on
}

// counted counts what is read from a file.
type counted struct {
	in    io.Reader
	bytes int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.bytes += int64(n)
	return n, err
}

const (
	maxFaults    = 20 // rows that an error lists
	maxNameBytes = 2048
)

// openTable reads up to the header. Before the header it must be known what the file is, so a bad header ends it.
func openTable(in Named) (*table, error) {
	packed := &counted{in: in.Reader}
	source, err := tabular.Decode(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	rows, err := tabular.Rows(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	t := &table{name: in.Name, csv: rows, packed: packed}
	header, err := t.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: there is no header: the file is empty", in.Name)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s:%d: %w", in.Name, syntax.Line, syntax.Err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	seen := map[string]bool{}
	for _, name := range header {
		name = strings.TrimSpace(name)
		if seen[name] && name != "" {
			return nil, fmt.Errorf("%s:1: columns %d and %d have the same name", in.Name, slices.Index(t.columns, name)+1,
				len(t.columns)+1)
		}
		seen[name] = true
		t.columns = append(t.columns, name)
	}
	t.whose = [3]int{t.column("microvm_id", "microvm"), t.column("tenant"), t.column("image")}
	return t, nil
}

// column is the place of a column by any of its names, -1 where there is none.
func (t *table) column(names ...string) int {
	return slices.IndexFunc(t.columns, func(column string) bool { return slices.Contains(names, column) })
}

// rows visits every row, and returns what is wrong with the file or with rows of it.
func (t *table) rows(visit func()) error {
	for {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			return t.failed()
		}
		if visit(); t.stop != nil {
			return t.stop
		}
	}
}

// next reads the next row that is as long as the header. Rows that are not are faults.
func (t *table) next() (more bool, err error) {
	for {
		row, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			t.line = syntax.Line
			t.fault("%s", syntax.Err)
			continue
		}
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errors.New("the gzip file is cut off; copy it again")
			}
			return false, errors.Join(t.failed(), fmt.Errorf("%s: %w", t.name, err))
		}
		t.row = row
		t.line, _ = t.csv.FieldPos(0)
		if len(row) != len(t.columns) {
			t.fault("has %d fields; the header has %d", len(row), len(t.columns))
			continue
		}
		return true, nil
	}
}

func (t *table) fault(format string, args ...any) {
	t.faults.Count++
	if len(t.faults.Faults) < maxFaults {
		t.faults.Faults = append(t.faults.Faults, fmt.Sprintf("%s:%d: %s", t.name, t.line, fmt.Sprintf(format, args...)))
	}
}

// failed is the error that the rows add up to, if any of them is bad.
func (t *table) failed() error {
	if t.faults.Count == 0 {
		return nil
	}
	return &t.faults
}

// field is the text of a column, "" for one that is not there.
func (t *table) field(at int) string {
	if at < 0 {
		return ""
	}
	return strings.TrimSpace(t.row[at])
}

// identity is whose row it is. What is too long to be a name is a fault.
func (t *table) identity() (key microVMKey, ok bool) {
	key = microVMKey{t.field(t.whose[0]), t.field(t.whose[1]), t.field(t.whose[2])}
	return key, t.areNames(key.id, key.tenant, key.image)
}

func (t *table) areNames(texts ...string) bool {
	for _, text := range texts {
		if len(text) > maxNameBytes {
			t.fault("a name is longer than %d bytes", maxNameBytes)
			return false
		}
	}
	return true
}

// ignored lists the columns that are neither used nor say whose a row is.
func (t *table) ignored(used ...int) []string {
	used = append(used, t.whose[:]...)
	var names []string
	for i, name := range t.columns {
		if !slices.Contains(used, i) {
			names = append(names, name)
		}
	}
	return names
}

// missing is the error that a header lacks a column. Those that it has are not shown: a workload names its trace, and
// may name any file.
func (t *table) missing(names ...string) error {
	return fmt.Errorf("%s:1: there is no column %s; it has %s",
		t.name, strings.Join(names, " or "), figures.Count(len(t.columns), "column"))
}

// finish puts the name of the file before what is wrong with the whole of it.
func (b *builder) finish(name string) (*Trace, error) {
	t, err := b.done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// readFile reads a file of the kind that fill reads.
func readFile(in Named, fill func(*builder, *table) error) (*Trace, error) {
	t, err := openTable(in)
	if err != nil {
		return nil, err
	}
	b := newBuilder(KeptGaps)
	if err := fill(b, t); err != nil {
		return nil, err
	}
	return b.finish(in.Name)
}

// Read reads a trace of any of the kinds that are files, told apart by the header: gaps, requests, or the layout of
// the Azure Functions Trace.
func Read(in Named) (*Trace, error) {
	return readFile(in, func(b *builder, t *table) error {
		switch {
		case t.column(azureColumns[0]) >= 0:
			return b.readAzure(t)
		case t.isAzure2021():
			return b.readAzure2021(t)
		case t.column(gapColumn) >= 0:
			return b.readGaps(t)
		case t.column(timeColumns...) >= 0:
			return b.readRequests(t)
		}
		return t.missing(gapColumn, "time", "HashOwner", "end_timestamp")
	})
}
