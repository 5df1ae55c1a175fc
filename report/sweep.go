package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
	"microspend/view/chart"
)

// Sweep makes the document of a sweep: a table and a line for one axis, a heat map for two.
func Sweep(sweep *scenarios.Sweep) view.Document {
	s, entries, marked := sweep.Scenario, sweep.Entries(), isMarked(sweep)
	warnings := sweepWarningObjects(sweep)
	table := view.NewTable(sweepColumns(sweep), stepsOf(sweep), func(step sweepStep) view.Look {
		return view.Look{
			Warn:  step.Unknown != "" || marked(step.SweepPoint),
			Notes: append([]string{step.Unknown}, step.doubts...),
		}
	})
	axes := make([]view.Object, len(sweep.Axes))
	for i, axis := range sweep.Axes {
		axes[i] = view.Object{{ID: "path", Value: axis.Path}, {ID: "values", Value: axis.Values}}
	}
	d := view.Document{
		Title: s.Name, Subtitle: s.Title, Data: table,
		JSON: view.Object{
			{ID: "schema", Value: "microspend.sweep/v1"},
			{ID: "name", Value: s.Name},
			{ID: "currency", Value: "USD"},
			{ID: "vary", Value: axes},
		}.With(s.Work != nil, "best", bestObject(sweep)).With(len(warnings) > 0, "warnings", warnings).With(true, "points", view.Records{Table: table}),
	}
	switch {
	case s.Work != nil:
		sweepTradeOff(&d, sweep, table)
	case len(sweep.Axes) == 1:
		d.Sections = []view.Section{{Table: table}}
		d.SVG = sweepLine(sweep)
	case len(entries) > 0:
		d.Sections = []view.Section{{Table: table}} // a heat map has one figure for each point, and this has three
	default:
		sweepHeat(&d, sweep)
	}
	if len(warnings) > 0 {
		d.Add(view.Section{Heading: "Warnings", Notes: sweepWarningNotes(sweep)})
	}
	d.Add(view.Section{Notes: rangeNote(s)})
	return d
}

// sweepStep is a point of a sweep and the one before it, nil for the first.
type sweepStep struct {
	scenarios.SweepPoint
	before *scenarios.SweepPoint
	doubts []string // of its alternatives, where they are not those of the point before
}

func stepsOf(sweep *scenarios.Sweep) []sweepStep {
	steps := make([]sweepStep, len(sweep.Points))
	var said []string
	for i, p := range sweep.Points {
		steps[i].SweepPoint = p
		if doubts := comparedDoubts(p); !slices.Equal(doubts, said) {
			steps[i].doubts, said = doubts, doubts
		}
		if i > 0 && p.Unknown == "" && sweep.Points[i-1].Unknown == "" {
			steps[i].before = &sweep.Points[i-1]
		}
	}
	return steps
}

