package parquetcolumn

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

var errValues = errors.New("a page holds more values than it says, or they are cut off")

// slack is how many values more than it says a page may hold: writers fill up the last of their blocks.
const slack = 1 << 16

// checkRuns holds runs of values, and values packed bit by bit, to as many as there may be. The library makes room for
// as long a run as is claimed, which is 2^31 values in 6 bytes.
func checkRuns(text []byte, width, most int) error {
	total := uint64(0)
	for len(text) > 0 {
		head, n := binary.Uvarint(text)
		if n <= 0 {
			return errValues
		}
		text = text[n:]
		count, size := head>>1, uint64((width+7)/8)
		if head&1 != 0 {
			size, count = count*uint64(width), count*8
		}
		if total += count; count > uint64(most)+slack || total > uint64(most)+slack || size > uint64(len(text)) {
			return errValues
		}
		text = text[size:]
	}
	return nil
}

// checkValues looks through the values of a page, behind its levels, for more than it may hold. It returns how many
// bytes texts are that are longer than what they were told by.
func checkValues(text []byte, of format.Encoding, kind parquet.Kind, most int) (longer int64, err error) {
	switch of {
	case plainDictionary, format.RLEDictionary:
		if len(text) == 0 {
			return 0, nil // of nulls alone
		}
		if text[0] > 32 {
			return 0, errValues
		}
		return 0, checkRuns(text[1:], int(text[0]), most)
	case format.RLE:
		if kind != parquet.Boolean || len(text) < 4 || uint64(binary.LittleEndian.Uint32(text)) > uint64(len(text)-4) {
			return 0, errValues
		}
		return 0, checkRuns(text[4:4+binary.LittleEndian.Uint32(text)], 1, most)
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray:
		_, err := deltaHeader(text, most)
		return 0, err
	case format.DeltaByteArray:
		return checkPrefixes(text, most)
	case format.Plain, format.ByteStreamSplit: // as long as they are
		return 0, nil
	default:
		return 0, fmt.Errorf("its encoding %s is not supported", of)
	}
}

// delta is a block of numbers that are told by their differences, on its way.
type delta struct {
	text               []byte
	block, mini, total uint64
	first              int64
}

func deltaHeader(text []byte, most int) (d delta, err error) {
	w := walk{text: text}
	for _, into := range []*uint64{&d.block, &d.mini, &d.total} {
		if *into, err = w.uvarint(); err != nil {
			return d, errValues
		}
	}
	if d.first, err = w.varint(); err != nil {
		return d, errValues
	}
	if d.mini == 0 || d.block == 0 || d.block > slack || d.block%d.mini != 0 || d.block/d.mini%8 != 0 ||
		d.total > uint64(most) {
		return d, errValues
	}
	d.text = text[w.at:]
	return d, nil
}

// sum is the sum of the numbers, none of which may be below zero, and the text behind them.
func (d *delta) sum(most int64) (sum int64, rest []byte, err error) {
	value, left := d.first, int64(d.total)
	take := func() error {
		if value < 0 || value > most-sum {
			return fmt.Errorf("a page's texts come to more than %d MiB", most>>20)
		}
		sum, left = sum+value, left-1
		return nil
	}
	if left > 0 {
		if err := take(); err != nil {
			return 0, nil, err
		}
	}
	w := walk{text: d.text}
	for left > 0 {
		least, err := w.varint()
		widths := w.at
		if err == nil {
			err = w.skip(d.mini)
		}
		if err != nil {
			return 0, nil, errValues
		}
		each := int64(d.block / d.mini)
		for m := range d.mini {
			if left == 0 {
				break // writers leave out what nobody reads
			}
			width := int64(w.text[widths+int(m)])
			start := w.at
			if width > 64 || w.skip(uint64(each*width/8)) != nil {
				return 0, nil, errValues
			}
			for i := range min(each, left) {
				value += least + int64(unpackBits(w.text[start:], i*width, width))
				if err := take(); err != nil {
					return 0, nil, err
				}
			}
		}
	}
	return sum, w.text[w.at:], nil
}

// unpackBits reads a number of the given width in bits, the lowest bit first.
func unpackBits(text []byte, at, width int64) (value uint64) {
	for done := int64(0); done < width; {
		bit := (at + done) % 8
		n := min(8-bit, width-done)
		value |= uint64(text[(at+done)/8]>>bit&(1<<n-1)) << done
		done += n
	}
	return value
}

// checkPrefixes is for texts each of which begins as the one before it: a page of a few bytes can be one long text
// over and over.
func checkPrefixes(text []byte, most int) (total int64, err error) {
	for range 2 { // the lengths of the beginnings, and of what follows each
		d, err := deltaHeader(text, most)
		if err != nil {
			return 0, err
		}
		sum, rest, err := d.sum(maxHeld/4 - total)
		if err != nil {
			return 0, err
		}
		total, text = total+sum, rest
	}
	return total, nil
}
