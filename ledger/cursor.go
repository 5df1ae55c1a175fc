package ledger

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"microspend/usage"
)

// cursor reads one column of a Parquet file from outside, and puts its values into records.
type cursor struct {
	column column
	leaf   int // of the file
	set    func(*usage.Record, parquet.Value) error
	pages  parquet.Pages
	values parquet.ValueReader // of the page
	buffer [batchRows]parquet.Value
}

var (
	errNotWhole  = errors.New("is not of whole numbers, INT64 or INT32")
	errNotText   = errors.New("is not of text, BYTE_ARRAY")
	errNotTime   = errors.New("is not of timestamps, INT64 with a unit")
	errNotFlat   = errors.New("is nested")
	errNoValue   = errors.New("is null; write 0 where nothing was used")
	errNoTime    = errors.New("is null")
	errColumnEnd = errors.New("it has fewer values than the row group has rows")
)

// newCursor says how a column's values become part of a record, if its type can be that.
func newCursor(c column, of *parquet.Column) (*cursor, error) {
	if !of.Leaf() || of.MaxRepetitionLevel() > 0 || of.MaxDefinitionLevel() > 1 {
		return nil, errNotFlat
	}
	cur := &cursor{column: c, leaf: of.Index()}
	kind := of.Type().Kind()
	switch {
	case c == columnPeriodStart:
		unit := timestampUnit(of)
		if kind != parquet.Int64 || unit == 0 {
			return nil, errNotTime
		}
		cur.set = func(r *usage.Record, value parquet.Value) error {
			if value.IsNull() {
				return errNoTime
			}
			n := value.Int64()
			seconds := floorDiv(n, unit)
			r.PeriodStart = time.Unix(seconds, (n-seconds*unit)*(1e9/unit)).UTC()
			return nil
		}
	case c >= columnRegion && c < firstAmount || c == columnCoverage:
		if kind != parquet.ByteArray {
			return nil, errNotText
		}
		cur.set = setText(c)
	default:
		if kind != parquet.Int64 && kind != parquet.Int32 {
			return nil, errNotWhole
		}
		if logical := of.Type().LogicalType(); logical != nil && logical.Value != nil && !isWhole(logical.String()) {
			return nil, fmt.Errorf("is %s, not whole numbers", logical)
		}
		cur.set = setNumber(c, kind == parquet.Int32)
	}
	return cur, nil
}

// isWhole says whether a logical type is one of the integers.
func isWhole(logical string) bool { return len(logical) >= 3 && logical[:3] == "INT" }

func setText(c column) func(*usage.Record, parquet.Value) error {
	given := func(value parquet.Value) bool { return !value.IsNull() && len(value.ByteArray()) > 0 }
	switch c {
	case columnCoverage:
		return func(r *usage.Record, value parquet.Value) (err error) {
			if given(value) {
				r.Coverage, err = usage.ParseCoverage(string(value.ByteArray()))
			}
			return err
		}
	case columnKind:
		return func(r *usage.Record, value parquet.Value) (err error) {
			if given(value) {
				r.Resource.Kind, err = usage.ParseKind(string(value.ByteArray()))
			}
			return err
		}
	}
	names, n := names{}, slices.Index(nameColumns[:], c)
	return func(r *usage.Record, value parquet.Value) error {
		if given(value) { // a row without a source is of the default one
			*r.Names()[n] = names.of(value.ByteArray())
		}
		return nil
	}
}

// names gives one string to all values with the same name.
type names struct {
	last  string
	known map[string]string
}

// maxKnown bounds the memory that names take; past it they are forgotten and learnt anew.
const maxKnown = 1 << 16

func (n *names) of(text []byte) string {
	if string(text) == n.last {
		return n.last
	}
	name, ok := n.known[string(text)]
	if !ok {
		if n.known == nil || len(n.known) == maxKnown {
			n.known = map[string]string{}
		}
		name = string(text)
		n.known[name] = name
	}
	n.last = name
	return name
}

func setNumber(c column, narrow bool) func(*usage.Record, parquet.Value) error {
	return func(r *usage.Record, value parquet.Value) error {
		if value.IsNull() {
			if c.optional() {
				return nil
			}
			return errNoValue
		}
		n := int64(0)
		if narrow {
			n = int64(value.Int32())
		} else {
			n = value.Int64()
		}
		if c == columnPeriodSeconds {
			r.PeriodSeconds = n
			return nil
		}
		r.Amounts[c-firstAmount] = n
		return nil
	}
}

// begin turns to a row group's chunk.
func (c *cursor) begin(chunk parquet.ColumnChunk) {
	c.close()
	c.pages = chunk.Pages()
}

// next gives the next n values. They are valid until the next call.
func (c *cursor) next(n int) ([]parquet.Value, error) {
	for have := 0; have < n; {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return nil, errColumnEnd
			}
			if err != nil {
				return nil, err
			}
			c.values = page.Values()
		}
		got, err := c.values.ReadValues(c.buffer[have:n])
		have += got
		if errors.Is(err, io.EOF) || err == nil && got == 0 {
			c.values = nil // the page is not given back to be used again, as the values at hand may lie in it
		} else if err != nil {
			return nil, err
		}
	}
	return c.buffer[:n], nil
}

func (c *cursor) close() {
	c.values = nil
	if c.pages != nil {
		_ = c.pages.Close()
		c.pages = nil
	}
}
