package clickhouse

import (
	"encoding/binary"
	"iter"

	"microspend/usage"
)

// appendNative writes records as a block in the Native format: the number of columns and of rows, then each column with
// its name and type. The types are simpler than the table's where the server turns them into the table's by itself.
// https://clickhouse.com/docs/interfaces/formats/Native
func appendNative(block []byte, records []usage.Record, deleted []bool) []byte {
	block = binary.AppendUvarint(block, uint64(len(columns)))
	block = binary.AppendUvarint(block, uint64(len(records)))
	for _, c := range columns {
		block = appendText(block, c.name)
		block = appendText(block, c.wire)
		switch {
		case c.text != nil:
			for i := range records {
				block = appendText(block, c.text(&records[i]))
			}
		case c.number != nil:
			for i := range records {
				block = c.append(block, c.number(&records[i]))
			}
		default:
			for _, gone := range deleted {
				block = append(block, bit(gone))
			}
		}
	}
	return block
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func appendText(block []byte, text string) []byte {
	block = binary.AppendUvarint(block, uint64(len(text)))
	return append(block, text...)
}

// column is a column of usage, with what a record has in it.
type column struct {
	name string
	// kind is its type in the table, and codec how it is compressed there.
	kind, codec string
	wire        string // its type in a Native block
	text        func(*usage.Record) string
	number      func(*usage.Record) int64
}

func (c *column) append(block []byte, n int64) []byte {
	switch c.wire {
	case "UInt8", "Int8":
		return append(block, byte(n))
	case "UInt32":
		return binary.LittleEndian.AppendUint32(block, uint32(n))
	}
	return appendUint64(block, uint64(n))
}

func appendUint64(block []byte, n uint64) []byte { return binary.LittleEndian.AppendUint64(block, n) }

// columns are those of usage that an import writes. The version has the same value in all rows of an import: it is the
// default of the table that the import is staged in.
var columns = func() (all []column) {
	const lowCardinality, text = "LowCardinality(String)", "String"
	all = append(all,
		column{
			name: "period_start", kind: "DateTime('UTC')", codec: "DoubleDelta, ZSTD(1)", wire: "UInt32",
			number: func(r *usage.Record) int64 { return r.PeriodStart.Unix() },
		},
		column{
			name: "period_seconds", kind: "UInt32", codec: "T64, ZSTD(1)", wire: "UInt32",
			number: func(r *usage.Record) int64 { return r.PeriodSeconds },
		},
		column{
			name: "resource", kind: text, codec: "ZSTD(1)", wire: text,
			text: func(r *usage.Record) string { return r.Resource.String() },
		})
	for n, name := range usage.NameColumns() {
		if name == microVMColumn {
			continue // which resource has with its kind
		}
		all = append(all, column{
			name: name, kind: lowCardinality, wire: text,
			text: func(r *usage.Record) string { return *r.Names()[n] },
		})
	}
	for _, m := range usage.Measures() {
		all = append(all, column{
			name: m.Counted().Column, kind: "Int64", codec: "T64, ZSTD(1)", wire: "Int64",
			number: func(r *usage.Record) int64 { return r.Amounts[m] },
		})
	}
	return append(all,
		column{
			name: "coverage", kind: "Enum8('unknown' = 0, 'partial' = 1, 'complete' = 2)", wire: "Int8",
			number: func(r *usage.Record) int64 { return int64(r.Coverage) },
		},
		column{name: "deleted", kind: "UInt8", wire: "UInt8"})
}()

// microVMColumn and kindColumn are the columns of Parquet files that a resource's name is made of.
const (
	microVMColumn = "microvm_id"
	kindColumn    = "resource_kind"
)

// record reads a record in the order of the columns, but whether it is deleted.
func (r *rowReader) record(to *usage.Record) {
	*to = usage.Record{PeriodStart: secondStart(int64(r.uint32())), PeriodSeconds: int64(r.uint32())}
	to.Resource = r.resource()
	place := to.Names()
	for n, name := range usage.NameColumns() {
		if name != microVMColumn {
			*place[n] = r.name()
		}
	}
	for m := range to.Amounts {
		to.Amounts[m] = r.int64()
	}
	to.Coverage = usage.Coverage(r.uint8())
}

// resource reads a resource's name.
func (r *rowReader) resource() usage.Resource { return r.ids.Of(r.blob(maxName)) }

// columnNames are the names of the columns that a record is read from, in order.
func columnNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, c := range columns[:len(columns)-1] {
			if !yield(c.name) {
				return
			}
		}
	}
}
