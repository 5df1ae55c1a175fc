package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sums is the query that spend asks its ledger, for other engines.
const sums = "SELECT tenant, region, dt, sum(vcpu_ms), sum(mem_mib_ms), sum(read_bytes), sum(write_bytes), " +
	"sum(storage_byte_seconds), sum(running_ms), sum(period_seconds), count(*)"

// sumsInOthers sets the query beside engines that can be had, each as a whole process that does nothing else: DuckDB,
// and the npm package chdb, a whole ClickHouse, whose folder MICROSPEND_CHDB names.
func sumsInOthers(show func(figure), dir string, ours took) error {
	files := quoted(parquetFiles(dir))
	beside := func(engine, promised string, program string, args ...string) error {
		theirs, err := fastest(3, nil, program, args...)
		if err != nil {
			return err
		}
		show(figure{
			"  against the same sums in " + engine, fmt.Sprintf("%.2f × the time", ratio(ours.wall, theirs.wall)), promised,
			fmt.Sprintf("%.2f × the processor time; they take %s", ratio(ours.cpu, theirs.cpu), seconds(theirs.wall)),
		})
		return nil
	}
	program, args, err := duckDB(fmt.Sprintf("%s FROM read_parquet('%s', hive_partitioning = true) GROUP BY ALL", sums,
		files))
	if err == nil {
		err = beside("DuckDB", "up to 0.15 × at 100 million", program, args...)
	}
	if errors.Is(err, errNoDuckDB) {
		show(figure{"  against the same sums in DuckDB", "not measured", "", err.Error()})
	} else if err != nil {
		return err
	}
	if os.Getenv("MICROSPEND_CHDB") == "" {
		show(figure{
			"  against the same sums in ClickHouse", "not measured", "", "MICROSPEND_CHDB does not name the npm package chdb",
		})
		return nil
	}
	query := fmt.Sprintf("%s FROM file('%s', Parquet) GROUP BY tenant, region, dt",
		strings.Replace(sums, "dt,", "toDate(period_start) AS dt,", 1), files)
	return beside("ClickHouse (chdb)", "", "node", "-e",
		"require(process.env.MICROSPEND_CHDB).query(process.argv[1], 'CSV')", query)
}

// copied has DuckDB copy a CSV into the layout of a ledger: a folder for each day, rows in the order of their keys.
func copied(csv string, runs int) (took, error) {
	into := filepath.Join(filepath.Dir(csv), "copied")
	defer os.RemoveAll(into)
	program, args, err := duckDB(fmt.Sprintf("COPY (SELECT *, CAST(period_start AS DATE) AS dt FROM read_csv('%s') "+
		"ORDER BY dt, microvm_id, period_start) TO '%s' (FORMAT parquet, PARTITION_BY (dt), COMPRESSION zstd)",
		quoted(csv), quoted(into)))
	if err != nil {
		return took{}, err
	}
	return fastest(runs, func() error { return os.RemoveAll(into) }, program, args...)
}

var errNoDuckDB = errors.New("no duckdb is on the PATH, and MICROSPEND_DUCKDB does not name the npm package " +
	"@duckdb/node-api")

// duckDB is the command that runs a query: with a duckdb on the PATH, or the npm package @duckdb/node-api, whose folder
// MICROSPEND_DUCKDB names.
func duckDB(query string) (program string, args []string, err error) {
	if path, err := exec.LookPath("duckdb"); err == nil {
		return path, []string{"-csv", "-c", query}, nil
	}
	if os.Getenv("MICROSPEND_DUCKDB") == "" {
		return "", nil, errNoDuckDB
	}
	return "node", []string{"-e", duckDBScript, query}, nil
}

const duckDBScript = `const { DuckDBInstance } = require(process.env.MICROSPEND_DUCKDB);
DuckDBInstance.create(":memory:").then(i => i.connect()).then(c => c.runAndReadAll(process.argv[1]))`

// quoted is a text for between the quotes of SQL.
func quoted(text string) string { return strings.ReplaceAll(text, "'", "''") }
