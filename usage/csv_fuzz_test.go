package usage_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"

	"microspend/pricing"
	"microspend/usage"
)

// FuzzReadCSV holds the reader to encoding/csv and big rationals: a good file of encoding/csv gives the same cells, and
// nothing that comes out was not checked.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(header + row))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(header+row+row, "\n", "\r\n")))
	f.Add([]byte(header + strings.ReplaceAll(row, "acme", "\"a \"\"b\"\",\nc\"")))
	f.Add([]byte(header + strings.ReplaceAll(row, "0.5", "0.12345678901234567890123")))
	f.Add([]byte(header + `"` + row))
	f.Fuzz(func(t *testing.T, data []byte) {
		reader := usage.ReadCSV(bytes.NewReader(data), usage.CSVOptions{SkipBad: true, MaxLineBytes: 4096})
		records, err := readAll(reader)
		if err != nil {
			return
		}
		for _, r := range records {
			if err := r.Check(); err != nil {
				t.Fatal(err)
			}
		}
		report := reader.Report()
		if report.Rows != int64(len(records)) || report.Bytes != int64(len(data)) {
			t.Fatalf("%d records of %+v", len(records), report)
		}
		if report.Bad == 0 {
			compareWithPeer(t, data, records)
		}
	})
}

func compareWithPeer(t *testing.T, data []byte, records []usage.Record) {
	peer := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	names, err := peer.Read()
	if err != nil {
		t.Fatalf("encoding/csv refuses what was read: %v", err)
	}
	for i := 0; ; i++ {
		cells, err := peer.Read()
		if errors.Is(err, io.EOF) {
			if i != len(records) {
				t.Fatalf("%d records, encoding/csv has %d", len(records), i)
			}
			return
		}
		if err != nil {
			t.Fatalf("encoding/csv refuses what was read: %v", err)
		}
		r := records[i]
		for c, name := range names {
			cell := cells[c]
			switch strings.TrimSpace(name) {
			case "tenant":
				if r.Tenant != cell && "'"+r.Tenant != cell {
					t.Fatalf("tenant %q of %q", r.Tenant, cell)
				}
			case "read_gb":
				checkRounded(t, cell, 1<<30, r.Amounts[pricing.SnapshotRead])
			case "storage_gb_hours":
				checkRounded(t, cell, 3600<<30, r.Amounts[pricing.SnapshotStorage])
			}
		}
	}
}

// checkRounded checks that got is cell × perUnit, half-even.
func checkRounded(t *testing.T, cell string, perUnit, got int64) {
	exact, ok := new(big.Rat).SetString(strings.TrimSpace(cell))
	if !ok {
		t.Fatalf("%q was read as a number", cell)
	}
	exact.Mul(exact, new(big.Rat).SetInt64(perUnit))
	off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(got))
	switch half := big.NewRat(1, 2); off.Abs(off).Cmp(half) {
	case 1:
		t.Fatal(fmt.Sprint(cell, " × ", perUnit, " is not ", got))
	case 0:
		if got%2 != 0 {
			t.Fatal(fmt.Sprint(cell, " × ", perUnit, " is not rounded to the even one"))
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString(header)
	for i := range 100_000 {
		fmt.Fprintf(&text, "2026-10-%02dT%02d:00:00Z,3600,eu-west-1,microvm-%017x,image-%d,tenant-%03d,%d.%03d,%d.5,%d,0.5,%d.%d\n",
			i/24%28+1, i%24, uint64(i%10_000)*0x9e3779b97f4a7c15>>1, i%40, i%500, i%3600, i%1000, i%7200, i%4, i%30, i%97)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for batch, err := range usage.ReadCSV(strings.NewReader(text.String()), usage.CSVOptions{}).Batches() {
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch)
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "rows/s")
}
