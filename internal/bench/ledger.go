package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// ledgerRows is how many rows the ledger's figures are measured over: five million, ten where MICROSPEND_BENCH is full,
// or what MICROSPEND_BENCH_ROWS says. A hundred million take ten minutes and 20 GB of disk.
func ledgerRows() (int, error) {
	if text := os.Getenv("MICROSPEND_BENCH_ROWS"); text != "" {
		rows, err := strconv.Atoi(text)
		if err != nil || rows < 100_000 {
			return 0, fmt.Errorf("MICROSPEND_BENCH_ROWS is %q; give a number from 100000", text)
		}
		return rows, nil
	}
	if os.Getenv("MICROSPEND_BENCH") == "full" {
		return 10_000_000, nil
	}
	return 5_000_000, nil
}

// serverRows is as many for ledgers on a server, which runs on the same processors: three million at most, but where
// all of it is wanted.
func serverRows() (int, error) {
	rows, err := ledgerRows()
	if os.Getenv("MICROSPEND_BENCH") != "full" {
		rows = min(rows, 3_000_000)
	}
	return rows, err
}

// mostCopied is how many rows DuckDB is given to sort, which it does in memory.
const mostCopied = 10_000_000

// ledgerFigures are those of 500 tenants whose MicroVMs have a thousand records each over 30 days, and of a fleet of a
// tenth as many MicroVMs in the same 30 days. All are those of real processes.
func ledgerFigures(show func(figure)) error {
	rows, err := ledgerRows()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "microspend-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tenth, err := filled(dir, "tenth", fleet{rows / 10_000, fleetDays}, 3)
	if err != nil {
		return err
	}
	whole, err := filled(dir, "whole", fleet{rows / 1000, fleetDays}, 2)
	if err != nil {
		return err
	}
	showImport(show, whole, tenth)
	return errors.Join(
		rollupFigures(show, whole),
		spendFigures(show, whole, tenth),
		overviewFigures(show, whole),
		exportsOf(show, whole),
	)
}

func showImport(show func(figure), whole, tenth filledLedger) {
	show(figure{
		"import of " + millions(whole.rows), fmt.Sprintf("%.0f rows/s", whole.perSecond()), "800,000 rows/s or more",
		fmt.Sprintf("%s, %.2f µs of processor a row, %s at its peak", seconds(whole.took.wall), whole.perRow(),
			megabytes(whole.took.memory)),
	})
	show(figure{
		"  against a tenth of the rows", fmt.Sprintf("%.2f × the time", ratio(whole.took.wall, tenth.took.wall)),
		"linear: up to 10 ×",
		fmt.Sprintf("%.2f × the processor time; %.0f rows/s", ratio(whole.took.cpu, tenth.took.cpu), tenth.perSecond()),
	})
	copying := figure{name: "  against DuckDB's COPY of the CSV, sorted", measured: "not measured", promised: "under 1 ×"}
	if whole.copyFault != nil {
		copying.beside = whole.copyFault.Error()
	} else {
		copying.measured = fmt.Sprintf("%.2f × the processor time", ratio(whole.took.cpu, whole.copied.cpu))
		copying.beside = fmt.Sprintf("%.2f × the time; %s against %s of memory", ratio(whole.took.wall, whole.copied.wall),
			megabytes(whole.took.memory), megabytes(whole.copied.memory))
	}
	show(copying)
}

// rollupFigures are how much of the ledger and of the import rollups are.
func rollupFigures(show func(figure), whole filledLedger) error {
	size, err := sizeOf(parquetFiles(whole.dir))
	if err != nil {
		return err
	}
	ofRollups, err := sizeOf(filepath.Join(whole.dir, "usage", "dt=*", "_rollup"))
	if err != nil {
		return err
	}
	show(figure{
		"size on disk", megabytes(size + ofRollups), "20 bytes a row or less",
		fmt.Sprintf("%.1f bytes a row; the CSV is %.1f × as large", float64(size+ofRollups)/float64(whole.rows),
			float64(whole.csvBytes)/float64(size+ofRollups)),
	})
	show(figure{
		"  of it rollups", fmt.Sprintf("%.1f %%", 100*float64(ofRollups)/float64(size+ofRollups)),
		"up to 4 % of 100 million rows", "as large for any number of MicroVMs of the same tenants and images",
	})
	day, err := benchmarks("./ledger/parquet", "Rollup")
	if err != nil {
		return err
	}
	perRow := float64(day["Rollup/rows=340000"].Nanoseconds()) / 340_000 / 1000
	show(figure{
		"  of the import's processor time", fmt.Sprintf("%.1f %%", 100*perRow/whole.perRow()), "up to 10 %",
		fmt.Sprintf("%.2f µs a row", perRow),
	})
	return nil
}

