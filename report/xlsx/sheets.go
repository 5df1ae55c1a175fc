package xlsx

import (
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
)

// summary is the first sheet: what it is about, the total, and the total by component.
func (b *book) summary(r Report) error {
	s := r.Tenants
	stream, err := b.file.NewStreamWriter(summarySheet)
	if err != nil {
		return err
	}
	for i, width := range []float64{26, 16, 28, 16, 28} {
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	freeze := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := stream.SetPanes(&freeze); err != nil {
		return err
	}
	line := 0
	add := func(cells ...any) {
		line++
		if err == nil && len(cells) > 0 {
			at, _ := excelize.CoordinatesToCellName(1, line) // the first column of a row that there is
			err = stream.SetRow(at, cells)
		}
	}
	heading := func(titles ...string) []any { // words, then figures
		cells := make([]any, len(titles))
		for i, title := range titles {
			style := b.styles.numberHeading
			if i == 0 {
				style = b.styles.heading
			}
			cells[i] = excelize.Cell{StyleID: style, Value: title}
		}
		return cells
	}
	add(excelize.Cell{StyleID: b.styles.title, Value: title(r)})
	add("days as in", s.Location.String())
	add("basis", s.Basis.String())
	if !r.Made.IsZero() {
		add("made at", r.Made.UTC().Format(time.RFC3339))
	}
	add("tenants with spend", spenders(s))
	if coverage := spend.Coverage(&s.Total.Sum); coverage != nil {
		add("coverage", number(b.styles.percent, coverage))
	}
	add()
	add(heading("", "$", "$, exact")...)
	money := func(name string, d *decimal.Decimal) {
		shown, exact := b.dollars(d)
		add(name, shown, exact)
	}
	money("total", known(s.Total.Cost, s.Total.Amount))
	if s.Negotiated {
		money("total at list", known(s.Total.Cost, s.Total.List))
	}
	if s.SharedOut != nil {
		money("of it shared out", known(s.SharedOut.Cost, s.SharedOut.Amount))
	}
	if p := s.Total.Previous; p != nil {
		money("the period before", known(p.Cost, p.Amount))
		if p.Change != nil {
			money("change", p.Change)
		}
	}
	add()
	titles := []string{"by component", "$", "$, exact"}
	if s.Negotiated {
		titles = append(titles, "list $", "list $, exact")
	}
	add(heading(titles...)...)
	for i := range r.Components.Rows {
		row := &r.Components.Rows[i]
		shown, exact := b.dollars(known(row.Cost, row.Amount))
		cells := []any{componentName(row.Component), shown, exact}
		if s.Negotiated {
			list, exactList := b.dollars(known(row.Cost, row.List))
			cells = append(cells, list, exactList)
		}
		add(cells...)
	}
	if !s.Total.Complete() {
		add()
		for _, u := range s.Total.Unknown {
			add(text(u.String()))
		}
	}
	if err != nil {
		return err
	}
	return stream.Flush()
}

// componentName is a component in words; a report without any usage has one row, about nothing.
func componentName(id string) string {
	if q, ok := pricing.ParseBilledQuantity(id); ok {
		return q.Name()
	}
	return id
}

// spenders counts the tenants that cost anything.
func spenders(s spend.Spend) (n int) {
	for _, row := range s.Rows {
		if row.Kind == spend.KindTenant && !row.Amount.IsZero() {
			n++
		}
	}
	return n
}

func (b *book) rates(r Report) error {
	t, err := b.table(ratesSheet, "rates", []column{
		words("region", 16),
		words("usage type", 18),
		words("per", 24),
		numeric("list rate $", 16),
		numeric("list rate $, exact", 20),
		numeric("discount", 10),
		numeric("effective rate $", 16),
		numeric("effective rate $, exact", 22),
		words("source", 60),
		words("read on", 12),
	})
	if err != nil {
		return err
	}
	for _, card := range r.Cards {
		for _, q := range pricing.BilledQuantities() {
			rate, list := card.Rate(q), card.ListRate(q)
			if !rate.Known() {
				if err := t.add(card.Region, q.Name(), nil, "unknown", "unknown", nil, "unknown", "unknown", text(rate.Source), rate.ReadOn.String()); err != nil {
					return err
				}
				continue
			}
			effective := card.Charged(q).Figure
			per := perUnits(q, rate.Per)
			if list.Per != rate.Per {
				per += "; list: " + perUnits(q, list.Per)
			}
			if err := t.add(
				card.Region, q.Name(), per,
				number(b.styles.rate, &list.Figure), excelize.Cell{StyleID: b.styles.exact, Value: list.Figure.String()},
				number(b.styles.percent, &card.Discounts[q]),
				number(b.styles.rate, &effective), excelize.Cell{StyleID: b.styles.exact, Value: effective.String()},
				text(rate.Source), rate.ReadOn.String(),
			); err != nil {
				return err
			}
		}
	}
	return t.finish()
}

func (b *book) assumptions(r Report) error {
	t, err := b.table(assumptionsSheet, "assumptions", []column{words("name", 24), words("what is assumed", 110)})
	if err != nil {
		return err
	}
	for _, note := range r.Assumptions {
		if err := t.add(note.ID, excelize.Cell{StyleID: b.styles.wrapped, Value: text(note.Text)}); err != nil {
			return err
		}
	}
	return t.finish()
}

// perUnits is how many billed units a figure pays for, as in "720 GB-Hours"; one goes without saying.
func perUnits(q pricing.BilledQuantity, per pricing.Per) string {
	if per == pricing.PerUnit {
		return q.Unit()
	}
	return figures.Int(per) + " " + q.Unit()
}
