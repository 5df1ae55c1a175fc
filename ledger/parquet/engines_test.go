package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/simulate"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// engine is a real query engine from npm. It is used where an environment variable names its package's folder, as in
// CI.
type engine struct {
	name, variable string
	run            string // the JavaScript that runs the query in process.argv[1] and prints a JSON object a row
	byTenant       string // the sums per tenant of the files that match %s, in 128 bits
	rewrite        string // writes the file %s again as %s, its rows in any order
	kindsByDay     string // the records, and those with a kind and an architecture, of each day of the files that match %s
}

var engines = []engine{
	{
		name: "ClickHouse", variable: "MICROSPEND_CHDB",
		run: `process.stdout.write(require(process.env.MICROSPEND_CHDB).query(process.argv[1], "JSONEachRow"))`,
		byTenant: "SELECT tenant, toString(sum(toInt128(vcpu_ms))) AS vcpu, toString(sum(toInt128(mem_mib_ms))) AS mem, " +
			"toString(sum(toInt128(storage_byte_seconds))) AS stored, toString(count()) AS records, toString(uniqExact(toDate(period_start))) AS days " +
			"FROM file('%s', Parquet) GROUP BY tenant",
		rewrite: "INSERT INTO FUNCTION file('%[2]s', Parquet) SELECT * FROM file('%[1]s', Parquet) ORDER BY rand()",
		kindsByDay: "SELECT toString(toDate(period_start)) AS day, toString(count()) AS records, toString(countIf(resource_kind != '')) AS kinds, " +
			"toString(countIf(arch = 'arm64')) AS arm64 FROM file('%s', Parquet) GROUP BY day ORDER BY day SETTINGS schema_inference_mode = 'union'",
	},
	{
		name: "DuckDB", variable: "MICROSPEND_DUCKDB",
		run: `const { DuckDBInstance } = require(process.env.MICROSPEND_DUCKDB);
			(async () => {
				const connection = await (await DuckDBInstance.create(":memory:")).connect();
				const result = await connection.runAndReadAll(process.argv[1]);
				for (const row of result.getRowObjectsJson()) console.log(JSON.stringify(row));
			})();`,
		byTenant: "SELECT tenant, sum(vcpu_ms)::VARCHAR AS vcpu, sum(mem_mib_ms)::VARCHAR AS mem, sum(storage_byte_seconds)::VARCHAR AS stored, " +
			"count(*)::VARCHAR AS records, count(DISTINCT dt)::VARCHAR AS days " +
			"FROM read_parquet('%s', hive_partitioning = true) GROUP BY tenant",
		rewrite: "COPY (SELECT * FROM read_parquet('%[1]s') ORDER BY random()) TO '%[2]s' (FORMAT parquet)",
		kindsByDay: "SELECT dt AS day, count(*)::VARCHAR AS records, count(resource_kind)::VARCHAR AS kinds, " +
			"(count(*) FILTER (arch = 'arm64'))::VARCHAR AS arm64 " +
			"FROM read_parquet('%s', hive_partitioning = true, union_by_name = true) GROUP BY ALL ORDER BY ALL",
	},
}

// query runs a query and returns what it prints.
func (e engine) query(t *testing.T, sql string) []byte {
	t.Helper()
	cmd := exec.Command("node", "-e", e.run, sql)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	require.Empty(t, errs.String())
	return out
}

// forEachEngine runs a test with every engine that is there.
func forEachEngine(t *testing.T, test func(t *testing.T, e engine)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			if os.Getenv(e.variable) == "" {
				t.Skipf("%s does not name the folder of an npm package with %s", e.variable, e.name)
			}
			test(t, e)
		})
	}
}

// Engines read the ledger's files as they are, and come to the same sums per tenant.
func TestEnginesReadTheLedger(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		dir := t.TempDir()
		fleet := simulate.Fleet{Seed: 1, Days: 20, End: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)}
		filled(t, dir, sound(fleet.Batches()))

		out := e.query(t, fmt.Sprintf(e.byTenant, filepath.Join(dir, "usage", "dt=*", "*.parquet")))
		type sums struct{ Tenant, VCPU, Mem, Stored, Records, Days string }
		theirs := map[string]sums{}
		for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
			var row sums
			require.NoError(t, lines.Decode(&row))
			theirs[row.Tenant] = row
		}

		opened, err := parquet.Open(dir, ledger.Options{})
		require.NoError(t, err)
		query := ledger.Query{From: fleet.Start(), To: fleet.End, By: []ledger.Field{ledger.FieldTenant}}
		result, err := opened.Aggregate(context.Background(), query)
		require.NoError(t, err)
		require.Len(t, theirs, len(result.Groups))
		query.By = append(query.By, ledger.FieldDay)
		byDay, err := opened.Aggregate(context.Background(), query)
		require.NoError(t, err)
		days := map[string]int{}
		for _, group := range byDay.Groups {
			days[group.Tenant]++
		}
		for _, group := range result.Groups {
			ours := sums{
				group.Tenant, group.Sum.Amounts[pricing.VCPU].String(), group.Sum.Amounts[pricing.Memory].String(),
				group.Sum.Amounts[pricing.SnapshotStorage].String(),
				fmt.Sprint(group.Sum.Records), fmt.Sprint(days[group.Tenant]),
			}
			require.Equal(t, ours, theirs[group.Tenant])
		}
	})
}

