package chart

import (
	"encoding/binary"
	"math"
	"testing"
)

// FuzzLine draws any points under any labels in any size.
func FuzzLine(f *testing.F) {
	for i, label := range hostile {
		f.Add(label, 40+i, 10+i, 0.0, float64(i), []byte{
			0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 200, 100, 63,
			64,
		})
	}
	f.Fuzz(func(t *testing.T, label string, width, height int, low, high float64, data []byte) {
		points := pointsOf(data)
		c := Line{
			Title:  label,
			X:      Axis{Title: label, Min: low, Max: high},
			Y:      Axis{Title: label, Format: func(float64) string { return label }},
			Series: []Series{{Name: label, Points: points}, {Name: label, Points: points, Stepped: true}},
		}
		for _, p := range points {
			c.Marks = append(c.Marks, Mark{p.X, p.Y, label})
		}
		checkText(t, c.Text(width, height), width, height)
		checkSVG(t, svg(t, c))
	})
}

// FuzzHeatAndTornado takes the same numbers for cells and for bars.
func FuzzHeatAndTornado(f *testing.F) {
	for i, label := range hostile {
		f.Add(label, 40+i, float64(i), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 200, 100, 63, 64})
	}
	f.Fuzz(func(t *testing.T, label string, width int, center float64, data []byte) {
		h := Heat{Title: label, X: Categories{label, []string{label}}, Y: Categories{label, []string{label, label}}}
		c := Tornado{Title: label, Center: center, CenterLabel: label}
		for _, p := range pointsOf(data) {
			h.Values = append(h.Values, []float64{p.X, p.Y})
			c.Bars = append(c.Bars, Bar{label, p.X, p.Y, label, label})
		}
		stacked := Stacked{Title: label, X: label, Parts: []string{label, label}, Narrow: width%2 == 0}
		for _, p := range pointsOf(data) {
			stacked.Bars = append(stacked.Bars, Stack{Label: label, Told: label, Parts: []float64{p.X, p.Y}})
		}
		checkSVG(t, svg(t, stacked))
		checkSVG(t, figure(t, stacked))
		checkText(t, h.Text(width), width, 0)
		checkText(t, c.Text(width), width, 0)
		checkSVG(t, svg(t, h))
		checkSVG(t, svg(t, c))
	})
}

// pointsOf reads short coordinates from every four bytes and long ones, which can be anything, from the last sixteen.
func pointsOf(data []byte) []Point {
	var points []Point
	for at := 0; at+4 <= len(data) && len(points) < 200; at += 4 {
		points = append(points, Point{
			float64(int16(binary.LittleEndian.Uint16(data[at:]))),
			float64(int16(binary.LittleEndian.Uint16(data[at+2:]))),
		})
	}
	if tail := len(data) - 16; tail >= 0 {
		points = append(points, Point{
			math.Float64frombits(binary.LittleEndian.Uint64(data[tail:])),
			math.Float64frombits(binary.LittleEndian.Uint64(data[tail+8:])),
		})
	}
	return points
}
