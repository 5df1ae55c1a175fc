package parquet

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"microspend/ledger"

	"microspend/usage"
)

// benchRows is how many rows the benchmarks use: a million, or what LEDGER_BENCH_ROWS says (10000000 for the figures of
// the design).
func benchRows(b *testing.B) int {
	text := os.Getenv("LEDGER_BENCH_ROWS")
	if text == "" {
		return 1_000_000
	}
	rows, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// benchFleet has hourly records of 30 days; the MicroVMs make up the rest of the rows.
func benchFleet(rows int) fleet {
	return fleet{microVMs: max(1, rows/(30*24)), tenants: 500, days: 30, periods: 24}
}

// made gives a fleet's records in batches, as they come, made on the way.
func (f fleet) made() iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		batch := make([]usage.Record, 0, 2048)
		for i := range f.count() {
			batch = append(batch, f.record(i))
			if len(batch) == cap(batch) || i == f.count()-1 {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
		}
	}
}

// benchCSV writes a fleet as a CSV file, once for all benchmarks.
func benchCSV(b *testing.B) (path string, rows int) {
	b.Helper()
	f := benchFleet(benchRows(b))
	path = filepath.Join(os.TempDir(), fmt.Sprintf("microspend-bench-%d-%d.csv", os.Getuid(), f.count()))
	if _, err := os.Stat(path); err == nil {
		return path, f.count()
	}
	file, err := os.CreateTemp(os.TempDir(), "microspend-bench-*")
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(file.Name())
	_, err = usage.WriteCSV(file, func(yield func(usage.Record, error) bool) {
		for i := range f.count() {
			if !yield(f.record(i), nil) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		b.Fatal(err)
	}
	return path, f.count()
}

// peakHeap samples the memory that Go holds from the system until the function it returns is called, which gives the
// peak in MB.
func peakHeap() func() float64 {
	debug.FreeOSMemory()
	stop, done := make(chan struct{}), make(chan struct{})
	var peak uint64
	go func() {
		defer close(done)
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return sync.OnceValue(func() float64 {
		close(stop)
		<-done
		return float64(peak) / 1e6
	})
}

func BenchmarkImportCSV(b *testing.B) {
	path, rows := benchCSV(b)
	peak := peakHeap()
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		file, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		w, err := OpenForWriting(dir, ledger.Options{})
		if err != nil {
			b.Fatal(err)
		}
		n, err := w.Upsert(context.Background(), usage.ReadCSV(file, usage.CSVOptions{}).Batches())
		if err != nil || n.Added != int64(rows) {
			b.Fatal(n, err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		_ = file.Close()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak(), "peak-MB")
}

// benchLedger makes a fleet's ledger, once for all benchmarks.
func benchLedger(b *testing.B) (l *Ledger, rows int) {
	b.Helper()
	f := benchFleet(benchRows(b))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("microspend-bench-%d-%d.ledger", os.Getuid(), f.count()))
	w, err := OpenForWriting(dir, ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if days, err := w.files.Days(b.Context()); err != nil || len(days) != f.days {
		if _, err := w.Upsert(context.Background(), f.made()); err != nil {
			b.Fatal(err)
		}
	}
	return &w.Ledger, f.count()
}

func BenchmarkAggregate(b *testing.B) {
	l, rows := benchLedger(b)
	for _, bench := range []struct {
		name string
		by   []ledger.Field
	}{
		{"tenant,day", []ledger.Field{ledger.FieldTenant, ledger.FieldDay}},
		{"microvm", []ledger.Field{ledger.FieldResource}},
		{"total", nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			peak := peakHeap()
			for b.Loop() {
				result, err := l.Aggregate(context.Background(), ledger.Query{From: firstDay, To: firstDay.AddDate(0, 1, 0), By: bench.by})
				if err != nil || len(result.Groups) == 0 || len(result.Damaged) > 0 {
					b.Fatal(result.Damaged, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(peak(), "peak-MB")
		})
	}
}

func BenchmarkExportCSV(b *testing.B) {
	l, rows := benchLedger(b)
	for b.Loop() {
		n, err := usage.WriteCSV(io.Discard, l.Records(context.Background(), firstDay, firstDay.AddDate(0, 1, 0)))
		if err != nil || n != int64(rows) {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkSizeOnDisk(b *testing.B) {
	l, rows := benchLedger(b)
	var size int64
	for b.Loop() {
		size = 0
		paths, err := filepath.Glob(filepath.Join(l.Dir(), "usage", "dt=*", "*.parquet"))
		if err != nil {
			b.Fatal(err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			size += info.Size()
		}
	}
	b.ReportMetric(float64(size)/float64(rows), "bytes/row")
	b.ReportMetric(float64(size)*10_000_000/float64(rows)/1e6, "MB/10M-rows")
}

// BenchmarkRollup makes the rollup of a day whose records come as they do in an import.
func BenchmarkRollup(b *testing.B) {
	f := fleet{microVMs: 10_000, tenants: 500, days: 1, periods: 34} // most of which are of two hours
	rows, records := f.count(), f.all()
	slices.SortFunc(records, func(x, y usage.Record) int { return ledger.CompareKeys(&x, &y) })
	codec, day := newCodec(), dayOf(firstDay)
	b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
		for b.Loop() {
			made := newRollup()
			for i := range records {
				made.add(&records[i])
			}
			file, err := os.CreateTemp(b.TempDir(), "")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := made.write(file, day, codec); err != nil {
				b.Fatal(err)
			}
			_ = file.Close()
		}
	})
}
