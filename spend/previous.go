package spend

import (
	"cmp"
	"context"
	"slices"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend/compare"
)

// restEvidence is how many days before what is compared are looked at, so that days on which nothing ever runs are
// told from gaps.
const restEvidence civil.Day = 14

// comparison is what a report is compared with. Rows by time are compared each with its own stretch before, as a day
// of a month is not like the day of another month with the same number: see [Spend.RowsCompared].
type comparison struct {
	known  compare.Known
	period civil.Span
	unit   Dimension // the finest of time that rows are by; ByComponent where they are by none
	total  stretches
	rows   map[string]stretches // of rows by time, by their label
}

// stretches are two stretches of time and what was measured of them.
type stretches struct {
	compare.Pair
	now, before pricing.State
}

func stretchesOf(known compare.Known, pair compare.Pair) stretches {
	out := stretches{pair, known.State(pair.Now), known.State(pair.Before)}
	if known.Missing(pair.Before) != "" {
		out.before = max(out.before, pricing.AtLeast)
	}
	return out
}

// comparedBy says in words how rows by time are compared.
var comparedBy = map[Dimension]string{
	ByDay:   "each day with the same weekday a week before",
	ByWeek:  "each week with the week before",
	ByMonth: "each month with the month before",
}

// timeUnit is the finest dimension of time among some, and ByComponent where there is none.
func timeUnit(by []Dimension) Dimension {
	for _, d := range [...]Dimension{ByDay, ByWeek, ByMonth} {
		if slices.Contains(by, d) {
			return d
		}
	}
	return ByComponent
}

func (r *run) comparison(ctx context.Context, period civil.Span) (*comparison, error) {
	shape := compare.Known{Location: r.loc} // where stretches begin does not depend on what is known
	from := period.From
	for _, pair := range []compare.Pair{shape.Pair(period), shape.WeekBefore(period), shape.MonthBefore(period)} {
		if pair.Before.From.Before(from) {
			from = pair.Before.From
		}
	}
	from = (civil.DayOf(from, r.loc) - restEvidence).Start(r.loc)
	// Damage in the stretches themselves is met where their sums are read; elsewhere no figure lacks it.
	look := r.source
	if watched, ok := look.Usage.(Watched); ok {
		look.Usage = watched.Unwatched()
	}
	known, err := look.History(ctx, civil.Between(from, period.To), r.loc)
	if err != nil {
		return nil, err
	}
	if r.billed() { // bills are of whole days, and of all that are asked for
		known.AsOf = period.To
	}
	c := &comparison{known: known, period: period, unit: timeUnit(r.request.By)}
	c.total = stretchesOf(known, known.Pair(period))
	c.pairRows()
	return c, nil
}

// pairRows pairs the days, weeks or months of the period.
func (c *comparison) pairRows() {
	if c.unit == ByComponent {
		return
	}
	c.rows = map[string]stretches{}
	loc, spans := c.known.Location, map[string]civil.Span{}
	first, last := c.period.Days(loc)
	for d := first; d <= last; d++ {
		part := d.Span(loc)
		if part.From.Before(c.period.From) {
			part.From = c.period.From
		}
		if part.To.After(c.period.To) {
			part.To = c.period.To
		}
		label := labelsOf(d)[c.unit]
		if begun, ok := spans[label]; ok {
			part.From = begun.From
		}
		spans[label] = part
	}
	for label, part := range spans {
		c.rows[label] = stretchesOf(c.known, c.shift(part))
	}
}

// shift pairs a part of the period with the one that its row is compared with.
func (c *comparison) shift(part civil.Span) compare.Pair {
	if c.unit == ByMonth {
		return c.known.MonthBefore(part)
	}
	return c.known.WeekBefore(part)
}

