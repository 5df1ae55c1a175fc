package parquet

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

// asParquet writes a ledger's records as WriteParquet does.
func asParquet(t testing.TB, dir string) []byte {
	t.Helper()
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	var out bytes.Buffer
	_, err = WriteParquet(&out, l.Records(t.Context(), always[0], always[1]))
	require.NoError(t, err)
	return out.Bytes()
}

func readParquet(data []byte, options ParquetOptions) (records []usage.Record, report usage.ReadReport, err error) {
	r, err := ReadParquet(bytes.NewReader(data), int64(len(data)), options)
	if err != nil {
		return nil, usage.ReadReport{}, err
	}
	for batch, err := range r.Batches() {
		if err != nil {
			return records, r.Report(), err
		}
		records = append(records, batch...)
	}
	return records, r.Report(), nil
}

// What is exported is the ledger: it reads back as the same records, and makes the same ledger, to the byte.
func TestParquetRoundTrip(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	records := fleet{microVMs: 300, tenants: 7, days: 3, periods: 8}.all() // more than a batch
	records[5].Tenant, records[6].Image, records[7].Role = `=A1+"',`, "\u202e\n", "rôle"
	upsert(t, w, records)
	data := asParquet(t, dir)
	assert.Equal(t, data, asParquet(t, dir), "the bytes depend on the records alone")

	got, report, err := readParquet(data, ParquetOptions{})
	require.NoError(t, err)
	assert.Equal(t, reference(records), got)
	assert.Equal(t, int64(len(records)), report.Rows)
	assert.Equal(t, int64(len(data)), report.Bytes)

	again := t.TempDir()
	w = openWriter(t, again)
	r, err := ReadParquet(bytes.NewReader(data), int64(len(data)), ParquetOptions{})
	require.NoError(t, err)
	_, err = w.Upsert(t.Context(), r.Batches())
	require.NoError(t, err)
	assert.Equal(t, filesOf(t, dir), filesOf(t, again))
}

// Row groups end with their day, so that engines can tell by the least and the largest start which of them they need.
func TestRowGroupsOfAnExportEndWithTheirDay(t *testing.T) {
	dir := t.TempDir()
	upsert(t, openWriter(t, dir), fleet{microVMs: 12, tenants: 3, days: 4, periods: 8}.all())
	data := asParquet(t, dir)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.Len(t, file.RowGroups(), 4)
	for day, group := range file.RowGroups() {
		chunk, ok := group.ColumnChunks()[columnPeriodStart].(*parquet.FileColumnChunk)
		require.True(t, ok)
		least, most, known := chunk.Bounds()
		require.True(t, known)
		start := firstDay.AddDate(0, 0, day)
		assert.Equal(t, start.UnixMilli(), least.Int64())
		assert.Equal(t, start.Add(21*time.Hour).UnixMilli(), most.Int64())
	}
}

func TestWriteParquetOfNothingAndOfDisorder(t *testing.T) {
	var out bytes.Buffer
	none := func(func(usage.Record, error) bool) {}
	written, err := WriteParquet(&out, none)
	require.NoError(t, err)
	assert.Zero(t, written)
	got, _, err := readParquet(out.Bytes(), ParquetOptions{})
	require.NoError(t, err, "no rows are a file all the same")
	assert.Empty(t, got)

	records := reference(fleet{microVMs: 2, tenants: 1, days: 2, periods: 2}.all())
	for _, order := range [][]int{{1, 0}, {0, 0}, {4, 0}} {
		_, err = WriteParquet(io.Discard, func(yield func(usage.Record, error) bool) {
			for _, i := range order {
				if !yield(records[i], nil) {
					return
				}
			}
		})
		require.ErrorIs(t, err, errOutOfOrder)
	}
	errDisk := errors.New("the disk is gone")
	_, err = WriteParquet(io.Discard, func(yield func(usage.Record, error) bool) { yield(usage.Record{}, errDisk) })
	require.ErrorIs(t, err, errDisk)
}

// foreign is a file as other programs write it: other units, widths and nulls, another order, fewer columns.
type foreign struct {
	StorageByteSeconds int64     `parquet:"storage_byte_seconds"`
	WriteBytes         int64     `parquet:"write_bytes"`
	ReadBytes          int32     `parquet:"read_bytes"`
	MemMiBMillis       int64     `parquet:"mem_mib_ms,snappy"`
	VCPUMillis         *int64    `parquet:"vcpu_ms,optional"`
	Tenant             *string   `parquet:"tenant,optional"`
	Image              string    `parquet:"image"`
	MicroVMID          string    `parquet:"microvm_id,optional"`
	Region             string    `parquet:"region,dict"`
	PeriodSeconds      int32     `parquet:"period_seconds"`
	PeriodStart        time.Time `parquet:"period_start,timestamp(microsecond)"`
	Launches           *int64    `parquet:"launches,optional"`
	Coverage           *string   `parquet:"coverage,optional"`
	Day                string    `parquet:"dt"`
}

