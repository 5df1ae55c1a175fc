package report

import (
	"fmt"

	"microspend/idle"
	"microspend/report/chart"
)

// idleCurve draws the cost by timeout, with the policies on it that people set or could.
func idleCurve(source string, a *idle.Analysis) chart.Line {
	picture := chart.Line{
		Title: "Cost of the gaps by idle timeout: " + source,
		X:     chart.Axis{Title: "idle timeout in seconds"},
		Y:     chart.Axis{Title: "$ over the trace"},
	}
	cost := chart.Series{Name: "one timeout for all gaps"}
	for _, p := range a.Curve {
		cost.Points = append(cost.Points, chart.Point{X: idleX(p.TimeoutMS), Y: coordinate(p.Cost)})
	}
	first, last := cost.Points[0].X, cost.Points[len(cost.Points)-1].X
	level := func(name string, p idle.Priced) chart.Series {
		y := coordinate(p.Cost)
		return chart.Series{Name: name, Points: []chart.Point{{X: first, Y: y}, {X: last, Y: y}}}
	}
	picture.Series = []chart.Series{cost, level("never suspended", a.Never), level("hindsight", a.Hindsight)}
	mark := func(name string, p idle.Priced) {
		picture.Marks = append(picture.Marks, chart.Mark{
			X: idleX(p.TimeoutMS), Y: coordinate(p.Cost),
			Label: fmt.Sprintf("%s %s s, $%s", name, idleCount(p.TimeoutSeconds()), fixed(p.Cost, idlePlaces(a))),
		})
	}
	mark("best", a.Best)
	if a.Limited != nil && a.Limited.TimeoutMS != a.Best.TimeoutMS {
		mark("within the limits", *a.Limited)
	}
	if a.Current.TimeoutMS != a.Best.TimeoutMS {
		mark("in force", a.Current)
	}
	for _, o := range a.Online {
		if o.ID == "break-even" && a.BreakEven != nil {
			picture.Marks = append(picture.Marks, chart.Mark{
				X: coordinate(*a.BreakEven), Y: coordinate(o.Cost),
				Label: fmt.Sprintf("break-even %s s, $%s", fixed(*a.BreakEven, 1), fixed(o.Cost, idlePlaces(a))),
			})
		}
	}
	return picture
}

// idleX is a timeout as a place in a picture, in seconds.
func idleX(ms int64) float64 { return float64(ms) / 1000 }
