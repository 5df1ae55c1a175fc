package serve

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// place identifies a series: the labels of the metrics.
type place struct{ tenant, image, region string }

// others is the series of all places that have none of their own.
var others = place{spend.Other, spend.Other, spend.Other}

// counted is what is counted of a place, in Prometheus's base units.
type counted struct {
	dollars [pricing.QuantityCount]decimal.Decimal
	usage   [usage.MeasureCount]decimal.Decimal
	state   pricing.State // of the dollars; it is that of now, and the only thing that does not grow
}

// combine applies f to each value and that of another, but for the state.
func (c *counted) combine(other *counted, f func(a, b decimal.Decimal) decimal.Decimal) {
	for i, amount := range other.dollars {
		c.dollars[i] = f(c.dollars[i], amount)
	}
	for i, amount := range other.usage {
		c.usage[i] = f(c.usage[i], amount)
	}
}

// raise keeps the larger value of each, and takes over the state.
func (c *counted) raise(to *counted) {
	c.state = to.state
	c.combine(to, func(a, b decimal.Decimal) decimal.Decimal { return decimal.Max(a, b) })
}

func (c *counted) total() decimal.Decimal {
	return decimal.Sum(c.dollars[0], c.dollars[1:]...)
}

// series are the counters. What they count can decrease: late data replaces an estimate, a tenants file is corrected,
// a rate falls. A counter then stays where it is until the actual value passes it, because Prometheus takes a decrease
// for a restart and would count everything again.
//
// Which places have a series of their own is decided when they first appear, the most expensive first, and never
// changes: otherwise spend would move between their series and that of the others.
type series struct {
	most   int
	values map[place]*counted
	folded map[place]bool // counted under others
}

func newSeries(most int) *series {
	return &series{most: most, values: map[place]*counted{}, folded: map[place]bool{}}
}

// raise updates the counters to a state of the ledger.
func (s *series) raise(now map[place]*counted) {
	var fresh []place
	for at := range now {
		if _, own := s.values[at]; !own && !s.folded[at] {
			fresh = append(fresh, at)
		}
	}
	slices.SortFunc(fresh, func(a, b place) int {
		return cmp.Or(now[b].total().Cmp(now[a].total()), cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.image, b.image),
			cmp.Compare(a.region, b.region))
	})
	for _, at := range fresh {
		own := len(s.values)
		if _, ok := s.values[others]; ok {
			own--
		}
		if own < s.most && at != others {
			s.values[at] = &counted{}
		} else {
			s.folded[at] = true
		}
	}
	rest := counted{}
	for at, value := range now {
		if s.folded[at] {
			rest.combine(value, decimal.Decimal.Add)
			rest.state = rest.state.And(value.state)
		} else {
			s.values[at].raise(value)
		}
	}
	if len(s.folded) > 0 {
		if s.values[others] == nil {
			s.values[others] = &counted{}
		}
		s.values[others].raise(&rest)
	}
}

// countedOf groups the rows of two reports by place. Both are by tenant, image and region, the first also by component.
func countedOf(byComponent, whole spend.Spend) map[place]*counted {
	out := map[place]*counted{}
	at := func(key spend.Key) *counted {
		p := place{key.Name(spend.ByTenant), key.Image, key.Region}
		if out[p] == nil {
			out[p] = &counted{}
		}
		return out[p]
	}
	for _, row := range byComponent.Rows {
		if q, ok := row.Quantity(); ok {
			c := at(row.Key)
			c.dollars[q] = c.dollars[q].Add(row.Amount)
		}
	}
	for i := range whole.Rows {
		row := &whole.Rows[i]
		if row.Sum.Empty() {
			continue
		}
		c := at(row.Key)
		c.state = row.State()
		for m, metric := range usageMetrics {
			c.usage[m] = c.usage[m].Add(row.Sum.Amounts[m].Decimal().Mul(metric.scale))
		}
	}
	return out
}
