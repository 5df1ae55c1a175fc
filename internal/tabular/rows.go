package tabular

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// Rows cuts decoded text into rows and fields, at what its first line says separates them. Rows may be of different
// lengths, and are refused as by [ShortRows].
func Rows(text io.Reader) (*csv.Reader, error) {
	buffered := bufio.NewReaderSize(text, 1<<16)
	header, err := buffered.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && len(header) == 0 {
		return nil, err
	}
	line, _, _ := bytes.Cut(header, []byte("\n"))
	rows := csv.NewReader(ShortRows(buffered))
	rows.Comma, rows.ReuseRecord, rows.FieldsPerRecord = rune(Separator(line)), true, -1
	return rows, nil
}

// maxRowBytes is far more than any row has.
const maxRowBytes = 1 << 20

// ShortRows passes text on, and fails at a row of more than a megabyte: the rows of a file in which a quote or all line
// breaks are missing would fill the memory.
func ShortRows(text io.Reader) io.Reader { return &shortRows{in: text} }

// shortRows passes a stream on and refuses rows that are too long to be rows, before they fill the memory. A row ends
// with its line, unless a quote is open.
type shortRows struct {
	in     io.Reader
	line   int // complete ones
	length int // of the row so far
	begun  int // the line that the row began on, from 0
	quoted bool
}

func (s *shortRows) Read(into []byte) (int, error) {
	n, err := s.in.Read(into)
	for rest := into[:n]; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		s.length += len(line)
		if s.length > maxRowBytes {
			return 0, fmt.Errorf("the row on line %d is longer than %d bytes; a quote may be missing", s.begun+1, maxRowBytes)
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
