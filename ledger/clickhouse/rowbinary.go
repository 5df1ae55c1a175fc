package clickhouse

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"microspend/internal/intern"
	"microspend/usage"
)

// rowReader reads an answer in RowBinary: values one after the other, in the little-endian order.
// https://clickhouse.com/docs/interfaces/formats/RowBinary
type rowReader struct {
	in    *bufio.Reader
	err   error // the first fault, after which everything reads as zero
	small [16]byte
	text  []byte
	names intern.Table[string]
	ids   intern.Table[usage.Resource]
}

// secondStart is a period's start in the one form that can be compared with ==.
func secondStart(unix int64) time.Time { return time.Unix(unix, 0).UTC() }

func newRowReader(r io.Reader) *rowReader {
	return &rowReader{
		in:    bufio.NewReaderSize(r, 1<<18),
		names: intern.Table[string]{Read: func(field string) string { return field }},
		ids:   intern.Table[usage.Resource]{Read: usage.ParseResource},
	}
}

// more reports whether there is another row.
func (r *rowReader) more() bool {
	if r.err != nil {
		return false
	}
	if _, err := r.in.Peek(1); err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return false
	}
	return true
}

func (r *rowReader) bytes(n int) []byte {
	b := r.small[:n]
	if r.err == nil {
		if _, err := io.ReadFull(r.in, b); err != nil {
			r.err = errCut(err)
		}
	}
	if r.err != nil {
		clear(b)
	}
	return b
}

// errCut is the error of an answer that ends within a row.
func errCut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *rowReader) uint8() uint8   { return r.bytes(1)[0] }
func (r *rowReader) uint32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }
func (r *rowReader) uint64() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }
func (r *rowReader) int64() int64   { return int64(r.uint64()) }

func (r *rowReader) uint128() usage.Uint128 {
	b := r.bytes(16)
	return usage.Uint128{Lo: binary.LittleEndian.Uint64(b), Hi: binary.LittleEndian.Uint64(b[8:])}
}

var errLong = errors.New("the answer is not what was asked for: a text that is too long")

// blob reads a text of any length up to a limit.
func (r *rowReader) blob(most uint64) []byte {
	if r.err != nil {
		return nil
	}
	length, err := binary.ReadUvarint(r.in)
	switch {
	case err != nil:
		r.err = errCut(err)
		return nil
	case length > most:
		r.err = errLong
		return nil
	}
	if uint64(cap(r.text)) < length {
		r.text = make([]byte, length)
	}
	r.text = r.text[:length]
	if _, err := io.ReadFull(r.in, r.text); err != nil {
		r.err = errCut(err)
		return nil
	}
	return r.text
}

// maxName is more than a resource's name takes with the mark of its kind.
const maxName = usage.MaxNameBytes + 64

// name reads a name. Those that recur are the same string.
func (r *rowReader) name() string { return r.names.Of(r.blob(maxName)) }
