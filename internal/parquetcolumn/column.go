// Package parquetcolumn reads single columns of Parquet files that others wrote: of a table of hundreds of columns
// only those that are wanted, whatever the sizes of their pages, side by side.
package parquetcolumn

import (
	"errors"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Column reads the values of one flat column in order. The zero value must begin with a chunk.
type Column struct {
	pages          pages
	values         parquet.ValueReader // of the page; nil where there is none
	buffer, unread []parquet.Value
}

// ErrEnd is for a column chunk that has no further value.
var ErrEnd = errors.New("a column has fewer values than the row group has rows")

// Begin turns to a column of a row group, which must be flat: not a list, nor in a group that may be missing.
func (c *Column) Begin(file *File, group int, of *parquet.Column) error {
	c.Close()
	if !of.Leaf() || of.MaxRepetitionLevel() > 0 || of.MaxDefinitionLevel() > 1 {
		return errors.New("a column is nested")
	}
	c.pages.begin(file, group, of)
	return nil
}

// Next is the value in the next row, which is valid until the next call.
func (c *Column) Next() (parquet.Value, error) {
	for len(c.unread) == 0 {
		if c.values == nil {
			values, err := c.pages.next()
			if err != nil {
				return parquet.Value{}, err
			}
			c.values = values
		}
		if c.buffer == nil {
			c.buffer = make([]parquet.Value, 1024)
		}
		n, err := c.values.ReadValues(c.buffer)
		c.unread = c.buffer[:n]
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			c.values = nil // the next page takes its place, but not before the values at hand are read
		} else if err != nil {
			return parquet.Value{}, err
		}
	}
	value := c.unread[0]
	c.unread = c.unread[1:]
	return value, nil
}

// Close gives up the chunk. The column can begin with another.
func (c *Column) Close() {
	c.values, c.unread = nil, nil
	c.pages.close()
}

// Moments reads a timestamp column's numbers, in whatever unit they are. It is nil for a type that is not of
// timestamps.
func Moments(of parquet.Type) func(int64) time.Time {
	logical := of.LogicalType()
	if logical == nil {
		return nil
	}
	stamp, ok := logical.Value.(*format.TimestampType)
	if !ok {
		return nil
	}
	switch stamp.Unit.Value.(type) {
	case *format.MilliSeconds:
		return func(n int64) time.Time { return time.UnixMilli(n).UTC() }
	case *format.MicroSeconds:
		return func(n int64) time.Time { return time.UnixMicro(n).UTC() }
	case *format.NanoSeconds:
		return func(n int64) time.Time { return time.Unix(0, n).UTC() }
	default:
		return nil
	}
}
