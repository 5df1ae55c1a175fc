package parquetcolumn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/bitpacked"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// values are those of a page, nulls among them.
type values struct {
	n, at      int
	levels     []byte  // 0 for a null; nil for a column without nulls
	indexes    []int32 // of those that are not null in the dictionary; unused without one
	dictionary parquet.Dictionary
	decoded    encoding.Values     // those that are not null; unused where there is a dictionary
	plain      parquet.ValueReader // of decoded
}

// ReadValues implements [parquet.ValueReader].
func (v *values) ReadValues(into []parquet.Value) (int, error) {
	if v.at == v.n {
		return 0, io.EOF
	}
	into = into[:min(len(into), v.n-v.at)]
	given := into
	var levels []byte
	if v.levels != nil {
		levels = v.levels[v.at : v.at+len(into)]
		given = into[:countPresent(levels)]
	}
	if err := v.readGiven(given); err != nil {
		return 0, err
	}
	v.at += len(into)
	from := len(given)
	for i := len(levels) - 1; i >= 0; i-- { // backwards, as a value moves up
		if levels[i] == 0 {
			into[i] = parquet.Value{}
		} else {
			from--
			into[i] = into[from]
		}
	}
	return len(into), nil
}

func countPresent(levels []byte) (n int) {
	for _, level := range levels {
		if level != 0 {
			n++
		}
	}
	return n
}

func (v *values) readGiven(into []parquet.Value) error {
	if v.dictionary != nil {
		if len(into) > len(v.indexes) {
			return errValues
		}
		for i, index := range v.indexes[:len(into)] {
			if index < 0 || int(index) >= v.dictionary.Len() {
				return errors.New("a value is not in the dictionary")
			}
			into[i] = v.dictionary.Index(index)
		}
		v.indexes = v.indexes[len(into):]
		return nil
	}
	for len(into) > 0 {
		n, err := v.plain.ReadValues(into)
		if n == 0 {
			return errors.Join(errValues, err)
		}
		into = into[n:]
	}
	return nil
}

// readValues decodes a page of values.
func (p *pages) readValues(header *format.PageHeader) error {
	n, of := int(header.DataPageHeader.V.NumValues), header.DataPageHeader.V.Encoding
	if header.Type == format.DataPageV2 {
		n, of = int(header.DataPageHeaderV2.V.NumValues), header.DataPageHeaderV2.V.Encoding
	}
	p.rows -= int64(n)
	p.values = values{n: n}
	text, err := p.readLevels(header, n)
	if err != nil || n == 0 {
		return err
	}
	given := n
	if p.values.levels != nil {
		given = countPresent(p.values.levels)
	}
	longer, err := checkValues(text, of, p.column.Type().Kind(), n)
	if err == nil {
		err = p.file.unpack(longer)
	}
	if err == nil {
		err = p.file.hold(p.held+2*longer, p.held)
	}
	if err != nil {
		return err
	}
	p.held += 2 * longer
	if of == plainDictionary || of == format.RLEDictionary {
		if p.dictionary == nil {
			return errors.New("a page refers to a dictionary that is not there")
		}
		p.values.dictionary = p.dictionary
		p.indexes, err = parquet.RLEDictionary.DecodeInt32(p.indexes, text)
		p.values.indexes = p.indexes
		return err
	}
	p.values.decoded, err = decode(p.column.Type(), of, text, given, p.numbers)
	if err != nil {
		return err
	}
	if kind := p.column.Type().Kind(); kind == parquet.Int64 ||
		kind == parquet.Double { // which are copied when they are read
		p.numbers, _ = p.values.decoded.Data()
	}
	p.values.plain = p.column.Type().NewPage(p.column.Index(), given, p.values.decoded).Values()
	return nil
}

// decode decodes n values that [checkValues] has approved. Numbers are decoded into room where they fit.
func decode(of parquet.Type, by format.Encoding, text []byte, n int, room []byte) (encoding.Values, error) {
	lookup := parquet.LookupEncoding(by)
	var ends []uint32
	if of.Kind() == parquet.ByteArray {
		ends = make([]uint32, 0, n+1)
	}
	if size := of.EstimateDecodeSize(n, text, lookup); cap(room) < size ||
		of.Kind() != parquet.Int64 && of.Kind() != parquet.Double {
		room = make([]byte, 0, size)
	}
	decoded, err := of.Decode(of.NewValues(room[:0], ends), text, lookup)
	if err != nil {
		return decoded, err
	}
	data, ends := decoded.Data()
	have := 0
	switch of.Kind() {
	case parquet.Boolean:
		have = 8 * len(data)
	case parquet.ByteArray:
		have = len(ends) - 1
	case parquet.Int32, parquet.Float:
		have = len(data) / 4
	case parquet.Int64, parquet.Double:
		have = len(data) / 8
	case parquet.Int96:
		have = len(data) / 12
	case parquet.FixedLenByteArray:
		have = len(data) / max(of.Length(), 1)
	}
	if have < n {
		return decoded, fmt.Errorf("it has %d values where it says that it has %d", have, n)
	}
	return decoded, nil
}

// readLevels reads which values are null, and returns what comes behind that.
func (p *pages) readLevels(header *format.PageHeader, n int) (text []byte, err error) {
	levels, text := []byte(nil), p.plain
	nullable, packed := p.column.MaxDefinitionLevel() > 0, false
	switch {
	case header.Type == format.DataPageV2:
		start := int(header.DataPageHeaderV2.V.RepetitionLevelsByteLength)
		end := start + int(header.DataPageHeaderV2.V.DefinitionLevelsByteLength)
		if end > len(text) {
			return nil, errValues
		}
		levels, text = text[start:end], text[end:]
	case nullable && header.DataPageHeader.V.DefinitionLevelEncoding == format.BitPacked:
		packed = true
		end := (n + 7) / 8
		if end > len(text) {
			return nil, errValues
		}
		levels, text = text[:end], text[end:]
	case nullable:
		if len(text) < 4 || uint64(binary.LittleEndian.Uint32(text)) > uint64(len(text)-4) {
			return nil, errValues
		}
		end := 4 + binary.LittleEndian.Uint32(text)
		levels, text = text[4:end], text[end:]
	}
	if !nullable {
		return text, nil
	}
	if packed {
		p.levels, err = (&bitpacked.Encoding{BitWidth: 1}).DecodeLevels(p.levels, levels)
	} else if err = checkRuns(levels, 1, n); err == nil {
		p.levels, err = (&rle.Encoding{BitWidth: 1}).DecodeLevels(p.levels, levels)
	}
	if err == nil && len(p.levels) < n {
		err = errValues
	}
	if err != nil {
		return nil, err
	}
	p.values.levels = p.levels[:n]
	return text, nil
}
