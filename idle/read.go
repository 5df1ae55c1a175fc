package idle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadOptions say how a trace is read. The zero value will do.
type ReadOptions struct {
	MaxFaults int   // how many bad rows are named; 0 means 20
	KeptGaps  int64 // how many gaps are kept in their order; 0 means KeptGaps
}

func (o ReadOptions) faults() int {
	if o.MaxFaults == 0 {
		return 20
	}
	return o.MaxFaults
}

// Fault is a row that cannot be read, and why.
type Fault struct {
	File   string
	Line   int // from 1
	Reason string
}

func (f Fault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason) }

// FaultsError has the rows of an input that cannot be read. Nothing is worked out from the others.
type FaultsError struct {
	Faults []Fault // the first of them
	Count  int64
}

func (e *FaultsError) Error() string {
	var lines []string
	for _, fault := range e.Faults {
		lines = append(lines, fault.String())
	}
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
	options ReadOptions
	faults  FaultsError
	columns []string
	row     []string
	line    int
}

const (
	maxLineBytes = 1 << 20
	maxNameBytes = 2048
)

// openTable reads up to the header. Before the header it must be known what the file is, so a bad header ends it.
func openTable(in Named, options ReadOptions) (*table, error) {
	buffered := bufio.NewReaderSize(in.Reader, 1<<16)
	source := io.Reader(buffered)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		source = unpacked
	}
	source, err := withoutMark(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	t := &table{name: in.Name, options: options, csv: csv.NewReader(&shortLines{in: source})}
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
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
			return nil, fmt.Errorf("%s:1: column %.60q is there twice", in.Name, name)
		}
		seen[name] = true
		t.columns = append(t.columns, name)
	}
	return t, nil
}

// column is the place of a column by any of its names, -1 where there is none.
func (t *table) column(names ...string) int {
	for i, column := range t.columns {
		for _, name := range names {
			if column == name {
				return i
			}
		}
	}
	return -1
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
		visit()
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
	if len(t.faults.Faults) < t.options.faults() {
		t.faults.Faults = append(t.faults.Faults, Fault{t.name, t.line, fmt.Sprintf(format, args...)})
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
func (t *table) identity(columns identityColumns) (microVMKey, bool) {
	key := microVMKey{t.field(columns.microVM), t.field(columns.tenant), t.field(columns.image)}
	for _, name := range []string{key.id, key.tenant, key.image} {
		if len(name) > maxNameBytes {
			t.fault("a name is longer than %d bytes", maxNameBytes)
			return key, false
		}
	}
	return key, true
}

type identityColumns struct{ microVM, tenant, image int }

func (t *table) identityColumns() identityColumns {
	return identityColumns{t.column("microvm_id", "microvm"), t.column("tenant"), t.column("image")}
}

// ignored lists the columns that are none of those in use.
func (t *table) ignored(used ...int) []string {
	var names []string
	for i, name := range t.columns {
		known := false
		for _, at := range used {
			known = known || at == i
		}
		if !known {
			names = append(names, name)
		}
	}
	return names
}

// withoutMark takes the byte order mark off a stream that begins with one.
func withoutMark(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	mark := []byte("\ufeff")
	begin, err := buffered.Peek(len(mark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(begin, mark) {
		_, err = buffered.Discard(len(mark))
		return buffered, err
	}
	return buffered, nil
}

// shortLines passes a stream on and refuses rows that are too long to be rows, before they fill the memory. A row ends
// with its line, unless a quote is open.
type shortLines struct {
	in     io.Reader
	line   int // complete ones
	length int // of the row so far
	begun  int // the line that the row began on, from 0
	quoted bool
}

func (s *shortLines) Read(into []byte) (int, error) {
	n, err := s.in.Read(into)
	for rest := into[:n]; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		s.length += len(line)
		if s.length > maxLineBytes {
			return 0, fmt.Errorf("the row on line %d is longer than %d bytes; a quote may be missing", s.begun+1, maxLineBytes)
		}
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			s.quoted = !s.quoted
		}
		if rest = after; !ended {
			break
		}
		if s.line++; !s.quoted {
			s.length, s.begun = 0, s.line
		}
	}
	return n, err
}

// missing is the error that a header lacks a column.
func (t *table) missing(names ...string) error {
	return fmt.Errorf("%s:1: there is no column %s; it has %.200s", t.name, strings.Join(names, " or "), strings.Join(t.columns, ", "))
}

// finish puts the name of the file before what is wrong with the whole of it.
func (b *builder) finish(name string) (*Trace, error) {
	t, err := b.done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// Read reads a trace of any of the kinds that are files, told apart by the header: gaps, requests, or the layout of
// the Azure Functions Trace.
func Read(in Named, options ReadOptions) (*Trace, error) {
	t, err := openTable(in, options)
	if err != nil {
		return nil, err
	}
	switch {
	case t.column(azureColumns[0]) >= 0:
		a := azure{builder: newBuilder(options.KeptGaps), last: map[int]*stretch{}}
		if err := a.read(t); err != nil {
			return nil, err
		}
		return a.finish(in.Name)
	case t.column("gap_seconds") >= 0:
		return readGaps(t)
	default:
		if t.column(timeColumns...) < 0 {
			return nil, t.missing("gap_seconds", "time", "HashOwner")
		}
		return readRequests(t)
	}
}
