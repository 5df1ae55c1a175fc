package parquetcolumn

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// source is what a chunk's pages are read from.
type source interface {
	io.Reader
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
}

// Chunk reads the pages of a column chunk that is in memory, for readers of millions of rows to whom [Column]'s one
// value at a time would be slow. The zero value must begin with a chunk.
type Chunk struct{ pages pages }

// Page is what a page has, which is valid until the next call.
type Page struct {
	Rows       int
	Dictionary parquet.Dictionary // nil where the page has the values themselves
	Indexes    []int32            // of each row in the dictionary, as the file has them: they may lie outside of it
	Values     encoding.Values    // of each row, where there is no dictionary; they may be more
}

// Begin turns to a chunk of a flat column without nulls. Data is what the file has at the chunk's [File.ChunkRange].
func (c *Chunk) Begin(file *File, group int, of *parquet.Column, data []byte) error {
	c.Close()
	if !of.Leaf() || of.MaxRepetitionLevel() > 0 || of.MaxDefinitionLevel() > 0 {
		return errors.New("a column is nested, or may have nulls")
	}
	c.pages.beginIn(&memory{data}, file, group, of)
	return nil
}

// Next is the next page that has rows. It ends with [ErrEnd].
func (c *Chunk) Next() (Page, error) {
	values, err := c.pages.next()
	if err != nil {
		return Page{}, err
	}
	page := Page{Rows: values.n, Dictionary: values.dictionary, Values: values.decoded}
	if page.Dictionary != nil {
		if len(values.indexes) < values.n {
			return Page{}, errValues
		}
		page.Indexes = values.indexes[:values.n]
	}
	return page, nil
}

// Close gives up the chunk. It can begin with another.
func (c *Chunk) Close() { c.pages.close() }

// memory is a chunk that needs no buffer.
type memory struct{ left []byte }

func (m *memory) Peek(n int) ([]byte, error) {
	if n > len(m.left) {
		return m.left, io.EOF
	}
	return m.left[:n], nil
}

func (m *memory) Discard(n int) (int, error) {
	n = min(n, len(m.left))
	m.left = m.left[n:]
	return n, nil
}

func (m *memory) Read(into []byte) (int, error) {
	if len(m.left) == 0 {
		return 0, io.EOF
	}
	n := copy(into, m.left)
	m.left = m.left[n:]
	return n, nil
}
