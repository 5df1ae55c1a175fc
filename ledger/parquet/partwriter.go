package parquet

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
	// rollupFrom is how many rows a day must have to get a rollup: fewer are read as fast as another file is opened.
	rollupFrom int64
}

var defaultSizes = sizes{partRows: 2_000_000, groupRows: 128 * 1024, stageRows: 64 * 1024, rollupFrom: 4096}

// rowWriter writes records as Parquet, row group by row group, in the order in which they come.
type rowWriter struct {
	to        io.Writer
	codec     compress.Codec
	groupRows int
	group     []usage.Record // the row group at hand
	writer    *parquet.GenericWriter[any]
	values    []parquet.Value // of a column
	texts     []byte          // that values point to
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

func newPartWriter(file *os.File, s sizes, codec compress.Codec, buffer []usage.Record) *partWriter {
	w := &partWriter{file: file, sum: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(w.sum, file), 1<<18)
	w.rowWriter = rowWriter{to: w.out, codec: codec, groupRows: s.groupRows, group: buffer[:0]}
	return w
}

func (w *rowWriter) add(r *usage.Record) error {
	w.group = append(w.group, *r)
	w.rows++
	if len(w.group) < w.groupRows {
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
		)
	}
	for c, out := range w.writer.ColumnWriters() {
		for chunk := range slices.Chunk(w.group, 4096) {
			w.valuesOf(column(c), chunk)
			if _, err := out.WriteRowValues(w.values); err != nil {
				return err
			}
		}
	}
	w.group = w.group[:0]
	return w.writer.Flush()
}

// valuesOf sets w.values to what a column has of records. They are valid until the next call.
func (w *rowWriter) valuesOf(c column, records []usage.Record) {
	w.values, w.texts = slices.Grow(w.values[:0], len(records))[:len(records)], w.texts[:0]
	switch n := slices.Index(nameColumns[:], c); {
	case n >= 0:
		w.textsOf(records, func(r *usage.Record) string { return *r.Names()[n] })
	case c == columnKind:
		w.textsOf(records, func(r *usage.Record) string { return r.Resource.Kind.String() })
	case c == columnCoverage:
		w.textsOf(records, func(r *usage.Record) string { return r.Coverage.String() })
	case c == columnPeriodStart:
		for i := range records {
			w.values[i] = parquet.Int64Value(records[i].PeriodStart.UnixMilli())
		}
	case c == columnPeriodSeconds:
		for i := range records {
			w.values[i] = parquet.Int64Value(records[i].PeriodSeconds)
		}
	default:
		for i := range records {
			w.values[i] = parquet.Int64Value(records[i].Amounts[c-firstAmount])
		}
	}
}

// textsOf sets w.values to a text of each record. One that was just there, as is usual of sorted records, is not copied
// again.
func (w *rowWriter) textsOf(records []usage.Record, of func(*usage.Record) string) {
	last := ""
	for i := range records {
		text := of(&records[i])
		if i > 0 && text == last {
			w.values[i] = w.values[i-1]
			continue
		}
		begin := len(w.texts)
		w.texts = append(w.texts, text...)
		w.values[i], last = parquet.ByteArrayValue(w.texts[begin:]), text
	}
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

// schemaFor makes a file's schema. Its texts are in dictionaries, which is also what [chunkReader.words] reads; the
// encoding of each summed column is chosen by the first row group.
func schemaFor(group []usage.Record) *parquet.Schema {
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
			if !fewValues(group, usage.Measure(c-firstAmount)) {
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

// fewValues reports whether a dictionary of an amount's values takes fewer bits than their differences do, as for
// counts and for sizes of snapshots, where few values recur.
func fewValues(group []usage.Record, m usage.Measure) bool {
	const few = 32 * 1024 // values of a dictionary
	const sample, manyOfSample = 4096, 3900
	distinct := map[int64]struct{}{}
	least, most := int64(math.MaxInt64), int64(0)
	for i := range group {
		value := group[i].Amounts[m]
		least, most = min(least, value), max(most, value)
		distinct[value] = struct{}{}
		if len(distinct) > few || i == sample && len(distinct) > manyOfSample {
			return false
		}
	}
	ofDictionary := len(distinct)*64 + len(group)*bits.Len(uint(len(distinct)))
	ofDifferences := len(group) * (bits.Len64(uint64(most-least)) + 1)
	return ofDictionary < ofDifferences
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
func describe(file *os.File, entry partEntry) (partEntry, error) {
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
