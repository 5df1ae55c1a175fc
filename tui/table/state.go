package table

import (
	"github.com/shopspring/decimal"
)

// State is how a table is looked at: what it is sorted and filtered by, and where the cursor is. Its methods keep it in
// bounds, whatever the content. The zero value looks at nothing.
type State struct {
	Content *Content
	Sort    string // word of the column
	Down    bool   // the largest first
	Text    string // of the filter, as typed
	Fault   error  // what of the filter is not understood

	Cursor int // among the rows shown
	Offset int // of the first row in sight
	Column int // how many columns after the first are scrolled away

	shown []int32
	total decimal.Decimal
}

// Shown is how many rows the filter leaves.
func (s *State) Shown() int { return len(s.shown) }

// Total is the sum of the rows shown.
func (s *State) Total() decimal.Decimal { return s.total }

// Filtered says whether a filter is in force.
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
	id, had := "", false
	if row := s.Row(); row >= 0 {
		id, had = s.Content.ID(row), true
	}
	s.Content = c
	s.refresh()
	if had {
		s.Select(id)
	}
}

// Select puts the cursor on the row with an id, if it is shown.
func (s *State) Select(id string) {
	for i, row := range s.shown {
		if s.Content.ids[row] == id {
			s.Cursor = i
			return
		}
	}
}

// SetFilter filters by a text as it is typed. What is not understood is left out and said in Fault.
func (s *State) SetFilter(text string) {
	s.Text = text
	s.refresh()
	s.Cursor, s.Offset = 0, 0
}

// SetSort sorts by the column with a word.
func (s *State) SetSort(word string, down bool) {
	s.Sort, s.Down = word, down
	s.refresh()
	s.Cursor, s.Offset = 0, 0
}

// NextSort sorts by the column that is by so many places further among those that can be sorted by; numbers start with
// the largest, texts with the first.
func (s *State) NextSort(by int) {
	if s.Content == nil {
		return
	}
	var words []string
	at := 0
	for i := range s.Content.Columns {
		column := &s.Content.Columns[i]
		if column.Unsorted {
			continue
		}
		if column.Word == s.Sort {
			at = len(words)
		}
		words = append(words, column.Word)
	}
	if len(words) == 0 {
		return
	}
	word := words[((at+by)%len(words)+len(words))%len(words)]
	s.SetSort(word, s.Content.Columns[s.Content.Find(word)].Number != nil)
}

// Move moves the cursor by so many rows.
func (s *State) Move(by int) { s.Cursor = clamp(s.Cursor+by, 0, len(s.shown)-1) }

// Scroll moves the columns by so many.
func (s *State) Scroll(by int) {
	if s.Content == nil {
		return
	}
	s.Column = clamp(s.Column+by, 0, len(s.Content.Columns)-2)
}

// refresh works out which rows are shown, in which order.
func (s *State) refresh() {
	s.shown, s.total, s.Fault = s.shown[:0], decimal.Decimal{}, nil
	c := s.Content
	if c.Len() == 0 {
		s.Cursor, s.Offset = 0, 0
		return
	}
	filter, fault := ParseFilter(s.Text, c)
	s.Fault = fault
	at := max(c.Find(s.Sort), 0)
	shown := make([]int32, 0, c.Len())
	c.orders[at].each(s.Down, func(row int32) {
		if filter.keeps(c, row) {
			shown = append(shown, row)
		}
	})
	s.shown = shown
	if c.sum >= 0 {
		for _, row := range shown {
			s.total = s.total.Add(c.Columns[c.sum].Number(int(row)).Value)
		}
	}
	s.Move(0)
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }
