package serve

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// place is whose usage a series counts: the labels of metrics.
type place struct{ tenant, image, region string }

// others stands for the places that have no series of their own.
var others = place{spend.Other, spend.Other, spend.Other}

// counted is what is counted of a place. All of it only ever grows.
type counted struct {
	dollars [5]decimal.Decimal // by billed quantity
	usage   [usageCount]decimal.Decimal
}

// What is counted beside dollars, in base units.
const (
	vcpuSeconds = iota
	memoryByteSeconds
	readBytes
	writtenBytes
	storedByteSeconds
	runningSeconds
	suspendedSeconds
	launches
	suspends
	resumes

	usageCount
)

var (
	perThousand = decimal.New(1, -3)
	mib         = decimal.NewFromInt(1 << 20)
)

// of is a sum of usage in base units, exactly: a thousand of what the ledger counts in are one at most.
func (c *counted) add(sum *usage.Sum) {
	for i, value := range [usageCount]decimal.Decimal{
		vcpuSeconds:       sum.Amounts[pricing.VCPU].Decimal().Mul(perThousand),
		memoryByteSeconds: sum.Amounts[pricing.Memory].Decimal().Mul(mib).Mul(perThousand),
		readBytes:         sum.Amounts[pricing.SnapshotRead].Decimal(),
		writtenBytes:      sum.Amounts[pricing.SnapshotWrite].Decimal(),
		storedByteSeconds: sum.Amounts[pricing.SnapshotStorage].Decimal(),
		runningSeconds:    sum.Amounts[usage.Running].Decimal().Mul(perThousand),
		suspendedSeconds:  sum.Amounts[usage.Suspended].Decimal().Mul(perThousand),
		launches:          sum.Amounts[usage.Launches].Decimal(),
		suspends:          sum.Amounts[usage.Suspends].Decimal(),
		resumes:           sum.Amounts[usage.Resumes].Decimal(),
	} {
		c.usage[i] = c.usage[i].Add(value)
	}
}

func (c *counted) merge(other *counted) {
	for i := range c.dollars {
		c.dollars[i] = c.dollars[i].Add(other.dollars[i])
	}
	for i := range c.usage {
		c.usage[i] = c.usage[i].Add(other.usage[i])
	}
}

// raise keeps the larger of each.
func (c *counted) raise(to *counted) {
	for i := range c.dollars {
		c.dollars[i] = decimal.Max(c.dollars[i], to.dollars[i])
	}
	for i := range c.usage {
		c.usage[i] = decimal.Max(c.usage[i], to.usage[i])
	}
}

func (c *counted) total() decimal.Decimal {
	return decimal.Sum(c.dollars[0], c.dollars[1:]...)
}

// series are the counters. What they count can become less: late data takes the place of what was estimated, a tenants file
// is corrected, a rate falls. A counter then stays where it is until the truth passes it, as one that goes down would be
// taken for a restart, and all it stands for counted again.
//
// Which places have a series of their own is settled when they first come up, the most costly first, and never changes:
// neither theirs nor the one of the others can then lose anything to another.
type series struct {
	most   int
	values map[place]*counted
	folded map[place]bool // those that are among the others
}

func newSeries(most int) *series {
	return &series{most: most, values: map[place]*counted{}, folded: map[place]bool{}}
}

// raise takes the state of the ledger.
func (s *series) raise(now map[place]*counted) {
	var fresh []place
	for at := range now {
		if _, own := s.values[at]; !own && !s.folded[at] {
			fresh = append(fresh, at)
		}
	}
	slices.SortFunc(fresh, func(a, b place) int {
		return cmp.Or(now[b].total().Cmp(now[a].total()), cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.image, b.image), cmp.Compare(a.region, b.region))
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
			rest.merge(value)
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

// countedOf sorts the rows of two reports, by tenant, image and region, the first also by component, into places.
func countedOf(byComponent, whole spend.Spend) map[place]*counted {
	out := map[place]*counted{}
	at := func(key spend.Key) *counted {
		p := place{key.Tenant, key.Image, key.Region}
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
		if row := &whole.Rows[i]; row.Sum.Records > 0 {
			at(row.Key).add(&row.Sum)
		}
	}
	return out
}
