package live

import (
	"strings"
	"time"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/view"
)

// Group is what the rows of the view are.
type Group struct {
	Noun   string // in the plural
	column string
	by     func(*fleet.MicroVM) string // nil where each MicroVM has a row
}

// Groups are what rows can be, in the order in which a key goes through them.
func Groups() []Group {
	return []Group{
		{Noun: "MicroVMs"},
		{"tenants", "tenant", func(m *fleet.MicroVM) string { return m.Owner }},
		{"images", "image", func(m *fleet.MicroVM) string { return m.Image }},
		{"regions", "region", func(m *fleet.MicroVM) string { return m.Region }},
		{"states", "state", func(m *fleet.MicroVM) string { return report.StateValue(m.State).String() }},
	}
}

// fadeFor is how long a MicroVM that has ended is still listed where nothing asks for it: long enough to be seen by who
// looks now and then.
const fadeFor = 5 * time.Minute

// List is a snapshot as a table. It takes a while to make, once for each snapshot, and is not changed any more.
type List struct {
	*table.Content
	Snapshot *fleet.Snapshot
	Group    Group
	Ended    bool // all that ended today are among the rows

	rows   []*fleet.MicroVM // of the table, where each has one
	groups []group
	shown  [2][]fleet.Amount // the burn of each row and what it has cost so far, as they are shown
}

// NewList makes the table of a snapshot, with all that the snapshot has of what has ended, or only with what has just.
func NewList(s *fleet.Snapshot, g Group, ended bool) *List {
	l := &List{Snapshot: s, Group: g, Ended: ended}
	if g.by != nil {
		l.gather()
		l.settle()
		return l
	}
	var ids []string
	for i := range s.MicroVMs {
		m := &s.MicroVMs[i]
		if ended || m.State != watch.Terminated || s.At.Sub(m.EndedAt) < fadeFor {
			l.rows, ids = append(l.rows, m), append(ids, Key(m))
		}
	}
	l.Content = table.New(l.columns(), ids, func(row int) bool { return l.rows[row].State == watch.Terminated }, burnID)
	l.settle()
	return l
}

// Key tells a MicroVM from all others.
func Key(m *fleet.MicroVM) string { return m.Account + "\x00" + m.Region + "\x00" + m.ID }

// At is the MicroVM of a row, nil where the row is a group or there is no such row.
func (l *List) At(row int) *fleet.MicroVM {
	if l == nil || row < 0 || row >= len(l.rows) {
		return nil
	}
	return l.rows[row]
}

// Name is the id of a row's MicroVM, or what a row of groups is called.
func (l *List) Name(row int) string {
	if m := l.At(row); m != nil {
		return m.ID
	}
	return l.groups[row].name
}

// GroupFilter is the filter that leaves the MicroVMs of a row of groups, "" where the row is none.
func (l *List) GroupFilter(row int) string {
	if l == nil || row < 0 || row >= len(l.groups) {
		return ""
	}
	return l.Group.column + `="` + strings.ReplaceAll(l.groups[row].shown, `"`, "") + `"`
}

// SortedBy is the column that rows are sorted by at first, the largest first: the burn.
const SortedBy = burnID

// burnID and soFarID are the columns that are added up.
const (
	burnID  = "burn_per_hour"
	soFarID = "so_far"
)

// shownAs is how the dashboard shows a column of [report.TopColumns] where that differs from plain text: its width,
// when it gives way, and its paint.
var shownAs = map[string]struct {
	least, most, drop int
	tone              func(l *List, m *fleet.MicroVM, t *theme.Theme) theme.Paint
}{
	"microvm_id": {least: 21, most: 44},
	"tenant":     {least: 8, most: 20, drop: 3},
	"image":      {least: 14, most: 24, drop: 6},
	"state": {drop: 1, tone: func(_ *List, m *fleet.MicroVM, t *theme.Theme) theme.Paint {
		return statePaint(m.State, t)
	}},
	"arch": {tone: muted, drop: 12}, "region": {tone: muted, drop: 11}, "account": {tone: muted, drop: 14},
	"age_seconds":     {drop: 4},
	"running_seconds": {tone: muted, drop: 10}, "suspended_seconds": {tone: muted, drop: 10},
	"left_seconds": {drop: 13, tone: func(l *List, m *fleet.MicroVM, t *theme.Theme) theme.Paint {
		if m.NearCap(l.Snapshot.At) {
			return t.Bad
		}
		return t.Muted
	}},
	"idle_seconds": {drop: 5, tone: func(l *List, m *fleet.MicroVM, t *theme.Theme) theme.Paint {
		if m.Idles(l.Snapshot.At) {
			return t.Warn
		}
		return t.Muted
	}},
	"idle_remaining_seconds": {tone: muted, drop: 9},
	burnID:                   {tone: func(_ *List, _ *fleet.MicroVM, t *theme.Theme) theme.Paint { return t.Strong }},
	soFarID:                  {drop: 2},
}

// capDrop is when the bar of the age gives way.
const capDrop = 8

func muted(_ *List, _ *fleet.MicroVM, t *theme.Theme) theme.Paint { return t.Muted }