// A ledger of version 1 to which something was added has files of both versions side by side, the older or the newer
// first.
func TestEnginesReadBothVersionsSideBySide(t *testing.T) {
	type counts struct{ Day, Records, Kinds, ARM64 string }
	tests := []struct {
		name, period string
		want         []counts
	}{
		{
			"the earlier day is of today", "2026-10-01T05:00:00Z",
			[]counts{{"2026-10-01", "13", "13", "1"}, {"2026-10-02", "3", "0", "0"}},
		},
		{
			"the later day is of today", "2026-10-02T05:00:00Z",
			[]counts{{"2026-10-01", "12", "0", "0"}, {"2026-10-02", "4", "4", "1"}},
		},
	}
	forEachEngine(t, func(t *testing.T, e engine) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				dir := t.TempDir()
				require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/v1")))
				row := "period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb," +
					"storage_gb_hours,arch\n" + test.period + ",3600,eu-west-1,mvm-9,web,acme,1,2,0,0,0,arm64\n"
				filled(t, dir, usage.ReadCSV(strings.NewReader(row), usage.CSVOptions{}).Batches())
				lines := json.NewDecoder(bytes.NewReader(e.query(t,
					fmt.Sprintf(e.kindsByDay, filepath.Join(dir, "usage", "dt=*", "*.parquet")))))
				var got []counts
				for lines.More() {
					var row counts
					require.NoError(t, lines.Decode(&row))
					got = append(got, row)
				}
				require.Equal(t, test.want, got)
			})
		}
	})
}

// Engines read an export and write it again in their own way: imported, that is the same ledger to the byte.
func TestEnginesReadAndWriteExports(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		dir := t.TempDir()
		fleet := simulate.Fleet{Seed: 1, Days: 5, End: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)}
		content := filled(t, filepath.Join(dir, "ledger"), sound(fleet.Batches()))

		exported, theirs := filepath.Join(dir, "export.parquet"), filepath.Join(dir, "theirs.parquet")
		file, err := os.Create(exported)
		require.NoError(t, err)
		opened, err := parquet.Open(filepath.Join(dir, "ledger"), ledger.Options{})
		require.NoError(t, err)
		_, err = parquet.WriteParquet(file, opened.Records(context.Background(), fleet.Start(), fleet.End))
		require.NoError(t, err)
		require.NoError(t, file.Close())
		e.query(t, fmt.Sprintf(e.rewrite, exported, theirs))

		file, err = os.Open(theirs)
		require.NoError(t, err)
		defer file.Close()
		info, err := file.Stat()
		require.NoError(t, err)
		reader, err := parquet.ReadParquet(file, info.Size(), parquet.ParquetOptions{})
		require.NoError(t, err)
		require.Equal(t, content, filled(t, filepath.Join(dir, "again"), reader.Batches()))
	})
}

// The queries that docs/ledger.md gives to people run as they stand there, and come to our figures.
func TestDocumentedQueries(t *testing.T) {
	docs, err := os.ReadFile("../../docs/ledger.md")
	require.NoError(t, err)
	forEachEngine(t, func(t *testing.T, e engine) {
		dir := t.TempDir()
		fleet := simulate.Fleet{Seed: 1, Days: 5, End: time.Date(2026, time.October, 25, 0, 0, 0, 0, time.UTC)}
		filled(t, dir, sound(fleet.Batches()))
		_, after, found := strings.Cut(string(docs), "**"+e.name)
		require.True(t, found)
		_, after, _ = strings.Cut(after, "```sql\n")
		sql, _, found := strings.Cut(after, ";\n```")
		require.True(t, found)
		out := e.query(t, strings.Replace(sql, "usage/dt=*/*.parquet", filepath.Join(dir, "usage", "dt=*", "*.parquet"), 1))

		opened, err := parquet.Open(dir, ledger.Options{})
		require.NoError(t, err)
		ours, err := opened.Aggregate(context.Background(), ledger.Query{
			From: fleet.Start(), To: fleet.End, By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay},
		})
		require.NoError(t, err)
		lines := json.NewDecoder(bytes.NewReader(out))
		for _, group := range ours.Groups {
			var row struct {
				Tenant, DT, Day string
				Seconds         float64 `json:"vcpu_seconds"`
			}
			require.NoError(t, lines.Decode(&row))
			require.Equal(t, [2]string{group.Tenant, group.Day.Format(time.DateOnly)}, [2]string{row.Tenant, row.DT + row.Day})
			require.InDelta(t, group.Sum.Amounts[pricing.VCPU].Decimal().InexactFloat64()/1000, row.Seconds, 1e-6)
		}
		require.False(t, lines.More())
	})
}

// filled makes a ledger of records and returns its files' content.
func filled(t *testing.T, dir string, batches iter.Seq2[[]usage.Record, error]) map[string]string {
	t.Helper()
	writer, err := parquet.OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	_, err = writer.Upsert(context.Background(), batches)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	content := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), "usage", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		content[path] = string(data)
		return err
	}))
	return content
}

// sound gives batches that cannot fail in the form of those that can.
func sound(batches iter.Seq[[]usage.Record]) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch := range batches {
			if !yield(batch, nil) {
				return
			}
		}
	}
}
