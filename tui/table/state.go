package table

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// State is how a table is looked at: what it is sorted and filtered by, and where the cursor is. Its methods keep it in
// bounds, whatever the content. The zero value looks at nothing.
type State struct {
	Content *Content
	Sort    string // id of the column, or its word
	Down    bool   // the largest first
	Text    string // of the filter, as typed
	inForce string // the filter that chooses the rows; less than Text while its last term is typed
	Fault   error  // what of the filter is not understood, or names nothing

	Cursor int // among the rows shown
	Offset int // of the first row in sight
	Column int // how many columns after the first are scrolled away

	Hidden []string // ids of columns that are not shown

	shown []int32
	total decimal.Decimal
	held  []int32 // the order that all rows keep while it is held; nil is that of the column
	was   *place  // where the cursor was in content that was forgotten

	marked      map[string]bool // ids of rows
	marks       []int32
	markedTotal decimal.Decimal
}

// place is where the cursor is: on the row with an id, and how far below the first in sight.
type place struct {
	id     string
	offset int
}

// Shown is how many rows the filter leaves.
func (s *State) Shown() int { return len(s.shown) }

// Total is the sum of the rows shown.
func (s *State) Total() decimal.Decimal { return s.total }

// Filtered reports whether a filter is in force.
func (s *State) Filtered() bool { return s.Text != "" }

// Row is the row of the content under the cursor, -1 where there is none.
func (s *State) Row() int {
	if s.Cursor < 0 || s.Cursor >= len(s.shown) {
		return -1
	}
	return int(s.shown[s.Cursor])
}

// Rows are the rows shown, in order.
func (s *State) Rows() []int32 { return s.shown }

// SetContent takes new data. The cursor stays on its row, by its id, where the row is still there.
func (s *State) SetContent(c *Content) {
	if row := s.Row(); row >= 0 {
		s.was = &place{s.Content.ID(row), s.Offset}
	}
	if s.held != nil {
		s.held = s.heldOrder(c)
	}
	was, line := s.was, s.Cursor-s.Offset
	s.Content, s.was = c, nil
	s.refresh()
	if was != nil {
		s.Offset = was.offset
		s.Select(was.id)
	}
	if s.held != nil {
		s.Offset = s.Cursor - line // what is read does not move, although rows above it may have left
	}
}

// Hold keeps the rows in the order in which they stand, whatever new data says, until [State.Release] or until they are
// sorted anew. New rows come last.
func (s *State) Hold() {
	if s.held == nil && s.Content.Len() > 0 {
		order := make([]int32, 0, s.Content.Len())
		s.each(func(row int32) { order = append(order, row) })
		s.held = order
	}
}

// Held reports whether the order is held.
func (s *State) Held() bool { return s.held != nil }

// Release sorts the rows again. The cursor stays on its row.
func (s *State) Release() {
	if s.held != nil {
		s.held = nil
		s.SetContent(s.Content)
	}
}

// heldOrder is the order that is held, of the rows of other content by their ids.
func (s *State) heldOrder(c *Content) []int32 {
	if c.Len() == 0 {
		return nil
	}
	places := make(map[string]int32, c.Len())
	for row, id := range c.ids {
		places[id] = int32(row)
	}
	order := make([]int32, 0, c.Len())
	for _, row := range s.held {
		if place, found := places[s.Content.ids[row]]; found {
			order = append(order, place)
			delete(places, s.Content.ids[row])
		}
	}
	next := *s
	next.Content, next.held = c, nil
	next.each(func(row int32) {
		if _, isNew := places[c.ids[row]]; isNew {
			order = append(order, row)
		}
	})
	return order
}

// each goes through all rows in their order.
func (s *State) each(yield func(row int32)) {
	if s.held == nil {
		s.Content.order(s.sorted()).each(s.Down, yield)
		return
	}
	for _, row := range s.held {
		yield(row)
	}
}

// Forget drops the content. The cursor is on its row again when the next content has it.
func (s *State) Forget() {
	was := s.was
	if row := s.Row(); row >= 0 {
		was = &place{s.Content.ID(row), s.Offset}
	}
	s.SetContent(nil)
	s.was = was
}

// Select puts the cursor on the row with an id, if it is shown.
func (s *State) Select(id string) {
	if i := slices.IndexFunc(s.shown, func(row int32) bool { return s.Content.ids[row] == id }); i >= 0 {
		s.Cursor = i
	}
}

// SetFilter filters by a text. What is not understood is left out and explained in Fault.
func (s *State) SetFilter(text string) {
	s.Text, s.inForce = text, text
	s.refresh()
	s.Cursor, s.Offset = 0, 0
}

// TypeFilter filters by a text that is still being typed: the rows stay as they are until its last term means
// something, and Fault is what that waits for.
func (s *State) TypeFilter(text string) {
	last, unfinished := s.Content.unfinished(text)
	if !unfinished {
		s.SetFilter(text)
		return
	}
	held := strings.HasPrefix(text, s.inForce) && len(s.shown) > 0
	if !held && s.inForce != text[:last.from] {
		s.SetFilter(text[:last.from])
	}
	s.Text, s.Fault = text, last.hint
}

// FinishFilter takes the filter as it stands. Its error is what a comparison at its end lacks.
func (s *State) FinishFilter() error {
	if last, unfinished := s.Content.unfinished(s.Text); unfinished && last.lacks {
		return last.hint
	}
	if s.inForce != s.Text {
		s.SetFilter(s.Text)
	}
	return nil
}

// SetSort sorts by the column with an id or a word.
func (s *State) SetSort(column string, down bool) {
	s.Sort, s.Down, s.held = column, down, nil
	s.refresh()
	s.Cursor, s.Offset = 0, 0
}

// sorted is the column that the rows are sorted by: the first where there is none of the name.
func (s *State) sorted() int { return max(s.Content.Find(s.Sort), 0) }

// Move moves the cursor by a number of rows.
func (s *State) Move(by int) { s.Cursor = clamp(s.Cursor+by, 0, len(s.shown)-1) }

// Scroll moves the columns by a number of them.
func (s *State) Scroll(by int) {
	if s.Content != nil {
		s.Column = clamp(s.Column+by, 0, len(s.Content.Columns)-2)
	}
}

// refresh works out which rows are shown, in which order.
func (s *State) refresh() {
	s.shown, s.total, s.Fault = nil, decimal.Decimal{}, nil
	s.refreshMarks()
	c := s.Content
	if c.Len() == 0 {
		s.Cursor, s.Offset = 0, 0
		return
	}
	filter, fault := ParseFilter(s.inForce, c)
	s.Fault = fault
	s.shown = make([]int32, 0, c.Len())
	s.each(func(row int32) {
		if filter.keeps(c, row) {
			s.shown = append(s.shown, row)
			if c.sum != nil {
				s.total = s.total.Add(c.sum[row])
			}
		}
	})
	if len(s.shown) == 0 && fault == nil {
		s.Fault = filter.unmatched(c)
	}
	if last, unfinished := c.unfinished(s.Text); unfinished && s.Text != s.inForce {
		s.Fault = last.hint
	}
	s.Move(0)
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }
