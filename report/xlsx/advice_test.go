package xlsx_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"microspend/internal/civil"
	"microspend/internal/ledgertest"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/advise"
)

// adviceOn is a workbook with advice of a subject.
func adviceOn(t *testing.T, change func(*statement.Advice)) *excelize.File {
	t.Helper()
	saving := decimal.RequireFromString("19.985")
	found := &advise.Report{
		Span: civil.Between(october, october.AddDate(0, 1, 0)), Location: october.Location(),
		Advice: []advise.Advice{{
			ID: "wpvawagk", Kind: advise.Region, Subject: "=1+1\x1b[2J in eu-west-1", From: "eu-west-1", To: "us-east-1",
			Saving: saving, Low: saving, High: decimal.NewFromInt(21), Adds: true, Risk: "latency", How: "move",
		}},
		Combined: advise.Combined{IDs: []string{"wpvawagk"}, Saving: saving, Actual: decimal.NewFromInt(100)},
	}
	advice := &statement.Advice{Top: found.Advice, Found: found}
	if change != nil {
		change(advice)
	}
	made := gather(t, ledgertest.Records(fleet(2, 1)), spend.Request{}, "")
	made.Advice = advice
	return open(t, write(t, made))
}

func TestSheetOfAdvice(t *testing.T) {
	file := adviceOn(t, func(a *statement.Advice) { a.More, a.MoreAdds = 3, decimal.RequireFromString("1.25") })
	require.Equal(t, []string{"Summary", "Tenants", "What to change", "Tenant-days", "Rates", "Assumptions"},
		file.GetSheetList())
	rows, err := file.GetRows("What to change", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"What to change, dollars a month of 30 days, from usage of October 2026"},
		{
			"saves $", "saves $, exact", "at least $", "at least $, exact", "at most $", "at most $, exact", "adds", "what",
			"of", "from", "to", "id", "risk", "how",
		},
		{
			"19.985", "19.985", "19.985", "19.985", "21", "21", "+", "region", `=1+1␛[2J in eu-west-1`, "eu-west-1",
			"us-east-1", "wpvawagk", "latency", "move",
		},
		nil,
		{
			"Together they save $19.98 of $100.00 a month: applied one after the other, and of those that change the same " +
				"usage only the first (1 of 1, marked +).",
		},
		{
			"+3 more, $1.25 a month of that: microspend advise for the same period. microspend advise --explain ID shows " +
				"the bill before and after.",
		},
	}, rows)
	cell, err := file.GetCellFormula("What to change", "I3")
	require.NoError(t, err)
	require.Empty(t, cell, "a name is text")
	assumed, err := file.GetRows("Assumptions")
	require.NoError(t, err)
	require.Contains(t, assumed[len(assumed)-1][0], "advise-month")
}

func TestSheetOfAdviceThatWouldTakeTooLong(t *testing.T) {
	file := adviceOn(t, func(a *statement.Advice) { *a = statement.Advice{TooMany: 250_001} })
	rows, err := file.GetRows("What to change")
	require.NoError(t, err)
	require.Equal(t, "What to change", rows[0][0])
	require.Contains(t, rows[len(rows)-1][0], "This period has 250,001 records.")
}
