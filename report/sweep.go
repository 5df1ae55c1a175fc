package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view/chart"
)

// sweepJSON is the document microspend.sweep/v1.
type sweepJSON struct {
	Schema   string           `json:"schema"`
	Name     string           `json:"name"`
	Currency string           `json:"currency"`
	Vary     []axisJSON       `json:"vary"`
	Points   []sweepPointJSON `json:"points"`
}

type axisJSON struct {
	Path   string   `json:"path"`
	Values []string `json:"values"`
}

type sweepPointJSON struct {
	Values  []string `json:"values"`
	Total   string   `json:"total"`
	PerUser string   `json:"per_user,omitempty"`
	PerJob  string   `json:"per_job,omitempty"`
}

// Sweep makes the document of a sweep: a table and a line for one axis, a heat map for two.
func Sweep(sweep *scenarios.Sweep) Document {
	s := sweep.Scenario
	_, noun := s.PerUnit()
	out := sweepJSON{Schema: "microspend.sweep/v1", Name: s.Name, Currency: "USD", Points: make([]sweepPointJSON, len(sweep.Points))}
	header := []string{}
	for _, axis := range sweep.Axes {
		out.Vary = append(out.Vary, axisJSON(axis))
		header = append(header, axis.Path)
	}
	d := Document{Title: s.Name, Subtitle: s.Title, CSV: [][]string{append(header, "total", "per_"+noun)}}
	for i, p := range sweep.Points {
		out.Points[i] = sweepPointJSON{Values: p.Values, Total: p.Total.String()}
		if noun == "job" {
			out.Points[i].PerJob = p.PerUnit.String()
		} else {
			out.Points[i].PerUser = p.PerUnit.String()
		}
		d.CSV = append(d.CSV, append(slices.Clone(p.Values), p.Total.String(), p.PerUnit.String()))
	}
	d.JSON = out
	if len(sweep.Axes) == 1 {
		sweepLine(&d, sweep, noun)
	} else {
		sweepHeat(&d, sweep)
	}
	d.Sections = append(d.Sections, Section{Notes: rangeNote(s)})
	return d
}

func sweepLine(d *Document, sweep *scenarios.Sweep, noun string) {
	axis := sweep.Axes[0]
	t := &Table{Columns: []Column{
		{Title: axis.Path, Align: Right},
		{Title: "a month $", Align: Decimal},
		{Title: "per " + noun + " $", Align: Decimal, Drop: 1},
		{Title: "change", Align: Decimal, Drop: 2},
		{Title: ""},
	}}
	var totals, each []decimal.Decimal
	most := decimal.Decimal{}
	for _, p := range sweep.Points {
		totals, each = append(totals, p.Total), append(each, p.PerUnit)
		most = decimal.Max(most, p.Total)
	}
	places, eachPlaces := placesFor(totals), placesFor(each)
	series := chart.Series{Name: "total"}
	numeric := true
	for i, p := range sweep.Points {
		change := ""
		if i > 0 {
			change = signed(p.Total.Sub(sweep.Points[i-1].Total), places)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{
			p.Values[0], fixed(p.Total, places), fixed(p.PerUnit, eachPlaces), change, bar(p.Total, most, sweepBarWidth),
		}})
		x, ok := scenarios.Measure(p.Values[0])
		numeric = numeric && ok
		series.Points = append(series.Points, chart.Point{X: coordinate(x), Y: coordinate(p.Total)})
	}
	d.Sections = []Section{{Table: t.view()}}
	if numeric {
		picture := chart.Line{
			Title: d.Title + " by " + axis.Path, X: chart.Axis{Title: axis.Path}, Y: chart.Axis{Title: "$ a month"},
			Series: []chart.Series{series},
		}
		d.SVG = func(w io.Writer) error { return picture.SVG(w) }
	}
}

const sweepBarWidth = 24

// bar draws a part of a whole in eighths of a character.
func bar(part, whole decimal.Decimal, width int64) string {
	if !whole.IsPositive() || !part.IsPositive() {
		return ""
	}
	eighths := pricing.Divide(part.Mul(decimal.NewFromInt(width*8)), whole, 0).IntPart()
	out := make([]rune, 0, width)
	for range eighths / 8 {
		out = append(out, '█')
	}
	if rest := eighths % 8; rest > 0 {
		out = append(out, []rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return string(out)
}

func sweepHeat(d *Document, sweep *scenarios.Sweep) {
	rows, columns := sweep.Axes[0], sweep.Axes[1]
	values := make([][]float64, len(rows.Values))
	least, most := sweep.Points[0], sweep.Points[0]
	for i, p := range sweep.Points {
		row := i / len(columns.Values)
		values[row] = append(values[row], coordinate(p.Total))
		if p.Total.LessThan(least.Total) {
			least = p
		}
		if p.Total.GreaterThan(most.Total) {
			most = p
		}
	}
	picture := heatMap("$ a month", rows, columns, values)
	d.Sections = []Section{
		{Picture: func(width int) string { return picture.Text(width) }},
		{Notes: []Note{
			{Text: extreme("Least", least, sweep.Axes)},
			{Text: extreme("Most", most, sweep.Axes)},
		}},
	}
	d.SVG = func(w io.Writer) error {
		picture.Title = d.Title + ": $ a month" // alone, it has to say whose
		return picture.SVG(w)
	}
}

func extreme(word string, p scenarios.SweepPoint, axes []scenarios.Axis) string {
	return fmt.Sprintf("%s: $%s a month, at %s = %s and %s = %s.",
		word, fixed(p.Total, centPlaces), axes[0].Path, p.Values[0], axes[1].Path, p.Values[1])
}
