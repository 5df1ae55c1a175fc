package overview

import (
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/view"
)

// chart is the last days as columns, split by billed quantity, in the given lines with heading, axis and legend.
func (s *State) chart(width, height int) []string {
	t := s.Theme
	note := ""
	if s.Days != nil {
		note = view.Text(draw.Dollars(s.Days.Total)).In(s.Days.State).String()
	}
	lines := []string{draw.Heading(t, "last 30 days", note, width)}
	if s.Days == nil {
		lines = append(lines, s.pending(Chart, width)...)
		return append(lines, make([]string, max(0, height-len(lines)))...)
	}
	stacks, most := stacksOf(s.Days)
	top := niceTop(most)
	rows := height - 3
	if rows >= 4 {
		rows -= rows % 2 // so that half of the top is the upper edge of a row
	}
	labels := axisLabels(top, rows)
	axis := 0
	for _, label := range labels {
		axis = max(axis, draw.Width(label))
	}
	axis += 2
	column, gap := columnWidths(width-axis, len(stacks))
	for i, line := range draw.Stacks(stacks, top, rows, column, gap, t) {
		lines = append(lines, t.Muted.Text(draw.Right(labels[i], axis-1))+t.Track.Text("│")+line)
	}
	return append(lines, t.Muted.Text(draw.Blank(axis)+s.dates(column, gap)), s.legend(width))
}

func stacksOf(days *data.Days) ([]draw.Stack, float64) {
	stacks := make([]draw.Stack, len(days.Days))
	most := 0.0
	for i := range days.Days {
		day := &days.Days[i]
		stacks[i].Missing, stacks[i].Mark = !day.HasData, markOf(days, day)
		sum := 0.0
		for q := range day.Parts {
			stacks[i].Parts[q] = day.Parts[q].InexactFloat64()
			sum += stacks[i].Parts[q]
		}
		most = max(most, sum)
	}
	return stacks, most
}

// markOf says that more belongs to a day than is drawn, and why.
func markOf(days *data.Days, day *data.Day) string {
	switch {
	case !day.HasData:
		return ""
	case day.State == pricing.UnknownRates:
		return "?"
	case day.State == pricing.AtLeast:
		return "≥"
	case days.Until.After(day.Start) && days.Until.Before(day.End): // the day that still runs
		return "…"
	default:
		return ""
	}
}

// niceTop is the top of the axis: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten.
func niceTop(most float64) float64 {
	if !(most > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, digit := range []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} {
		if top := digit * power; top >= most*0.999 {
			return top
		}
	}
	return 10 * power
}

// axisLabels are for each row of the chart: the top, half of it, and nothing elsewhere.
func axisLabels(top float64, rows int) []string {
	labels := make([]string, rows)
	at := func(row int, value float64) {
		places := int32(0)
		if top < 10 {
			places = 2
		}
		labels[row] = "$" + figures.Fixed(decimal.NewFromFloat(value), places)
	}
	at(0, top)
	if rows >= 4 {
		at(rows/2, top/2)
	}
	return labels
}

// columnWidths are the width of a column and of the gap after it.
func columnWidths(width, count int) (column, gap int) {
	each := width / count
	switch {
	case each <= 1:
		return 1, 0
	case each <= 8:
		return each - 1, 1
	default:
		return 7, 2
	}
}

// dates are the days below the columns, one in seven.
func (s *State) dates(column, gap int) string {
	var out strings.Builder
	used := 0
	for i := range s.Days.Days {
		at := i * (column + gap)
		if at < used || (len(s.Days.Days)-1-i)%7 != 0 {
			continue
		}
		label := s.Days.Days[i].Start.In(s.Location).Format("2 Jan")
		if i == len(s.Days.Days)-1 {
			at = max(used, at+column-len(label)) // flush with the last column
		}
		out.WriteString(draw.Blank(at - used))
		out.WriteString(label)
		used = at + len(label)
		out.WriteString(" ")
		used++
	}
	return strings.TrimRight(out.String(), " ")
}

// legend tells the parts apart, with the share of each.
func (s *State) legend(width int) string {
	t := s.Theme
	var out strings.Builder
	out.WriteByte(' ')
	used := 1
	for _, q := range pricing.BilledQuantities() {
		text := " " + strings.TrimPrefix(q.Name(), "snapshot ")
		if s.Days.Total.IsPositive() {
			text += " " + percentText(partOf(s.Days.Totals[q], s.Days.Total))
		}
		if used+2+len(text)+2 > width {
			break
		}
		if used > 1 {
			out.WriteString("   ")
			used += 3
		}
		out.WriteString(t.Components[q].Text(draw.PartGlyph(int(q))) + t.Muted.Text(text))
		used += 1 + draw.Width(text)
	}
	return out.String()
}

// percentText is a part in percent, with a decimal below ten.
func percentText(part decimal.Decimal) string {
	places := int32(0)
	if part.Abs().LessThan(decimal.New(1, -1)) {
		places = 1
	}
	return view.Percent(part, places).String()
}