// spendFigures are those of spend by tenant and day, from rollups where days are cut at hours.
func spendFigures(show func(figure), whole, tenth filledLedger) error {
	ours, err := spendTime(whole.dir, "UTC")
	if err != nil {
		return err
	}
	ofTenth, err := spendTime(tenth.dir, "UTC")
	if err != nil {
		return err
	}
	fromParts, err := spendTime(whole.dir, "Asia/Kolkata") // whose midnights are at half past the hour, in UTC
	if err != nil {
		return err
	}
	show(figure{
		"spend by tenant and day", seconds(ours.wall), "within 0.15 s of 10 million rows",
		fmt.Sprintf("%s of processor, %s", seconds(ours.cpu), megabytes(ours.memory)),
	})
	show(figure{
		"  against a tenth of the rows", fmt.Sprintf("%.2f × the time", ratio(ours.wall, ofTenth.wall)), "flat",
		fmt.Sprintf("%.2f × the processor time, %.2f × the memory", ratio(ours.cpu, ofTenth.cpu),
			float64(ours.memory)/float64(ofTenth.memory)),
	})
	show(figure{
		"  against reading every row", fmt.Sprintf("%.2f × the time", ratio(ours.wall, fromParts.wall)),
		"up to 0.25 × at 100 million",
		fmt.Sprintf("%.2f × the processor time, %.2f × the memory; days of Asia/Kolkata, which hours cannot make up",
			ratio(ours.cpu, fromParts.cpu), float64(ours.memory)/float64(fromParts.memory)),
	})
	return sumsInOthers(show, whole.dir, ours)
}

// overviewFigures are those of what reads a month from all sides.
func overviewFigures(show func(figure), whole filledLedger) error {
	until := fleetStart.AddDate(0, 0, fleetDays).Format(time.DateOnly)
	for _, command := range []struct {
		title, promised string
		args            []string
	}{
		{
			"dashboard's overview, once", "within 0.5 s of processor for 10 million rows",
			[]string{"dash", "--once", "--stale-after", "0", "--as-of", until},
		},
		{
			"report as HTML", "within 2 s of processor for 30 million rows",
			[]string{"report", "--from", fleetStart.Format(time.DateOnly), "--to", until, "--as-of", until},
		},
	} {
		run, err := fastest(2, nil, "./microspend", append(command.args, "--ledger", whole.dir)...)
		if err != nil {
			return err
		}
		show(figure{
			command.title, seconds(run.cpu) + " of processor", command.promised,
			fmt.Sprintf("%.2f × the import of the rows; %s", ratio(run.cpu, whole.took.cpu), megabytes(run.memory)),
		})
	}
	return nil
}

func exportsOf(show func(figure), whole filledLedger) error {
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
	return nil
}

// filledLedger is a ledger, what its import took, and what copying the same CSV took DuckDB.
type filledLedger struct {
	dir          string
	rows         int
	csvBytes     int64
	took, copied took
	copyFault    error // why copied is not known
}

func (f filledLedger) perSecond() float64 { return float64(f.rows) / f.took.wall.Seconds() }

// perRow is the processor time of a row's import in microseconds.
func (f filledLedger) perRow() float64 { return float64(f.took.cpu.Microseconds()) / float64(f.rows) }

func millions(rows int) string { return fmt.Sprintf("%.3g million rows", float64(rows)/1e6) }

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
	if err != nil {
		return out, err
	}
	if out.rows > mostCopied {
		out.copyFault = fmt.Errorf("DuckDB is given %s at most", millions(mostCopied))
		return out, nil
	}
	out.copied, out.copyFault = copied(csv, runs)
	return out, nil
}

// spendRuns is how often spend is run.
const spendRuns = 5

func spendTime(dir, timezone string) (took, error) {
	return fastest(spendRuns, nil, "./microspend", "spend", "--ledger", dir, "--by", "tenant,day", "--tz", timezone, "--from",
		fleetStart.Format(time.DateOnly), "--to", fleetStart.AddDate(0, 0, fleetDays).Format(time.DateOnly), "--format", "csv")
}

// parquetFiles is the pattern of a ledger's files, as engines read it.
func parquetFiles(dir string) string { return filepath.Join(dir, "usage", "dt=*", "*.parquet") }

// sizeOf is how many bytes the files of a pattern have.
func sizeOf(pattern string) (bytes int64, err error) {
	paths, err := filepath.Glob(pattern)
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, err
}