func sweepColumns(sweep *scenarios.Sweep) []view.Column[sweepStep] {
	_, noun := sweep.Scenario.PerUnit()
	var (
		totals, each []decimal.Decimal
		most         decimal.Decimal
		columns      []view.Column[sweepStep]
	)
	for _, p := range sweep.Points {
		if p.Unknown != "" {
			continue
		}
		totals, each = append(totals, p.Total), append(each, p.PerUnit)
		most = decimal.Max(most, p.Total)
	}
	front := sweep.Front()
	entries := sweep.Entries()
	ofWork, alone := view.When(sweep.Scenario.Work != nil, view.Everyone), view.When(len(entries) == 0, view.People)
	places, eachPlaces := view.PlacesFor(totals), view.PlacesFor(each)
	for i, axis := range sweep.Axes {
		columns = append(columns, view.Column[sweepStep]{
			ID: axis.Path, Title: axis.Path, Align: view.Right, Scope: view.People | view.CSVOnly,
			Value: func(s sweepStep) view.Value { return view.Text(s.Values[i]).Shown(notation(s.Values[i])) },
		})
	}
	columns = append(columns, []view.Column[sweepStep]{
		{ID: "values", Scope: view.JSONOnly, Value: func(s sweepStep) view.Value { return view.List(s.Values) }},
		{ID: "total", Title: "a month", Unit: "$", Value: func(s sweepStep) view.Value {
			return view.Number(s.Total, places).Or("unknown", s.Unknown == "")
		}},
		{ID: "per_" + noun, Title: "per " + noun, Unit: "$", Drop: 1, Value: func(s sweepStep) view.Value {
			return view.Number(s.PerUnit, eachPlaces).Or("", s.Unknown == "")
		}},
		{Title: "change", Align: view.Decimal, Drop: 2, Scope: alone, Value: func(s sweepStep) view.Value {
			return view.Maybe(s.before, func(p scenarios.SweepPoint) view.Value {
				return view.Signed(s.Total.Sub(p.Total), places)
			})
		}},
		{
			ID: "seconds", Title: "time " + perOfWork(sweep.Scenario), Align: view.Right, Scope: ofWork,
			Value: func(s sweepStep) view.Value {
				return view.Exact(s.Seconds).Shown(durationText(s.Seconds)).Or("", s.Unknown == "")
			},
		},
		{ID: "pareto", Title: "Pareto front", Scope: ofWork, Value: func(s sweepStep) view.Value {
			return view.Bool(s.Front).Shown(frontWords(front, s.SweepPoint))
		}},
		{ID: "unknown", Value: func(s sweepStep) view.Value { return view.Text(s.Unknown).OmitEmpty() }},
		{Scope: view.When(sweep.Scenario.Work == nil && len(entries) == 0, view.People), Value: func(s sweepStep) view.Value {
			return view.Missing(bar(s.Total, most, sweepBarWidth))
		}},
		{ID: "warnings", Scope: view.JSONOnly, Value: func(s sweepStep) view.Value {
			return view.List(warningIDs(s.SweepPoint)).OmitIf(len(s.Warnings) == 0)
		}},
		{ID: "warnings", Scope: view.CSVOnly, Value: func(s sweepStep) view.Value {
			return view.Text(strings.Join(warningIDs(s.SweepPoint), "; "))
		}},
	}...)
	return append(columns, comparedColumns(entries)...)
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

// sweepLine draws the totals and what alternatives that are varied cost, nil where the values are not numbers.
func sweepLine(sweep *scenarios.Sweep) func(io.Writer) error {
	path, series := sweep.Axes[0].Path, []chart.Series{{Name: "total"}}
	for _, entry := range sweep.Entries() {
		series[0].Name = microvms
		series = append(series, chart.Series{Name: entry})
	}
	across, isNumber := newAxisScale(sweep.Axes[0].Values)
	if !isNumber {
		return nil
	}
	for i, p := range sweep.Points {
		if p.Unknown != "" {
			continue
		}
		series[0].Points = append(series[0].Points, chart.Point{X: across.at(i), Y: coordinate(p.Total)})
		for k, c := range p.Compared {
			if c.Known() {
				series[k+1].Points = append(series[k+1].Points, chart.Point{X: across.at(i), Y: coordinate(c.Monthly)})
			}
		}
	}
	picture := chart.Line{
		Title: sweep.Scenario.Name + " by " + path,
		X:     across.axis(path), Y: chart.Axis{Title: "$ a month", Format: axisDollars},
		Series: series,
	}
	return func(w io.Writer) error { return picture.SVG(w) }
}

func sweepHeat(d *view.Document, sweep *scenarios.Sweep) {
	rows, columns := sweep.Axes[0], sweep.Axes[1]
	values := make([][]float64, len(rows.Values))
	var least, most *scenarios.SweepPoint
	for i := range sweep.Points {
		p, row := &sweep.Points[i], i/len(columns.Values)
		if p.Unknown != "" {
			values[row] = append(values[row], math.NaN())
			continue
		}
		values[row] = append(values[row], coordinate(p.Total))
		if least == nil || p.Total.LessThan(least.Total) {
			least = p
		}
		if most == nil || p.Total.GreaterThan(most.Total) {
			most = p
		}
	}
	picture := chart.Heat{
		Title:     "$ a month",
		X:         chart.Categories{Title: columns.Path, Labels: notations(columns.Values)},
		Y:         chart.Categories{Title: rows.Path, Labels: notations(rows.Values)},
		Values:    values,
		CellLabel: briefDollars,
	}
	extreme := func(word string, p *scenarios.SweepPoint) string {
		return fmt.Sprintf("%s: %s a month, at %s = %s and %s = %s.",
			word, dollars(p.Total), rows.Path, notation(p.Values[0]), columns.Path, notation(p.Values[1]))
	}
	d.Sections = []view.Section{{Picture: picture.Text}}
	if least != nil {
		d.Add(view.Section{Notes: plainNotes(extreme("Lowest", least), extreme("Highest", most))})
	}
	d.SVG = func(w io.Writer) error {
		picture.Title = d.Title + ": $ a month" // alone, it has to say whose
		return picture.SVG(w)
	}
}

// briefDollars labels a cell: whole dollars, and cents below ten.
func briefDollars(amount float64) string {
	places := 0
	if amount != 0 && amount < 10 {
		places = view.CentPlaces
	}
	return strconv.FormatFloat(amount, 'f', places, 64)
}
