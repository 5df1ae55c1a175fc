package table

import "slices"

// Choice is a column that one may sort by, or show.
type Choice struct {
	ID    string
	Word  string // names it in filters and commands
	Title string // with the unit
}

// Choices are the columns that have values, in their order.
func (c *Content) Choices() []Choice {
	if c == nil {
		return nil
	}
	var choices []Choice
	for i := range c.Columns {
		if column := &c.Columns[i]; column.Wide == nil && !column.Hidden {
			choices = append(choices, Choice{column.ID, column.word(), column.title()})
		}
	}
	return choices
}

// SortBy sorts by the column with an id or a word: numbers from the largest on, texts from the first. By the column
// that the rows are sorted by already, it sorts the other way around.
func (s *State) SortBy(name string) {
	if s.Content.Len() == 0 {
		return
	}
	at := s.Content.Find(name)
	switch {
	case at < 0:
	case at == s.sorted():
		s.SetSort(s.Content.Columns[at].ID, !s.Down)
	default:
		s.SetSort(s.Content.Columns[at].ID, s.Content.texts[at] == nil)
	}
}

// Sorted is the column that the rows are sorted by.
func (s *State) Sorted() Choice {
	if s.Content.Len() == 0 {
		return Choice{}
	}
	column := &s.Content.Columns[s.sorted()]
	return Choice{column.ID, column.word(), column.title()}
}

// Named finds a column by its word, its id, or a beginning of its word that no other has. Its error lists the columns.
func (c *Content) Named(name string) (id string, err error) {
	at, err := c.named(name)
	if err != nil {
		return "", err
	}
	return c.Columns[at].ID, nil
}

// ToggleColumn hides a column, or shows it again. The first, which names the rows, always shows.
func (s *State) ToggleColumn(id string) {
	if s.Content.Len() > 0 && s.Content.Columns[0].ID == id {
		return
	}
	if at := slices.Index(s.Hidden, id); at >= 0 {
		s.Hidden = slices.Delete(slices.Clone(s.Hidden), at, at+1)
		return
	}
	s.Hidden = append(slices.Clone(s.Hidden), id)
}

// Hides reports whether a column is hidden.
func (s *State) Hides(id string) bool { return slices.Contains(s.Hidden, id) }
