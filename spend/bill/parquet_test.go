package bill_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"microspend/spend/bill"
)

// curFile has the columns and types of a CUR 2.0 export in Parquet: AWS writes amounts as doubles.
type curFile struct {
	ID       string            `parquet:"identity_line_item_id,optional"`
	Interval string            `parquet:"identity_time_interval,optional"`
	Start    time.Time         `parquet:"line_item_usage_start_date,timestamp(millisecond)"`
	End      time.Time         `parquet:"line_item_usage_end_date,timestamp(millisecond)"`
	Usage    string            `parquet:"line_item_usage_type,dict"`
	Kind     string            `parquet:"line_item_line_item_type,dict"`
	Used     float64           `parquet:"line_item_usage_amount"`
	Cost     float64           `parquet:"line_item_unblended_cost"`
	Currency string            `parquet:"line_item_currency_code"`
	Region   *string           `parquet:"product_region_code,optional"`
	Product  map[string]string `parquet:"product"`
}

func parquetOf[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, parquet.MaxRowsPerRowGroup(3), parquet.Compression(&parquet.Snappy))
	_, err := w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func curRows() []curFile {
	start := time.Date(2026, time.October, 1, 5, 0, 0, 0, time.UTC)
	region := "eu-west-1"
	row := func(id, usage, kind string, used, cost float64, region *string) curFile {
		return curFile{
			id, "", start, start.Add(time.Hour), usage, kind, used, cost, "USD", region,
			map[string]string{"region": "x", "sku": "y"},
		}
	}
	return []curFile{
		row("a", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", 7200, 0.20993184, &region),
		row("b", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", 0.1, 1.0e-7, nil),
		row("c", "EU-Request", "Usage", 1, 1, &region),
		row("d", "EU-Lambda-MicroVM-vCPU-Second-ARM", "Usage", 0.2, 0.1, &region),
		row("e", "EU-Lambda-MicroVM-Snapshot-Write-GB", "Usage", 0.3, 0.2, &region),
	}
}

func TestCURInParquet(t *testing.T) {
	made, err := read(parquetOf(t, curRows()))
	require.NoError(t, err)
	require.Equal(t, bill.CUR, made.Format)
	require.Equal(t, []string{
		"2026-10-01 eu-west-1 vcpu 7200.3 0.30993194", "2026-10-01 eu-west-1 snapshot.write 0.3 0.2",
	}, lines(made), "0.1 + 0.2 is 0.3: doubles are taken for the decimals that they stand for")
	require.Equal(t, 1, made.Ignored)
}

func TestDamagedParquet(t *testing.T) {
	whole := parquetOf(t, curRows())
	for at := 4; at < len(whole); at += 7 {
		broken := bytes.Clone(whole)
		broken[at] ^= 0x55
		_, _ = read(broken) // whatever it says, it comes back
		_, err := read(whole[:at])
		require.Error(t, err, "cut off at %d", at)
	}
}
