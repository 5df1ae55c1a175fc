package report

import (
	"strconv"

	"microspend/scenarios"
	"microspend/view/chart"
)

// heatMap is the picture of a sweep over two fields.
func heatMap(title string, rows, columns scenarios.Axis, values [][]float64) chart.Heat {
	return chart.Heat{
		Title:     title,
		X:         chart.Categories{Title: columns.Path, Labels: columns.Values},
		Y:         chart.Categories{Title: rows.Path, Labels: rows.Values},
		Values:    values,
		CellLabel: briefDollars,
	}
}

// briefDollars labels a cell: whole dollars, and cents below ten.
func briefDollars(amount float64) string {
	places := 0
	if amount != 0 && amount < 10 {
		places = centPlaces
	}
	return strconv.FormatFloat(amount, 'f', places, 64)
}
