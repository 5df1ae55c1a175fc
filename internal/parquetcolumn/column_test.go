package parquetcolumn_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/stretchr/testify/require"

	"microspend/internal/parquetcolumn"
)

// row has a column of each kind and encoding that writers use.
type row struct {
	Plain    string    `parquet:"plain"`
	Word     string    `parquet:"word,dict"`
	Maybe    *string   `parquet:"maybe,optional"`
	MaybeOf  *string   `parquet:"maybe_of,optional,dict"`
	Lengths  string    `parquet:"lengths,delta"`
	Prefixes string    `parquet:"prefixes,delta"`
	Number   int64     `parquet:"number"`
	Deltas   int64     `parquet:"deltas,delta"`
	Small    int32     `parquet:"small,delta"`
	Cost     float64   `parquet:"cost,split"`
	Dear     *float64  `parquet:"dear,optional"`
	On       bool      `parquet:"on"`
	OnOr     *bool     `parquet:"on_or,optional"`
	At       time.Time `parquet:"at,timestamp(microsecond),delta"`
	Digest   [16]byte  `parquet:"digest"`
}

func rowsOf(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{
			Plain: fmt.Sprintf("line %d", i), Word: []string{"", "vCPU", "GB-Second"}[i%3],
			Lengths: strings.Repeat("x", i%7), Prefixes: fmt.Sprintf("arn:aws:lambda:eu-west-1:%012d", i/5),
			Number: int64(i) << 30, Deltas: int64(i*i) - 1000, Small: int32(-i), Cost: float64(i) / 3, On: i%5 == 0,
			At: time.Unix(int64(i)*3600, 0).UTC(), Digest: [16]byte{byte(i), 15: byte(i >> 8)},
		}
		if i%4 != 0 {
			rows[i].Maybe, rows[i].MaybeOf, rows[i].Dear = &rows[i].Plain, &rows[i].Word, &rows[i].Cost
		}
		if i%1000 < 900 {
			rows[i].OnOr = &rows[i].On
		}
	}
	return rows
}

func written(t testing.TB, rows []row, options ...parquet.WriterOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out, options...)
	_, err := w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// read reads all columns side by side, as text.
func read(text []byte) (rows [][]string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the library panics: %v", fault)
		}
	}()
	file, err := parquetcolumn.Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	leaves := file.Root().Columns()
	columns := make([]parquetcolumn.Column, len(leaves))
	for group := range file.Groups() {
		for i, leaf := range leaves {
			if err := columns[i].Begin(file, group, leaf); err != nil {
				return nil, err
			}
		}
		for range file.RowsOf(group) {
			values := make([]string, len(leaves))
			for i := range columns {
				value, err := columns[i].Next()
				if err != nil {
					return nil, fmt.Errorf("column %s: %w", leaves[i].Name(), err)
				}
				values[i] = value.String()
			}
			rows = append(rows, values)
		}
	}
	for i := range columns {
		columns[i].Close()
	}
	return rows, nil
}

// readByLibrary is what read is held to.
func readByLibrary(t *testing.T, text []byte) (rows [][]string) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		defer reader.Close()
		for buffer := make([]parquet.Row, 100); ; {
			n, err := reader.ReadRows(buffer)
			for _, row := range buffer[:n] {
				values := make([]string, len(row))
				for i, value := range row {
					values[i] = value.String()
				}
				rows = append(rows, values)
			}
			if err != nil {
				break
			}
		}
	}
	return rows
}

func TestEveryKindOfPageIsReadAsTheLibraryReadsIt(t *testing.T) {
	rows := rowsOf(2000)
	want := readByLibrary(t, written(t, rows)) // which mixes up what it wrote as LZ4 itself (v0.32.0)
	require.Len(t, want, len(rows))
	for name, codec := range map[string]compress.Codec{
		"uncompressed": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "zstd": &parquet.Zstd,
		"brotli": &parquet.Brotli, "lz4": &parquet.Lz4Raw,
	} {
		for _, version := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s, pages of version %d", name, version), func(t *testing.T) {
				text := written(t, rows, parquet.Compression(codec), parquet.DataPageVersion(version),
					parquet.PageBufferSize(4000), parquet.MaxRowsPerRowGroup(700))
				got, err := read(text)
				require.NoError(t, err)
				require.Len(t, got, len(want))
				for i := range want {
					require.Equal(t, want[i], got[i], "row %d", i)
				}
			})
		}
	}
}

func TestDamageIsAnErrorAndNeverWrongValuesInSilence(t *testing.T) {
	text := written(t, rowsOf(300), parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(1000))
	want, err := read(text)
	require.NoError(t, err)
	const footer = 9000 // names and statistics of it may change without a change of values
	for at := 4; at < len(text)-footer; at += 37 {
		broken := bytes.Clone(text)
		broken[at] ^= 0x55
		if got, err := read(broken); err == nil {
			require.True(t, reflect.DeepEqual(want, got), "byte %d", at)
		}
	}
	for at := len(text) - footer; at < len(text); at += 7 {
		broken := bytes.Clone(text)
		broken[at] ^= 0x55
		_, _ = read(broken) // it comes back
		_, err := read(text[:at])
		require.Error(t, err)
	}
}
