package bill

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"microspend/internal/tabular"
)

// maxRowBytes bounds one row of CSV, so that a file without line ends cannot fill the memory.
const maxRowBytes = 1 << 20

// maxHeader is the part of a header that is looked at for what separates its fields.
const maxHeader = 1 << 16

// bounded fails when more bytes than its limit are read at once, which a row that is too long does.
type bounded struct {
	in   io.Reader
	left int64
}

var errLongRow = fmt.Errorf("a row is longer than %d KiB", maxRowBytes>>10)

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.in.Read(p[:min(len(p), int(min(b.left, 1<<16)))])
	b.left -= int64(n)
	return n, err
}

// csvRows reads the rows of a CSV file.
type csvRows struct {
	in     *csv.Reader
	bound  *bounded
	places []int
	record []string // the last row
	last   string   // its place
}

func readCSV(in *bufio.Reader) (Bill, error) {
	first, _ := in.Peek(maxHeader) // as much as there is
	if end := bytes.IndexByte(first, '\n'); end >= 0 {
		first = first[:end]
	}
	bound := &bounded{in: in, left: maxRowBytes}
	reader := csv.NewReader(bound)
	reader.ReuseRecord, reader.Comma = true, rune(tabular.Separator(first))
	header, err := reader.Read()
	switch {
	case errors.Is(err, io.EOF):
		return Bill{}, errors.New("it is empty")
	case err != nil:
		return Bill{}, fmt.Errorf("it is neither JSON nor Parquet, and not readable as CSV: %w", err)
	}
	l, places, err := layoutOf(header)
	if err != nil {
		return Bill{}, err
	}
	return readTable(l, &csvRows{in: reader, bound: bound, places: places, last: "line 1"})
}

func (r *csvRows) next(into []string) error {
	r.bound.left = maxRowBytes
	record, err := r.in.Read()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		r.last = fmt.Sprintf("line %d", parse.StartLine)
		return parse.Err
	}
	if err != nil {
		r.last = "after " + r.last
		return err
	}
	line, _ := r.in.FieldPos(0)
	r.last = fmt.Sprintf("line %d", line)
	r.record = record
	for i, place := range r.places {
		into[i] = ""
		if place >= 0 {
			into[i] = record[place]
		}
	}
	return nil
}

func (r *csvRows) place() string { return r.last }

func (r *csvRows) whole() []string { return r.record }
