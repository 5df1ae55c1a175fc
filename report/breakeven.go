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
	"microspend/view"
	"microspend/view/chart"
)

// BreakEven makes the document of the running times at which each alternative costs the same, with the cost curves as a
// picture.
func BreakEven(e *scenarios.Estimate, comparisons []scenarios.Comparison) view.Document {
	can := able(comparisons)
	sentences := view.Section{Notes: append(
		breakEvenSentences(can),
		sentencesOnce(can, func(c scenarios.Comparison) string { return c.BreakEven.Shared })...)}
	sentences.Notes = append(sentences.Notes, rangeNote(e.Scenario)...)
	picture, beyond := costCurves(e, can)
	d := view.Document{
		Title: e.Scenario.Name, Subtitle: estimateSubtitle(e), JSON: comparedObject(e, comparisons),
		Data: view.NewTable(breakEvenColumns(e.Scenario), comparisons, nil),
		Sections: []view.Section{
			{Table: view.NewTable(breakEvenColumns(e.Scenario), can, lookOfComparison)},
			sentences,
		},
		SVG: func(w io.Writer) error { return picture.SVG(w) },
	}
	d.Add(unableSections(e.Rank(comparisons))...)
	d.Add(view.Section{Picture: func(width int) string { return picture.Text(min(width, chartWidth), chartHeight) }})
	if len(beyond) > 0 {
		d.Add(view.Section{Notes: plainNotes("Off the chart: " + strings.Join(beyond, "; ") + ".")})
	}
	return d
}

// The size of pictures in a terminal, in characters; a narrower terminal makes them narrower.
const (
	chartWidth  = 120
	chartHeight = 22
)

// maxCrossings is how many crossings are listed. Where billing in steps makes more, the list tells nobody anything.
const maxCrossings = 100

// breakEvenColumns are also the fields of break_even in the JSON of an alternative.
func breakEvenColumns(s *scenarios.Scenario) []view.Column[scenarios.Comparison] {
	type (
		comparison = scenarios.Comparison
		point      = scenarios.BreakEvenPoint
	)
	users := s.Jobs.IsZero()
	outside, ofUsers := view.People|view.CSVOnly, peopleToo(users) // outside: it is not a field of break_even
	figure := func(of func(point) *decimal.Decimal) func(comparison) view.Value {
		return func(c comparison) view.Value {
			return view.Maybe(of(c.BreakEven), func(d decimal.Decimal) view.Value {
				return view.Number(d.RoundBank(pricing.RatioPlaces), 3)
			}).OrDash()
		}
	}
	optional := func(of func(point) *decimal.Decimal) func(comparison) view.Value {
		return func(c comparison) view.Value { return figure(of)(c).OmitMissing() }
	}
	columns := []view.Column[comparison]{
		{ID: "name", Title: "costs the same at", Shrink: true, Scope: outside, Value: func(c comparison) view.Value {
			return view.Text(c.Name)
		}},
		{ID: "running_hours_per_month", Title: "h/month", Align: view.Decimal, Value: figure(func(p point) *decimal.Decimal {
			return p.HoursPerMonth
		})},
		{
			ID: "hours_per_day", Title: "h/day", Align: view.Decimal, Scope: ofUsers,
			Value: figure(func(p point) *decimal.Decimal { return p.HoursPerDay }),
		},
	}
	for _, days := range []int64{20, 22, 30} {
		columns = append(columns, view.Column[comparison]{
			ID: fmt.Sprintf("hours_per_day_%d_days", days), Title: fmt.Sprintf("%d d", days), Align: view.Decimal, Drop: 2,
			Scope: ofUsers,
			Value: optional(func(p point) *decimal.Decimal {
				if !users {
					return nil
				}
				return p.HoursPerDayOver(days)
			}),
		})
	}
	return append(columns,
		view.Column[comparison]{
			ID: "seconds_per_job", Title: "s/job", Align: view.Decimal, Scope: peopleToo(!users),
			Value: optional(func(p point) *decimal.Decimal { return p.SecondsPerJob }),
		},
		view.Column[comparison]{
			ID: "users_per_instance", Title: "shared by", Align: view.Right, Drop: 1, Scope: ofUsers,
			Value: func(c comparison) view.Value {
				return view.Maybe(c.BreakEven.UsersPerInstance, view.Exact).OrDash().OmitMissing()
			},
		},
		view.Column[comparison]{ID: "crossings", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			var crossings []view.Value
			for _, at := range c.BreakEven.Crossings {
				crossings = append(crossings, ratio(&at))
			}
			return view.Nested(crossings).OmitIf(len(crossings) < 2 || len(crossings) > maxCrossings)
		}},
		view.Column[comparison]{ID: "sentence", Value: func(c comparison) view.Value {
			return view.Text(c.BreakEven.Sentence)
		}},
	)
}

// costCurves draws a month's cost by running time: per user for users, in all for jobs.
func costCurves(e *scenarios.Estimate, comparisons []scenarios.Comparison) (picture chart.Line, beyond []string) {
	s := e.Scenario
	units := decimal.NewFromInt(1)
	picture = chart.Line{
		Title: "Cost by running time: " + s.Name,
		X:     chart.Axis{Title: "running hours a month", Format: axisHours},
		Y:     chart.Axis{Title: "$ a month", Format: axisDollars},
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
		if c.Unknown() != "" {
			continue
		}
		series := sampled(c.Name, c.Curve, end, units)
		if lowest(series) > picture.Y.Max {
			beyond = append(beyond, c.Name)
			continue
		}
		picture.Series = append(picture.Series, series)
		if at := c.BreakEven.HoursPerMonth; at != nil {
			cost := pricing.Divide(c.Curve.At(at.Mul(units).Mul(hourSeconds)), units, 6)
			picture.Marks = append(picture.Marks, chart.Mark{
				X: coordinate(*at), Y: coordinate(cost),
				Label: fmt.Sprintf("%s h, %s: %s", figures.Fixed(*at, 1), dollars(cost), c.Name),
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

// curveEnd is the running time at which the picture ends: half as much again as the furthest break-even or the
// scenario's own running time, and for a user not beyond the longest month.
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