// together is what all rows together are compared with, and how its days are named so that they meet the rows.
func (c *comparison) together() (before civil.Span, relabel func(civil.Day) labels) {
	switch c.unit {
	case ByComponent:
		return c.total.Before, labelsOf
	case ByMonth:
		return c.shift(c.period).Before, func(d civil.Day) labels { return labelsOf(d.AddMonths(1)) }
	default:
		return c.shift(c.period).Before, func(d civil.Day) labels { return labelsOf(d + 7) }
	}
}

// of is what a row is compared with.
func (c *comparison) of(key Key) stretches {
	if its, ok := c.rows[key.Value(c.unit)]; ok {
		return its
	}
	return c.total
}

// previous is the cost of a stretch before, in which anything was recorded or nothing was; was is nil where it has no
// row.
func (s stretches) previous(was *Total, recorded bool) *Comparison {
	out := &Comparison{stretch: s.Reason, Measured: s.before}
	if was != nil {
		out.Cost, out.Measured = was.Cost, max(out.Measured, was.Measured)
	}
	if !recorded {
		out.Measured = pricing.NotMeasured
	}
	return out
}

// compareWith sets each row's previous period. Rows that only the previous period has are added with nothing spent, or
// not measured where their time has no data.
func (c *comparison) compareWith(t, before *table) {
	for key := range before.rows {
		if _, ok := t.rows[key]; !ok {
			t.row(key).Measured = c.of(key).now
		}
	}
	for key, row := range t.rows {
		var was *Total
		if found, ok := before.rows[key]; ok {
			was = &found.Total
		}
		row.Previous = c.of(key).previous(was, before.recorded)
		row.Previous.settle(&row.Total)
	}
}

// compareTotal compares the total of a report alone.
func (r *run) compareTotal(ctx context.Context, with stretches, now *Total) (*Comparison, error) {
	request := r.request
	request.By, request.Previous = nil, false
	alone := r.source.run(request)
	before, err := alone.table(ctx, with.Before, labelsOf)
	if err != nil {
		return nil, err
	}
	r.damaged = MergeDamaged(r.damaged, alone.damaged)
	out := with.previous(&before.total, before.recorded)
	out.settle(now)
	return out, nil
}

// comparePrevious sets what a report's rows and total are compared with.
func (r *run) comparePrevious(ctx context.Context, t *table, out *Spend) error {
	c, err := r.comparison(ctx, civil.Between(r.request.From, r.request.To))
	if err != nil {
		return err
	}
	span, relabel := c.together()
	before, err := r.table(ctx, span, relabel)
	if err != nil {
		return err
	}
	c.compareWith(t, before)
	if c.unit == ByComponent {
		t.total.Previous = c.total.previous(&before.total, before.recorded)
		t.total.Previous.settle(&t.total)
	} else if t.total.Previous, err = r.compareTotal(ctx, c.total, &t.total); err != nil {
		return err
	}
	out.Compared, out.RowsCompared = c.total.Pair, comparedBy[c.unit]
	out.PreviousFrom, out.PreviousTo = c.total.Before.From, c.total.Before.To
	first, last := c.period.Days(r.loc)
	if first == last && c.total.Now.To.Before(c.period.To) {
		weekday := stretchesOf(c.known, c.known.WeekBefore(c.period))
		cost, err := r.compareTotal(ctx, weekday, &t.total)
		if err != nil {
			return err
		}
		out.SameWeekday = &Compared{weekday.Pair, *cost}
	}
	return nil
}

// settle works out the change to a total.
func (c *Comparison) settle(now *Total) {
	change := compare.Pair{Reason: c.stretch}.Change(compare.Figure{Amount: now.Amount, State: now.State()},
		compare.Figure{Amount: c.Amount, State: c.State()})
	c.Change, c.Percent, c.New, c.Gone, c.Reason = change.Amount, change.Percent, change.New, change.Gone, change.Reason
}

// absorb adds another comparison. The change is not settled by that.
func (c *Comparison) absorb(of *Comparison) {
	c.Cost = c.Plus(of.Cost)
	c.stretch = cmp.Or(c.stretch, of.stretch)
	c.Measured = c.Measured.And(of.Measured)
}
