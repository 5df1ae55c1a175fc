package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/tui/draw"

	"microspend/view"
)

// part is a piece of a line. Where there is no room, the one with the largest drop goes first; 0 stays.
type part struct {
	text string
	drop int
}

// fit joins as many parts as there is room for, with three blanks between them.
func fit(parts []part, width int) string {
	const between = 3
	used := 1 - between
	for i := 0; i < len(parts); i++ {
		if parts[i].text == "" {
			parts = append(parts[:i:i], parts[i+1:]...)
			i--
			continue
		}
		used += draw.Width(parts[i].text) + between
	}
	for used > width && len(parts) > 1 {
		worst := 0
		for i := range parts {
			if parts[i].drop >= parts[worst].drop {
				worst = i
			}
		}
		used -= draw.Width(parts[worst].text) + between
		parts = append(parts[:worst:worst], parts[worst+1:]...)
	}
	texts := make([]string, len(parts))
	for i := range parts {
		texts[i] = parts[i].text
	}
	return draw.Cut(" "+strings.Join(texts, draw.Blank(between)), width)
}

// dollars is an amount to the cent with what it rests on.
func dollars(a fleet.Amount) string {
	value := view.Dollars(a.USD).In(a.State).Or("–", a.Known)
	if value.IsMissing() {
		return value.String()
	}
	before, behind := value.Marks()
	return before + draw.Dollars(a.USD) + behind
}

// about is an amount that is worked out from states and sizes.
func about(a fleet.Amount) string {
	if text := dollars(a); a.Known && a.State != pricing.AtLeast {
		return "≈ " + text
	} else {
		return text
	}
}

// figures are the lines of the whole fleet, the more important first.
func (s *State) figures(width int) []string {
	return []string{s.counts(width), s.money(width), s.memory(width)}
}

// counts are how many MicroVMs there are in each state.
func (s *State) counts(width int) string {
	t, n := s.Theme, s.Snapshot.Counts
	of := func(state watch.State, word string, drop int) part {
		if n[state] == 0 && drop > 2 { // nobody misses a zero of what is there for seconds
			return part{}
		}
		return part{
			statePaint(state, t).Text(Symbol(state)) + " " + t.Muted.Text(word) + " " + t.Strong.Text(figures.Int(n[state])),
			drop,
		}
	}
	running := of(watch.Running, "running", 0)
	parts := []part{
		running,
		{s.spark(s.Running), 6},
		of(watch.Suspended, "suspended", 1), of(watch.Pending, "pending", 3), of(watch.Suspending, "suspending", 4),
		of(watch.Terminating, "terminating", 5),
	}
	for _, state := range others(n) {
		parts = append(parts, of(state, draw.Name(report.StateValue(state).String()), 3))
	}
	return fit(append(parts, part{t.Muted.Text("ended today ") + figures.Int(s.Snapshot.EndedToday), 2}), width)
}

// others are states that are new to us.
func others(counts map[watch.State]int) (out []watch.State) {
	known := map[watch.State]bool{}
	for _, state := range watch.States() {
		known[state] = true
	}
	for state := range counts {
		if !known[state] {
			out = append(out, state)
		}
	}
	slices.Sort(out)
	return out
}

// sparkCells is how wide the series above the table are.
const sparkCells = 16

// spark is a series, once there is one.
func (s *State) spark(values []float32) string {
	if len(values) < 2 {
		return ""
	}
	return s.Theme.Spark.Text(draw.Spark(values, draw.SparkCells(len(values), sparkCells)))
}

// money is what the fleet costs now, what it has cost today, and what a month of it would.
func (s *State) money(width int) string {
	t, n := s.Theme, s.Snapshot
	var burns []float32
	for _, b := range n.BurnHistory[max(0, len(n.BurnHistory)-sparkCells):] {
		value := draw.Missing()
		if b.Burn.Known {
			value = float32(b.Burn.USD.InexactFloat64())
		}
		burns = append(burns, value)
	}
	today := t.Muted.Text("today ") + t.Strong.Text(dollars(n.Today))
	switch {
	case !n.Today.Known:
		today = t.Muted.Text("today ") + t.Strong.Text(about(n.TodayNewer)) + t.Muted.Text(" of what is listed")
	case n.TodayNewer.Known && !n.TodayNewer.USD.IsZero():
		today += " + " + t.Strong.Text(about(n.TodayNewer))
		if width >= 110 {
			today += t.Muted.Text(" not in the ledger yet")
		}
	case !n.TodayNewer.Known:
		today += t.Muted.Text(" + what is newer")
	}
	return fit([]part{
		{t.Muted.Text("burn ") + t.Strong.Text(about(n.Burn)+" /h"), 0},
		{s.spark(burns), 4},
		{today, 1},
		{t.Muted.Text("a month at this rate ") + about(n.Month), 2},
	}, width)
}

