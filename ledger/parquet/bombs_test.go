package parquet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"microspend/ledger"

	zstandard "github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
)

// forged is a part whose columns and footer are as somebody who can write to the ledger's folder wants them.
type forged struct {
	meta   format.FileMetaData
	chunks [][]byte // by row group and column
}

func marshal(t testing.TB, v any) []byte {
	text, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	require.NoError(t, err)
	return text
}

// forge takes a part apart.
func forge(t testing.TB, path string) *forged {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	length := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	f := &forged{}
	require.NoError(t, thrift.Unmarshal(new(thrift.CompactProtocol), data[len(data)-8-length:len(data)-8], &f.meta))
	for _, group := range f.meta.RowGroups {
		for _, column := range group.Columns {
			from := column.MetaData.DataPageOffset
			if d := column.MetaData.DictionaryPageOffset; d != 0 {
				from = d
			}
			f.chunks = append(f.chunks, bytes.Clone(data[from:from+column.MetaData.TotalCompressedSize]))
		}
	}
	return f
}

// write puts the part together again, and makes the day's manifest agree with it.
func (f *forged) write(t testing.TB, within, name string, footer func([]byte) []byte) int64 {
	text := []byte("PAR1")
	entry := partEntry{Name: name}
	columns := len(f.meta.RowGroups[0].Columns)
	for i, chunk := range f.chunks {
		column := &f.meta.RowGroups[i/columns].Columns[i%columns].MetaData
		column.DataPageOffset, column.DictionaryPageOffset = int64(len(text)), 0
		column.TotalCompressedSize = int64(len(chunk))
		text = append(text, chunk...)
		entry.Chunks = append(entry.Chunks, checksumOf(chunk))
	}
	entry.Tail.Offset = int64(len(text))
	meta := marshal(t, &f.meta)
	if footer != nil {
		meta = footer(meta)
	}
	text = append(text, meta...)
	text = append(binary.LittleEndian.AppendUint32(text, uint32(len(meta))), "PAR1"...)
	entry.Tail.CRC32C = checksumOf(text[entry.Tail.Offset:])
	sum := sha256.Sum256(text)
	entry.Bytes, entry.SHA256, entry.Rows = int64(len(text)), hex.EncodeToString(sum[:]), f.meta.NumRows

	m, _, err := readManifest(t.Context(), ledgerOf(within), dayOf(firstDay.AddDate(0, 0, 1)))
	require.NoError(t, err)
	for i := range m.Parts {
		if m.Parts[i].Name == name {
			m.Parts[i] = entry
		}
	}
	sealed, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(within, name), text, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(within, manifestName), sealed, 0o600))
	return entry.Bytes
}

func dictionaryPage(t testing.TB, values, size int32, packed []byte) []byte {
	return append(marshal(t, &format.PageHeader{
		Type: format.DictionaryPage, UncompressedPageSize: size, CompressedPageSize: int32(len(packed)),
		DictionaryPageHeader: thrift.Null[format.DictionaryPageHeader]{
			V: format.DictionaryPageHeader{NumValues: values, Encoding: format.Plain}, Valid: true,
		},
	}), packed...)
}

func dataPage(t testing.TB, values int32, encoding format.Encoding, plain []byte) []byte {
	packed := packed(t, 0, plain)
	return append(marshal(t, &format.PageHeader{
		Type: format.DataPage, UncompressedPageSize: int32(len(plain)), CompressedPageSize: int32(len(packed)),
		DataPageHeader: thrift.Null[format.DataPageHeader]{
			V: format.DataPageHeader{NumValues: values, Encoding: encoding, DefinitionLevelEncoding: format.RLE}, Valid: true,
		},
	}), packed...)
}

