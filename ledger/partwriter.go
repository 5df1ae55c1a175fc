package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"math/bits"
	"os"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"microspend/usage"
)

// sizes bound files and memory. They are a part of what the bytes of a ledger depend on.
type sizes struct {
	partRows  int // rows of a file
	groupRows int // rows of a row group, which a writer and a reader of whole records hold in memory
	stageRows int // records of an import that are held in memory before they are spilled
}

var defaultSizes = sizes{partRows: 2_000_000, groupRows: 128 * 1024, stageRows: 64 * 1024}

// rowWriter writes records as Parquet, row group by row group, in the order in which they come.
type rowWriter struct {
	to        io.Writer
	codec     compress.Codec
	groupRows int
	group     []row // the row group at hand
	writer    *parquet.GenericWriter[row]
	rows      int64
}

// partWriter writes one Parquet file of a day: rows in the order of compareKeys.
type partWriter struct {
	rowWriter
	file *os.File
	sum  hash.Hash
	out  *bufio.Writer
}

// newCodec returns the codec that pages are compressed with. It holds encoders of megabytes, to be used again. Stronger
// levels gain 2 %, Snappy loses 4 %, and reading takes as long with each.
func newCodec() compress.Codec { return &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1} }

func newPartWriter(path string, s sizes, codec compress.Codec, buffer []row) (*partWriter, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	w := &partWriter{file: file, sum: sha256.New()}
	w.out = bufio.NewWriterSize(teeWriter{file, w.sum}, 1<<18)
	w.rowWriter = rowWriter{to: w.out, codec: codec, groupRows: s.groupRows, group: buffer[:0]}
	return w, nil
}

// teeWriter hashes what it writes.
type teeWriter struct {
	file *os.File
	sum  hash.Hash
}

func (t teeWriter) Write(p []byte) (int, error) {
	t.sum.Write(p)
	return t.file.Write(p)
}

func (w *rowWriter) add(r *usage.Record) error {
	w.group = append(w.group, row{})
	w.group[len(w.group)-1].set(r)
	w.rows++
	if len(w.group) < w.groupRows {
		return nil
	}
	return w.flush()
}

// flush ends the row group.
func (w *rowWriter) flush() error {
	if w.writer == nil {
		options := []parquet.WriterOption{
			parquet.Compression(w.codec),
			parquet.CreatedBy("microspend", "1", ""), // the bytes must not depend on the build
			parquet.DataPageVersion(1),
			parquet.PageBufferSize(pageBytes),
			parquet.SortingWriterConfig(parquet.SortingColumns(parquet.Ascending("microvm_id"), parquet.Ascending("period_start"))),
		}
		w.writer = parquet.NewGenericWriter[row](w.to, append(options, encodingsFor(w.group)...)...)
	}
	for chunk := range slices.Chunk(w.group, 4096) {
		if _, err := w.writer.Write(chunk); err != nil {
			return err
		}
	}
	w.group = w.group[:0]
	return w.writer.Flush()
}

// end completes the file.
func (w *rowWriter) end() error {
	if len(w.group) > 0 || w.writer == nil {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.writer.Close()
}

// pageBytes is the size of a page before it is encoded: 32768 whole numbers.
const pageBytes = 256 * 1024

// encodingsFor chooses the encoding of each summed column by the first row group, by what takes fewer bits: a dictionary,
// as for counts and for sizes of snapshots, where few values recur, or differences, which are the default.
func encodingsFor(group []row) []parquet.WriterOption {
	const few = 32 * 1024 // values of a dictionary
	const sample, manyOfSample = 4096, 3900
	const tooMany = -1 // no column has a value below zero
	var options []parquet.WriterOption
	distinct := map[int64]struct{}{}
	for i := range amountCount {
		clear(distinct)
		least, most := int64(math.MaxInt64), int64(0)
		for r := range group {
			value := group[r].amounts()[i]
			least, most = min(least, value), max(most, value)
			distinct[value] = struct{}{}
			if len(distinct) > few || r == sample && len(distinct) > manyOfSample {
				distinct[tooMany] = struct{}{}
				break
			}
		}
		ofDictionary := len(distinct)*64 + len(group)*bits.Len(uint(len(distinct)))
		ofDifferences := len(group) * (bits.Len64(uint64(most-least)) + 1)
		if _, many := distinct[tooMany]; !many && ofDictionary < ofDifferences {
			c := int(firstAmount) + i
			tag := reflect.StructTag(fmt.Sprintf(`parquet:"%s,dict"`, columnNames[c]))
			options = append(options, parquet.StructTag(tag, reflect.TypeFor[row]().Field(c).Name))
		}
	}
	return options
}

// finish completes the file, through to the disk, reads it back and describes it.
func (w *partWriter) finish(name string) (partEntry, error) {
	if err := errors.Join(w.end(), w.out.Flush(), w.file.Sync()); err != nil {
		return partEntry{}, err
	}
	info, err := w.file.Stat()
	if err != nil {
		return partEntry{}, err
	}
	entry := partEntry{Name: name, Rows: w.rows, Bytes: info.Size(), SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	return describe(w.file, entry)
}

func (w *partWriter) close() error { return w.file.Close() }

// describe adds the checksums of a file that lies complete on the disk. Reading it back shows that its footer can be read,
// and that the chunks follow each other.
func describe(file *os.File, entry partEntry) (partEntry, error) {
	opened, err := parquet.OpenFile(file, entry.Bytes, openOptions...)
	if err != nil {
		return entry, fmt.Errorf("it would not read back: %w", err)
	}
	end := int64(len("PAR1"))
	for _, group := range opened.Metadata().RowGroups {
		for c := range group.Columns {
			from, length := chunkRange(&group.Columns[c])
			if from != end {
				return entry, errors.New("it would not read back: a column chunk does not follow the one before")
			}
			data := make([]byte, length)
			if _, err := file.ReadAt(data, from); err != nil {
				return entry, fmt.Errorf("it would not read back: %w", err)
			}
			entry.Chunks = append(entry.Chunks, checksumOf(data))
			end = from + length
		}
	}
	tail := make([]byte, entry.Bytes-end)
	if _, err := file.ReadAt(tail, end); err != nil {
		return entry, fmt.Errorf("it would not read back: %w", err)
	}
	entry.Tail = tailEntry{end, checksumOf(tail)}
	return entry, nil
}
