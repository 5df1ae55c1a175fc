package parquetcolumn

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// plainDictionary is what writers before Parquet 2.0 call dictionaries and the values that refer to them. The library
// has marked its own name for it as one that is no longer to be written; such files are still to be read.
const plainDictionary format.Encoding = 2

// maxHeader is of a page. The least and the greatest value are in it, which writers cut off at some kilobytes.
const maxHeader = 256 << 10

// pages reads the pages of a column chunk one by one: it unpacks each within the budget, holds what is in it to what it
// may hold, and leaves to the library what decodes the values.
type pages struct {
	file       *File
	column     *parquet.Column
	codec      format.CompressionCodec
	buffered   *bufio.Reader // of the file; nil until it is asked for
	in         source
	rows       int64 // that are still to come
	dictionary parquet.Dictionary
	values     values // of the page

	packed, plain        []byte // of the page; the next has the same room, as for what follows
	numbers              []byte
	levels               []byte
	indexes              []int32
	held, heldDictionary int64 // of the file's budget
}

func (p *pages) begin(file *File, group int, of *parquet.Column) {
	from, length := file.ChunkRange(group, of.Index())
	section := io.NewSectionReader(file.in, from, length)
	if p.buffered == nil {
		p.buffered = bufio.NewReaderSize(section, maxHeader)
	} else {
		p.buffered.Reset(section)
	}
	p.beginIn(p.buffered, file, group, of)
}

func (p *pages) beginIn(in source, file *File, group int, of *parquet.Column) {
	chunk := &file.groups[group].Columns[of.Index()]
	p.in = in
	p.file, p.column, p.codec, p.rows = file, of, chunk.MetaData.Codec, file.RowsOf(group)
}

func (p *pages) close() {
	if p.file != nil {
		_ = p.file.hold(0, p.held+p.heldDictionary)
	}
	p.file, p.dictionary, p.values.dictionary, p.held, p.heldDictionary = nil, nil, nil, 0, 0
}

// next is the next page that has values. It ends with [ErrEnd].
func (p *pages) next() (*values, error) {
	for {
		header, err := p.header()
		if err != nil {
			return nil, err
		}
		if err := p.read(header); err != nil {
			return nil, err
		}
		switch header.Type {
		case format.DictionaryPage:
			err = p.readDictionary(header)
		case format.DataPage, format.DataPageV2:
			if err = p.readValues(header); err == nil && p.values.n > 0 {
				return &p.values, nil
			}
		default: // an index, which is passed over
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *pages) header() (*format.PageHeader, error) {
	text, err := p.in.Peek(maxHeader)
	if len(text) == 0 && (err == nil || errors.Is(err, io.EOF)) {
		return nil, ErrEnd
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	length, err := checkHeader(text)
	if err != nil {
		return nil, err
	}
	header := new(format.PageHeader)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), text[:length], header); err != nil {
		return nil, err
	}
	_, err = p.in.Discard(length)
	return header, err
}

// read reads a page and unpacks it: what is in the file is read before room is made for what it claims to become.
func (p *pages) read(header *format.PageHeader) (err error) {
	packed, size := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
	if packed < 0 || size < 0 || packed > p.file.size {
		return fmt.Errorf("a page claims %d bytes, unpacked from %d", size, packed)
	}
	held := packed + 3*size // unpacked, decoded, and where each text ends
	if header.Type != format.DictionaryPage {
		values := int64(header.DataPageHeader.V.NumValues)
		if header.Type == format.DataPageV2 {
			values = int64(header.DataPageHeaderV2.V.NumValues)
		}
		if values < 0 || values > p.rows {
			return fmt.Errorf("a page claims %d values, of %d rows that are left", values, p.rows)
		}
		held += 8 * values // a level, and which one of the dictionary it is
	}
	if err := p.file.hold(held, p.held); err != nil {
		return err
	}
	p.held = held
	if err := p.file.unpack(size); err != nil {
		return err
	}
	p.packed = roomFor(p.packed, packed)
	if _, err := io.ReadFull(p.in, p.packed); err != nil {
		return fmt.Errorf("a page is cut off: %w", err)
	}
	if header.CRC != 0 && uint32(header.CRC) != crc32.ChecksumIEEE(p.packed) {
		return errors.New("a page has a wrong checksum")
	}
	levels := int64(0)
	if v2 := header.DataPageHeaderV2.V; header.Type == format.DataPageV2 { // its levels are never packed
		levels = int64(v2.RepetitionLevelsByteLength) + int64(v2.DefinitionLevelsByteLength)
		if v2.RepetitionLevelsByteLength < 0 || v2.DefinitionLevelsByteLength < 0 || levels > min(packed, size) {
			return errors.New("a page's levels do not fit into it")
		}
		if v2.IsCompressed.Valid && !v2.IsCompressed.V {
			p.plain = append(p.plain[:0], p.packed...)
			return nil
		}
	}
	p.plain = roomFor(p.plain, size)
	copy(p.plain, p.packed[:levels])
	if size == levels && p.codec != format.Uncompressed { // nothing but nulls, for which some write nothing at all
		return nil
	}
	if p.plain, err = unpacked(p.codec, p.plain, p.packed, levels); err != nil {
		return fmt.Errorf("a page cannot be unpacked: %w", err)
	}
	return nil
}

func roomFor(old []byte, size int64) []byte {
	if int64(cap(old)) < size {
		return make([]byte, size)
	}
	return old[:size]
}

// zstandard is one decoder for all files: it is stateless between frames, usable by several goroutines, and holds
// megabytes.
var zstandard = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true))
})

