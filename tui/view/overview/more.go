package overview

import (
	"slices"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
)

// more fills what a large terminal has room for below the panels: what a reader of the others would ask next. Nothing
// of it is under the cursor, as each tenant is among the top tenants, too.
func (s *State) more(width, height int) []string {
	var lines []string
	if coverage := s.coverage(width); len(coverage) > 0 && height >= len(coverage)+2 {
		lines = append(lines, coverage...)
	}
	if room := height - len(lines) - 1; room >= 3 {
		if movers := s.movers(width, room); movers != nil {
			lines = append(append(movers, ""), lines...)
		}
	}
	return lines
}

// movers are the tenants whose spend has changed by most dollars, up or down, against the like stretch before.
func (s *State) movers(width, height int) []string {
	l := s.Tenants
	if l == nil || l.Spend.Total.Previous == nil || l.Spend.Total.Previous.Change == nil {
		return nil
	}
	var moved []int
	for i := range l.Spend.Rows {
		row := &l.Spend.Rows[i]
		if p := row.Previous; row.Kind != spend.KindOther && p != nil && p.Change != nil && !p.Change.IsZero() {
			moved = append(moved, i)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	slices.SortStableFunc(moved, func(a, b int) int {
		return l.Spend.Rows[b].Previous.Change.Abs().Cmp(l.Spend.Rows[a].Previous.Change.Abs())
	})
	moved = moved[:min(len(moved), height-1)]
	name, change, percent := 6, 6, 6
	for _, i := range moved {
		name, change = max(name, draw.Width(l.Names[0][i])), max(change, draw.Width(l.Text("change", i)))
		text, _ := s.moved(l.Spend.Rows[i].Previous)
		percent = max(percent, draw.Width(text))
	}
	change, percent = min(change, leastFigure+2), min(percent, leastFigure)
	from := 2*leastFigure + len("from  to ")
	if name+change+percent+from+4 > width {
		from = 0
	}
	name = min(name, max(4, width-change-percent-from-4))
	note := "against " + l.Spend.Compared.Before.Words(s.Location, false)
	lines := []string{draw.Heading(s.Theme, "moved most", note, width)}
	for _, i := range moved {
		text, paint := s.moved(l.Spend.Rows[i].Previous)
		lines = append(lines, " "+lay([]field{
			{text: l.Names[0][i], width: name, paint: s.Theme.Plain},
			{text: l.Text("change", i), width: change, paint: s.Theme.Strong, right: true},
			{text: text, width: percent, paint: paint, right: true},
			{
				text: "from " + draw.FitRight(l.Text("previous", i), leastFigure) + " to " +
					draw.FitRight(l.Text("amount", i), leastFigure),
				width: from, paint: s.Theme.Muted,
			},
		}))
	}
	return lines
}

// coverage is how much of each of the last days was measured completely, as a line, with the worst of them.
func (s *State) coverage(width int) []string {
	if s.Days == nil || s.Days.Coverage == nil {
		return nil
	}
	parts := make([]float32, data.TrendDays)
	worst := -1
	for i := range s.Days.Days {
		covered := s.Days.Days[i].Coverage
		if parts[i] = draw.Missing(); covered == nil {
			continue
		}
		parts[i] = float32(covered.InexactFloat64())
		if worst < 0 || covered.LessThan(*s.Days.Days[worst].Coverage) {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	note := "complete every day"
	if least := s.Days.Days[worst]; !least.Coverage.Equal(whole) {
		note = "least " + least.Coverage.Shift(2).Truncate(1).String() + " % on " + least.Start.In(s.Location).Format("2 Jan")
	}
	return []string{
		draw.Heading(s.Theme, "coverage by day", note, width),
		" " + s.Theme.Spark.Text(draw.Spark(parts, min(data.TrendDays, width-1))),
	}
}
