package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view/chart"
)

// BreakEven makes the document of the running times at which each alternative costs the same, with the cost curves as a
// picture.
func BreakEven(e *scenarios.Estimate, comparisons []scenarios.Comparison) Document {
	s := e.Scenario
	_, noun := s.PerUnit()
	d := Document{
		Title: s.Name, Subtitle: estimateSubtitle(e), JSON: comparedJSON(e, comparisons),
		CSV: [][]string{{
			"name", "running_hours_per_month", "hours_per_day", "hours_per_day_20_days", "hours_per_day_22_days",
			"hours_per_day_30_days", "seconds_per_job", "users_per_instance", "sentence",
		}},
	}
	t := &Table{Columns: []Column{{Title: "costs the same at", Shrink: true}, {Title: "h/month", Align: Decimal}}}
	if noun == "job" {
		t.Columns = append(t.Columns, Column{Title: "s/job", Align: Decimal})
	} else {
		t.Columns = append(t.Columns,
			Column{Title: "h/day", Align: Decimal}, Column{Title: "20 d", Align: Decimal, Drop: 2},
			Column{Title: "22 d", Align: Decimal, Drop: 2}, Column{Title: "30 d", Align: Decimal, Drop: 2},
			Column{Title: "shared by", Align: Right, Drop: 1})
	}
	sentences := Section{}
	for _, c := range comparisons {
		p := newBreakEvenJSON(s, c.BreakEven)
		cells := []string{c.Name, hoursCell(p.RunningHoursPerMonth)}
		if noun == "job" {
			cells = append(cells, hoursCell(p.SecondsPerJob))
		} else {
			cells = append(cells, hoursCell(p.HoursPerDay), hoursCell(p.HoursPerDay20), hoursCell(p.HoursPerDay22),
				hoursCell(p.HoursPerDay30), orDash(p.UsersPerInstance))
		}
		t.Rows = append(t.Rows, Row{Cells: cells, Warn: c.Unknown != ""})
		sentences.Notes = append(sentences.Notes, Note{Text: c.BreakEven.Sentence})
		if shared := sharedSentence(c); shared != "" {
			sentences.Notes = append(sentences.Notes, Note{Text: shared})
		}
		d.CSV = append(d.CSV, []string{
			c.Name, orEmpty(p.RunningHoursPerMonth), orEmpty(p.HoursPerDay), orEmpty(p.HoursPerDay20), orEmpty(p.HoursPerDay22),
			orEmpty(p.HoursPerDay30), orEmpty(p.SecondsPerJob), orEmpty(p.UsersPerInstance), p.Sentence,
		})
	}
	picture, beyond := costCurves(e, comparisons)
	sentences.Notes = append(sentences.Notes, rangeNote(s)...)
	d.Sections = []Section{
		{Table: t.view()},
		sentences,
		{Picture: func(width int) string { return picture.Text(min(width, 120), chartHeight) }},
	}
	if len(beyond) > 0 {
		d.Sections = append(d.Sections, Section{Notes: []Note{{Text: "Above the picture: " + strings.Join(beyond, "; ") + "."}}})
	}
	d.SVG = func(w io.Writer) error { return picture.SVG(w) }
	return d
}

const chartHeight = 22

func sharedSentence(c scenarios.Comparison) string {
	if c.BreakEven.UsersPerInstance == nil {
		return ""
	}
	return fmt.Sprintf("Shared by %s users or more, %s costs no more than MicroVMs, at $%s for each.",
		figures.Grouped(*c.BreakEven.UsersPerInstance), c.Name, fixed(c.PerInstance, centPlaces))
}

func hoursCell(text *string) string {
	if text == nil {
		return "–"
	}
	return fixed(decimal.RequireFromString(*text), 3)
}

func orDash(text *string) string {
	if text == nil {
		return "–"
	}
	return *text
}

