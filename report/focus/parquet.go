package focus

import (
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"
)

// Digits of the decimals in Parquet: as many as engines can read, and as many behind the point as amounts have.
const (
	precision = 38
	scale     = 20
	width     = 16 // bytes
)

// rowsPerGroup bounds what a reader must hold.
const rowsPerGroup = 1 << 16

// schema is the Parquet schema of the columns.
func schema() *parquet.Schema {
	group := parquet.Group{}
	for _, column := range columns {
		var node parquet.Node
		switch column.Type {
		case Decimal:
			node = parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(width))
		case DateTime:
			node = parquet.Timestamp(parquet.Millisecond)
		default:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		}
		if column.Nullable {
			node = parquet.Optional(node)
		}
		group[column.Name] = node
	}
	return parquet.NewSchema("focus", group)
}

// WriteParquet writes a dataset as Parquet, compressed with zstd.
func WriteParquet(w io.Writer, d Dataset) error {
	s := schema()
	places := make([]int, len(columns)) // of each column in a row
	for i, column := range columns {
		leaf, ok := s.Lookup(column.Name)
		if !ok {
			return fmt.Errorf("column %s is not in the schema", column.Name)
		}
		places[i] = leaf.ColumnIndex
	}
	out := parquet.NewWriter(w, s, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowsPerGroup),
		parquet.KeyValueMetadata("focus_version", "1.2"))
	batch := make([]parquet.Row, 0, 1024)
	flush := func() error {
		_, err := out.WriteRows(batch)
		batch = batch[:0]
		return err
	}
	err := d.each(func(r *row) error {
		values := make(parquet.Row, len(columns))
		for i := range columns {
			value, err := columns[i].parquet(r)
			if err != nil {
				return err
			}
			level := 0
			if columns[i].Nullable && !value.IsNull() {
				level = 1
			}
			values[places[i]] = value.Level(0, level, places[i])
		}
		if batch = append(batch, values); len(batch) < cap(batch) {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return out.Close()
}

func (c *Column) parquet(r *row) (parquet.Value, error) {
	v := c.value(r)
	if v.IsMissing() {
		return parquet.NullValue(), nil
	}
	switch c.Type {
	case Decimal:
		number, _ := v.Number()
		bytes, err := fixed(number)
		if err != nil {
			return parquet.Value{}, fmt.Errorf("%s: %w", c.Name, err)
		}
		return parquet.FixedLenByteArrayValue(bytes), nil
	case DateTime:
		moment, err := time.Parse(time.RFC3339, v.Exact())
		return parquet.Int64Value(moment.UnixMilli()), err
	default:
		return parquet.ByteArrayValue([]byte(v.Exact())), nil
	}
}

// most is the first number that has too many digits.
var most = new(big.Int).Exp(big.NewInt(10), big.NewInt(precision), nil)

// fixed writes a number as a Parquet decimal: big-endian two's complement of its units, half-even.
func fixed(d decimal.Decimal) ([]byte, error) {
	units := d.RoundBank(scale).Shift(scale).BigInt()
	if new(big.Int).Abs(units).Cmp(most) >= 0 {
		return nil, fmt.Errorf("%s has more than %d digits before the point", d, precision-scale)
	}
	if units.Sign() < 0 {
		units.Add(units, new(big.Int).Lsh(big.NewInt(1), 8*width))
	}
	return units.FillBytes(make([]byte, width)), nil
}
