package bill_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/spend/bill"
)

const everyRow = -1 // of the file, however much of it is kept

// TestCases reads bills as they are found in public, which are kept beside the repository and are no part of it. The
// right values were worked out by hand.
func TestCases(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "cases")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the folder of cases is not beside the repository")
	}
	for _, tc := range []struct {
		files         []string
		total, err    string
		rows, ignored int
		from, to      string
		apart         []string
	}{
		{
			files: []string{"01-focus-1.0-sample-real/focus_sample.csv"}, total: "0", rows: everyRow, ignored: everyRow,
		},
		{
			files: []string{"02-focus-1.2-aws-without-usagetype/focus_1_2_aws.csv"}, total: "0.6092536513", rows: 11,
			ignored: 1, from: "2026-09-15", to: "2026-09-16", apart: []string{
				"credit Credit of AWS Lambda as a whole -0.05", "tax Tax of AWS Lambda as a whole 0.07",
			},
		},
		{
			files: []string{"04-legacy-cur-real-anonymised/sample-anonymous-aws-export-dataset.csv"}, total: "0", rows: everyRow,
			ignored: everyRow,
		},
		{
			files: []string{"15-cost-explorer-by-service-real/ce-by-service.json"},
			err:   "the reply is not grouped by USAGE_TYPE",
		},
		{files: []string{"15-cost-explorer-by-service-real/ce-array-only.json"}, err: "save the whole reply"},
		{
			files: []string{"finance/ce-empty-day-total.json"}, total: "0.3673149239", rows: 10,
			from: "2026-09-14", to: "2026-09-18",
		},
		{files: []string{"finance/cur-cov.csv"}, total: "0.0903665226", rows: 3, ignored: 2, from: "2026-09-01", to: "2026-10-01"},
		{
			files: []string{"finance/cur-month-tax-row.csv"}, total: "0.0903665226", rows: 2, from: "2026-09-15",
			to: "2026-09-16", apart: []string{"tax Tax 0.02"},
		},
		{files: []string{"finance/focus12-aws.csv"}, total: "0.3673149239", rows: 10, from: "2026-09-14", to: "2026-09-17"},
		{
			files: []string{"finance/v1/cur-00001.csv", "finance/v2/cur-00001.csv"}, total: "0.1016182311", rows: 2,
			from: "2026-09-15", to: "2026-09-17",
		},
		{
			files: []string{"finance/v2/cur-00001.csv", "finance/v1/cur-00001.csv"}, total: "0.1016182311", rows: 2,
			from: "2026-09-15", to: "2026-09-17",
		},
	} {
		t.Run(tc.files[0], func(t *testing.T) {
			var parts []bill.Bill
			var err error
			records := 0
			for _, file := range tc.files {
				text, failed := os.ReadFile(filepath.Join(folder, file))
				require.NoError(t, failed)
				var part bill.Bill
				part, err = read(text)
				part.Path = file
				parts = append(parts, part)
				table, _ := csv.NewReader(bytes.NewReader(text)).ReadAll()
				records = len(table)
			}
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			made, err := bill.Join(parts)
			require.NoError(t, err)
			require.Equal(t, tc.total, made.Total().String())
			if tc.rows == everyRow {
				require.Equal(t, records-1, made.Rows)
				require.Equal(t, made.Rows, made.Ignored, "none is of a MicroVM")
				require.False(t, made.MicroVMs())
				return
			} else {
				require.Equal(t, []int{tc.rows, tc.ignored}, []int{made.Rows, made.Ignored})
			}
			require.Equal(t, tc.from, made.From.Format(time.DateOnly))
			require.Equal(t, tc.to, made.To.Format(time.DateOnly))
			require.Equal(t, append([]string{}, tc.apart...), apart(made))
		})
	}
}
