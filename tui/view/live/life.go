package live

import (
	"strings"
	"time"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// lifeGlyphs draw states over time so that they differ without colour: what runs is full, what is stored is low, what
// is in between is half.
var lifeGlyphs = map[watch.State]string{
	watch.Running: "█", watch.Suspended: "▁", watch.Pending: "▄", watch.Suspending: "▄", watch.Terminating: "▄",
}

const (
	lifeNow    = "▏" // the moment that the strip ends at, where more may follow
	lifeAhead  = "─" // what is left of it
	lifeNobody = "·" // time of which no state is known
)

// Strip draws the life of a MicroVM as a row of cells: from its launch to when it is ended at the latest, or to now
// where nothing ends it. Each cell has the state that most of its time was spent in.
func Strip(m *fleet.MicroVM, at time.Time, width int, t *theme.Theme) string {
	from, to := m.StartedAt, m.EndsBy()
	if from.IsZero() && len(m.Life) > 0 {
		from = m.Life[0].From
	}
	end := at
	if !m.EndedAt.IsZero() {
		end = m.EndedAt
	}
	if to.Before(end) { // nothing ends it, or a clock is wrong
		to = end
	}
	length := to.Sub(from)
	if from.IsZero() || length <= 0 || width <= 0 {
		return ""
	}
	var out strings.Builder
	next := 0 // of the stretches, the first that may reach into the cell
	now := int(int64(width) * int64(end.Sub(from)/time.Millisecond) / int64(length/time.Millisecond+1))
	for cell := range width {
		cellFrom := from.Add(length / time.Duration(width) * time.Duration(cell))
		cellTo := cellFrom.Add(length / time.Duration(width))
		switch {
		case cell == now && m.State != watch.Terminated:
			out.WriteString(t.Accent.Text(lifeNow))
		case cell > now || cell == now && cell > 0:
			out.WriteString(t.Track.Text(lifeAhead))
		default:
			out.WriteString(lifeCell(m.Life, &next, cellFrom, cellTo, t))
		}
	}
	return out.String()
}

// lifeCell is the state that most of a cell's time was spent in.
func lifeCell(life []watch.Stretch, next *int, from, to time.Time, t *theme.Theme) string {
	for *next < len(life) && !life[*next].To.After(from) {
		*next++
	}
	var best watch.Stretch
	var most time.Duration
	for _, s := range life[*next:] {
		if !s.From.Before(to) {
			break
		}
		start, end := s.From, s.To
		if start.Before(from) {
			start = from
		}
		if end.After(to) {
			end = to
		}
		if spent := end.Sub(start); spent > most {
			most, best = spent, s
		}
	}
	glyph, known := lifeGlyphs[best.State]
	switch {
	case most == 0 || !known:
		return t.Muted.Text(lifeNobody)
	case best.State == watch.Running && !best.Sure:
		return t.Muted.Text("▒")
	case best.State == watch.Running:
		return t.Good.Text(glyph)
	case best.State == watch.Suspended:
		return t.Muted.Text(glyph)
	default:
		return t.Warn.Text(glyph)
	}
}

// lifeLegend names the glyphs of a strip.
func lifeLegend(t *theme.Theme, width int) string {
	return draw.Cut(t.Good.Text("█")+" running  "+t.Muted.Text("▒")+" running, not seen twice  "+t.Muted.Text("▁")+
		" suspended  "+t.Warn.Text("▄")+" changing  "+t.Muted.Text("·")+" not known  "+t.Accent.Text("▏")+" now  "+
		t.Track.Text("─")+" left", width)
}