// memory is what is used of the quota, and what to look at.
func (s *State) memory(width int) string {
	t, n := s.Theme, s.Snapshot
	var parts []part
	atLeast := ""
	if n.MemoryUnknown {
		atLeast = "≥ "
	}
	used := atLeast + gigabytes(n.MemoryInUse).String()
	if n.MemoryQuota > 0 {
		paint := t.Components[pricing.Memory]
		share := float64(n.MemoryInUse) / float64(n.MemoryQuota)
		if share >= nearQuota {
			paint = t.Bad
		}
		percent := fmt.Sprintf("%s%d %%", atLeast, 100*n.MemoryInUse/n.MemoryQuota)
		if share >= nearQuota {
			percent = t.Bad.Text("! " + percent)
		}
		parts = append(parts,
			part{t.Muted.Text("memory ") + used + " of " + gigabytes(n.MemoryQuota).String() + " GB", 1},
			part{draw.Bar(share, min(24, max(8, width/6)), paint, t.Track) + " " + percent, 4})
	} else {
		parts = append(parts, part{t.Muted.Text("memory ") + used + " GB" + t.Muted.Text(", quota not known"), 1})
	}
	marked := func(n int, word, words string, drop int) part {
		if n == 0 {
			return part{t.Muted.Text("0 " + words), drop + 4}
		}
		if n == 1 {
			words = word
		}
		return part{t.Warn.Text("! "+figures.Int(n)) + " " + words, drop}
	}
	return fit(append(parts,
		marked(n.NearCap, "near its cap", "near the cap", 2),
		marked(n.Idle, "idle", "idle", 3),
	), width)
}

// nearQuota is the part of a quota from which on launches may soon fail.
const nearQuota = 0.9

// oneLine is the whole fleet where there is a line for it.
func (s *State) oneLine(width int) string {
	t, n := s.Theme, s.Snapshot
	count := func(state watch.State, drop int) part {
		return part{statePaint(state, t).Text(Symbol(state)) + " " + figures.Int(n.Counts[state]), drop}
	}
	return fit([]part{
		{t.Strong.Text(about(n.Burn) + " /h"), 0},
		count(watch.Running, 1),
		count(watch.Suspended, 2),
		{t.Muted.Text("today ") + dollars(n.Today), 3},
	}, width)
}

// faults are what could not be told this time, a line each: the looks that failed, the places that could not be
// listed, and the ledger.
func (s *State) faults(width int) []string {
	t := s.Theme
	var lines []string
	add := func(sign, text string) {
		room := width - draw.Width(sign)
		words := draw.CutWords(text, room)
		if words == "" {
			words = draw.Cut(text, room)
		}
		lines = append(lines, sign+words)
	}
	if s.Fault != "" {
		add(t.Bad.Text("✗ the fleet could not be listed: "), draw.Name(s.Fault))
	}
	for i := range s.Snapshot.Places {
		p := &s.Snapshot.Places[i]
		text := report.PlaceTrouble(s.Snapshot, p)
		switch text = draw.Name(text); {
		case text == "":
		case p.Throttled:
			add(t.Warn.Text("! "), text)
		default:
			add(t.Bad.Text("✗ "), text)
		}
	}
	if s.Snapshot.LedgerFault != "" {
		add(t.Bad.Text("✗ the ledger could not be read: "), draw.Name(s.Snapshot.LedgerFault))
	}
	return lines
}

// place is a region, with its account where that is known.
func place(p watch.Place) string {
	return draw.Name(strings.TrimPrefix(p.Account+" "+p.Region, " "))
}

// places are the regions with what was listed of them, for wide terminals.
func (s *State) places(width, height int) []string {
	t := s.Theme
	var lines []string
	names := 0
	for _, p := range s.Snapshot.Places {
		names = min(max(names, draw.Width(place(p))), width-placeNote)
	}
	for i, p := range s.Snapshot.Places {
		if i == height-1 && len(s.Snapshot.Places) > height {
			return append(lines, t.Muted.Text(fmt.Sprintf("+%d more", len(s.Snapshot.Places)-i)))
		}
		sign, paint := "✓", t.Good
		switch {
		case p.Throttled:
			sign, paint = "!", t.Warn
		case p.Fault != "":
			sign, paint = "✗", t.Bad
		}
		age := "never"
		if !p.ListedAt.IsZero() {
			age = figures.Duration(max(s.Snapshot.At.Sub(p.ListedAt), 0)) + " ago"
		}
		listed := figures.Int(p.Listed) + " listed, "
		room := width - names - 4
		note := longest(room, listed+figures.Count(p.Calls, "call")+", "+age, listed+age, age)
		lines = append(lines, draw.Cut(paint.Text(sign)+" "+draw.Left(place(p), names)+"  "+
			t.Muted.Text(draw.Right(note, room)), width))
	}
	return lines
}

// placeNote is the room beside the names of places that at least the age of a listing takes.
const placeNote = 16

// longest is the first of the texts, which go from the longest to the shortest, that there is room for; "" where there
// is none.
func longest(width int, texts ...string) string {
	for _, text := range texts {
		if draw.Width(text) <= width {
			return text
		}
	}
	return ""
}

// Status is when the fleet was looked at and what with, for the line below the tabs.
func Status(n *fleet.Snapshot, loc *time.Location, width int) string {
	listed, calls := 0, int64(0)
	var meters time.Time
	for _, p := range n.Places {
		listed, calls = listed+p.Listed, calls+p.Calls
		if p.MetersAt.After(meters) {
			meters = p.MetersAt
		}
	}
	meter := "no meter"
	if !meters.IsZero() {
		meter = "meters until " + meters.In(loc).Format("15:04")
	}
	ledger := "nothing in the ledger"
	if !n.LedgerUntil.IsZero() {
		ledger = "ledger until " + n.LedgerUntil.In(loc).Format("15:04")
	}
	parts := []part{
		{"polled " + n.At.In(loc).Format("15:04:05"), 0},
		{figures.Int(listed) + " listed", 2},
		{figures.Count(calls, "call"), 5},
		{meter, 3},
		{ledger, 1},
	}
	if !n.RatesReadOn.IsZero() {
		parts = append(parts, part{"rates of " + n.RatesReadOn.String(), 4})
	}
	return strings.TrimPrefix(strings.ReplaceAll(fit(parts, width), "   ", " · "), " ")
}
