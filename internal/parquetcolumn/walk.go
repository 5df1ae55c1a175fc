package parquetcolumn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// errCut is for Thrift that ends too early, or whose lists claim more elements than there are bytes.
var errCut = errors.New("it ends too early, or claims more than it has")

// walk goes through a Thrift struct in the compact protocol and decodes nothing. The library's decoder makes lists as
// long as they claim to be, and calls itself for each level of nesting until the stack is full, which no program
// survives.
type walk struct {
	text []byte
	at   int
	list func(path uint32, size int) error // path has the ids of the fields that the list is in, a byte each; nil for none
}

// maxThrift is how deep structs may be in one another. Parquet's own are 6 deep.
const maxThrift = 32

// checkFooter bounds what a footer makes the decoder allocate.
func checkFooter(text []byte) error {
	const schema, groups, chunks = 2, 4, 4<<8 | 1
	var columns, allChunks, all int
	w := walk{text: text, list: func(path uint32, size int) error {
		switch path {
		case schema:
			columns += size
		case groups:
			all += 8 * size // a row group takes as much as some other elements
		case chunks:
			allChunks += size
		default:
			all += size
		}
		switch {
		case columns > maxColumns:
			return fmt.Errorf("it has more than %d columns", maxColumns)
		case allChunks > maxChunks:
			return fmt.Errorf("it has more than %d columns in all of its row groups; write it with larger ones", maxChunks)
		case all > maxElements:
			return errors.New("its footer holds more than any table's")
		}
		return nil
	}}
	err := w.structure(0, 0)
	if err == nil && w.at != len(text) {
		err = fmt.Errorf("%d bytes follow it", len(text)-w.at)
	}
	if err != nil {
		return fmt.Errorf("its footer is damaged: %w", err)
	}
	return nil
}

// checkHeader is the length of the page header that a text begins with.
func checkHeader(text []byte) (int, error) {
	w := walk{text: text}
	if err := w.structure(0, 0); err != nil {
		return 0, fmt.Errorf("a page's header is damaged: %w", err)
	}
	return w.at, nil
}

func (w *walk) structure(path uint32, depth int) error {
	if depth > maxThrift {
		return fmt.Errorf("it is nested more than %d deep", maxThrift)
	}
	id := int64(0)
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if delta := head >> 4; delta != 0 {
			id += int64(delta)
		} else {
			id, err = w.varint()
		}
		if err != nil {
			return err
		}
		if id < 0 || id > math.MaxInt16 {
			return errors.New("a field has no number")
		}
		if kind := head & 0xf; kind > 2 { // a boolean is its own kind
			if err := w.value(kind, path<<8|uint32(id&0xff), depth); err != nil {
				return err
			}
		}
	}
}

func (w *walk) value(kind byte, path uint32, depth int) error {
	switch kind {
	case 1, 2, 3: // booleans in lists, and bytes
		return w.skip(1)
	case 4, 5, 6:
		_, err := w.varint()
		return err
	case 7:
		return w.skip(8)
	case 8:
		n, err := w.uvarint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case 9, 10:
		return w.elements(path, depth)
	case 11:
		return errors.New("it has a map") // which no struct of Parquet has
	case 12:
		return w.structure(path, depth+1)
	case 13:
		return w.skip(16)
	default:
		return fmt.Errorf("it has a value of the unknown kind %d", kind)
	}
}

func (w *walk) elements(path uint32, depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	size, kind := uint64(head>>4), head&0xf
	if size == 15 {
		if size, err = w.uvarint(); err != nil {
			return err
		}
	}
	if size > uint64(len(w.text)-w.at) { // an element takes a byte at least
		return errCut
	}
	if w.list != nil {
		if err := w.list(path, int(size)); err != nil {
			return err
		}
	}
	if depth >= maxThrift { // lists of lists
		return fmt.Errorf("it is nested more than %d deep", maxThrift)
	}
	for range size {
		if err := w.value(kind, path, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) byte() (byte, error) {
	if w.at >= len(w.text) {
		return 0, errCut
	}
	w.at++
	return w.text[w.at-1], nil
}

func (w *walk) skip(n uint64) error {
	if n > uint64(len(w.text)-w.at) {
		return errCut
	}
	w.at += int(n)
	return nil
}

func (w *walk) uvarint() (uint64, error) {
	value, n := binary.Uvarint(w.text[w.at:])
	if n <= 0 {
		return 0, errCut
	}
	w.at += n
	return value, nil
}

func (w *walk) varint() (int64, error) {
	value, n := binary.Varint(w.text[w.at:])
	if n <= 0 {
		return 0, errCut
	}
	w.at += n
	return value, nil
}
