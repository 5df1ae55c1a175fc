package listing

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/usage"
)

// quantityWords name the billed quantities in filters.
var quantityWords = [5]string{
	pricing.VCPU: "vcpu", pricing.Memory: "memory", pricing.SnapshotRead: "read", pricing.SnapshotWrite: "write",
	pricing.SnapshotStorage: "storage",
}

var quantityTitles = [5]string{
	pricing.VCPU: "vCPU-s", pricing.Memory: "GB-s", pricing.SnapshotRead: "read GB", pricing.SnapshotWrite: "write GB",
	pricing.SnapshotStorage: "stored GB-h",
}

// Content makes the table of a listing. Its columns are the dimensions and then the figures, the more important first to
// stay where room is scarce.
func Content(l *data.Listing) *table.Content {
	b := builder{l: l, rows: l.Spend.Rows, places: 2}
	if l.Query.By[0] == spend.ByMicroVM {
		b.places = 4 // one MicroVM costs cents
	}
	ids := make([]string, len(b.rows))
	for i := range b.rows {
		ids[i] = ID(l, i)
	}
	columns := b.names()
	sum := len(columns)
	columns = append(columns, b.amount(), b.share(), b.bar())
	if l.Trends != nil {
		columns = append(columns, b.trend())
	}
	if l.Spend.Total.Previous != nil {
		columns = append(columns, b.change(), b.percent(), b.before())
	}
	if !l.Spend.Total.Shared.IsZero() {
		columns = append(columns, b.shared())
	}
	columns = append(columns, b.coverage())
	columns = append(columns, b.measured()...)
	return table.New(columns, ids, func(row int) bool { return b.rows[row].Kind == spend.KindOther }, sum)
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

type builder struct {
	l      *data.Listing
	rows   []spend.Row
	places int32
}

// number works out the number of a row.
func (b *builder) number(of func(row *spend.Row) table.Number) func(int) table.Number {
	return func(row int) table.Number { return of(&b.rows[row]) }
}

// nameGives is in which order the dimensions after the first give way.
const nameGives = 5

func (b *builder) names() []table.Column {
	var columns []table.Column
	for i, d := range b.l.Query.By {
		title := d.String()
		if d == spend.ByMicroVM {
			title = "MicroVM"
		}
		column := table.Column{
			Title: title, Word: d.String(), Least: 12, Most: 44, Texts: b.l.Names[i],
			Tone: func(row int, t *theme.Theme) theme.Paint {
				if b.rows[row].Kind != spend.KindTenant {
					return t.Muted
				}
				return t.Plain
			},
		}
		switch {
		case d == spend.ByMicroVM:
			column.Least = 22
		case isTime(d), d == spend.ByRegion, d == spend.ByComponent:
			column.Least = 0 // short, and all of it matters
		}
		if i > 0 {
			column.Give, column.Least, column.Most = nameGives, min(column.Least, 8), 24
		}
		columns = append(columns, column)
	}
	return columns
}

func (b *builder) amount() table.Column {
	return table.Column{
		Title: "amount $", Word: "amount",
		Number: b.number(func(row *spend.Row) table.Number { return table.Number{Value: row.Amount, Known: row.Known()} }),
		Cell: func(row int) string {
			shown := b.l.Cents[row]
			if b.places != 2 {
				shown = b.rows[row].Amount
			}
			return amount(b.rows[row].Cost, shown, b.places)
		},
		Tone: func(row int, t *theme.Theme) theme.Paint {
			if !b.rows[row].Complete() {
				return t.Warn
			}
			return t.Strong
		},
	}
}

func (b *builder) share() table.Column {
	return table.Column{
		Title: "share", Word: "share", Give: 3, Percent: true, Number: func(row int) table.Number { return numberOf(b.l.Shares[row]) },
		Cell: func(row int) string {
			if b.l.Shares[row] == nil {
				return "–"
			}
			return percent(*b.l.Shares[row], 1)
		},
	}
}

// bar is the amount against the largest.
func (b *builder) bar() table.Column {
	parts := make([]float32, len(b.rows))
	most := float32(0)
	for i := range b.rows {
		parts[i] = float32(b.rows[i].Amount.InexactFloat64())
		if b.rows[i].Kind != spend.KindOther {
			most = max(most, parts[i])
		}
	}
	fixed, give := 10, 9
	if isTime(b.l.Query.By[0]) {
		fixed, give = 24, 4
	}
	return table.Column{
		Title: "", Word: "bar", Give: give, Unsorted: true, Fixed: fixed, Left: true,
		Wide: func(row, width int) string {
			if most <= 0 || !b.rows[row].Known() {
				return ""
			}
			return strings.TrimRight(draw.Bar(float64(parts[row]/most), width, theme.Paint{}, theme.Paint{}), "─")
		},
		Tone: func(_ int, t *theme.Theme) theme.Paint { return t.Components[0] },
	}
}

func isTime(d spend.Dimension) bool {
	return d == spend.ByDay || d == spend.ByWeek || d == spend.ByMonth
}

func (b *builder) trend() table.Column {
	return table.Column{
		Title: "30 days", Word: "trend", Give: 7, Unsorted: true, Fixed: 15, Left: true,
		Wide: func(row, width int) string {
			return draw.Spark(b.l.Trends.Of(b.rows[row].Value(b.l.Query.By[0])), width)
		},
		Tone: func(_ int, t *theme.Theme) theme.Paint { return t.Spark },
	}
}

func (b *builder) change() table.Column {
	return table.Column{
		Title: "change $", Word: "change", PercentWord: "percent", Give: 2,
		Number: b.number(func(row *spend.Row) table.Number { return numberOf(row.Previous.Change) }),
		Cell: func(row int) string {
			if change := b.rows[row].Previous.Change; change != nil {
				return figures.Signed(*change, b.places)
			}
			return "unknown"
		},
		Tone: b.direction,
	}
}

func (b *builder) percent() table.Column {
	return table.Column{
		Title: "change", Word: "percent", Give: 6, Percent: true,
		Number: b.number(func(row *spend.Row) table.Number {
			if p := row.Previous.Percent; p != nil {
				return table.Known(p.Shift(-2))
			}
			return table.Number{}
		}),
		Cell: func(row int) string {
			p := b.rows[row].Previous
			switch {
			case p.Percent != nil:
				return figures.Signed(*p.Percent, 1) + " %"
			case p.Change != nil && p.Change.IsPositive():
				return "new"
			default:
				return "–"
			}
		},
		Tone: b.direction,
	}
}

func (b *builder) direction(row int, t *theme.Theme) theme.Paint {
	switch change := b.rows[row].Previous.Change; {
	case change == nil:
		return t.Warn
	case change.IsPositive():
		return t.Up
	case change.IsNegative():
		return t.Down
	default:
		return t.Muted
	}
}

func (b *builder) before() table.Column {
	return table.Column{
		Title: "before $", Word: "before", Give: 8,
		Number: b.number(func(row *spend.Row) table.Number {
			return table.Number{Value: row.Previous.Amount, Known: row.Previous.Known()}
		}),
		Cell: func(row int) string {
			p := b.rows[row].Previous
			return amount(p.Cost, p.Amount, b.places)
		},
		Tone: muted,
	}
}

func (b *builder) shared() table.Column {
	return table.Column{
		Title: "shared $", Word: "shared", Give: 10,
		Number: b.number(func(row *spend.Row) table.Number { return table.Known(row.Shared) }),
		Cell:   func(row int) string { return figures.Fixed(b.rows[row].Shared, b.places) },
		Tone:   muted,
	}
}

func (b *builder) coverage() table.Column {
	return table.Column{
		Title: "coverage", Word: "coverage", Give: 6, Percent: true,
		Number: b.number(func(row *spend.Row) table.Number { return numberOf(spend.Coverage(&row.Sum)) }),
		Cell:   func(row int) string { return coverage(spend.Coverage(&b.rows[row].Sum)) },
		Tone: func(row int, t *theme.Theme) theme.Paint {
			if c := spend.Coverage(&b.rows[row].Sum); c == nil || !c.LessThan(whole) {
				return t.Muted
			}
			return t.Warn
		},
	}
}

var whole = decimal.NewFromInt(1)

// measured are the columns of what was measured.
func (b *builder) measured() []table.Column {
	columns := []table.Column{
		{Title: "running h", Word: "running", Give: 11, Number: b.number(func(row *spend.Row) table.Number {
			return table.Known(inHours(row.Sum.Amounts[usage.Running].Decimal()))
		})},
		{Title: "suspended h", Word: "suspended", Give: 12, Number: b.number(func(row *spend.Row) table.Number {
			return table.Known(inHours(row.Sum.Amounts[usage.Suspended].Decimal()))
		})},
		{Title: "launches", Word: "launches", Give: 13, Number: b.number(func(row *spend.Row) table.Number {
			return table.Known(row.Sum.Amounts[usage.Launches].Decimal())
		})},
		{Title: "suspends", Word: "suspends", Give: 14, Number: b.number(func(row *spend.Row) table.Number {
			return table.Known(row.Sum.Amounts[usage.Suspends].Decimal())
		})},
	}
	for _, q := range pricing.BilledQuantities() {
		columns = append(columns, table.Column{
			Title: quantityTitles[q], Word: quantityWords[q], Give: 15 + int(q),
			Number: b.number(func(row *spend.Row) table.Number { return table.Known(row.Sum.Measured()[q].Quantity()) }),
		})
	}
	for i := range columns {
		number, places := columns[i].Number, int32(1)
		if word := columns[i].Word; word == "launches" || word == "suspends" {
			places = 0
		}
		columns[i].Cell = func(row int) string { return figures.Fixed(number(row).Value, places) }
		columns[i].Tone = muted
	}
	return columns
}

func muted(_ int, t *theme.Theme) theme.Paint { return t.Muted }

func numberOf(d *decimal.Decimal) table.Number {
	if d == nil {
		return table.Number{}
	}
	return table.Known(*d)
}
