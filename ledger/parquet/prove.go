package parquet

import (
	"errors"
	"fmt"
	"io"

	"microspend/internal/civil"
)

// prove checks all of a part against the manifest, also columns that a query does not read. Otherwise queries would
// disagree: a file with a damaged column counted in those that do not read it and was left out of the others, so that
// the total by tenant was not the total by day. Checksums take a small part of what decoding does, and a file that has
// been proven is not read again for as long as it stays as it is.
func (l *Ledger) prove(p *part, reader *chunkReader) error {
	version := p.file.Version()
	now := version + " " + p.entry.Tail.CRC32C.String()
	if before, ok := l.proven.Load(p.provenAs()); version != "" && ok && before == now {
		return nil
	}
	for group := p.from; group < p.to; group++ {
		for place := range p.columns() {
			if err := reader.load(p, group, place); err != nil {
				return err
			}
		}
	}
	if version != "" {
		l.proven.Store(p.provenAs(), now)
	}
	return nil
}

// provenAs is the place of a part, of which one version at a time is known to be whole.
func (p *part) provenAs() provenKey { return provenKey{p.day, p.entry.Name, p.only} }

type provenKey struct {
	day  civil.Day
	name string
	only rollupRows
}

// load reads a column chunk by its place in the file and holds it to the manifest.
func (r *chunkReader) load(p *part, group, place int) error {
	name := columnNames[layouts[p.version][place]]
	from, length := p.parsed.ChunkRange(group, place) // which is in the file
	if from+length > p.entry.Tail.Offset {
		return damaged("the chunk of column %s in row group %d lies outside of the file", name, group)
	}
	var err error
	if r.data, err = readPiece(p.file, r.data, from, length); err != nil {
		if errors.Is(err, io.EOF) {
			return damaged("it ends within column %s of row group %d", name, group)
		}
		return fmt.Errorf("reading column %s of row group %d: %w", name, group, err)
	}
	if got, want := checksumOf(r.data), p.entry.Chunks[group*p.columns()+place]; got != want {
		return damaged("the checksum of column %s in row group %d is %s, not %s", name, group, got, want)
	}
	return nil
}