// columns are those of top, with pictures among them.
func (l *List) columns() []table.Column {
	var columns []table.Column
	words := report.TopWords()
	for _, c := range report.TopColumns(l.Snapshot) {
		how := shownAs[c.ID]
		if c.ID == "state" {
			columns = append(columns, table.Column{
				Fixed: 1, Column: view.Column[int]{ID: "symbol", Drop: 1},
				Wide: func(row, _ int) string { return Symbol(l.rows[row].State) },
				Tone: l.tone(how.tone),
			})
		}
		columns = append(columns, table.Column{
			Word: words[c.ID], Least: how.least, Most: how.most, Tone: l.tone(how.tone), Hidden: c.Scope == view.Data,
			Column: view.Column[int]{
				ID: c.ID, Title: c.Title, Long: c.Long, Unit: c.Unit, Align: c.Align, Drop: how.drop,
				Value: func(row int) view.Value {
					v := c.Value(l.rows[row])
					if c.Align == view.Left && c.Unit == "" {
						return view.Text(draw.Name(v.String()))
					}
					return v
				},
			},
		})
		if c.ID == "age_seconds" {
			columns = append(columns, l.capBar())
		}
	}
	return columns
}

// tone paints a cell; what has ended fades as a whole.
func (l *List) tone(
	of func(*List, *fleet.MicroVM, *theme.Theme) theme.Paint,
) func(row int, t *theme.Theme) theme.Paint {
	return func(row int, t *theme.Theme) theme.Paint {
		switch m := l.rows[row]; {
		case m.State == watch.Terminated:
			return t.Muted
		case of == nil:
			return t.Plain
		default:
			return of(l, m, t)
		}
	}
}

// capBar is the age as a part of the longest life.
func (l *List) capBar() table.Column {
	return table.Column{
		Fixed: 8, Column: view.Column[int]{ID: "cap", Title: "of life", Drop: capDrop},
		Wide: func(row, width int) string {
			m := l.rows[row]
			if m.MaxLife <= 0 || m.StartedAt.IsZero() {
				return ""
			}
			return draw.Bar(m.Age(l.Snapshot.At).Seconds()/m.MaxLife.Seconds(), width, theme.Paint{}, theme.Paint{})
		},
		Tone: l.tone(func(l *List, m *fleet.MicroVM, t *theme.Theme) theme.Paint {
			if m.NearCap(l.Snapshot.At) {
				return t.Bad
			}
			return t.Spark
		}),
	}
}

// settle takes the amounts as they are shown, so that what is in sight adds up.
func (l *List) settle() {
	for i, id := range [...]string{burnID, soFarID} {
		value := l.Columns[l.Find(id)].Value
		l.shown[i] = make([]fleet.Amount, l.Len())
		for row := range l.shown[i] {
			l.shown[i][row] = l.money(i, row)
			l.shown[i][row].USD, _, _ = value(row).Spreadsheet()
		}
	}
}

// money is the burn of a row, or what it has cost so far.
func (l *List) money(i, row int) fleet.Amount {
	switch m := l.At(row); {
	case m == nil:
		return l.groups[row].money[i]
	case i == 0:
		return m.BurnPerHour
	default:
		return m.Spent.Plus(m.Newer)
	}
}

// footer is the sum of the rows that are shown.
func (l *List) footer(s *table.State) *table.Footer {
	label := "total"
	if s.Filtered() {
		label = figures.Int(s.Shown()) + " shown"
	}
	rows := s.Rows()
	if marks := s.Marks(); len(marks) > 0 {
		label, rows = figures.Int(len(marks))+" marked", marks
	}
	cells := map[string]string{}
	for i, id := range [...]string{burnID, soFarID} {
		var sum fleet.Amount
		newer := false
		for _, row := range rows {
			sum = sum.Plus(l.shown[i][row])
			newer = newer || i == 1 && l.newer(int(row))
		}
		cells[id] = report.AmountValue(sum, l.places()).String()
		if newer && sum.State == pricing.Exact {
			cells[id] = "≈ " + cells[id]
		}
	}
	return &table.Footer{Label: label, Cells: cells}
}

// newer reports whether a part of what a row has cost is worked out from states.
func (l *List) newer(row int) bool {
	if m := l.At(row); m != nil {
		return !m.Newer.USD.IsZero()
	}
	return l.groups[row].newer
}

func (l *List) places() int32 {
	if l.Group.by != nil {
		return view.CentPlaces
	}
	return report.TopPlaces
}

// Symbol tells states apart where there is no colour.
func Symbol(s watch.State) string {
	switch s {
	case watch.Running:
		return "●"
	case watch.Suspended:
		return "○"
	case watch.Pending:
		return "◔"
	case watch.Suspending:
		return "◐"
	case watch.Terminating:
		return "◌"
	case watch.Terminated:
		return "×"
	default:
		return "?"
	}
}

func statePaint(s watch.State, t *theme.Theme) theme.Paint {
	switch s {
	case watch.Running:
		return t.Good
	case watch.Suspended, watch.Terminated:
		return t.Muted
	default:
		return t.Warn
	}
}
