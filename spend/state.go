package spend

import (
	"slices"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// State is what the rates make of a cost: exact, or not known as a whole.
func (c Cost) State() pricing.State {
	if !c.Complete() {
		return pricing.UnknownRates
	}
	return pricing.Exact
}

// State is the state of the amount, by its rates and by what was measured.
func (t *Total) State() pricing.State { return max(t.Cost.State(), t.Measured) }

// State is the state of the amount of the stretch before.
func (c *Comparison) State() pricing.State { return max(c.Cost.State(), c.Measured) }

// partial reports whether some of the time of a sum was not measured completely.
func partial(sum *usage.Sum) bool { return sum.Seconds != sum.CoveredSeconds }

// measure says what was measured of each row and of the total of a table: see [Total.Measured]. AWS measures what it
// bills, so coverage says nothing of what was billed.
func (r *run) measure(s civil.Span, t *table) {
	lost := r.lostLabels(s)
	unit := timeUnit(r.request.By)
	for key, row := range t.rows {
		incomplete := partial(&row.Sum) || t.sharedOut != nil && !row.Shared.IsZero() && partial(&t.sharedOut.Sum)
		switch label := key.Value(unit); {
		case !t.recorded:
			row.Measured = pricing.NotMeasured
		case incomplete && !r.billed(), lost[label], len(lost) > 0 && (unit == ByComponent || label == ""):
			row.Measured = pricing.AtLeast
		}
		t.total.Measured = max(t.total.Measured, row.Measured)
	}
	switch {
	case !t.recorded:
		t.measured = pricing.NotMeasured
	case len(lost) > 0:
		t.measured = pricing.AtLeast
	}
	t.total.Measured = max(t.total.Measured, t.measured)
	if t.recorded && slices.Equal(r.request.By, []Dimension{unit}) {
		t.listLost(lost, unit)
	}
}

// listLost adds rows for days of which nothing is left: a listing by day without them would not show that they are
// missing.
func (t *table) listLost(lost map[string]bool, unit Dimension) {
	for label := range lost {
		key := Key{}
		*key.field(unit) = label
		if _, ok := t.rows[key]; !ok {
			t.row(key).Measured = pricing.NotMeasured
		}
	}
}

// lostLabels are the labels of damaged days of a span, in the finest dimension of time that rows are by.
func (r *run) lostLabels(s civil.Span) map[string]bool {
	lost, unit := map[string]bool{}, timeUnit(r.request.By)
	first, last := s.Days(r.loc)
	for d := range damagedDays(r.damaged, r.loc) {
		if d < first || d > last {
			continue
		}
		label := ""
		if unit != ByComponent {
			label = r.relabel(d)[unit]
		}
		lost[label] = true
	}
	return lost
}
