package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ledgerFigures are those of ten million rows: 10,000 MicroVMs of 500 tenants over 30 days. MICROSPEND_BENCH_ROWS asks
// for fewer, or more. All are those of real processes.
func ledgerFigures(show func(figure)) (err error) {
	rows, err := benchRows()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "microspend-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	whole, err := filled(dir, "whole", fleet{rows / 1000, fleetDays}, 2)
	if err != nil {
		return err
	}
	tenth, err := filled(dir, "tenth", fleet{rows / 1000, fleetDays / 10}, 3)
	if err != nil {
		return err
	}
	million := fmt.Sprintf("%.3g million rows", float64(whole.rows)/1e6)
	show(figure{
		"import of " + million, fmt.Sprintf("%.0f rows/s", whole.perSecond()), "500,000 rows/s or more",
		fmt.Sprintf("%s, %.2f µs of processor a row, %s at its peak", seconds(whole.took.wall),
			float64(whole.took.cpu.Microseconds())/float64(whole.rows), megabytes(whole.took.memory)),
	})
	show(figure{
		"  against a tenth of it", fmt.Sprintf("%.2f × the time", ratio(whole.took.wall, tenth.took.wall)),
		"linear: up to 10 ×",
		fmt.Sprintf("%.2f × the processor time; %.0f rows/s", ratio(whole.took.cpu, tenth.took.cpu), tenth.perSecond()),
	})
	size, err := sizeOf(whole.dir)
	if err != nil {
		return err
	}
	show(figure{
		"size on disk", megabytes(size), "200 MB or less",
		fmt.Sprintf("%.1f bytes a row; the CSV is %.1f × as large", float64(size)/float64(whole.rows),
			float64(whole.csvBytes)/float64(size)),
	})
	ours, err := spendTime(whole.dir)
	if err != nil {
		return err
	}
	ofTenth, err := spendTime(tenth.dir)
	if err != nil {
		return err
	}
	show(figure{
		"spend by tenant and day", seconds(ours.wall), "under 0.5 s",
		fmt.Sprintf("%s of processor; %.2f × the time of a tenth", seconds(ours.cpu), ratio(ours.wall, ofTenth.wall)),
	})
	show(figure{"  memory", megabytes(ours.memory), "under 300 MB", ""})
	for _, format := range []string{"csv", "parquet"} {
		export, err := fastest(1, nil, "./microspend", "ledger", "export", "--ledger", whole.dir, "--format", format,
			"--output", os.DevNull)
		if err != nil {
			return err
		}
		show(figure{
			"export as " + format, fmt.Sprintf("%.0f rows/s", float64(whole.rows)/export.wall.Seconds()), "",
			megabytes(export.memory) + " at its peak",
		})
	}
	return otherEngines(show, whole.dir, ours)
}

// benchRows is how many rows ledgers have.
func benchRows() (rows int, err error) {
	rows = 10_000_000
	if text := os.Getenv("MICROSPEND_BENCH_ROWS"); text != "" {
		if rows, err = strconv.Atoi(text); err != nil || rows < 10_000 {
			return 0, fmt.Errorf("MICROSPEND_BENCH_ROWS is %q; give a number from 10000", text)
		}
	}
	return rows, nil
}

// filledLedger is a ledger, and what its import took.
type filledLedger struct {
	dir      string
	rows     int
	csvBytes int64
	took     took
}

func (f filledLedger) perSecond() float64 { return float64(f.rows) / f.took.wall.Seconds() }

// filled imports a fleet, several times into an empty ledger.
func filled(dir, name string, f fleet, runs int) (filledLedger, error) {
	csv := filepath.Join(dir, name+".csv")
	defer os.Remove(csv)
	if err := f.writeCSV(csv); err != nil {
		return filledLedger{}, err
	}
	info, err := os.Stat(csv)
	if err != nil {
		return filledLedger{}, err
	}
	out := filledLedger{dir: filepath.Join(dir, name), rows: f.rows(), csvBytes: info.Size()}
	out.took, err = fastest(runs, func() error { return os.RemoveAll(out.dir) }, "./microspend", "import", "--ledger",
		out.dir, csv)
	return out, err
}

func spendTime(dir string) (took, error) {
	return fastest(5, nil, "./microspend", "spend", "--ledger", dir, "--by", "tenant,day", "--from",
		fleetStart.Format(time.DateOnly),
		"--to", fleetStart.AddDate(0, 0, fleetDays).Format(time.DateOnly), "--format", "csv")
}

// parquetFiles is the pattern of a ledger's files, as engines read it.
func parquetFiles(dir string) string { return filepath.Join(dir, "usage", "dt=*", "*.parquet") }

func sizeOf(dir string) (bytes int64, err error) {
	paths, err := filepath.Glob(parquetFiles(dir))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, err
}

// sums is the query that spend asks its ledger, for other engines.
const sums = "SELECT tenant, region, dt, sum(vcpu_ms), sum(mem_mib_ms), sum(read_bytes), sum(write_bytes), " +
	"sum(storage_byte_seconds), sum(running_ms), sum(period_seconds), count(*)"

// otherEngines sets the query beside engines that can be had, each as a whole process that does nothing else: a duckdb
// on the PATH or the npm package @duckdb/node-api, whose folder MICROSPEND_DUCKDB names, and the npm package chdb, a
// whole ClickHouse, whose folder MICROSPEND_CHDB names.
func otherEngines(show func(figure), dir string, ours took) error {
	beside := func(engine, program string, args ...string) error {
		theirs, err := fastest(3, nil, program, args...)
		if err != nil {
			return err
		}
		show(figure{
			"the same sums in " + engine, seconds(theirs.wall), "",
			fmt.Sprintf("spend takes %.2f × the time, %.2f × the processor time", ratio(ours.wall, theirs.wall),
				ratio(ours.cpu, theirs.cpu)),
		})
		return nil
	}
	absent := func(engine, why string) { show(figure{"the same sums in " + engine, "not measured", "", why}) }

	files := quoted(parquetFiles(dir))
	query := fmt.Sprintf("%s FROM read_parquet('%s', hive_partitioning = true) GROUP BY ALL", sums, files)
	duckdb, err := exec.LookPath("duckdb")
	switch {
	case err == nil:
		err = beside("DuckDB", duckdb, "-csv", "-c", query)
	case os.Getenv("MICROSPEND_DUCKDB") != "":
		err = beside("DuckDB (from npm)", "node", "-e", duckDBScript, query)
	default:
		absent("DuckDB", "no duckdb is on the PATH, and MICROSPEND_DUCKDB does not name the npm package @duckdb/node-api")
		err = nil
	}
	if err != nil {
		return err
	}
	if os.Getenv("MICROSPEND_CHDB") == "" {
		absent("ClickHouse", "MICROSPEND_CHDB does not name the npm package chdb")
		return nil
	}
	query = fmt.Sprintf("%s FROM file('%s', Parquet) GROUP BY tenant, region, dt",
		strings.Replace(sums, "dt,", "toDate(period_start) AS dt,", 1), files)
	return beside("ClickHouse (chdb)", "node", "-e", "require(process.env.MICROSPEND_CHDB).query(process.argv[1], 'CSV')",
		query)
}

const duckDBScript = `const { DuckDBInstance } = require(process.env.MICROSPEND_DUCKDB);
DuckDBInstance.create(":memory:").then(i => i.connect()).then(c => c.runAndReadAll(process.argv[1]))`

// quoted is a text for between the quotes of SQL.
func quoted(text string) string { return strings.ReplaceAll(text, "'", "''") }