// packed is a text followed by zeros up to a size, as Zstandard.
func packed(t testing.TB, size int64, text []byte) []byte {
	var out bytes.Buffer
	w, err := zstandard.NewWriter(&out)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	for left := size - int64(len(text)); left > 0; left -= 1 << 20 {
		_, err = w.Write(make([]byte, min(left, 1<<20)))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// TestBombsInALedgerAreNamedAsDamaged has parts with which the manifest and every checksum agree, as whoever can write
// to the folder makes them. Each is damaged, by its name, takes no more memory than its size allows, and leaves the
// rest as it is.
func TestBombsInALedgerAreNamedAsDamaged(t *testing.T) {
	const second = "part-00001.parquet"
	const rows = 16 // of its first row group; it has 40
	intactDir, _, _ := damagedDay(t)
	intact := total(t, intactDir)
	tenant, running := int(columnTenant), int(firstAmount)
	for name, test := range map[string]struct {
		change func(t *testing.T, f *forged)
		footer func([]byte) []byte
		reason string
	}{
		"a dictionary of 1 GiB in 33 kB": {
			func(t *testing.T, f *forged) {
				f.chunks[tenant] = append(dictionaryPage(t, 1<<20, 1<<30, packed(t, 1<<30, nil)),
					dataPage(t, rows, format.RLEDictionary, []byte{1, rows << 1, 0})...)
			}, nil, "MiB at once",
		},
		"pages of 16 MiB in 600 bytes, a thousand times": {
			func(t *testing.T, f *forged) {
				index := dictionaryPage(t, 0, 16<<20, packed(t, 16<<20, nil))
				index = bytes.Replace(index, []byte{0x15, 4}, []byte{0x15, 2}, 1) // an index page, which is passed over
				f.chunks[tenant] = append(bytes.Repeat(index, 1000), f.chunks[tenant]...)
			}, nil, "it unpacks to more than 256 times its size",
		},
		"a run of 2^31 words": {
			func(t *testing.T, f *forged) {
				run := append([]byte{1}, binary.AppendUvarint(nil, math.MaxInt32<<1)...)
				f.chunks[tenant] = append(dictionaryPage(t, 1, 4, packed(t, 4, nil)),
					dataPage(t, rows, format.RLEDictionary, append(run, 0))...)
			}, nil, "more values than it says",
		},
		"a word that is not in the dictionary": {
			func(t *testing.T, f *forged) {
				f.chunks[tenant] = append(dictionaryPage(t, 1, 4, packed(t, 4, nil)),
					dataPage(t, rows, format.RLEDictionary, []byte{8, rows << 1, 200})...)
			}, nil, "refers to a name that is not there",
		},
		"an amount that is not in the dictionary": {
			func(t *testing.T, f *forged) {
				f.chunks[running] = append(dictionaryPage(t, 1, 8, packed(t, 8, nil)),
					dataPage(t, rows, format.RLEDictionary, []byte{8, rows << 1, 200})...)
			}, nil, "index out of range",
		},
		"differences of 2^31 numbers": {
			func(t *testing.T, f *forged) {
				text := []byte{0x80, 1, 4} // blocks of 128 in 4
				f.chunks[running] = dataPage(t, rows, format.DeltaBinaryPacked,
					append(binary.AppendUvarint(text, math.MaxInt32), 0, 0, 0, 0, 0, 0))
			}, nil, "more values than it says",
		},
		"one and a half million rows in a row group": {
			func(_ *testing.T, f *forged) { f.meta.NumRows, f.meta.RowGroups[0].NumRows = 3<<19, 3<<19 }, nil,
			"a row group has 1572864 rows; the most are 1048576",
		},
		"rows beyond what the file can hold": {
			func(_ *testing.T, f *forged) { f.meta.NumRows, f.meta.RowGroups[0].NumRows = 1<<40, 1<<40 }, nil,
			"it claims more than the",
		},
		"a footer of 2^31 columns": {
			func(*testing.T, *forged) {},
			func([]byte) []byte {
				return append([]byte{0x15, 2, 0x19, 0xfc}, binary.AppendUvarint(nil, math.MaxInt32)...)
			},
			"claims more than it has",
		},
		"structs in structs until the stack is full": {
			func(*testing.T, *forged) {}, func([]byte) []byte { return bytes.Repeat([]byte{0x1c}, 10<<20) },
			"nested more than 32 deep",
		},
		"names that may be null": {
			func(_ *testing.T, f *forged) { f.meta.Schema[1+tenant].RepetitionType.V = format.Optional }, nil,
			"may have nulls",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, folder, _ := damagedDay(t)
			f := forge(t, filepath.Join(folder, second))
			test.change(t, f)
			size := f.write(t, folder, second, test.footer)
			l, err := Open(dir, ledger.Options{})
			require.NoError(t, err)

			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			result := total(t, dir)
			check, err := l.Check(t.Context())
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			for _, damaged := range [][]ledger.DamagedFile{result.Damaged, check.Damaged} {
				require.Len(t, damaged, 1)
				require.Equal(t, "usage/dt=2026-10-02/"+second, damaged[0].Path)
				require.Contains(t, damaged[0].Reason, test.reason)
			}
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20+64*size), "bytes of memory")
			require.Less(t, time.Since(start), 10*time.Second)
			served, all := int64(0), int64(0)
			for _, group := range result.Groups {
				served += group.Sum.Records
			}
			for _, group := range intact.Groups {
				all += group.Sum.Records
			}
			require.Equal(t, all-40, served)
		})
	}
}

// What a bomb is held to leaves room for names that are as long and as alike as they may be.
func TestLongNamesThatHardlyDifferAreWithinTheBudget(t *testing.T) {
	records := fleet{microVMs: 5000, tenants: 1, days: 1, periods: 1}.all()
	for i := range records {
		records[i].Tenant = fmt.Sprintf("%s%07d", bytes.Repeat([]byte("a"), 1000), i)
		records[i].Resource.ID = fmt.Sprintf("%s%07d", bytes.Repeat([]byte("m"), 2000), i)
	}
	dir := t.TempDir()
	w := openWriter(t, dir)
	w.sizes = defaultSizes
	upsert(t, w, records)
	require.NoError(t, w.Close())
	result := total(t, dir)
	require.Empty(t, result.Damaged)
	require.Len(t, result.Groups, len(records))
}

// ledgerOf is the ledger's folder that a day's lies in.
func ledgerOf(day string) folder { return folder(filepath.Dir(filepath.Dir(day))) }
