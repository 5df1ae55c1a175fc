package parquetcolumn_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
)

func marshal(v any) []byte {
	text, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		panic(err)
	}
	return text
}

// framed is a file of some pages and a footer.
func framed(pages, footer []byte) []byte {
	text := append([]byte("PAR1"), pages...)
	text = append(text, footer...)
	return append(binary.LittleEndian.AppendUint32(text, uint32(len(footer))), "PAR1"...)
}

func some[T any](v T) thrift.Null[T] { return thrift.Null[T]{V: v, Valid: true} }

// bomb is a file of one column, with what a test makes of it.
type bomb struct {
	kind   format.Type
	nulls  bool
	codec  format.CompressionCodec
	rows   int64
	groups int // all of the same bytes; 0 is 1
}

func (b bomb) schema() []format.SchemaElement {
	leaf := format.SchemaElement{Name: "a", Type: some(b.kind), RepetitionType: some(format.Required)}
	if b.nulls {
		leaf.RepetitionType = some(format.Optional)
	}
	return []format.SchemaElement{{Name: "root", NumChildren: some(int32(1))}, leaf}
}

func (b bomb) of(pages ...[]byte) []byte {
	all := bytes.Join(pages, nil)
	group := format.RowGroup{NumRows: b.rows, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
		Type: b.kind, PathInSchema: []string{"a"}, Codec: b.codec, NumValues: b.rows,
		TotalCompressedSize: int64(len(all)), DataPageOffset: 4,
	}}}}
	footer := format.FileMetaData{Version: 1, Schema: b.schema(), NumRows: b.rows}
	for range max(b.groups, 1) {
		footer.RowGroups = append(footer.RowGroups, group)
	}
	return framed(all, marshal(&footer))
}

func page(values int32, encoding format.Encoding, size int, packed []byte) []byte {
	return append(marshal(&format.PageHeader{
		Type: format.DataPage, UncompressedPageSize: int32(size), CompressedPageSize: int32(len(packed)),
		DataPageHeader: some(format.DataPageHeader{
			NumValues: values, Encoding: encoding, DefinitionLevelEncoding: format.RLE,
		}),
	}), packed...)
}

func dictionary(values int32, packed []byte) []byte {
	return append(marshal(&format.PageHeader{
		Type: format.DictionaryPage, UncompressedPageSize: int32(len(packed)), CompressedPageSize: int32(len(packed)),
		DictionaryPageHeader: some(format.DictionaryPageHeader{NumValues: values, Encoding: format.Plain}),
	}), packed...)
}

func withLength(text []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// run is a run of one value, a byte wide.
func run(length uint64, value byte) []byte {
	return append(binary.AppendUvarint(nil, length<<1), value)
}

// deltas are n times the same number as DELTA_BINARY_PACKED writes it, in one block as long as can be.
func deltas(n uint64, value int64) (text []byte) {
	for _, v := range []uint64{65536, 1, n} {
		text = binary.AppendUvarint(text, v)
	}
	text = binary.AppendVarint(text, value)
	for left := int64(n) - 1; left > 0; left -= 65536 {
		text = append(text, 0, 0) // the difference, and how many bits are added to it
	}
	return text
}

func zipped(size int) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for range size >> 20 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	return out.Bytes()
}

func zstandard(size int) []byte {
	var out bytes.Buffer
	w, _ := zstd.NewWriter(&out)
	for range size >> 20 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	return out.Bytes()
}

