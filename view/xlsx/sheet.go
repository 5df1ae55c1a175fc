package xlsx

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"microspend/view"
)

// sheet is a sheet being written. Its first rows are held back until its columns are as wide as they need, as a stream
// wants widths before rows.
type sheet struct {
	book   *book
	stream *excelize.StreamWriter
	wrap   bool
	held   [][]any
	widths []float64
	rows   int
}

// heldRows is how many rows decide how wide columns are.
const heldRows = 200

// Widths of columns, in characters.
const (
	leastWidth, mostWidth = 10, 60
	wrappedWidth          = 110
)

func (b *book) write(of Sheet) error {
	stream, err := b.file.NewStreamWriter(of.Name)
	if err != nil {
		return err
	}
	s := &sheet{book: b, stream: stream, wrap: of.Wrap}
	if of.Title != "" {
		id, err := b.id(style{role: title})
		if err != nil {
			return err
		}
		s.held = append(s.held, []any{excelize.Cell{StyleID: id, Value: text(of.Title)}}) // may be wider than its column
	}
	columns := 0
	for i, t := range of.Tables {
		if i > 0 {
			s.held = append(s.held, nil)
		}
		if columns, err = s.table(t); err != nil {
			return err
		}
	}
	for i, note := range of.Notes {
		if i == 0 {
			s.held = append(s.held, nil)
		}
		s.held = append(s.held, []any{text(note)})
	}
	if err := s.release(); err != nil {
		return err
	}
	if of.Title == "" && s.rows > 1 { // a table has a row at least
		end, err := excelize.CoordinatesToCellName(columns, s.rows)
		if err != nil {
			return err
		}
		stripes := true
		if err := stream.AddTable(&excelize.Table{
			Range: "A1:" + end, Name: of.Table, StyleName: "TableStyleLight1", ShowRowStripes: &stripes,
		}); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// table writes the header of a table, if it has one, and its lines, and returns how many columns it has.
func (s *sheet) table(t *view.Table) (columns int, err error) {
	var shown []int // the places of columns, those of dollars twice
	var headings []any
	titled := false
	for i, head := range t.Columns {
		if head.Scope == view.Nobody || (head.LongHeading() == "" && head.ID != "") {
			continue
		}
		role := heading
		if head.Align != view.Left {
			role = numberHeading
		}
		id, err := s.book.id(style{role: role})
		if err != nil {
			return 0, err
		}
		shown, headings = append(shown, i), append(headings, excelize.Cell{StyleID: id, Value: head.LongHeading()})
		if head.Unit == view.Dollar {
			headings = append(headings, excelize.Cell{StyleID: id, Value: head.LongHeading() + ", exact"})
		}
		titled = titled || head.LongHeading() != ""
	}
	if titled {
		if err := s.add(headings); err != nil {
			return 0, err
		}
	}
	type batch struct {
		rows [][]any
		err  error
	}
	return len(headings), view.EachLine(t, func(b *batch, row view.Row) {
		cells := make([]any, 0, len(headings))
		for _, i := range shown {
			twice := t.Columns[i].Unit == view.Dollar
			value, twin, err := s.cell(row.Cell(i), twice)
			if cells = append(cells, value); twice {
				cells = append(cells, twin)
			}
			b.err = cmp.Or(b.err, err)
		}
		b.rows = append(b.rows, cells)
	}, func(b *batch) error {
		for _, cells := range b.rows {
			if err := s.add(cells); err != nil {
				return err
			}
		}
		return b.err
	})
}

// cell is a value for reading and, where it stands there twice, as exact as it is. What is for reading is the figure
// that every other format shows, so that whoever adds the cells up gets the total as shown.
func (s *sheet) cell(v view.Value, twice bool) (shown, twin any, err error) {
	if d, format, ok := v.Spreadsheet(); ok {
		id, err := s.book.id(style{format: format})
		if err != nil {
			return nil, nil, err
		}
		if twice {
			asText, err := s.book.id(style{role: exact})
			if err != nil {
				return nil, nil, err
			}
			twin = excelize.Cell{StyleID: asText, Value: v.Exact()}
		}
		near, _ := strconv.ParseFloat(d.String(), 64) // the nearest; too large for a double is infinite, and no amount is
		return excelize.Cell{StyleID: id, Value: near}, twin, nil
	}
	if day, ok := v.Calendar(); ok {
		id, err := s.book.id(style{format: "yyyy-mm-dd"})
		// A spreadsheet counts days from this one, as it takes 1900 for a leap year.
		days := day.Sub(time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)
		return excelize.Cell{StyleID: id, Value: int(days)}, nil, err
	}
	words := v.String()
	if words == "" {
		return nil, nil, nil
	}
	return text(words), text(words), nil
}

// add writes a row, or holds it back.
func (s *sheet) add(cells []any) error {
	if s.widths == nil {
		s.held = append(s.held, cells)
		if len(s.held) < heldRows {
			return nil
		}
		return s.release()
	}
	return s.put(cells)
}

// release writes the rows that were held back.
func (s *sheet) release() error {
	if s.widths == nil {
		s.measure()
		for i, width := range s.widths {
			if err := s.stream.SetColWidth(i+1, i+1, width); err != nil {
				return err
			}
		}
		freeze := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
		if err := s.stream.SetPanes(&freeze); err != nil {
			return err
		}
	}
	for _, row := range s.held {
		if err := s.put(row); err != nil {
			return err
		}
	}
	s.held = nil
	return nil
}

// put writes a row. A header is high enough for two lines.
func (s *sheet) put(cells []any) error {
	s.rows++
	if len(cells) == 0 {
		return nil
	}
	if last := len(cells) - 1; s.wrap && s.rows > 1 {
		if words, ok := cells[last].(string); ok {
			id, err := s.book.id(style{role: wrapped})
			if err != nil {
				return err
			}
			cells[last] = excelize.Cell{StyleID: id, Value: words}
		}
	}
	at, err := excelize.CoordinatesToCellName(1, s.rows)
	if err != nil {
		return err
	}
	if s.rows == 1 && len(cells) > 1 {
		return s.stream.SetRow(at, cells, excelize.RowOpts{Height: 32})
	}
	return s.stream.SetRow(at, cells)
}

// measure works out the widths of columns. Headings break between words, and what stands alone in its row runs on.
func (s *sheet) measure() {
	s.widths = []float64{}
	for _, row := range s.held {
		for i, value := range row {
			if i == len(s.widths) {
				s.widths = append(s.widths, leastWidth)
			}
			if len(row) > 1 {
				s.widths[i] = max(s.widths[i], min(width(value)+2, mostWidth))
			}
		}
	}
	if last := len(s.widths) - 1; s.wrap && last >= 0 {
		s.widths[last] = wrappedWidth
	}
}

func width(value any) float64 {
	cell, styled := value.(excelize.Cell)
	if styled {
		value = cell.Value
	}
	switch v := value.(type) {
	case string:
		if !styled {
			return float64(utf8.RuneCountInString(v))
		}
		longest := 0
		for word := range strings.FieldsSeq(v) {
			longest = max(longest, utf8.RuneCountInString(word))
		}
		return float64(longest)
	case float64:
		return float64(len(strconv.FormatFloat(v, 'f', 2, 64))) * 1.2 // with commas
	default:
		return 0
	}
}

// text is a cell of text from outside. It is written as text, whatever it begins with.
func text(s string) string {
	const most = 32_000 // a cell holds 32,767 characters
	s = view.Visible(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}
