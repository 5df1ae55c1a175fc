package parquetcolumn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The budget of a file from outside. A few kilobytes of Parquet can claim gigabytes at every layer: a list's length in
// the footer, a page's size, its number of values, a run of one value, a compressed frame. Whatever is claimed is held
// to these before it gets memory.
const (
	maxFooter   = 128 << 20
	maxColumns  = 10_000  // with the groups that they are in
	maxNesting  = 64      // of columns
	maxChunks   = 250_000 // columns × row groups; each takes some 600 bytes of memory
	maxElements = 5_000_000

	maxHeld       = 512 << 20 // bytes of pages and dictionaries of all columns that are held at once
	maxFixedBytes = 1 << 16   // of a value of fixed length

	// A file is as many rows and as much unpacked as its size allows: at most this much, and for each of its bytes this
	// much more. A row that takes less than an eighth of a bit is not a row of anything.
	freeRows, rowsPerByte = 1 << 20, 64
	freeBytes, expansion  = 256 << 20, 256
)

// File is a Parquet file from outside, of which columns are read within a budget. It is not for several goroutines.
type File struct {
	in     io.ReaderAt
	size   int64
	schema *parquet.File // of the same columns, without rows
	groups []format.RowGroup
	rows   int64

	maxHeld, held, total int64
}

// Open reads a file's footer. A file that is not Parquet, that is encrypted, or whose footer claims what cannot be is
// an error. The library panics on some schemas that are damaged; the caller recovers.
func Open(in io.ReaderAt, size int64) (*File, error) { return OpenWithin(in, size, maxHeld) }

// OpenWithin is [Open] with a limit of its own, in bytes, on the pages and dictionaries held at once; Open has 512 MiB.
func OpenWithin(in io.ReaderAt, size, held int64) (*File, error) {
	text, err := footer(in, size)
	if err != nil {
		return nil, err
	}
	if err := checkFooter(text); err != nil {
		return nil, err
	}
	f := &File{in: in, size: size, maxHeld: held}
	var metadata format.FileMetaData
	protocol := new(thrift.CompactProtocol)
	if err := thrift.Unmarshal(protocol, text, &metadata); err != nil {
		return nil, fmt.Errorf("its footer is damaged: %w", err)
	}
	if metadata.EncryptionAlgorithm.Value != nil {
		return nil, errors.New("it is encrypted")
	}
	f.groups = metadata.RowGroups
	if err := f.checkSchema(metadata.Schema); err != nil {
		return nil, err
	}
	// The library sees the schema alone. Without row groups it takes every column for uncompressed, which is how pages
	// come to it: it unpacks whatever a page claims.
	alone, err := thrift.Marshal(protocol, &format.FileMetaData{Version: 1, Schema: metadata.Schema})
	if err != nil {
		return nil, err
	}
	whole := append([]byte(magic), alone...)
	whole = append(binary.LittleEndian.AppendUint32(whole, uint32(len(alone))), magic...)
	f.schema, err = parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	return f, f.checkGroups()
}

const magic = "PAR1"

