package parquet

import (
	"errors"
	"slices"

	"microspend/internal/parquetcolumn"
	"microspend/usage"
)

// chunkReader reads column chunks of a part, each checked against the manifest before it is decoded. It holds what can
// be used again from chunk to chunk; it is not for several goroutines.
type chunkReader struct {
	data   []byte
	chunk  parquetcolumn.Chunk
	values []int64
}

// pages gives a column chunk's pages in order. The pages are valid during the call alone.
func (r *chunkReader) pages(p *part, group int, c column, take func(parquetcolumn.Page) error) error {
	place := p.places[c]
	if err := r.load(p, group, place); err != nil {
		return err
	}
	defer r.chunk.Close()
	err := r.chunk.Begin(p.parsed, group, p.leaves[place], r.data)
	for err == nil {
		var page parquetcolumn.Page
		if page, err = r.chunk.Next(); err != nil {
			break
		}
		if err := take(page); err != nil {
			return err
		}
	}
	if errors.Is(err, parquetcolumn.ErrEnd) {
		return nil
	}
	return damaged("column %s in row group %d cannot be decoded: %v", columnNames[c], group, err)
}

// numbers gives the values of a column of whole numbers, page by page, with the row that each page begins at.
func (r *chunkReader) numbers(p *part, group int, c column, take func(at int, values []int64) error) error {
	at, rows := 0, p.rowsOf(group)
	if p.places[c] < 0 { // of a measure that was not there yet when the file was written
		r.values = slices.Grow(r.values[:0], rows)[:rows]
		clear(r.values)
		return take(0, r.values)
	}
	var dictionary []int64
	err := r.pages(p, group, c, func(page parquetcolumn.Page) error {
		if page.Dictionary == nil {
			values := page.Values.Int64()[:page.Rows]
			at += len(values)
			return take(at-len(values), values)
		}
		if dictionary == nil {
			whole := page.Dictionary.Page()
			values := whole.Data()
			dictionary = values.Int64()
		}
		r.values = slices.Grow(r.values[:0], page.Rows)[:page.Rows]
		for i, index := range page.Indexes {
			r.values[i] = dictionary[index]
		}
		at += page.Rows
		return take(at-page.Rows, r.values)
	})
	if err == nil && at != rows {
		err = damaged("column %s in row group %d has %d values, not %d", columnNames[c], group, at, rows)
	}
	return err
}

// words gives a column of texts as its dictionary and, for each row, the index into it. The memory of the indexes is
// used again where there is enough.
//
// This is where files of former versions become those of today: what they lack is worked out from the dictionary, a few
// thousand words at most, and not row by row.
func (r *chunkReader) words(p *part, group int, c column, into *words[string]) error {
	if p.version < versionTenantBy && c == columnTenantBy {
		err := r.storedWords(p, group, columnSource, into)
		for i, source := range into.dictionary {
			into.dictionary[i] = string(tenantByOf(source))
		}
		return err
	}
	if p.version == versionMarkedIDs {
		switch c {
		case columnArch:
			into.dictionary, into.indexes = []string{""}, slices.Grow(into.indexes[:0], p.rowsOf(group))[:p.rowsOf(group)]
			clear(into.indexes)
			return nil
		case columnKind, columnResource:
			err := r.storedWords(p, group, columnResource, into)
			for i, name := range into.dictionary {
				if resource := usage.ParseResource(name); c == columnKind {
					into.dictionary[i] = resource.Kind.String()
				} else {
					into.dictionary[i] = resource.ID
				}
			}
			return err
		}
	}
	return r.storedWords(p, group, c, into)
}

// tenantByOf says whose word the tenants were that a source wrote down before records said it: both of these took the
// guest's.
func tenantByOf(source string) usage.TenantBy {
	switch source {
	case "logs":
		return usage.TenantAsserted
	case "cloudwatch":
		return usage.TenantGuest
	default:
		return usage.TenantGiven
	}
}

func (r *chunkReader) storedWords(p *part, group int, c column, into *words[string]) error {
	rows := p.rowsOf(group)
	into.dictionary, into.indexes = nil, slices.Grow(into.indexes[:0], rows)
	err := r.pages(p, group, c, func(page parquetcolumn.Page) error {
		if page.Dictionary == nil {
			return damaged("column %s in row group %d has no dictionary", columnNames[c], group)
		}
		if into.dictionary == nil {
			into.dictionary = make([]string, page.Dictionary.Len())
			for i := range into.dictionary {
				into.dictionary[i] = page.Dictionary.Index(int32(i)).String()
			}
		}
		into.indexes = append(into.indexes, page.Indexes...)
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(into.indexes) != rows:
		return damaged("column %s in row group %d has %d values, not %d", columnNames[c], group, len(into.indexes), rows)
	}
	for _, index := range into.indexes {
		if int(index) >= len(into.dictionary) || index < 0 {
			return damaged("column %s in row group %d refers to a name that is not there", columnNames[c], group)
		}
	}
	return nil
}

func (p *part) columns() int         { return len(layouts[p.version]) }
func (p *part) groups() int          { return len(p.entry.Chunks) / p.columns() }
func (p *part) rowsOf(group int) int { return int(p.parsed.RowsOf(group)) }
