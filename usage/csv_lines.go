package usage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lineReader cuts CSV into rows: lines, or several lines where a quoted field holds line breaks.
type lineReader struct {
	r      io.Reader
	buffer []byte
	from   int // of what is not yet given, in buffer
	end    int // of what is read
	eof    bool
	limit  int  // the longest row
	line   int  // that the row last given begins on
	quotes bool // whether that row has any
	lines  int  // read so far

	separator byte // 0 until the header is read
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: r, limit: limit, buffer: make([]byte, 1<<18)}
}

// errBadRow is for rows that cannot be cut; those after them can.
var errBadRow = errors.New("not CSV")

// next gives the next row without its line break, empty for a blank line. The row is valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	l.line, l.quotes = l.lines+1, false
	length := 0 // of the row so far
	for quoted := false; ; {
		line, err := l.find(length)
		if errors.Is(err, io.EOF) && quoted {
			return nil, l.giveUp(l.buffer[l.from : l.from+length])
		}
		if err != nil {
			return nil, err
		}
		row := l.buffer[l.from : l.from+length+line]
		if last := row[length:]; bytes.IndexByte(last, '"') >= 0 {
			quoted, l.quotes = l.openQuote(last, quoted), true
		}
		length += line
		if !quoted {
			l.lines++
			l.from += length
			return trimBreak(row), nil
		}
		if length > l.limit {
			return nil, l.giveUp(row)
		}
		l.lines++
	}
}

// giveUp takes the first line of a row whose quoted field does not end, so that those below can still be read.
func (l *lineReader) giveUp(row []byte) error {
	l.lines = l.line
	if i := bytes.IndexByte(row, '\n'); i >= 0 {
		l.from += i + 1
	} else {
		l.from += len(row)
	}
	return fmt.Errorf("%w: a quoted field begins here that does not end", errBadRow)
}

// find gives the length of the next line with its break, after the given length of what is not yet given.
func (l *lineReader) find(after int) (int, error) {
	for searched := after; ; {
		if i := bytes.IndexByte(l.buffer[l.from+searched:l.end], '\n'); i >= 0 {
			return searched + i + 1 - after, nil
		}
		searched = l.end - l.from
		if l.eof {
			if searched == after {
				return 0, io.EOF
			}
			return searched - after, nil
		}
		if searched-after > l.limit {
			return 0, l.skipLine()
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
}

// skipLine drops a line that is too long.
func (l *lineReader) skipLine() error {
	for {
		if i := bytes.IndexByte(l.buffer[l.from:l.end], '\n'); i >= 0 {
			l.from += i + 1
			break
		}
		if l.from = l.end; l.eof {
			break
		}
		if err := l.fill(); err != nil {
			return err
		}
	}
	l.lines = l.line
	return fmt.Errorf("%w: the line is longer than %d bytes", errBadRow, l.limit)
}

func (l *lineReader) fill() error {
	if l.from > 0 {
		l.end = copy(l.buffer, l.buffer[l.from:l.end])
		l.from = 0
	}
	if l.end == len(l.buffer) {
		l.buffer = append(l.buffer, make([]byte, len(l.buffer))...)
	}
	for range 100 {
		n, err := l.r.Read(l.buffer[l.end:])
		l.end += n
		if errors.Is(err, io.EOF) {
			l.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

func trimBreak(row []byte) []byte {
	row = bytes.TrimSuffix(row, []byte("\n"))
	return bytes.TrimSuffix(row, []byte("\r"))
}

// openQuote reports whether a line ends within a quoted field, where it begins within one or not. A quote within a
// field that began without one opens nothing; it is a fault that splitQuoted finds.
func (l *lineReader) openQuote(text []byte, quoted bool) bool {
	begin := true
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '"' && i+1 < len(text) && text[i+1] == '"':
			i++
		case b == '"' && (quoted || begin):
			quoted = !quoted
			begin = false
		case !quoted:
			begin = b == l.separator || l.separator == 0 && bytes.IndexByte([]byte(",;\t|"), b) >= 0
		}
	}
	return quoted
}

// splitQuoted cuts a row with quotes into its fields.
func splitQuoted(row []byte, separator byte, fields []string) ([]string, error) {
	for {
		if len(row) == 0 || row[0] != '"' {
			end := bytes.IndexByte(row, separator)
			field := row
			if end >= 0 {
				field = row[:end]
			}
			if bytes.IndexByte(field, '"') >= 0 {
				return fields, fmt.Errorf("%w: a quote within a field that does not begin with one", errBadRow)
			}
			fields = append(fields, string(field))
			if end < 0 {
				return fields, nil
			}
			row = row[end+1:]
			continue
		}
		var field []byte
		for row = row[1:]; ; {
			end := bytes.IndexByte(row, '"')
			if end < 0 {
				return fields, fmt.Errorf("%w: a quoted field that does not end", errBadRow)
			}
			field = append(field, row[:end]...)
			if row = row[end+1:]; len(row) == 0 || row[0] != '"' {
				break
			}
			field = append(field, '"')
			row = row[1:]
		}
		fields = append(fields, string(bytes.ReplaceAll(field, []byte("\r\n"), []byte("\n"))))
		switch {
		case len(row) == 0:
			return fields, nil
		case row[0] != separator:
			return fields, fmt.Errorf("%w: text after the quote that ends a field", errBadRow)
		}
		row = row[1:]
	}
}