// Each of these took gigabytes, minutes, or the whole process.
func TestBombsAreRefusedBeforeTheyTakeMemory(t *testing.T) {
	const huge = math.MaxInt32
	nested := make([]format.SchemaElement, 9000)
	for i := range nested {
		nested[i] = format.SchemaElement{Name: "a", NumChildren: some(int32(1))}
	}
	nested[len(nested)-1] = bomb{kind: format.Int64}.schema()[1]
	number := bomb{kind: format.Int64, rows: 1000}
	word := bomb{kind: format.ByteArray, rows: 65_000}
	packedAs := func(b bomb, codec format.CompressionCodec) bomb { b.codec = codec; return b }
	nullable := number
	nullable.nulls = true
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"a list of 2^31 columns": {
			framed(nil, append([]byte{0x15, 2, 0x19, 0xfc}, binary.AppendUvarint(nil, huge)...)), "claims more than it has",
		},
		"structs in structs until the stack is full": {
			framed(nil, bytes.Repeat([]byte{0x1c}, 10<<20)), "nested more than 32 deep",
		},
		"lists in lists until the stack is full": {
			framed(nil, append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 10<<20)...)), "nested more than 32 deep",
		},
		"columns in columns": {
			framed(nil, marshal(&format.FileMetaData{Version: 1, Schema: nested})), "nested more than 64 deep",
		},
		"a million empty row groups of columns": {
			framed(nil, marshal(&format.FileMetaData{
				Version: 1, Schema: number.schema(),
				RowGroups: []format.RowGroup{{Columns: make([]format.ColumnChunk, 1_000_000)}},
			})), "more than 250000 columns in all",
		},
		"more rows than its bytes can be": {bomb{rows: 1 << 40}.of(), "it claims more than the 10"},
		"row groups that are all the same bytes": {
			bomb{kind: format.Int64, rows: 10, groups: 1000}.of(page(10, format.Plain, 80, make([]byte, 80))),
			"together longer than the file",
		},
		"a header of 2^31 bytes of statistics": {
			number.of(append([]byte{0x15, 0, 0x15, 2, 0x15, 2, 0x2c, 0x15, 2, 0x15, 0, 0x15, 0, 0x15, 0, 0x1c, 0x18},
				binary.AppendUvarint(nil, huge)...)), "claims more than it has",
		},
		"a page that claims 2 GiB": {
			packedAs(number, format.Snappy).of(page(1000, format.Plain, huge, []byte{1})), "more than 512 MiB at once",
		},
		"a page of more values than rows": {number.of(page(huge, format.Plain, 8, make([]byte, 8))), "claims 2147483647 values"},
		"a Snappy frame that claims 4 GiB": {
			packedAs(number, format.Snappy).of(page(1000, format.Plain, 8000, binary.AppendUvarint(nil, math.MaxUint32))),
			"does not unpack to the size",
		},
		"a Snappy frame of another size": {
			packedAs(number, format.Snappy).of(page(1000, format.Plain, 8000, snappy.Encode(nil, make([]byte, 9000)))),
			"does not unpack to the size",
		},
		"256 MiB of gzip behind a page of 8 kB": {
			packedAs(number, format.Gzip).of(page(1000, format.Plain, 8000, zipped(256<<20))), "does not unpack to the size",
		},
		"256 MiB of Zstandard behind a page of 8 kB": {
			packedAs(number, format.Zstd).of(page(1000, format.Plain, 8000, zstandard(256<<20))), "cannot be unpacked",
		},
		"256 MiB of Zstandard that says so": {
			packedAs(number, format.Zstd).of(page(1000, format.Plain, 256<<20, zstandard(256<<20))), "more than 512 MiB at once",
		},
		"a run of 2^31 nulls": {
			nullable.of(page(1000, format.Plain, 10, withLength(run(huge, 0)))), "more values than it says",
		},
		"a run of 2^31 words": {
			number.of(dictionary(1, make([]byte, 8)), page(1000, format.RLEDictionary, 7, append([]byte{1}, run(huge, 0)...))),
			"more values than it says",
		},
		"runs that are together 2^31 words": {
			number.of(dictionary(1, make([]byte, 8)),
				page(1000, format.RLEDictionary, 60_001, append([]byte{1}, bytes.Repeat(run(50_000, 0), 15_000)...))),
			"more values than it says",
		},
		"a dictionary of 2^31 words in 8 bytes": {number.of(dictionary(huge, make([]byte, 8))), "claims 2147483647 values in 8"},
		"differences of 2^31 numbers": {
			number.of(page(1000, format.DeltaBinaryPacked, 12, deltas(huge, 0)[:12])), "more values than it says",
		},
		"65,000 words of 65,000 bytes that begin alike": {
			word.of(page(65_000, format.DeltaByteArray, 65_020, bytes.Join([][]byte{
				deltas(65_000, 65_000), deltas(65_000, 0), make([]byte, 65_000),
			}, nil))), "texts come to more than 128 MiB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := read(test.file)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, test.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*len(test.file)+32<<20), "bytes of memory")
			require.Less(t, time.Since(start), 10*time.Second)
		})
	}
}

// A file within the budget may be packed as well as can be, and pages give back what they held.
func TestALargeFileIsReadPageByPage(t *testing.T) {
	const rows = 1 << 20
	b := bomb{kind: format.Int64, codec: format.Zstd, rows: 4 * rows}
	chunk := page(rows, format.Plain, 8*rows, zstandard(8*rows))
	file := b.of(chunk, chunk, chunk, chunk, bytes.Repeat([]byte{0}, 1<<16))
	got, err := read(file)
	require.NoError(t, err)
	require.Len(t, got, 4*rows)
	require.Equal(t, []string{"0"}, got[rows])
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, rowsOf(20)))
	f.Add(bomb{kind: format.Int64, rows: 10}.of(page(10, format.Plain, 80, make([]byte, 80))))
	f.Add(bomb{kind: format.Int64, rows: 9}.of(dictionary(1, make([]byte, 8)),
		page(9, format.RLEDictionary, 3, append([]byte{1}, run(9, 0)...))))
	f.Add(bomb{kind: format.ByteArray, rows: 9}.of(page(9, format.DeltaByteArray, 30, append(deltas(9, 0), deltas(9, 0)...))))
	f.Fuzz(func(t *testing.T, text []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, _ := read(text)
		runtime.ReadMemStats(&after)
		// The budgets of what is held and of what is unpacked, and the test's own texts.
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<30+1000*len(text)+1000*len(rows)))
	})
}
