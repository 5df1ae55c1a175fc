package anomaly

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
)

// habit is what a tenant spent day by day.
type habit struct {
	kind    spend.Kind
	tenant  string
	first   civil.Day // with any usage
	days    map[civil.Day]*dayCost
	covered map[civil.Day]bool // days on which the ledger has anything, and all that it had
}

// dayCost is a day's spend by billed quantity.
type dayCost struct {
	total      decimal.Decimal
	components pricing.Quantities
	state      pricing.State
}

// habits sorts rows by tenant, day and billed quantity into one habit for each tenant. Rows come by day.
func habits(rows []spend.Row, covered map[civil.Day]bool) map[spend.Key]*habit {
	out := map[spend.Key]*habit{}
	for _, row := range rows {
		if row.Day == "" {
			continue // a tenant that is only listed
		}
		d := civil.MustParse(row.Day)
		who := spend.Key{Kind: row.Kind, Tenant: row.Tenant}
		h := out[who]
		if h == nil {
			h = &habit{row.Kind, row.Tenant, d, map[civil.Day]*dayCost{}, covered}
			out[who] = h
		}
		h.first = min(h.first, d)
		if h.days[d] == nil {
			h.days[d] = &dayCost{}
		}
		h.days[d].total = h.days[d].total.Add(row.Amount)
		if q, ok := row.Quantity(); ok {
			h.days[d].components[q] = row.Amount
		}
		h.days[d].state = h.days[d].state.And(row.State())
	}
	return out
}

// on is a day's spend: zero where nothing was used.
func (h *habit) on(d civil.Day) dayCost {
	if cost, ok := h.days[d]; ok {
		return *cost
	}
	return dayCost{}
}

// peers are the days that a day is compared with, of one who has had usage since a first day. There are none where
// too little is known.
func peers(d, first civil.Day, covered map[civil.Day]bool) (peers []civil.Day, sameWeekday bool) {
	var all, same []civil.Day
	for before := max(first, d-spend.HistoryDays); before < d; before++ {
		if !covered[before] {
			continue
		}
		all = append(all, before)
		if before.Weekday() == d.Weekday() {
			same = append(same, before)
		}
	}
	switch {
	case len(all) < minHistoryDays:
		return nil, false
	case len(same) >= minSameWeekdays:
		return same, true
	default:
		return all, false
	}
}

// judge reports whether a day stands out.
func (h *habit) judge(d civil.Day, rule Rule) (Anomaly, bool) {
	if !h.covered[d] {
		return Anomaly{}, false
	}
	peers, same := peers(d, h.first, h.covered)
	if len(peers) == 0 {
		return Anomaly{}, false
	}
	cost := h.on(d)
	middle, spread := h.usual(peers, rule)
	far := func(from decimal.Decimal) bool {
		distance := cost.total.Sub(from).Abs()
		return distance.GreaterThan(spread) && !distance.LessThan(rule.floor())
	}
	if !far(middle) || cost.state != pricing.Exact && cost.total.LessThan(middle) { // what is missing may be the fall
		return Anomaly{}, false
	}
	// A quiet Saturday after a quiet Saturday is not reported, even if there are too few Saturdays to judge by them alone.
	for _, before := range peers {
		if !same && before.Weekday() == d.Weekday() && !far(h.on(before).total) {
			return Anomaly{}, false
		}
	}
	distance := cost.total.Sub(middle)
	reach := decimal.Max(spread, rule.floor())
	a := Anomaly{
		Kind: h.kind, Tenant: h.tenant, Day: d.String(), Amount: cost.total, Expected: middle,
		Low: decimal.Max(decimal.Decimal{}, middle.Sub(reach)), High: middle.Add(reach), Up: distance.IsPositive(),
		SameWeekday: same, Days: len(peers), State: cost.state,
	}
	a.Component, a.Moved = h.moved(cost, peers)
	return a, true
}

// usual is the median of some days and how far from it a day may lie.
func (h *habit) usual(peers []civil.Day, rule Rule) (middle, spread decimal.Decimal) {
	values := make([]decimal.Decimal, len(peers))
	for i, d := range peers {
		values[i] = h.on(d).total
	}
	middle = median(values)
	for i := range values {
		values[i] = values[i].Sub(middle).Abs()
	}
	deviation := median(values)
	if deviation.IsZero() {
		return middle, middle.Mul(flatShare)
	}
	return middle, rule.k().Mul(madScale).Mul(deviation)
}

// moved is the billed quantity that moved most against its own median; the first on a bill where several moved as far.
func (h *habit) moved(cost dayCost, peers []civil.Day) (most pricing.BilledQuantity, by decimal.Decimal) {
	values := make([]decimal.Decimal, len(peers))
	for _, q := range pricing.BilledQuantities() {
		for i, d := range peers {
			values[i] = h.on(d).components[q]
		}
		if change := cost.components[q].Sub(median(values)); change.Abs().GreaterThan(by.Abs()) {
			most, by = q, change
		}
	}
	return most, by
}

// median sorts the values, of which there is at least one. Between two it is exact.
func median(values []decimal.Decimal) decimal.Decimal {
	slices.SortFunc(values, decimal.Decimal.Cmp)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1].Add(values[n/2]).Mul(half)
}

func (r Rule) k() decimal.Decimal {
	if r.K.IsZero() {
		return defaultK
	}
	return r.K
}

func (r Rule) floor() decimal.Decimal {
	if r.Floor.IsZero() {
		return defaultFloor
	}
	return r.Floor
}

// Effective returns the deviations and the least difference in dollars that the rule judges by, defaults included.
func (r Rule) Effective() (k, floor decimal.Decimal) { return r.k(), r.floor() }
