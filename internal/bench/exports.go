package main

import "fmt"

// exportFigures are those of exports and imports: the workbook of 500 tenants over 31 days, rows of FOCUS, and
// rows of a Cost and Usage Report.
func exportFigures(show func(figure)) error {
	workbook, err := benchmarks("./report/xlsx", "Month")
	if err != nil {
		return err
	}
	show(figure{
		"500 tenants × 31 days to XLSX", workbook["Month"].String(), "under 500 ms",
		fmt.Sprintf("%s with everything worked out from 15,500 records", workbook["MonthWhole"]),
	})
	focus, err := benchmarks("./report/focus", "CSV|Parquet")
	if err != nil {
		return err
	}
	const rows = 1599 // of the fleet that the benchmarks write
	for _, format := range []string{"CSV", "Parquet"} {
		show(figure{
			fmt.Sprintf("%d rows to FOCUS %s", rows, format), focus[format].String(), "",
			fmt.Sprintf("%.0f rows a second, of 49 columns each", rows/focus[format].Seconds()),
		})
	}
	report, err := benchmarks("./spend/bill", "CUR")
	if err != nil {
		return err
	}
	show(figure{
		"a Cost and Usage Report of 100,000 rows", report["CUR"].String(), "",
		fmt.Sprintf("%.0f rows a second read", 100_000/report["CUR"].Seconds()),
	})
	return nil
}
