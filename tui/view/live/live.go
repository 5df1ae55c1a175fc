// Package live draws the fleet as it is now: figures of all of it, a table with a row for each MicroVM or group of
// them, what is known of the one under the cursor, and what has changed. It is the program's own and promises nothing.
//
// [NewList] turns a snapshot into a table, once, when there is a new one. [Render] draws what is in sight.
//
// # What gives way
//
// Where there is no room, panels drop out in this order: events, details, places beside the figures, the second and the
// third line of figures, the caption. The table stays, and with it whatever cannot be told at present.
package live

import (
	"strings"
	"time"

	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/report"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
)

// State is everything that the view is drawn from.
type State struct {
	Theme    *theme.Theme
	Location *time.Location
	Snapshot *fleet.Snapshot // nil until the fleet was looked at
	List     *List           // of the snapshot
	Table    *table.State
	Group    Group
	Running  []float32 // how many ran at each look so far, oldest first
	Fault    string    // why the last look failed, "" where it did not
	Missing  bool      // there is nothing to look at the fleet with
	Typing   table.Typing
}

// Render draws the view in exactly height lines of at most width cells.
func (s *State) Render(width, height int) string {
	t := s.Theme
	switch {
	case s.Missing:
		return draw.Frame(s.setup(width), width, height)
	case s.Snapshot == nil && s.Fault != "":
		lines := []string{"", "  " + t.Bad.Text("✗ the fleet could not be listed")}
		lines = append(lines, draw.Paragraph(draw.Name(s.Fault), "  ", width-4, t.Plain)...)
		lines = append(lines, "", "  "+t.Muted.Text("It is tried again by itself; r tries now."))
		return draw.Frame(lines, width, height)
	case s.Snapshot == nil:
		return draw.Frame([]string{"", "  " + t.Muted.Text("listing the fleet …")}, width, height)
	}
	l := s.layout(width, height)
	var lines []string
	lines = append(lines, l.top...)
	if l.caption {
		lines = append(lines, s.caption(width))
	}
	lines = append(lines, s.rows(width, l.table)...)
	for used := len(lines); used < len(l.top)+l.table+boolean(l.caption); used++ {
		lines = append(lines, "")
	}
	return draw.Frame(append(lines, s.bottom(l, width)...), width, height)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// layout is how the lines are divided.
type layout struct {
	top                 []string // figures and faults
	caption             bool
	table, pane, events int
	beside              bool // events stand beside the details
}

const (
	leastTable  = 12  // lines of the table that details leave
	slackRows   = 8   // by how many rows a table grows at a time where panels below it have room to give
	leastEvents = 4   // lines of events, with their heading
	mostEvents  = 8   // lines of events that rows of the table give way to
	leastPanels = 60  // cells below which there is the table alone
	wide        = 160 // cells from which on panels stand beside each other
)

// layout divides the lines: see the package comment for what gives way.
func (s *State) layout(width, height int) layout {
	l := layout{caption: height >= 5 || s.Typing.On || s.Table.Filtered()}
	switch {
	case height >= 12:
		l.top = s.figures(width)
		if width >= wide {
			side := max(50, width/3)
			l.top = draw.Beside(s.figures(width-side), width-side, s.places(side-1, len(l.top)))
		}
	case height >= 7:
		l.top = []string{s.oneLine(width)}
	}
	faults := s.faults(width - 1)
	most := max(1, height/10)
	if len(faults) > most {
		more := len(faults) - most + 1
		all := s.Theme.Warn.Text("! " + figures.Count(more, "fault") + " in all that is listed")
		faults = append(faults[:most-1:most-1], all)
	}
	for _, fault := range faults {
		l.top = append(l.top, draw.Cut(" "+fault, width))
	}
	l.table = max(height-len(l.top)-boolean(l.caption), 0)
	if width < leastPanels {
		return l
	}
	// Rows come and go all the time: panels move only where a handful of them has.
	enough := max(leastTable, (s.Table.Content.Len()+slackRows-1)/slackRows*slackRows+slackRows)
	pane := 0
	if s.selected() != nil {
		pane = paneHeight
	}
	spare := l.table - enough
	switch {
	case pane > 0 && l.table-pane < leastTable:
		return l
	case pane > 0 && width >= wide:
		l.pane = max(pane, spare)
		l.events, l.beside = l.pane, true
		l.table -= l.pane
	default:
		l.pane = pane
		if spare = max(spare-pane, min(l.table-pane-leastTable, mostEvents)); spare >= leastEvents {
			l.events = spare
		}
		l.table -= l.pane + l.events
	}
	return l
}

// TableLines are where the table stands in a view of the given lines: from which on, and how many, its heading
// included.
func (s *State) TableLines(width, height int) (from, lines int) {
	if s.Snapshot == nil || s.Missing {
		return 0, 0
	}
	l := s.layout(width, height)
	return len(l.top) + boolean(l.caption), l.table
}

// ColumnAt is the id of the column whose heading is drawn at a cell, "" where there is none.
func (s *State) ColumnAt(x, width int) string {
	if s.List == nil {
		return ""
	}
	return s.Table.ColumnAt(x, width, s.List.footer(s.Table))
}

// selected is the MicroVM under the cursor.
func (s *State) selected() *fleet.MicroVM { return s.List.At(s.Table.Row()) }

// bottom is the details and the events.
func (s *State) bottom(l layout, width int) []string {
	if l.pane == 0 && l.events == 0 {
		return nil
	}
	every := func(*fleet.Event) bool { return true }
	if l.beside {
		side := width / 3
		events := append([]string{draw.Heading(s.Theme, "events", "newest first", side-1)},
			s.events(side-1, l.events-1, every)...)
		return draw.Beside(s.pane(s.selected(), width-side-2, l.pane), width-side, events)
	}
	var lines []string
	if l.pane > 0 {
		lines = s.pane(s.selected(), width, l.pane)
	}
	if l.events > 0 {
		lines = append(lines, draw.Heading(s.Theme, "events", "newest first", width))
		lines = append(lines, s.events(width, l.events-1, every)...)
	}
	return lines
}

// events are the newest that are chosen, up to a number.
func (s *State) events(width, most int, chosen func(*fleet.Event) bool) []string {
	t := s.Theme
	var lines []string
	for i := range s.Snapshot.Events {
		e := &s.Snapshot.Events[i]
		if len(lines) >= most {
			break
		}
		if !chosen(e) {
			continue
		}
		what := report.StateValue(e.To).String()
		if e.From != "" {
			what = report.StateValue(e.From).String() + " → " + what
		}
		line := " " + t.Muted.Text(s.clock(e.At)) + "  " + statePaint(e.To, t).Text(Symbol(e.To)) + " " +
			draw.Name(e.MicroVM) + "  " + draw.Name(what)
		if reason := " (" + draw.Name(e.Reason) + ")"; e.Reason != "" && draw.Width(line+reason) <= width {
			line += t.Muted.Text(reason)
		}
		if of := strings.Join(nonEmpty(draw.Name(e.Owner), draw.Name(e.Image)), ", "); of != "" {
			line += "  " + t.Muted.Text(of)
		}
		lines = append(lines, draw.Cut(line, width))
	}
	if len(lines) == 0 && most > 0 {
		lines = []string{draw.Cut(" "+t.Muted.Text("nothing has changed since the first look"), width)}
	}
	return lines
}

func nonEmpty(words ...string) (out []string) {
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// caption says what is listed, or what is filtered by and how many rows that leaves.
func (s *State) caption(width int) string {
	t := s.Theme
	all := s.Table.Content.Len()
	if s.Typing.On || s.Table.Filtered() {
		return draw.Cut(s.Table.FilterLine(t, s.Typing, width), width)
	}
	noun := s.Group.Noun
	if all == 1 {
		noun = strings.TrimSuffix(noun, "s")
	}
	held := ""
	if s.Table.Held() {
		held = "order held while you read"
	}
	return draw.Ends(" "+t.Strong.Text(figures.Int(all)+" "+noun), t.Muted.Text(held)+" ", width)
}

// rows are the table, or why it has none.
func (s *State) rows(width, height int) []string {
	t := s.Theme
	switch {
	case s.List == nil: // it is being made
		return nil
	case s.List.Len() == 0:
		return []string{
			"", "  " + t.Strong.Text("No MicroVM lives now."),
			"  " + t.Muted.Text(draw.Cut("One that is launched is here with the next look.", width-2)),
		}
	case s.Table.Shown() == 0:
		return append(s.Table.Render(t, nil, width, 1), "", "  "+t.Strong.Text("Nothing matches the filter."),
			"  "+t.Muted.Text("esc clears it."))
	default:
		return s.Table.Render(t, s.List.footer(s.Table), width, height)
	}
}

// setup says what the view needs.
func (s *State) setup(width int) []string {
	t := s.Theme
	lines := []string{"", "  " + t.Strong.Text("Nothing tells what runs now.")}
	for _, text := range []string{
		"The live view lists MicroVMs by the MicroVM API. It needs the source microvms under collect in " +
			"microspend.yaml, with the accounts and regions to list, and credentials that may call " +
			"lambda:ListMicrovms (and lambda:GetMicrovm for idle policies); see docs/live.md.",
		"microspend demo --live shows it on a made-up fleet.",
		"What was spent is in the other views.",
	} {
		lines = append(lines, "")
		lines = append(lines, draw.Paragraph(text, "  ", min(width-4, 100), t.Plain)...)
	}
	return lines
}
