package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
)

// openOptions keep the library from reading what is not asked for.
var openOptions = []parquet.FileOption{
	parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.SkipMagicBytes(true),
}

// part is an open Parquet file whose tail is proven to be what the manifest says. The file cannot change while it is
// open: files are replaced, never written to.
type part struct {
	entry  partEntry
	day    civil.Day
	file   *os.File
	parsed *parquet.File

	version int              // of the format
	places  [columnCount]int // of the columns in the file
}

// damage is why a file's content is not what was written, and the part that it is in once that is known.
type damage struct{ reason, part string }

func (d *damage) Error() string { return d.reason }

func damaged(format string, args ...any) error { return &damage{reason: fmt.Sprintf(format, args...)} }

// errNotThisPart says that a file is intact as far as is known, but not the one that the manifest means.
var errNotThisPart = errors.New("another version of the part")

// openPart opens a file if it has the size and the tail that the manifest says.
func openPart(path string, day civil.Day, entry partEntry) (*part, error) {
	file, err := ownfile.Open(path)
	if err != nil {
		return nil, err
	}
	p := &part{entry: entry, day: day, file: file}
	tail, err := p.readTail()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	if err := p.parse(tail); err != nil {
		_ = file.Close()
		return nil, err
	}
	return p, nil
}

func (p *part) readTail() ([]byte, error) {
	info, err := p.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != p.entry.Bytes {
		return nil, fmt.Errorf("%w: it has %d bytes, not %d", errNotThisPart, info.Size(), p.entry.Bytes)
	}
	tail := make([]byte, p.entry.Bytes-p.entry.Tail.Offset)
	if _, err := p.file.ReadAt(tail, p.entry.Tail.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if got := checksumOf(tail); got != p.entry.Tail.CRC32C {
		return nil, fmt.Errorf("%w: its footer's checksum is %s, not %s", errNotThisPart, got, p.entry.Tail.CRC32C)
	}
	return tail, nil
}

// parse reads the footer, which is proven to be what was written; what fails from here on is a fault of the writer or
// of the library.
func (p *part) parse(tail []byte) (err error) {
	defer recoverAsDamage(&err)
	opened, err := parquet.OpenFile(at{p.entry.Tail.Offset, tail}, p.entry.Bytes, openOptions...)
	if err != nil {
		return damaged("its footer is not readable: %v", err)
	}
	var known bool
	if p.version, p.places, known = versionOf(opened.Schema().Columns()); !known {
		return damaged("its columns are %q, which are those of no version", opened.Schema().Columns())
	}
	groups := opened.Metadata().RowGroups
	var rows int64
	for _, group := range groups {
		if len(group.Columns) != p.columns() {
			return damaged("a row group has %d columns, not %d", len(group.Columns), p.columns())
		}
		rows += group.NumRows
	}
	if len(p.entry.Chunks) != len(groups)*p.columns() || rows != p.entry.Rows {
		return damaged("it has %d rows in %d row groups, which is not what the manifest says", rows, len(groups))
	}
	p.parsed = opened
	return nil
}

func (p *part) close() { _ = p.file.Close() }

// at is a part of a file in memory, read by the file's offsets.
type at struct {
	offset int64
	data   []byte
}

// ReadAt implements [io.ReaderAt].
func (a at) ReadAt(p []byte, offset int64) (int, error) {
	from := offset - a.offset
	if from < 0 || from > int64(len(a.data)) {
		return 0, fmt.Errorf("byte %d is not among those read", offset)
	}
	n := copy(p, a.data[from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func chunkRange(chunk *format.ColumnChunk) (from, length int64) {
	from = chunk.MetaData.DataPageOffset
	if d := chunk.MetaData.DictionaryPageOffset; d != 0 && d < from {
		from = d
	}
	return from, chunk.MetaData.TotalCompressedSize
}

// recoverAsDamage turns a panic inside the Parquet library into a damaged file.
func recoverAsDamage(err *error) {
	if fault := recover(); fault != nil {
		*err = damaged("reading it failed: %.200v", fault)
	}
}
