package listing

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/view"
)

// amountID is the column that listings are sorted by and whose rows are added up.
const amountID = "amount"

// displayID is the amount in a display currency, where there is one.
const displayID = "amount_display"

// shown is how the dashboard shows a column of [report.SpendColumns] where that differs from what holds for all: a
// muted figure that gives way after those before it. A column without an entry is shown as well, behind the others.
type shown struct {
	word string // in filters, where the id is long
	drop int
	tone func(r *spend.Row, t *theme.Theme) theme.Paint
	text func(r *spend.Row, v view.Value) view.Value
	// inPercent is the column with the same figure in percent.
	inPercent string
}

// order is the order of the columns: the more important first, to stay where room is scarce.
var order = []string{amountID, displayID, "share", "change", "change_percent", "previous", "shared", "coverage"}

// hidden are columns that the dashboard has no room for: amounts that lack a rate have a mark, and explaining one
// names it.
var hidden = map[string]bool{
	"unknown": true, "folded": true, "resumes": true, "state": true, "change_reason": true,
}

// shownColumns has how each column is shown, by its id.
var shownColumns = func() map[string]shown {
	columns := map[string]shown{
		amountID: {tone: func(r *spend.Row, t *theme.Theme) theme.Paint {
			if !r.Complete() {
				return t.Warn
			}
			return t.Strong
		}},
		displayID: {word: "display", drop: 4, tone: plain},
		"share":   {drop: 3, tone: plain},
		"change":  {drop: 2, inPercent: "change_percent", tone: direction},
		"change_percent": {word: "percent", drop: 6, tone: direction, text: func(r *spend.Row, v view.Value) view.Value {
			if r.Previous != nil && r.Previous.New {
				return view.Missing("new")
			}
			return v.OrDash()
		}},
		"previous": {word: "before", drop: 8},
		"shared":   {drop: 10},
		"coverage": {drop: 6, tone: func(r *spend.Row, t *theme.Theme) theme.Paint {
			if c := spend.Coverage(&r.Sum); c != nil && c.LessThan(whole) {
				return t.Warn
			}
			return t.Muted
		}},
		"running_hours":   {word: "running", text: hours},
		"suspended_hours": {word: "suspended", text: hours},
	}
	for _, q := range pricing.BilledQuantities() {
		columns[q.Column()] = shown{word: q.String()[strings.LastIndexByte(q.String(), '.')+1:], text: oneDecimal}
	}
	return columns
}()

var whole = decimal.NewFromInt(1)

func plain(_ *spend.Row, t *theme.Theme) theme.Paint { return t.Plain }
func muted(_ *spend.Row, t *theme.Theme) theme.Paint { return t.Muted }

func direction(r *spend.Row, t *theme.Theme) theme.Paint {
	switch {
	case r.Previous == nil || r.Previous.Change == nil:
		return t.Warn
	case r.Previous.Change.IsPositive():
		return t.Up
	case r.Previous.Change.IsNegative():
		return t.Down
	default:
		return t.Muted
	}
}

// hours are zero where there were none, as they are sorted and filtered by.
func hours(_ *spend.Row, v view.Value) view.Value {
	if v.IsMissing() && v.String() == "" {
		return view.Number(decimal.Decimal{}, 1)
	}
	return v
}

func oneDecimal(_ *spend.Row, v view.Value) view.Value {
	d, _ := v.Number()
	return v.ShownBy(func() string { return figures.Fixed(d, 1) })
}

// Content makes the table of a listing: what its rows are of, the figures of package report, and pictures of them.
func Content(l *data.Listing) *table.Content {
	ids := make([]string, len(l.Spend.Rows))
	for i := range ids {
		ids[i] = ID(l, i)
	}
	columns := names(l)
	drop := 11 // of the first column that is not in order
	for _, c := range view.First(l.Columns[len(l.Query.By):], order...) {
		if hidden[c.ID] || c.Scope == view.Nobody || c.Title == "" && c.ID != amountID {
			continue
		}
		columns = append(columns, figure(l, c, &drop))
		if c.ID == "share" {
			columns = append(columns, pictures(l)...)
		}
	}
	content := table.New(columns, ids, func(row int) bool { return l.Spend.Rows[row].Kind == spend.KindOther }, amountID)
	content.Totals = totals(l)
	return content
}

