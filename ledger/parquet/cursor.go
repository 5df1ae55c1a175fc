package parquet

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	"microspend/internal/intern"
	"microspend/internal/parquetcolumn"
	"microspend/usage"
)

// cursor reads one column of a Parquet file from outside, and puts its values into records.
type cursor struct {
	column column
	leaf   *parquet.Column
	set    func(*usage.Record, parquet.Value) error
	parquetcolumn.Column
}

var (
	errNotWhole = errors.New("is not of whole numbers, INT64 or INT32")
	errNotText  = errors.New("is not of text, BYTE_ARRAY")
	errNotTime  = errors.New("is not of timestamps, INT64 with a unit")
	errNotFlat  = errors.New("is nested")
	errNoValue  = errors.New("is null; write 0 where nothing was used")
	errNoTime   = errors.New("is null")
)

// newCursor says how a column's values become part of a record, if its type can be that.
func newCursor(c column, of *parquet.Column) (*cursor, error) {
	if !of.Leaf() || of.MaxRepetitionLevel() > 0 || of.MaxDefinitionLevel() > 1 {
		return nil, errNotFlat
	}
	cur := &cursor{column: c, leaf: of}
	kind := of.Type().Kind()
	switch {
	case c == columnPeriodStart:
		moment := parquetcolumn.Moments(of.Type())
		if kind != parquet.Int64 || moment == nil {
			return nil, errNotTime
		}
		cur.set = func(r *usage.Record, value parquet.Value) error {
			if value.IsNull() {
				return errNoTime
			}
			r.PeriodStart = moment(value.Int64())
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

// isWhole reports whether a logical type is one of the integers.
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
	names := intern.Table[string]{Read: func(field string) string { return field }}
	n := slices.Index(nameColumns[:], c)
	return func(r *usage.Record, value parquet.Value) error {
		if given(value) { // a row without a source is of the default one
			*r.Names()[n] = names.Of(value.ByteArray())
		}
		return nil
	}
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
