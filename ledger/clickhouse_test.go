package ledger_test

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
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/spend/simulate"
	"microspend/usage"
)

// clickHouseQuery sums the ledger's files by tenant, in 128 bits, as ClickHouse's own sums of Int64 wrap around.
const clickHouseQuery = `
const { query } = require(process.env.MICROSPEND_CHDB);
process.stdout.write(query("SELECT tenant, toString(sum(toInt128(vcpu_ms))) AS vcpu, toString(sum(toInt128(mem_mib_ms))) AS mem, " +
  "toString(sum(toInt128(storage_byte_seconds))) AS stored, toString(count()) AS records " +
  "FROM file('" + process.argv[1] + "', Parquet) GROUP BY tenant", "JSONEachRow"));
`

// TestClickHouseReadsTheLedger compares the sums per tenant with those of a real ClickHouse over the same files. It needs
// Node and the npm package chdb; CI installs it and names its folder in MICROSPEND_CHDB.
func TestClickHouseReadsTheLedger(t *testing.T) {
	if os.Getenv("MICROSPEND_CHDB") == "" {
		t.Skip("MICROSPEND_CHDB does not name the folder of the npm package chdb")
	}
	dir := t.TempDir()
	fleet := simulate.Fleet{Seed: 1, End: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)}
	writer, err := ledger.OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	_, err = writer.Upsert(context.Background(), sound(fleet.Batches()))
	require.NoError(t, err)
	require.NoError(t, writer.Close())

	cmd := exec.Command("node", "-e", clickHouseQuery, filepath.Join(dir, "usage", "dt=*", "*.parquet"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	type sums struct{ Tenant, VCPU, Mem, Stored, Records string }
	theirs := map[string]sums{}
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var row sums
		require.NoError(t, lines.Decode(&row))
		theirs[row.Tenant] = row
	}

	opened, err := ledger.Open(dir, ledger.Options{})
	require.NoError(t, err)
	result, err := opened.Aggregate(context.Background(), ledger.Query{
		From: fleet.Start(), To: fleet.End, By: []ledger.Field{ledger.FieldTenant},
	})
	require.NoError(t, err)
	require.Len(t, theirs, len(result.Groups))
	for _, group := range result.Groups {
		ours := sums{
			group.Tenant, group.Sum.VCPUMillis.String(), group.Sum.MemMiBMillis.String(), group.Sum.StorageByteSeconds.String(),
			usage.Uint128{Lo: uint64(group.Sum.Records)}.String(),
		}
		require.Equal(t, ours, theirs[group.Tenant])
	}
}

// TestClickHouseReadsAndWritesExports has a real ClickHouse read an export and write it again in its own way: the same sums,
// and, imported, the same ledger to the byte.
func TestClickHouseReadsAndWritesExports(t *testing.T) {
	if os.Getenv("MICROSPEND_CHDB") == "" {
		t.Skip("MICROSPEND_CHDB does not name the folder of the npm package chdb")
	}
	fleet := simulate.Fleet{Seed: 1, Days: 5, End: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	content := filled(t, filepath.Join(dir, "ledger"), sound(fleet.Batches()))

	exported, theirs := filepath.Join(dir, "export.parquet"), filepath.Join(dir, "theirs.parquet")
	file, err := os.Create(exported)
	require.NoError(t, err)
	opened, err := ledger.Open(filepath.Join(dir, "ledger"), ledger.Options{})
	require.NoError(t, err)
	rows, err := ledger.WriteParquet(file, opened.Records(context.Background(), fleet.Start(), fleet.End))
	require.NoError(t, err)
	require.NoError(t, file.Close())

	cmd := exec.Command("node", "-e", `
const { query } = require(process.env.MICROSPEND_CHDB);
const [, from, to] = process.argv;
query("INSERT INTO FUNCTION file('" + to + "', Parquet) SELECT * FROM file('" + from + "', Parquet) ORDER BY rand()", "JSONEachRow");
process.stdout.write(query("SELECT count() FROM file('" + to + "', Parquet)", "TSV"));
`, exported, theirs)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	require.Equal(t, fmt.Sprintf("%d\n", rows), string(out))

	file, err = os.Open(theirs)
	require.NoError(t, err)
	defer file.Close()
	info, err := file.Stat()
	require.NoError(t, err)
	reader, err := ledger.ReadParquet(file, info.Size(), ledger.ParquetOptions{})
	require.NoError(t, err)
	require.Equal(t, content, filled(t, filepath.Join(dir, "again"), reader.Batches()))
}

// filled makes a ledger of records and returns its files' content.
func filled(t *testing.T, dir string, batches iter.Seq2[[]usage.Record, error]) map[string]string {
	t.Helper()
	writer, err := ledger.OpenForWriting(dir, ledger.Options{})
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
