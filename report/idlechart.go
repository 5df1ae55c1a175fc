package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/view/chart"
)

// idleCurve draws the cost by timeout, with the policies on it that people set or could.
func idleCurve(source string, a *idle.Analysis) chart.Line {
	across := secondsAxis(float64(a.Curve[len(a.Curve)-1].TimeoutMS) / 1000)
	idleX := func(ms int64) float64 { return across.at(float64(ms) / 1000) }
	picture := chart.Line{
		Title: "Cost of the gaps by idle timeout: " + source,
		X:     across.axis("idle timeout"),
		Y:     chart.Axis{Title: "$ over the trace", Format: axisDollars},
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
	picture.Series = []chart.Series{cost}
	if !neverIsAbove(a) {
		picture.Series = append(picture.Series, level("never suspended", a.Never))
	}
	picture.Series = append(picture.Series, level("hindsight", a.Hindsight))
	mark := func(name string, p idle.Priced) {
		picture.Marks = append(picture.Marks, chart.Mark{
			X: idleX(p.TimeoutMS), Y: coordinate(p.Cost),
			Label: fmt.Sprintf("%s %s s, $%s", name, figures.Int(p.TimeoutSeconds()), figures.Fixed(p.Cost, idlePlaces(a))),
		})
	}
	mark("best", a.Best)
	if a.Limited != nil && a.Limited.TimeoutMS != a.Best.TimeoutMS {
		mark("within the limits", *a.Limited)
	}
	if a.Current.TimeoutMS != a.Best.TimeoutMS {
		mark(inForce(a), a.Current)
	}
	for _, o := range a.Online {
		if o.ID == "break-even" && a.BreakEven != nil {
			picture.Marks = append(picture.Marks, chart.Mark{
				X: across.at(coordinate(*a.BreakEven)), Y: coordinate(o.Cost),
				Label: fmt.Sprintf("break-even %s s, $%s", figures.Fixed(*a.BreakEven, 1), figures.Fixed(o.Cost, idlePlaces(a))),
			})
		}
	}
	return picture
}

// neverIsAbove reports whether never suspending costs so much more than every timeout drawn that its line would press
// them to the bottom of the picture.
func neverIsAbove(a *idle.Analysis) bool {
	most := decimal.Decimal{}
	for _, p := range a.Curve {
		most = decimal.Max(most, p.Cost)
	}
	return a.Never.Cost.GreaterThan(most.Mul(idleHeadroom))
}

// idleHeadroom is how much higher than the cost of every timeout drawn the picture may reach.
var idleHeadroom = decimal.New(15, -1)

// idleFrontier draws a month's dollars against the requests a day that wait, for policies that keep state and for
// those that lose the most of it.
func idleFrontier(source string, a *idle.Analysis) chart.Line {
	picture := chart.Line{
		Title: "Dollars against waits: " + source,
		X:     chart.Axis{Title: "requests a day that wait"},
		Y:     chart.Axis{Title: "$ a month, requests included", Format: axisDollars},
	}
	longest := int64(0)
	for i := range a.Lives.Outcomes {
		longest = max(longest, a.Lives.Outcomes[i].HeldMS)
	}
	type line struct {
		name   string
		heldMS int64
	}
	lines := []line{{"suspended, up to " + clockTime(longest), longest}, {"terminated instead", 0}}
	if longest == 0 {
		lines = lines[1:]
	}
	for _, line := range lines {
		series := chart.Series{Name: line.name}
		for i := range a.Lives.Outcomes {
			if o := &a.Lives.Outcomes[i]; o.HeldMS == line.heldMS {
				series.Points = append(series.Points, frontierPoint(a, o))
			}
		}
		slices.SortStableFunc(series.Points, func(x, y chart.Point) int { return cmp.Compare(x.X, y.X) })
		picture.Series = append(picture.Series, series)
	}
	mark := func(name string, o *idle.Outcome) {
		p := frontierPoint(a, o)
		label := fmt.Sprintf("%s: idle %s s", name, outcomeTimeout(o, a.Lives))
		picture.Marks = append(picture.Marks, chart.Mark{X: p.X, Y: p.Y, Label: label})
	}
	if a.Lives.Best != nil {
		name := "cheapest with state"
		if longest == 0 {
			name = "cheapest"
		}
		mark(name, a.Lives.Best)
	}
	for i := range a.Lives.Outcomes {
		o := &a.Lives.Outcomes[i]
		if o.TimeoutMS == a.Current.TimeoutMS && o.HeldMS == longest && !sameOutcome(o, a.Lives.Best) {
			mark(inForce(a), o)
		}
	}
	return picture
}

func frontierPoint(a *idle.Analysis, o *idle.Outcome) chart.Point {
	monthly, _ := a.Monthly(o.Cost)
	return chart.Point{X: coordinate(a.PerDay(o.Waits)), Y: coordinate(monthly)}
}
