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
	pages          parquet.Pages
	values         parquet.ValueReader // of the page
	buffer, unread []parquet.Value
}

// ErrEnd is for a column chunk that has no further value.
var ErrEnd = errors.New("a column has fewer values than the row group has rows")

// Begin turns to a row group's chunk.
func (c *Column) Begin(chunk parquet.ColumnChunk) {
	c.Close()
	c.pages = chunk.Pages()
}

// Next is the value in the next row, which is valid until the next call.
func (c *Column) Next() (parquet.Value, error) {
	for len(c.unread) == 0 {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return parquet.Value{}, ErrEnd
			}
			if err != nil {
				return parquet.Value{}, err
			}
			c.values = page.Values()
		}
		if c.buffer == nil {
			c.buffer = make([]parquet.Value, 1024)
		}
		n, err := c.values.ReadValues(c.buffer)
		c.unread = c.buffer[:n]
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			c.values = nil // the page is not given back to be used again, as the values at hand may lie in it
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
	if c.pages != nil {
		_ = c.pages.Close()
		c.pages = nil
	}
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