// costCurves draws a month's cost by running time: per user for users, in all for jobs.
func costCurves(e *scenarios.Estimate, comparisons []scenarios.Comparison) (picture chart.Line, beyond []string) {
	s := e.Scenario
	units := decimal.NewFromInt(1)
	picture = chart.Line{
		Title: "Cost by running time: " + s.Name,
		X:     chart.Axis{Title: "running hours a month"},
		Y:     chart.Axis{Title: "$ a month"},
	}
	if s.Jobs.IsZero() {
		units = s.Users
		picture.X.Title, picture.Y.Title = "running hours a month per user", "$ a month per user"
	}
	end := curveEnd(e, comparisons, units)
	curve, err := s.Workload.Curve(e.Bill.Card)
	if err != nil {
		return picture, nil // the bill has been priced at the same rates, so this cannot happen
	}
	own := sampled(microvms, curve, end, units)
	picture.Series = append(picture.Series, own)
	picture.Y.Max = own.Points[len(own.Points)-1].Y * headroom
	for _, c := range comparisons {
		if c.Unknown != "" {
			continue
		}
		series := sampled(c.Name, c.Curve, end, units)
		if lowest(series) > picture.Y.Max {
			beyond = append(beyond, c.Name)
			continue
		}
		picture.Series = append(picture.Series, series)
		if at := c.BreakEven.HoursPerMonth; at != nil {
			cost := c.Curve.At(at.Mul(units).Mul(hourSeconds))
			x, y := coordinate(*at), coordinate(pricing.Divide(cost, units, 6))
			picture.Marks = append(picture.Marks, chart.Mark{
				X: x, Y: y, Label: fmt.Sprintf("%s h, $%s: %s", fixed(*at, 1), fixed(pricing.Divide(cost, units, 6), centPlaces), c.Name),
			})
		}
	}
	picture.X.Max = coordinate(end)
	return picture, beyond
}

// headroom is how much higher than the MicroVMs' own cost the picture reaches. What costs more throughout would press
// everything else to the bottom, and is named instead.
const headroom = 1.35

func lowest(s chart.Series) float64 {
	least := s.Points[0].Y
	for _, p := range s.Points {
		least = min(least, p.Y)
	}
	return least
}

var hourSeconds = decimal.NewFromInt(pricing.SecondsPerHour)

// curveEnd is the running time at which the picture ends: half as much again as the furthest break-even or the scenario's
// own running time, and for a user not beyond the longest month.
func curveEnd(e *scenarios.Estimate, comparisons []scenarios.Comparison, units decimal.Decimal) decimal.Decimal {
	end := pricing.Divide(e.Scenario.Workload.Running, hourSeconds.Mul(units), 6)
	for _, c := range comparisons {
		if c.BreakEven.HoursPerMonth != nil {
			end = decimal.Max(end, *c.BreakEven.HoursPerMonth)
		}
	}
	end = end.Mul(decimal.New(15, -1))
	if e.Scenario.Jobs.IsZero() {
		end = decimal.Min(end, decimal.NewFromInt(744))
	}
	if end.IsZero() {
		return decimal.NewFromInt(1)
	}
	return end
}

const curveSamples = 240

func sampled(name string, curve pricing.Curve, end, units decimal.Decimal) chart.Series {
	series := chart.Series{Name: name, Stepped: curve.Step.IsPositive()}
	for i := range curveSamples + 1 {
		hours := pricing.Divide(end.Mul(decimal.NewFromInt(int64(i))), decimal.NewFromInt(curveSamples), 9)
		cost := pricing.Divide(curve.At(hours.Mul(units).Mul(hourSeconds)), units, 9)
		series.Points = append(series.Points, chart.Point{X: coordinate(hours), Y: coordinate(cost)})
	}
	return series
}

// coordinate is a figure as a place in a picture, for which a float is fine enough.
func coordinate(d decimal.Decimal) float64 {
	f, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		return 0
	}
	return f
}
