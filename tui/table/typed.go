package table

import (
	"microspend/internal/figures"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Typing is how the filter is being typed. The zero value is that it is not.
type Typing struct {
	On     bool
	Behind int    // how many bytes of the text are behind the cursor
	Hint   string // what the text could go on with, or what is wrong with it
}

// FilterLine is the filter with how many rows it leaves, in one line.
func (s *State) FilterLine(t *theme.Theme, typing Typing, width int) string {
	count := "–"
	if s.Content != nil {
		count = s.Position() + " of " + figures.Int(s.Content.Len())
	}
	note, paint := typing.Hint, t.Muted
	if note == "" && s.Fault != nil {
		note, paint = draw.Name(s.Fault.Error()), t.Warn
	}
	if note != "" {
		note = "  " + paint.Text(note)
	}
	// The count stays in sight, however long the text is, and so does the beginning of what is wrong with it.
	room := max(width-draw.Width(count)-6-min(draw.Width(note), width/3), 4)
	return " " + t.Accent.Text("/") + " " + t.Input.Text(s.typed(typing, room)) + "  " + t.Strong.Text(count) + note
}

// Position is where the cursor is among the rows shown, as in 42/10,314.
func (s *State) Position() string {
	shown := figures.Int(s.Shown())
	if s.Shown() == 0 {
		return shown
	}
	return figures.Int(s.Cursor+1) + "/" + shown
}

// typed is the filter in a field of cells, with the cursor while it is typed.
func (s *State) typed(typing Typing, width int) string {
	cursor := ""
	if typing.On {
		cursor = "▏"
	}
	at := max(len(s.Text)-typing.Behind, 0)
	before := draw.Tail(draw.Name(s.Text[:at]), width)
	return before + cursor + draw.Cut(draw.Name(s.Text[at:]), width-draw.Width(before))
}