// footer reads a file's footer, if it begins and ends as a Parquet file does.
func footer(in io.ReaderAt, size int64) ([]byte, error) {
	var begin [len(magic)]byte
	var end [4 + len(magic)]byte
	if size < int64(len(begin)+len(end)) {
		return nil, fmt.Errorf("it has %d bytes", size)
	}
	if _, err := in.ReadAt(begin[:], 0); err != nil {
		return nil, err
	}
	if _, err := in.ReadAt(end[:], size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(begin[:]) != magic || string(end[4:]) != magic {
		return nil, errors.New("it does not begin and end with " + magic)
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	switch {
	case length > size-int64(len(begin)+len(end)):
		return nil, fmt.Errorf("its footer of %d bytes does not fit into it", length)
	case length > maxFooter:
		return nil, fmt.Errorf("its footer is larger than %d MiB; write it with larger row groups", maxFooter>>20)
	}
	text := make([]byte, length)
	if _, err := in.ReadAt(text, size-int64(len(end))-length); err != nil {
		return nil, err
	}
	return text, nil
}

// Again is the same file opened again, for another goroutine or at another time, without reading its footer.
func (f *File) Again(in io.ReaderAt) *File {
	return &File{in: in, size: f.size, schema: f.schema, groups: f.groups, rows: f.rows, maxHeld: f.maxHeld}
}

// checkSchema bounds how deep columns are: the library makes room for each column's whole path.
func (f *File) checkSchema(schema []format.SchemaElement) error {
	var open []int32 // children to come, of the groups that are open
	for _, element := range schema {
		if element.TypeLength.Valid && (element.TypeLength.V < 0 || element.TypeLength.V > maxFixedBytes) {
			return fmt.Errorf("its column %.40q has values of %d bytes", element.Name, element.TypeLength.V)
		}
		if n := element.NumChildren; n.Valid && n.V > 0 {
			open = append(open, n.V)
		} else {
			for len(open) > 0 {
				open[len(open)-1]--
				if open[len(open)-1] > 0 {
					break
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) > maxNesting {
			return fmt.Errorf("its columns are nested more than %d deep", maxNesting)
		}
	}
	return nil
}

// checkGroups holds the row groups to the columns and to the file: chunks lie in it, and not two in one place, which
// would make a file of any length from a few bytes.
func (f *File) checkGroups() error {
	leaves := len(f.schema.Schema().Columns())
	most := freeRows + rowsPerByte*f.size
	bytes := int64(0)
	for i, group := range f.groups {
		if len(group.Columns) != leaves {
			return fmt.Errorf("its row group %d has %d columns, not %d", i+1, len(group.Columns), leaves)
		}
		if group.NumRows < 0 || group.NumRows > most-f.rows {
			return fmt.Errorf("it claims more than the %d rows that can be in a file of %d bytes", most, f.size)
		}
		f.rows += group.NumRows
		for c := range group.Columns {
			from, length := chunkRange(&group.Columns[c])
			if from < 0 || length < 0 || from > f.size || length > f.size-from {
				return fmt.Errorf("its row group %d has a column that does not lie in the file", i+1)
			}
			if bytes += length; bytes > f.size {
				return errors.New("its columns are together longer than the file")
			}
		}
	}
	return nil
}

// chunkRange is where a chunk's pages are. A chunk without a dictionary has no offset of one.
func chunkRange(chunk *format.ColumnChunk) (from, length int64) {
	from = chunk.MetaData.DataPageOffset
	if d := chunk.MetaData.DictionaryPageOffset; d != 0 {
		from = d
	}
	return from, chunk.MetaData.TotalCompressedSize
}

// Schema says which columns there are.
func (f *File) Schema() *parquet.Schema { return f.schema.Schema() }

// Root is the column that all others are in.
func (f *File) Root() *parquet.Column { return f.schema.Root() }

// Size is that of the file, in bytes.
func (f *File) Size() int64 { return f.size }

// NumRows is how many rows all groups claim to have.
func (f *File) NumRows() int64 { return f.rows }

// Groups is the number of row groups.
func (f *File) Groups() int { return len(f.groups) }

// ChunkRange is where in the file a column's pages of a row group are.
func (f *File) ChunkRange(group, column int) (from, length int64) {
	return chunkRange(&f.groups[group].Columns[column])
}

// RowsOf is how many rows a group claims to have.
func (f *File) RowsOf(group int) int64 { return f.groups[group].NumRows }

// hold takes bytes that a column is about to hold from the budget, beside those that it gives back.
func (f *File) hold(bytes, instead int64) error {
	if f.held-instead+bytes > f.maxHeld {
		return fmt.Errorf("its pages take more than %d MiB at once; write it with smaller row groups", f.maxHeld>>20)
	}
	f.held += bytes - instead
	return nil
}

// unpack counts bytes that are about to be unpacked.
func (f *File) unpack(bytes int64) error {
	if most := freeBytes + expansion*f.size; bytes > most-f.total {
		return fmt.Errorf("it unpacks to more than %d times its size", expansion)
	}
	f.total += bytes
	return nil
}
