package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"microspend/internal/civil"
	"microspend/internal/parquetcolumn"
)

// Whoever can write to a ledger's folder can make its manifests agree with any file, so checksums do not bound what
// decoding a part takes. These do, with what [parquetcolumn] holds every file to; each is beyond what this program
// writes.
const (
	maxGroupRows = 1 << 20   // of a row group, which readers hold in memory
	maxPiece     = 512 << 20 // bytes that are read at once: a column of a row group, or the tail
	maxHeld      = 2 << 30   // bytes of pages and dictionaries
)

// heldBy is how many bytes a part may have unpacked at once. Names of 2,048 bytes that differ in a few take three bytes
// each in the file, and are held four times.
func heldBy(bytes int64) int64 {
	return min(64<<20+4096*min(bytes, maxHeld), maxHeld)
}

// openParquet reads the footer of a part's file.
func openParquet(in io.ReaderAt, bytes int64) (*parquetcolumn.File, error) {
	opened, err := parquetcolumn.OpenWithin(in, bytes, heldBy(bytes))
	if err != nil {
		return nil, err
	}
	for group := range opened.Groups() {
		if rows := opened.RowsOf(group); rows > maxGroupRows {
			return nil, fmt.Errorf("a row group has %d rows; the most are %d", rows, maxGroupRows)
		}
	}
	return opened, nil
}

// readPiece reads a number of bytes into room that is made where there is too little.
func readPiece(file io.ReaderAt, room []byte, from, length int64) ([]byte, error) {
	if length > maxPiece {
		return room, damaged("%d bytes of it belong together; the most are %d", length, maxPiece)
	}
	room = slices.Grow(room[:0], int(length))[:length]
	n, err := file.ReadAt(room, from)
	if n == len(room) {
		err = nil
	}
	return room, err
}

// rollupRows are those of a rollup that are read.
type rollupRows uint8

const (
	rollupAll rollupRows = iota
	rollupHours
	rollupDay
)

// part is an open Parquet file whose tail is proven to be what the manifest says. The file cannot change while it is
// open: files are replaced, never written to.
type part struct {
	entry  partEntry
	rollup *rollupEntry // what the file is of where it is no part but a rollup
	only   rollupRows   // which of its rows are read
	day    civil.Day
	file   File
	parsed *parquetcolumn.File
	footer *footer // what was parsed of the same tail before; nil where that is not kept

	leaves  []*parquet.Column // of the file, by their places
	version int               // of the format
	places  [columnsAtAll]int // of the columns in the file

	from, to int // the row groups that are read, half-open
}

// damage is why a file's content is not what was written, and the part that it is in once that is known.
type damage struct{ reason, part string }

func (d *damage) Error() string { return d.reason }

func damaged(format string, args ...any) error { return &damage{reason: fmt.Sprintf(format, args...)} }

// errNotThisPart says that a file is intact as far as is known, but not the one that the manifest means.
var errNotThisPart = errors.New("another version of the part")

// openPart opens a part if it has the size and the tail that the manifest says.
func openPart(ctx context.Context, files Files, day civil.Day, entry partEntry) (*part, error) {
	file, err := files.Open(ctx, day, entry.file())
	if err != nil {
		return nil, err
	}
	return newPart(file, &part{entry: entry, day: day})
}

// openRollup opens a day's rollup in the same way.
func openRollup(ctx context.Context, files Files, day civil.Day, rollup *rollupEntry, only rollupRows,
	footer *footer,
) (*part, error) {
	file, err := files.Open(ctx, day, rollup.file())
	if err != nil {
		return nil, err
	}
	return newPart(file, &part{entry: rollup.partEntry, day: day, rollup: rollup, only: only, footer: footer})
}

// newPart takes over an open file, which it closes unless it is the part.
func newPart(file File, p *part) (*part, error) {
	p.file = file
	tail, err := p.readTail()
	if err == nil {
		err = p.parse(tail)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return p, nil
}

func (p *part) readTail() ([]byte, error) {
	if size := p.file.Size(); size != p.entry.Bytes {
		return nil, fmt.Errorf("%w: it has %d bytes, not %d", errNotThisPart, size, p.entry.Bytes)
	}
	tail, err := readPiece(p.file, nil, p.entry.Tail.Offset, p.entry.Bytes-p.entry.Tail.Offset)
	if err != nil {
		return nil, err
	}
	if got := checksumOf(tail); got != p.entry.Tail.CRC32C {
		return nil, fmt.Errorf("%w: its footer's checksum is %s, not %s", errNotThisPart, got, p.entry.Tail.CRC32C)
	}
	return tail, nil
}

// parse reads the footer. That it is what the manifest says does not show that this program wrote both.
func (p *part) parse(tail []byte) (err error) {
	defer recoverAsDamage(&err)
	opened, err := p.footer.open(withTail{p.file, p.entry.Tail.Offset, tail}, p.entry.Bytes)
	if err != nil {
		return damaged("its footer is not readable: %v", err)
	}
	var known bool
	p.version, p.places, known = versionOf(opened.Schema().Columns())
	if !known || (p.version == rollupLayout) != (p.rollup != nil) {
		return damaged("its columns are %.200q, which are those of no version", opened.Schema().Columns())
	}
	groups := opened.Groups() // each of which has all columns
	if len(p.entry.Chunks) != groups*p.columns() || opened.NumRows() != p.entry.Rows {
		return damaged("it has %d rows in %d row groups, which is not what the manifest says", opened.NumRows(), groups)
	}
	p.parsed, p.leaves = opened, opened.Root().Columns()
	p.from, p.to = 0, groups
	if p.only != rollupAll {
		return p.narrow()
	}
	return nil
}

// narrow has the hours of a rollup read alone, or the sums of the day, which are in row groups of their own.
func (p *part) narrow() error {
	days, rest := p.to, p.rollup.DayRows
	for rest > 0 && days > 0 {
		days--
		rest -= int64(p.rowsOf(days))
	}
	if rest != 0 {
		return damaged("its last row groups do not have the %d rows of the day alone", p.rollup.DayRows)
	}
	if p.only == rollupDay {
		p.from = days
	} else {
		p.to = days
	}
	return nil
}

func (p *part) close() { _ = p.file.Close() }

// withTail is a file whose tail is in memory, as it was proven.
type withTail struct {
	file   io.ReaderAt
	offset int64
	tail   []byte
}

// ReadAt implements [io.ReaderAt].
func (f withTail) ReadAt(p []byte, offset int64) (int, error) {
	if offset < f.offset {
		return f.file.ReadAt(p[:min(int64(len(p)), f.offset-offset)], offset)
	}
	return bytes.NewReader(f.tail).ReadAt(p, offset-f.offset)
}

// recoverAsDamage turns a panic inside the Parquet library into a damaged file.
func recoverAsDamage(err *error) {
	if fault := recover(); fault != nil {
		*err = damaged("reading it failed: %.200v", fault)
	}
}
