package parquet

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"reflect"

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
	// rollupFrom is how many rows a day must have to get a rollup: fewer are read as fast as another file is opened.
	rollupFrom int64
	// rollupShare is how many rows a day must have for each row of its rollup: with fewer its parts are read as fast.
	rollupShare int64
}

var defaultSizes = sizes{
	partRows: 2_000_000, groupRows: 128 * 1024, stageRows: 64 * 1024, rollupFrom: 4096, rollupShare: 4,
}

// rowWriter writes records as Parquet, row group by row group, in the order in which they come.
type rowWriter struct {
	to        io.Writer
	codec     compress.Codec
	groupRows int
	group     *rowGroup
	writer    *parquet.GenericWriter[any]
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

func newPartWriter(file *os.File, s sizes, codec compress.Codec, group *rowGroup) *partWriter {
	w := &partWriter{file: file, sum: sha256.New()}
	group.clear() // of a file that was given up
	w.out = bufio.NewWriterSize(io.MultiWriter(w.sum, file), 1<<18)
	w.rowWriter = rowWriter{to: w.out, codec: codec, groupRows: s.groupRows, group: group}
	return w
}

func (w *rowWriter) add(r *usage.Record) error {
	w.group.add(r)
	w.rows++
	if w.group.rows < w.groupRows {
		return nil
	}
	return w.flush()
}

// flush ends the row group.
func (w *rowWriter) flush() error {
	if w.writer == nil {
		w.writer = parquet.NewGenericWriter[any](w.to,
			schemaFor(w.group),
			parquet.Compression(w.codec),
			parquet.CreatedBy("microspend", "1", ""), // the bytes must not depend on the build
			parquet.DataPageVersion(1),
			parquet.PageBufferSize(pageBytes),
			parquet.DataPageStatistics(false), // which the file's column indexes have
		)
	}
	for c, out := range w.writer.ColumnWriters() {
		for first := 0; first < w.group.rows; first += pieceRows {
			values := w.group.of(column(c), first, min(first+pieceRows, w.group.rows))
			if _, err := out.WriteRowValues(values); err != nil {
				return err
			}
		}
	}
	w.group.clear()
	return w.writer.Flush()
}

// pieceRows is how many values are given to the library at a time, which ends a page where it is full after one.
const pieceRows = 4096

// end completes the file.
func (w *rowWriter) end() error {
	if w.group.rows > 0 || w.writer == nil {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.writer.Close()
}

// pageBytes is the size of a page before it is encoded: 32768 whole numbers.
const pageBytes = 256 * 1024

// schemaFor makes a file's schema. Its texts are in dictionaries, which is also what [chunkReader.words] reads; the
// encoding of each summed column is chosen by the first row group.
func schemaFor(group *rowGroup) *parquet.Schema {
	fields := make([]reflect.StructField, columnCount)
	for i := range fields {
		c, of, encoding := column(i), reflect.TypeFor[string](), "dict"
		switch {
		case c == columnPeriodStart:
			of, encoding = reflect.TypeFor[int64](), "timestamp(millisecond),delta"
		case c == columnPeriodSeconds:
			of = reflect.TypeFor[int64]()
		case c >= firstAmount && c < columnCoverage:
			of = reflect.TypeFor[int64]()
			if !fewValues(group.numbers[c]) {
				encoding = "delta"
			}
		}
		fields[i] = reflect.StructField{
			Name: fmt.Sprint("Column", i), Type: of,
			Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s,%s"`, columnNames[c], encoding)),
		}
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
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
	entry := partEntry{Name: name, Bytes: info.Size(), SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	return describe(w.file, entry)
}

func (w *partWriter) close() error { return w.file.Close() }

// describe adds the rows and the checksums of a file that lies complete on the disk. Reading it back shows that its
// footer can be read, and that the chunks follow each other.
func describe(file io.ReaderAt, entry partEntry) (partEntry, error) {
	opened, err := openParquet(file, entry.Bytes)
	if err != nil {
		return entry, fmt.Errorf("it would not read back: %w", err)
	}
	entry.Rows = opened.NumRows()
	end, room := int64(len("PAR1")), []byte(nil)
	for group := range opened.Groups() {
		for c := range opened.Schema().Columns() {
			from, length := opened.ChunkRange(group, c)
			if from != end {
				return entry, errors.New("it would not read back: a column chunk does not follow the one before")
			}
			if room, err = readPiece(file, room, from, length); err != nil {
				return entry, fmt.Errorf("it would not read back: %w", err)
			}
			entry.Chunks = append(entry.Chunks, checksumOf(room))
			end = from + length
		}
	}
	if room, err = readPiece(file, room, end, entry.Bytes-end); err != nil {
		return entry, fmt.Errorf("it would not read back: %w", err)
	}
	entry.Tail = tailEntry{end, checksumOf(room)}
	return entry, nil
}