func foreignFile(t testing.TB, rows []foreign) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[foreign](&out, parquet.DataPageVersion(2))
	_, err := w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestReadParquetOfOtherPrograms(t *testing.T) {
	of := func(v int64) *int64 { return &v }
	text := func(s string) *string { return &s }
	good := foreign{
		VCPUMillis: of(5), Tenant: text("acme"), Image: "img", MicroVMID: "m", Region: "eu-west-1", PeriodSeconds: 60,
		PeriodStart: firstDay.Add(time.Hour), ReadBytes: 7, Launches: of(2), Coverage: text("partial"), Day: "2026-10-01",
	}
	rows := []foreign{good, good, good, good, good, good, good}
	rows[1].VCPUMillis = nil
	rows[2].Tenant, rows[2].Launches, rows[2].Coverage, rows[2].MicroVMID = nil, nil, nil, "other"
	rows[3].PeriodStart = firstDay.Add(1500 * time.Millisecond)
	rows[4].Coverage, rows[4].VCPUMillis = text("whole"), of(-1)
	rows[5].PeriodSeconds, rows[5].MicroVMID = 86_400, "long"
	rows[6].MicroVMID = ""
	data := foreignFile(t, rows)

	_, report, err := readParquet(data, ParquetOptions{})
	var faults *usage.RowsError
	require.ErrorAs(t, err, &faults)
	want := []string{
		"row 2: vcpu_ms: is null; write 0 where nothing was used",
		"row 4: period_start 2026-10-01T00:00:01.5Z is not a whole second",
		`row 5: coverage: "whole" is not a coverage; coverages are complete, partial and unknown`,
		"row 7: microvm_id is missing",
	}
	var got []string
	for _, fault := range faults.Faults {
		got = append(got, fault.String())
	}
	assert.Equal(t, want, got)
	assert.Equal(t, [3]int64{3, 4, 1}, [3]int64{report.Rows, report.Bad, report.Split})

	records, _, err := readParquet(data, ParquetOptions{SkipBad: true, DefaultSource: "meter", MaxFaults: 1})
	require.NoError(t, err)
	first := usage.Record{
		PeriodStart: firstDay.Add(time.Hour), PeriodSeconds: 60, Region: "eu-west-1", Resource: usage.Resource{ID: "m"},
		Image: "img", Tenant: "acme",
		Source: "meter", Amounts: usage.Amounts{pricing.VCPU: 5, pricing.SnapshotRead: 7, usage.Launches: 2},
		Coverage: usage.CoveragePartial,
	}
	second := first
	second.Tenant, second.Amounts[usage.Launches], second.Coverage, second.Resource.ID = "", 0, usage.CoverageComplete,
		"other"
	// 5 vCPU-milliseconds over 23 hours and 1 hour of the next day are 4.79 and 0.21.
	today, tomorrow := first, first
	today.Resource.ID, tomorrow.Resource.ID = "long", "long"
	today.PeriodSeconds, tomorrow.PeriodSeconds, tomorrow.PeriodStart = 23*3600, 3600, firstDay.AddDate(0, 0, 1)
	tomorrow.Amounts = usage.Amounts{}
	assert.Equal(t, []usage.Record{first, second, today, tomorrow}, records)
}

func TestReadParquetRefusesOtherColumns(t *testing.T) {
	type nested struct {
		A int64 `parquet:"a"`
	}
	write := func(w func(io.Writer) error) []byte {
		var out bytes.Buffer
		require.NoError(t, w(&out))
		return out.Bytes()
	}
	type wrong struct {
		PeriodStart   int64    `parquet:"period_start"`
		PeriodSeconds float64  `parquet:"period_seconds"`
		Region        int64    `parquet:"region"`
		MicroVMID     []string `parquet:"microvm_id"`
		Image         nested   `parquet:"image"`
		VCPUMillis    int64    `parquet:"vcpu_ms,decimal(3:18)"`
		Surprise      string   `parquet:"surprise"`
	}
	data := write(func(w io.Writer) error {
		out := parquet.NewGenericWriter[wrong](w)
		_, err := out.Write([]wrong{{}})
		return errors.Join(err, out.Close())
	})
	_, err := ReadParquet(bytes.NewReader(data), int64(len(data)), ParquetOptions{})
	for _, want := range []string{
		"column period_start is not of timestamps, INT64 with a unit",
		"column period_seconds is not of whole numbers, INT64 or INT32",
		"column region is not of text, BYTE_ARRAY",
		"column microvm_id is nested",
		"column image is nested",
		"column vcpu_ms is DECIMAL(18,3), not whole numbers",
		`"surprise" is not a column`,
		"column tenant is missing",
		"columns are those of the ledger's own files: period_start, ",
	} {
		assert.ErrorContains(t, err, want)
	}
	for _, none := range []string{"", "PAR1", "PAR1PAR1", strings.Repeat("PAR1", 100), "period_start,period_seconds\n"} {
		_, err := ReadParquet(strings.NewReader(none), int64(len(none)), ParquetOptions{})
		assert.Error(t, err, "%.20q", none)
	}
}

// FuzzReadParquet damages files: whatever comes of it, it is an error or sound records, and no panic.
func FuzzReadParquet(f *testing.F) {
	dir := f.TempDir()
	w := openWriter(f, dir)
	upsert(f, w, fleet{microVMs: 5, tenants: 2, days: 2, periods: 4}.all())
	data := asParquet(f, dir)
	f.Add(uint(0), byte(0), uint(10), byte(1))
	f.Add(uint(len(data)-30), byte(255), uint(len(data)/2), byte(7))
	f.Fuzz(func(t *testing.T, at uint, by byte, at2 uint, by2 byte) {
		broken := bytes.Clone(data)
		broken[at%uint(len(broken))] ^= by
		broken[at2%uint(len(broken))] ^= by2
		records, _, err := readParquet(broken, ParquetOptions{SkipBad: true})
		if err != nil {
			return
		}
		for _, r := range records {
			if err := r.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
