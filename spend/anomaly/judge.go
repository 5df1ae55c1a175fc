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
	who     owner
	origin  civil.Day // of the first of the days
	first   civil.Day // with any usage
	last    civil.Day
	packed  packed
	days    []dayCost          // zero where nothing was used; nil but while they are judged
	covered map[civil.Day]bool // days on which the ledger has anything, and all that it had
}

// standouts are the days from a first one up to a last one that stand out.
func (h *habit) standouts(from, to civil.Day, rule Rule) (out []standout, err error) {
	if h.days, err = h.packed.days(int(h.last-h.origin) + 1); err != nil {
		return nil, err
	}
	for d := from; d <= to; d++ {
		if found, far := h.judge(d, rule); far {
			out = append(out, found)
		}
	}
	h.days = nil
	return out, nil
}

// on is a day's spend.
func (h *habit) on(d civil.Day) dayCost { return h.days[d-h.origin] }

// standout is a day that stands out, and the days that it was compared with. Which billed quantity moved is not yet
// known of it.
type standout struct {
	Anomaly
	who   owner
	day   civil.Day
	peers []civil.Day
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
func (h *habit) judge(d civil.Day, rule Rule) (standout, bool) {
	if !h.covered[d] {
		return standout{}, false
	}
	peers, same := peers(d, h.first, h.covered)
	if len(peers) == 0 || h.near(d, peers, rule.floor()) {
		return standout{}, false
	}
	cost := h.on(d)
	middle, spread := h.usual(peers, rule)
	far := func(from decimal.Decimal) bool {
		distance := cost.total.Sub(from).Abs()
		return distance.GreaterThan(spread) && !distance.LessThan(rule.floor())
	}
	if !far(middle) || cost.state != pricing.Exact && cost.total.LessThan(middle) { // what is missing may be the fall
		return standout{}, false
	}
	// A quiet Saturday after a quiet Saturday is not reported, even if there are too few Saturdays to judge by them alone.
	for _, before := range peers {
		if !same && before.Weekday() == d.Weekday() && !far(h.on(before).total) {
			return standout{}, false
		}
	}
	distance := cost.total.Sub(middle)
	reach := decimal.Max(spread, rule.floor())
	return standout{Anomaly{
		Kind: h.who.kind, Tenant: h.who.tenant, Day: d.String(), Amount: cost.total, Expected: middle,
		Low: decimal.Max(decimal.Decimal{}, middle.Sub(reach)), High: middle.Add(reach), Up: distance.IsPositive(),
		SameWeekday: same, Days: len(peers), State: cost.state,
	}, h.who, d, peers}, true
}

// near reports whether a day is less than the floor away from the lowest and the highest that it is compared with, and
// so from their median, too. It is so on most days of most tenants, and quicker to tell than a median.
func (h *habit) near(d civil.Day, peers []civil.Day, floor decimal.Decimal) bool {
	total := h.on(d).total
	low := h.on(peers[0]).total
	high := low
	for _, peer := range peers[1:] {
		switch other := h.on(peer).total; {
		case other.LessThan(low):
			low = other
		case other.GreaterThan(high):
			high = other
		}
	}
	return total.Sub(low).LessThan(floor) && high.Sub(total).LessThan(floor)
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
