package focus_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/report/focus"
	"microspend/spend"
)

// readParquet reads an export as texts, in the notation of CSV.
func readParquet(t *testing.T, text []byte) []record {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	kinds := map[string]focus.Type{}
	for _, c := range focus.Columns() {
		kinds[c.Name] = c.Type
	}
	columns := file.Schema().Columns()
	var records []record
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				r := record{}
				for _, value := range row {
					name := columns[value.Column()][0]
					r[name] = ""
					switch {
					case value.IsNull():
					case kinds[name] == focus.Decimal:
						units := new(big.Int).SetBytes(value.ByteArray())
						if value.ByteArray()[0]&0x80 != 0 {
							units.Sub(units, new(big.Int).Lsh(big.NewInt(1), 128))
						}
						r[name] = decimal.NewFromBigInt(units, -20).String()
					case kinds[name] == focus.DateTime:
						r[name] = time.UnixMilli(value.Int64()).UTC().Format(time.RFC3339)
					default:
						r[name] = string(value.ByteArray())
					}
				}
				records = append(records, r)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NoError(t, rows.Close())
	}
	return records
}

// TestCSVAndParquetAgree compares every cell: figures at the 20 decimals that Parquet has, and texts but for the
// apostrophe before what a spreadsheet would take for a formula.
func TestCSVAndParquetAgree(t *testing.T) {
	made := charges(t, fleet(t, spend.ByDirect))
	wrong := made.Lines[0]
	wrong.Used, wrong.Amount = decimal.RequireFromString("-3.5"), decimal.RequireFromString("-0.0125")
	d := focus.Dataset{Charges: made, Corrections: []focus.Correction{{Charge: wrong, Billed: end, Cause: "=late"}}}
	var text, table bytes.Buffer
	require.NoError(t, focus.WriteCSV(&text, d))
	require.NoError(t, focus.WriteParquet(&table, d))
	_, want := readCSV(t, text.Bytes())
	got := readParquet(t, table.Bytes())
	require.Len(t, got, len(want))
	for i, r := range want {
		for _, c := range focus.Columns() {
			cell := strings.TrimPrefix(r[c.Name], "'")
			if c.Type == focus.Decimal && cell != "" {
				cell = decimal.RequireFromString(cell).RoundBank(20).String()
			}
			require.Equal(t, cell, got[i][c.Name], "%s of row %d", c.Name, i+1)
		}
	}
}

// A correction is a row of its own, billed with a later month than the one of the day that it corrects.
func TestCorrections(t *testing.T) {
	made := charges(t, fleet(t, spend.OwnRow))
	var before bytes.Buffer
	require.NoError(t, focus.WriteCSV(&before, focus.Dataset{Charges: made}))
	more := made.Lines[0]
	more.Used, more.Amount = decimal.RequireFromString("-100"), decimal.RequireFromString("-0.5")
	var after bytes.Buffer
	require.NoError(t, focus.WriteCSV(&after, focus.Dataset{Charges: made, Corrections: []focus.Correction{
		{Charge: more, Billed: time.Date(2026, time.December, 5, 0, 0, 0, 0, time.UTC), Cause: "usage was counted twice"},
	}}))
	require.True(t, strings.HasPrefix(after.String(), before.String()), "the rows of the month stay as they are")
	_, rows := readCSV(t, after.Bytes())
	last := rows[len(rows)-1]
	for column, want := range map[string]string{
		"ChargeClass": "Correction", "ChargeCategory": "Usage", "BilledCost": "-0.5", "EffectiveCost": "-0.5",
		"ContractedCost": "-0.5", "ConsumedQuantity": "-100", "BillingPeriodStart": "2026-12-01T00:00:00Z",
		"BillingPeriodEnd": "2027-01-01T00:00:00Z", "ChargePeriodStart": rows[0]["ChargePeriodStart"],
		"SkuMeter": rows[0]["SkuMeter"], "Tags": rows[0]["Tags"],
	} {
		require.Equal(t, want, last[column], column)
	}
	require.Contains(t, last["ChargeDescription"], "usage was counted twice")
}
