package table

import (
	"github.com/shopspring/decimal"
)

// Mark marks the row under the cursor, or takes its mark away, and moves on. Marks are by the ids of rows: they survive
// sorting, filters and new data.
func (s *State) Mark() {
	row := s.Row()
	if row < 0 {
		return
	}
	id := s.Content.ID(row)
	if s.marked[id] {
		delete(s.marked, id)
	} else {
		s.mark(id)
	}
	s.Move(1)
	s.refreshMarks()
}

func (s *State) mark(id string) {
	if s.marked == nil {
		s.marked = map[string]bool{}
	}
	s.marked[id] = true
}

// MarkShown marks all rows that the filter leaves.
func (s *State) MarkShown() {
	for _, row := range s.shown {
		s.mark(s.Content.ID(int(row)))
	}
	s.refreshMarks()
}

// Unmark takes all marks away. It reports whether there were any.
func (s *State) Unmark() bool {
	had := len(s.marks) > 0
	s.marked = nil
	s.refreshMarks()
	return had
}

// Marks are the rows that are marked, in the order of the table. A filter may hide some of them.
func (s *State) Marks() []int32 { return s.marks }

// MarkedTotal is the sum of the rows that are marked.
func (s *State) MarkedTotal() decimal.Decimal { return s.markedTotal }

func (s *State) refreshMarks() {
	s.marks, s.markedTotal = nil, decimal.Decimal{}
	c := s.Content
	if len(s.marked) == 0 || c.Len() == 0 {
		return
	}
	s.each(func(row int32) {
		if s.marked[c.ids[row]] {
			s.marks = append(s.marks, row)
			if c.sum != nil {
				s.markedTotal = s.markedTotal.Add(c.sum[row])
			}
		}
	})
}