var errNotThatSize = errors.New("it does not unpack to the size that it says")

// unpacked unpacks into the rest of a buffer, which it fills and never exceeds.
func unpacked(codec format.CompressionCodec, all, packed []byte, from int64) ([]byte, error) {
	into, packed := all[from:], packed[from:]
	switch codec {
	case format.Uncompressed:
		return append(all[:from], packed[:min(len(packed), len(into))]...), nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(packed); err != nil || n != len(into) {
			return nil, errNotThatSize
		}
		_, err := snappy.Decode(into, packed)
		return all, err
	case format.Zstd:
		decoder, err := zstandard()
		if err != nil {
			return nil, err
		}
		out, err := decoder.DecodeAll(packed, into[:0:len(into)])
		if err == nil && len(out) != len(into) {
			err = errNotThatSize
		}
		return all, err
	case format.Gzip:
		reader, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		return all, fill(into, reader)
	case format.Brotli:
		return all, fill(into, brotli.NewReader(bytes.NewReader(packed)))
	case format.Lz4Raw:
		n, err := lz4.UncompressBlock(packed, into)
		if err == nil && n != len(into) {
			err = errNotThatSize
		}
		return all, err
	default:
		return nil, fmt.Errorf("its compression %s is not supported", codec)
	}
}

// fill reads exactly as much as there is room.
func fill(into []byte, from io.Reader) error {
	if _, err := io.ReadFull(from, into); err != nil {
		return err
	}
	if n, err := from.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return errNotThatSize
	}
	return nil
}

func (p *pages) readDictionary(header *format.PageHeader) error {
	h := header.DictionaryPageHeader.V
	if p.dictionary != nil {
		return errors.New("a column has two dictionaries")
	}
	if h.Encoding != format.Plain && h.Encoding != plainDictionary {
		return fmt.Errorf("its dictionary is encoded as %s", h.Encoding)
	}
	values, size := int64(h.NumValues), int64(len(p.plain))
	if values < 0 || values > 8*size { // a boolean is a bit, and all else a byte or more
		return fmt.Errorf("a dictionary claims %d values in %d bytes", values, size)
	}
	held := 4*size + 16*values
	if err := p.file.hold(held, p.held+p.heldDictionary); err != nil {
		return err
	}
	p.held, p.heldDictionary = 0, held
	of := p.column.Type()
	decoded, err := decode(of, format.Plain, bytes.Clone(p.plain), int(values), nil)
	if err != nil {
		return err
	}
	p.dictionary = of.NewDictionary(p.column.Index(), int(values), decoded)
	return nil
}
