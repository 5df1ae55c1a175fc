package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"microspend/scenarios"
	"microspend/view"
	"microspend/view/chart"
)

// perOfWork is what the time of work is counted per.
func perOfWork(s *scenarios.Scenario) string {
	switch _, noun := s.PerUnit(); {
	case s.Work != nil && s.Work.Per == scenarios.PerMonth:
		return "a month"
	case noun == "job":
		return "a job"
	default:
		return "a day"
	}
}

// workValue is the work of a day or job and how long it runs, missing where the scenario has none.
func workValue(s *scenarios.Scenario) view.Value {
	if s.Work == nil {
		return view.Text("").OmitEmpty()
	}
	return view.Nested(view.Object{
		{ID: "vcpu_seconds", Value: view.Exact(s.Work.VCPUSeconds).Or("", !s.Work.Measured())},
		{ID: "busy_vcpu", Value: view.Exact(s.Work.VCPU).Or("", !s.Work.Measured())},
		{ID: "measured", Value: s.Work.Measured()},
		{ID: "seconds", Value: s.Work.Seconds},
		{ID: "per", Value: strings.TrimPrefix(perOfWork(s), "a ")},
	})
}

// frontWords say of a point what its place on the Pareto front is, or why it is not on it.
func frontWords(front []*scenarios.SweepPoint, p scenarios.SweepPoint) string {
	switch {
	case p.OutlivesOne:
		return "over 8 h"
	case !p.Front:
		return ""
	case len(front) == 1:
		return "◆ cheapest, fastest"
	case sameValues(p, *front[0]):
		return "◆ cheapest"
	case sameValues(p, *front[len(front)-1]):
		return "◆ fastest"
	default:
		return "◆"
	}
}

func sameValues(a, b scenarios.SweepPoint) bool {
	return strings.Join(a.Values, "\x00") == strings.Join(b.Values, "\x00")
}

// pointName names a point, as in "microvm.memory = 4GB".
func pointName(sweep *scenarios.Sweep, p *scenarios.SweepPoint) string {
	parts := make([]string, len(p.Values))
	for i, value := range p.Values {
		parts[i] = sweep.Axes[i].Path + " = " + notation(value)
	}
	return strings.Join(parts, " and ")
}

// bestObject is the cheapest point, the fastest of those that cost the same; null where none can do the work.
func bestObject(sweep *scenarios.Sweep) any {
	front := sweep.Front()
	if len(front) == 0 {
		return nil
	}
	return view.Object{
		{
			ID:    "values",
			Value: front[0].Values,
		}, {ID: "total", Value: front[0].Total}, {ID: "seconds", Value: front[0].Seconds},
	}
}

// sweepTradeOff shows what work costs against how long it takes: which point is cheapest, and what being faster costs.
func sweepTradeOff(d *view.Document, sweep *scenarios.Sweep, table *view.Table) {
	picture := tradeOffChart(sweep)
	d.Sections = []view.Section{
		{Table: table},
		{Notes: tradeOffNotes(sweep)},
		{Picture: func(width int) string { return picture.Text(min(width, chartWidth), chartHeight) }},
	}
	d.SVG = func(w io.Writer) error { return picture.SVG(w) }
}

func tradeOffNotes(sweep *scenarios.Sweep) []view.Note {
	front, per := sweep.Front(), perOfWork(sweep.Scenario)
	var list []view.Note
	for i, p := range front {
		text := fmt.Sprintf(
			"Cheapest: %s, %s a month and %s %s.",
			pointName(sweep, p),
			dollars(p.Total),
			durationText(p.Seconds),
			per,
		)
		if ties := sameCost(sweep, p); i == 0 && ties > 0 {
			text += " Others cost the same and take longer."
		}
		if i > 0 {
			before := front[i-1]
			text = fmt.Sprintf("%s takes %s in place of %s for %s a month more.", pointName(sweep, p), durationText(p.Seconds),
				durationText(before.Seconds), dollars(p.Total.Sub(before.Total)))
		}
		list = append(list, view.Note{Text: text})
	}
	if len(front) == 0 {
		list = append(
			list,
			view.Note{Warn: true, Text: "None of these can do the work within the 8 hours that a MicroVM lives."},
		)
	}
	for i := range sweep.Points {
		if p := &sweep.Points[i]; p.OutlivesOne {
			list = append(list, view.Note{Warn: true, Text: fmt.Sprintf(
				"%s: %s takes %s, and a MicroVM is terminated after 8 hours; it is priced, but not chosen.",
				pointName(sweep, p), per, durationText(p.Seconds))})
		}
	}
	return list
}

// sameCost counts the points that cost what the best does and take longer.
func sameCost(sweep *scenarios.Sweep, best *scenarios.SweepPoint) (ties int) {
	for i := range sweep.Points {
		p := &sweep.Points[i]
		if p.Unknown == "" && p.Total.Round(scenarios.TiePlaces).Equal(best.Total.Round(scenarios.TiePlaces)) &&
			p.Seconds.GreaterThan(best.Seconds) {
			ties++
		}
	}
	return ties
}

// tradeOffChart draws cost against time: each point a mark, the Pareto front a line through those that nothing beats.
func tradeOffChart(sweep *scenarios.Sweep) chart.Line {
	var times []string
	var points []*scenarios.SweepPoint
	for i := range sweep.Points {
		if p := &sweep.Points[i]; p.Unknown == "" {
			points, times = append(points, p), append(times, p.Seconds.Round(3).String()+"s")
		}
	}
	across, _ := newAxisScale(times)
	picture := chart.Line{
		Title: sweep.Scenario.Name + ": cost against time",
		X:     across.axis("time " + perOfWork(sweep.Scenario)), Y: chart.Axis{Title: "$ a month", Format: axisDollars},
		Series: []chart.Series{{Name: "Pareto front"}},
	}
	front := &picture.Series[0]
	for i, p := range points {
		place := chart.Point{X: across.at(i), Y: coordinate(p.Total)}
		label := strings.Join(notations(p.Values), ", ")
		if p.Front {
			label += " ★"
			front.Points = append(front.Points, place)
		}
		picture.Marks = append(picture.Marks, chart.Mark{X: place.X, Y: place.Y, Label: label})
	}
	slices.SortFunc(front.Points, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
	return picture
}