// figure is a column of figures.
func figure(l *data.Listing, c view.Column[*spend.Row], drop *int) table.Column {
	s := shownColumns[c.ID]
	if c.ID != amountID && s.drop == 0 {
		s.drop = *drop
		*drop++
	}
	if s.tone == nil {
		s.tone = muted
	}
	return table.Column{
		Word: s.word, InPercent: s.inPercent,
		Column: view.Column[int]{
			ID: c.ID, Title: c.Title, Long: c.Long, Unit: c.Unit, Align: c.Align, Drop: s.drop,
			Value: func(row int) view.Value { return s.value(c, &l.Spend.Rows[row]) },
		},
		Tone: func(row int, t *theme.Theme) theme.Paint { return s.tone(&l.Spend.Rows[row], t) },
	}
}

// value is a row's value of a column as the dashboard shows it, a dash where there is none.
func (s shown) value(c view.Column[*spend.Row], r *spend.Row) view.Value {
	v := c.Value(r)
	if s.text != nil {
		v = s.text(r, v)
	}
	switch {
	case v.IsMissing() && v.String() == "":
		return view.Missing("–")
	case c.Align == view.Left:
		return view.Text(draw.Name(v.String()))
	default:
		return v
	}
}

// totals are the texts of the total, by column.
func totals(l *data.Listing) map[string]string {
	cells := map[string]string{}
	s := l.Spend
	s.Rows = nil // the cents of which would be settled anew
	total := report.SpendTotal(s)
	for _, c := range report.SpendColumns(s, report.SpendLook{Counts: true})[len(l.Query.By):] {
		cells[c.ID] = shownColumns[c.ID].value(c, total).String()
	}
	return cells
}

// ID tells a row from all others of a listing, also when it is read anew.
func ID(l *data.Listing, row int) string {
	var out strings.Builder
	r := &l.Spend.Rows[row]
	out.WriteByte('0' + byte(r.Kind))
	for _, d := range l.Query.By {
		out.WriteByte(0)
		out.WriteString(r.Value(d))
	}
	return out.String()
}

// names are the columns of what the rows are by, with names that are safe to show.
func names(l *data.Listing) []table.Column {
	var columns []table.Column
	for i, d := range l.Query.By {
		column := table.Column{Least: 12, Most: 44, Tone: func(row int, t *theme.Theme) theme.Paint {
			if l.Spend.Rows[row].Kind != spend.KindTenant {
				return t.Muted
			}
			return t.Plain
		}}
		column.Column = view.Column[int]{ID: d.String(), Title: d.String(), Value: func(row int) view.Value {
			return view.Text(l.Names[i][row])
		}}
		switch {
		case d == spend.ByMicroVM:
			column.Title, column.Least = "MicroVM", 22
		case isTime(d), d == spend.ByRegion, d == spend.ByComponent:
			column.Least = 0 // short, and all of it matters
		}
		if i > 0 {
			column.Drop, column.Least, column.Most = 5, min(column.Least, 8), 24
		}
		columns = append(columns, column)
	}
	return columns
}

// pictures are the amount against the largest, and the last days where they are known.
func pictures(l *data.Listing) []table.Column {
	rows := l.Spend.Rows
	parts := make([]float32, len(rows))
	most := float32(0)
	for i := range rows {
		parts[i] = float32(rows[i].Amount.InexactFloat64())
		if rows[i].Kind != spend.KindOther {
			most = max(most, parts[i])
		}
	}
	bar := table.Column{
		Fixed: 10, Column: view.Column[int]{ID: "bar", Drop: 9},
		Wide: func(row, width int) string {
			if most <= 0 || !rows[row].Known() {
				return ""
			}
			return draw.Length(float64(parts[row]/most), width)
		},
		Tone: func(_ int, t *theme.Theme) theme.Paint { return t.Components[0] },
	}
	if isTime(l.Query.By[0]) {
		bar.Fixed, bar.Drop = 24, 4
	}
	if l.Trends == nil {
		return []table.Column{bar}
	}
	return []table.Column{bar, {
		Fixed: 15, Column: view.Column[int]{ID: "trend", Title: "30 days", Drop: 7},
		Wide: func(row, width int) string { return draw.Spark(l.Trends.Of(rows[row].Key), width) },
		Tone: func(_ int, t *theme.Theme) theme.Paint { return t.Spark },
	}}
}
