package tabular

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// What a compressed file may come to: a table of a billion rows, and no more than its size allows. A few megabytes of
// gzip can come to gigabytes of rows, all alike, which take minutes to read; tables of usage come to 10 to 30 times
// their size.
const (
	maxUnpacked           = 256 << 30
	freeUnpacked, mostFor = 256 << 20, 256 // bytes, and how many more for each byte that was read
)

// Decode turns a table's bytes into UTF-8 without a byte order mark. Gzip is told by its magic number, whatever the
// file is called, and UTF-16 by its byte order mark or the zero byte beside its first character; anything else is taken
// as it is. A workbook and other kinds of compression are errors that say what to do.
func Decode(in io.Reader) (io.Reader, error) { return decode(in, true) }

func decode(in io.Reader, mayUnpack bool) (io.Reader, error) {
	text := bufio.NewReaderSize(in, 1<<16)
	start, err := text.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	begins := func(magic string) bool { return bytes.HasPrefix(start, []byte(magic)) }
	switch {
	case begins("\x1f\x8b") && mayUnpack:
		packed := &tallied{Reader: text}
		unpacked, err := gzip.NewReader(packed)
		if err != nil {
			return nil, fmt.Errorf("not readable as gzip: %w", err)
		}
		return decode(&bounded{in: unpacked, packed: packed}, false)
	case begins("\x1f\x8b"):
		return nil, errors.New("it is compressed twice; unpack it once")
	case begins("PK\x03\x04"):
		return nil, errors.New("it is a workbook or another archive; save it as CSV")
	case begins("\xd0\xcf\x11\xe0"):
		return nil, errors.New("it is a workbook; save it as CSV")
	case begins("BZh"), begins("\x28\xb5\x2f\xfd"), begins("\xfd7zX"):
		return nil, errors.New("it is compressed with something other than gzip; unpack it")
	case begins("\xef\xbb\xbf"):
		_, err := text.Discard(3)
		return text, err
	case begins("\xff\xfe"), begins("\xfe\xff"):
		_, err := text.Discard(2)
		return &wide{in: text, order: order(start[0] == 0xfe)}, err
	case len(start) > 1 && (start[0] == 0) != (start[1] == 0): // a table begins with ASCII
		return &wide{in: text, order: order(start[0] == 0)}, nil
	default:
		return text, nil
	}
}

func order(big bool) binary.ByteOrder {
	if big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tallied counts the bytes that are read. It has ReadByte, so that gzip does not put a buffer of its own before it.
type tallied struct {
	*bufio.Reader
	read int64
}

func (c *tallied) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

func (c *tallied) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.read++
	}
	return b, err
}

// bounded fails, instead of ending, behind a limit.
type bounded struct {
	in     io.Reader
	packed *tallied
	read   int64
}

var (
	errTooLarge = fmt.Errorf("it unpacks to more than %d GB", maxUnpacked>>30)
	errTooDense = fmt.Errorf(
		"it unpacks to more than %d times its size; unpack it first if it is to be read all the same",
		mostFor,
	)
)

func (b *bounded) Read(p []byte) (int, error) {
	most := min(maxUnpacked, freeUnpacked+mostFor*b.packed.read)
	if b.read >= most {
		if most == maxUnpacked {
			return 0, errTooLarge
		}
		return 0, errTooDense
	}
	n, err := b.in.Read(p[:min(int64(len(p)), most-b.read)])
	b.read += int64(n)
	return n, err
}

// wide turns UTF-16 into UTF-8.
type wide struct {
	in    *bufio.Reader
	order binary.ByteOrder
	out   []byte // not yet given
	text  []byte
	high  rune // the first half of a pair, or 0
	err   error
}

func (w *wide) Read(p []byte) (int, error) {
	for len(w.out) == 0 && w.err == nil {
		w.fill()
	}
	if len(w.out) == 0 {
		return 0, w.err
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

func (w *wide) fill() {
	w.text = w.text[:0]
	for len(w.text) < 1<<15 {
		var unit [2]byte
		if n, err := io.ReadFull(w.in, unit[:]); err != nil {
			if w.err = err; errors.Is(err, io.ErrUnexpectedEOF) {
				w.err = fmt.Errorf("it is UTF-16 that ends within a character, after %d of its 2 bytes", n)
			}
			if w.high != 0 {
				w.text, w.high = utf8.AppendRune(w.text, utf8.RuneError), 0
			}
			break
		}
		r := rune(w.order.Uint16(unit[:]))
		if w.high != 0 {
			pair := utf16.DecodeRune(w.high, r)
			w.text, w.high = utf8.AppendRune(w.text, pair), 0
			if pair != utf8.RuneError {
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			w.high = r
			continue
		}
		w.text = utf8.AppendRune(w.text, r)
	}
	w.out = w.text
}

// Separator tells what separates the fields of a table from its header: the comma, semicolon, tab or bar that is there
// most often outside of quotes, and a comma where there is none of them.
func Separator(header []byte) byte {
	const separators = ",;\t|"
	var counts [len(separators)]int
	quoted := false
	for _, b := range header {
		if b == '"' {
			quoted = !quoted
		}
		if i := bytes.IndexByte([]byte(separators), b); i >= 0 && !quoted {
			counts[i]++
		}
	}
	best := 0
	for i, count := range counts {
		if count > counts[best] {
			best = i
		}
	}
	return separators[best]
}
