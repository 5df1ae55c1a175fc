package chart

import (
	"fmt"
	"math"
)

// months is the typical use: what a month costs by running hours, and where the costs meet.
func months() Line {
	dollars := func(v float64) string { return fmt.Sprintf("$%.0f", v) }
	steps := Series{Name: "GitHub Actions", Stepped: true}
	for h := 0.0; h <= 744; h += 62 {
		steps.Points = append(steps.Points, Point{h, 0.06 * (h + 62)})
	}
	straight := func(name string, at0, perHour float64) Series {
		return Series{Name: name, Points: []Point{{0, at0}, {744, at0 + 744*perHour}}}
	}
	return Line{
		Title: "A month of one user's sandbox by running hours",
		X:     Axis{Title: "running hours per user and month", Max: 744},
		Y:     Axis{Title: "dollars a month", Format: dollars},
		Series: []Series{
			straight("MicroVMs", 4.2, 0.0912),
			straight("EC2 t4g.medium", 26.86, 0),
			straight("Fargate active", 0, 0.1334),
			steps,
		},
		Marks: []Mark{
			{X: 99.53, Y: 4.2 + 99.53*0.0912, Label: "99.53 h, $13.28"},
			{X: 248.46, Y: 26.86, Label: "248.46 h, $26.86"},
			{X: 201.3, Y: 26.86, Label: "201.3 h, $26.86"},
		},
	}
}

func heat(rows, cols int) Heat {
	h := Heat{
		Title:     "MicroVMs cost a month, by users and hours",
		X:         Categories{Title: "running hours per user and month"},
		Y:         Categories{Title: "users"},
		CellLabel: func(v float64) string { return fmt.Sprintf("$%.0f", v) },
	}
	for c := range cols {
		h.X.Labels = append(h.X.Labels, fmt.Sprint((c+1)*744/cols))
	}
	for r := range rows {
		h.Y.Labels = append(h.Y.Labels, fmt.Sprint((r+1)*25))
		var row []float64
		for c := range cols {
			row = append(row, float64((r+1)*25)*(1.2+0.0912*float64((c+1)*744/cols)))
		}
		h.Values = append(h.Values, row)
	}
	if rows > 3 && cols > 3 {
		h.Values[2][3] = math.NaN()
	}
	return h
}

func tornado() Tornado {
	dollars := func(v float64) string { return fmt.Sprintf("$%.2f", v) }
	t := Tornado{
		Title: "What moves the bill of a month, each input ±20 %", Center: 1204.5,
		CenterLabel: "$1,204.50 as described",
	}
	for _, b := range []struct {
		label     string
		low, high float64
	}{
		{"suspended GB", 1204.5, 1204.5 * 1.02},
		{"running hours", 1204.5 * 0.83, 1204.5 * 1.21},
		{"peak memory", 1204.5 * 0.9, 1204.5 * 1.14},
		{"users", 1204.5 * 0.8, 1204.5 * 1.2},
		{"resumes per day", 1204.5 * 0.992, 1204.5 * 1.008},
		{"discount", 1204.5 * 1.05, 1204.5 * 0.95},
	} {
		t.Bars = append(t.Bars, Bar{b.label, b.low, b.high, dollars(b.low), dollars(b.high)})
	}
	return t
}

// daily is a month of days by component, its weekends quiet, one day not known.
func daily(days int, narrow bool) Stacked {
	s := Stacked{
		Title: "Spend by day", X: "days", Y: Axis{Format: func(v float64) string { return fmt.Sprintf("$%.0f", v) }},
		Parts: []string{"vCPU", "memory", "snapshot read", "snapshot write", "storage"}, Narrow: narrow,
	}
	for day := range days {
		size := 10 + float64(day*7%11)
		if day%7 > 4 {
			size /= 4
		}
		s.Bars = append(s.Bars, Stack{
			Label: fmt.Sprint(day + 1), Parts: []float64{8 * size, 3 * size, size, size / 2, size / 3},
			Told: fmt.Sprintf("%d October", day+1), Shaded: day%7 > 4, Unknown: day == 12,
		})
	}
	return s
}
