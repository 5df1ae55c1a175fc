package bill

import (
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/shopspring/decimal"

	"microspend/internal/parquetcolumn"
)

// readParquet reads a Parquet file. The library panics on some files that are damaged; that is an error like others.
func readParquet(in io.ReaderAt, size int64) (bill Bill, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			bill, err = Bill{}, fmt.Errorf("the Parquet file is damaged: %v", fault)
		}
	}()
	file, err := parquetcolumn.Open(in, size)
	if err != nil {
		return Bill{}, fmt.Errorf("not readable as Parquet: %w", err)
	}
	// Only plain columns count: names of a map's inner columns and of lists are left empty.
	paths := file.Schema().Columns()
	names := make([]string, len(paths))
	for i, path := range paths {
		if len(path) == 1 {
			names[i] = path[0]
		}
	}
	l, places, err := layoutOf(names)
	if err != nil {
		return Bill{}, err
	}
	table := &parquetRows{file: file}
	for _, place := range places {
		column := &parquetColumn{place: place}
		if place >= 0 {
			column.of = file.Root().Column(names[place])
			if column.of == nil || column.of.MaxRepetitionLevel() > 0 {
				return Bill{}, fmt.Errorf("its column %s holds lists", names[place])
			}
			column.text = texter(column.of.Type())
		}
		table.columns = append(table.columns, column)
	}
	return readTable(l, table)
}

// parquetRows walks the wanted columns of all row groups side by side.
type parquetRows struct {
	file    *parquetcolumn.File
	group   int // the next
	columns []*parquetColumn
	left    int64 // rows of the group that is open
	row     int64
}

type parquetColumn struct {
	parquetcolumn.Column
	place int // -1 for one that the file does not have
	of    *parquet.Column
	text  func(parquet.Value) (string, error)
}

func (r *parquetRows) next(into []string) error {
	for r.left == 0 {
		if r.group == r.file.Groups() {
			return io.EOF
		}
		r.left = r.file.RowsOf(r.group)
		for _, column := range r.columns {
			if column.place < 0 {
				continue
			}
			if err := column.Begin(r.file, r.group, column.of); err != nil {
				return err
			}
		}
		r.group++
	}
	r.left--
	r.row++
	for i, column := range r.columns {
		text, err := column.next()
		if err != nil {
			return err
		}
		into[i] = text
	}
	return nil
}

func (r *parquetRows) place() string { return fmt.Sprintf("row %d", r.row) }

// whole is nothing: to read every column of every row, maps of tags among them, for the sake of rows that a tool wrote
// twice would take several times as long, and nobody edits Parquet by hand.
func (r *parquetRows) whole() []string { return nil }

// next is the column's value in the next row, as text; "" for none.
func (c *parquetColumn) next() (string, error) {
	if c.place < 0 {
		return "", nil
	}
	value, err := c.Next()
	if err != nil {
		return "", fmt.Errorf("the Parquet file is damaged: %w", err)
	}
	if value.IsNull() {
		return "", nil
	}
	return c.text(value)
}

// texter writes values of a type as a CSV file would have them.
func texter(of parquet.Type) func(parquet.Value) (string, error) {
	if moment := parquetcolumn.Moments(of); moment != nil {
		return func(v parquet.Value) (string, error) { return moment(v.Int64()).Format(time.RFC3339Nano), nil }
	}
	isDate := false
	if logical := of.LogicalType(); logical != nil {
		switch kind := logical.Value.(type) {
		case *format.DecimalType:
			return func(v parquet.Value) (string, error) { return decimalText(v, kind.Scale) }
		case *format.DateType:
			isDate = true
		}
	}
	switch of.Kind() {
	case parquet.Double:
		return func(v parquet.Value) (string, error) { return floatText(v.Double(), 64) }
	case parquet.Float:
		return func(v parquet.Value) (string, error) { return floatText(float64(v.Float()), 32) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) (string, error) { return string(v.ByteArray()), nil }
	case parquet.Int64:
		return func(v parquet.Value) (string, error) { return strconv.FormatInt(v.Int64(), 10), nil }
	case parquet.Int32:
		if isDate {
			return func(v parquet.Value) (string, error) {
				return time.Unix(int64(v.Int32())*86_400, 0).UTC().Format(time.DateOnly), nil
			}
		}
		return func(v parquet.Value) (string, error) { return strconv.FormatInt(int64(v.Int32()), 10), nil }
	case parquet.Int96: // days by the Julian calendar and nanoseconds, as older Spark wrote times
		return func(v parquet.Value) (string, error) {
			raw := v.Int96()
			nanoseconds := int64(raw[0]) | int64(raw[1])<<32
			const unixEpoch = 2_440_588
			return time.Unix((int64(raw[2])-unixEpoch)*86_400, nanoseconds).UTC().Format(time.RFC3339Nano), nil
		}
	default:
		return func(v parquet.Value) (string, error) { return v.String(), nil }
	}
}

// floatText is the shortest decimal that stands for the number. AWS writes costs and quantities of reports as doubles, so
// that a float is what there is to read; from here on it is text, and then a decimal.
func floatText(f float64, bits int) (string, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%v is not a number that can be counted with", f)
	}
	return strconv.FormatFloat(f, 'e', -1, bits), nil
}

func decimalText(v parquet.Value, scale int32) (string, error) {
	if scale < 0 || scale > 100 {
		return "", fmt.Errorf("its decimals have a scale of %d", scale)
	}
	var unscaled *big.Int
	switch v.Kind() {
	case parquet.Int32:
		unscaled = big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		unscaled = big.NewInt(v.Int64())
	default:
		bytes := v.ByteArray()
		unscaled = new(big.Int).SetBytes(bytes)
		if len(bytes) > 0 && bytes[0]&0x80 != 0 { // two's complement
			unscaled.Sub(unscaled, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
		}
	}
	return decimal.NewFromBigInt(unscaled, -scale).String(), nil
}
