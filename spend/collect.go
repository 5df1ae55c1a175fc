package spend

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/spend/tenants"
	"microspend/usage"
)

// cellKey is a row's key and the region, which decides the rates. Where the report is not by tenant but needs to know
// the tenant, the key has it all the same.
type cellKey struct {
	Key
	region string
	billed billedKey // zero but while billed amounts are shared out
}

// cell is the usage of a key. Where it is priced by what AWS billed, billed is its part of that.
type cell struct {
	usage.Sum
	billed *componentCosts
}

type cells map[cellKey]*cell

func (c cells) add(key cellKey, more *cell) {
	have, ok := c[key]
	if !ok {
		have = &cell{}
		c[key] = have
	}
	have.Merge(&more.Sum)
	if more.billed != nil {
		have.billed = have.billed.Plus(more.billed)
	}
}

// sorted returns the cells in the order of their keys.
func (c cells) sorted(by []Dimension) []cellKey {
	keys := make([]cellKey, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b cellKey) int {
		return cmp.Or(compareKeys(a.Key, b.Key, by), compareKeys(a.Key, b.Key, []Dimension{ByTenant}),
			cmp.Compare(a.region, b.region), a.billed.compare(b.billed))
	})
	return keys
}

// collector gathers the usage of one span into cells.
type collector struct {
	source   Source
	request  Request
	loc      *time.Location
	byTenant bool // the tenant is needed, for rows or for the filter
	relabel  func(civil.Day) labels
	dayNames map[civil.Day]labels
	damaged  []ledger.DamagedFile
	recorded bool // anything in the span, whoever's
}

// labels are a day's texts in the three dimensions of time.
type labels [ByMonth + 1]string

func labelsOf(d civil.Day) labels {
	return labels{ByDay: d.String(), ByWeek: d.Week(), ByMonth: d.Month()}
}

func (c *collector) billed() bool { return c.request.Basis == BasisBilled }

func (c *collector) has(d Dimension) bool { return slices.Contains(c.request.By, d) }

// fields are what the query groups by: no more than rows, filters and rules need.
func (c *collector) fields() []ledger.Field {
	need := map[ledger.Field]bool{ledger.FieldRegion: true}
	if c.byTenant {
		need = tenants.Fields(c.source.Tenants, c.source.Sharing.Usage)
		need[ledger.FieldRegion] = true
	}
	filter := c.request.Filter
	for _, d := range ledgerDimensions {
		if c.has(d) || len(*filter.Of(d)) > 0 {
			need[dimensions[d].field] = true
		}
	}
	if c.billed() || c.has(ByDay) || c.has(ByWeek) || c.has(ByMonth) {
		need[ledger.FieldDay] = true
	}
	var fields []ledger.Field
	for f := ledger.FieldTenant; f <= ledger.FieldDay; f++ {
		if need[f] {
			fields = append(fields, f)
		}
	}
	return fields
}

// collect asks for the usage of a span, in as many parts as there are changes of rules in it. Days are named as relabel
// says.
func (c *collector) collect(ctx context.Context, s civil.Span, relabel func(civil.Day) labels) (cells, error) {
	c.relabel, c.dayNames, c.recorded = relabel, map[civil.Day]labels{}, false
	out := cells{}
	from := s.From
	var cuts []time.Time
	if c.byTenant {
		cuts = c.source.Tenants.Cuts(s)
	}
	for _, to := range append(cuts, s.To) {
		if err := c.part(ctx, civil.Between(from, to), out); err != nil {
			return nil, err
		}
		from = to
	}
	return out, nil
}

func (c *collector) part(ctx context.Context, s civil.Span, out cells) error {
	var who owners
	if c.byTenant {
		who = c.source.ownersAt(s.From)
	}
	groups, err := c.query(ctx, s, c.fields())
	if err != nil {
		return err
	}
	for i := range groups {
		c.recorded = c.recorded || !groups[i].Sum.Empty()
		c.take(&groups[i], who, out)
	}
	return nil
}

func (c *collector) query(ctx context.Context, s civil.Span, fields []ledger.Field) ([]ledger.Group, error) {
	sums := ledger.SumBilled | ledger.SumOf(usage.Running)
	if c.request.Counts {
		sums = 0 // everything
	}
	result, err := c.source.Usage.Aggregate(ctx, ledger.Query{
		From: s.From, To: s.To, By: fields, Location: c.loc, Sums: sums, Most: c.request.mostGroups(),
	})
	if err != nil {
		return nil, c.request.tooLarge(err)
	}
	c.damaged = MergeDamaged(c.damaged, result.Damaged)
	return result.Groups, nil
}

// MergeDamaged adds to damaged files the files that are not named yet.
func MergeDamaged(have, more []ledger.DamagedFile) []ledger.DamagedFile {
	for _, file := range more {
		if !slices.ContainsFunc(have, func(known ledger.DamagedFile) bool { return known.Path == file.Path }) {
			have = append(have, file)
		}
	}
	return have
}

// take adds a group to the cell it belongs to, unless a filter leaves it out.
func (c *collector) take(g *ledger.Group, who owners, out cells) {
	if g.Sum.Empty() {
		return
	}
	key := cellKey{region: g.Region}
	chosen := c.request.Filter.usage(g)
	if c.billed() { // all usage has a part in the bill; filters choose from the parts
		key.billed = billedKey{day: civil.DayStartingAt(g.Day, c.loc), left: !chosen}
	} else if !chosen {
		return
	}
	if c.byTenant {
		key.Key = c.owner(who.owner(g))
		if !c.billed() && c.source.Sharing.Policy == OwnRow && !c.chooses(key.Tenant, key.Kind) {
			return // nobody else's row has a part of it
		}
	}
	for _, d := range c.request.By {
		switch {
		case dimensions[d].of != nil:
			*key.field(d) = dimensions[d].of(g)
		case d == ByDay || d == ByWeek || d == ByMonth:
			*key.field(d) = c.names(g.Day)[d]
		} // the tenant and its group are there already; components come with pricing
	}
	out.add(key, &cell{Sum: g.Sum})
}

// owner is the key of a tenant, or of the label of a kind, with its group where the report is by group.
func (c *collector) owner(name string, kind Kind) Key {
	key := Key{Kind: kind, Tenant: name}
	if c.has(ByGroup) {
		key.Group = c.group(name, kind, c.request.Depth)
	}
	return key
}

// group is the group of a tenant, or the label of a kind, which is a group of its own.
func (c *collector) group(name string, kind Kind, depth int) string {
	if kind != KindTenant {
		return name
	}
	return c.source.Tenants.Group(name, depth)
}

// chooses reports whether the filter keeps the rows of a tenant, or of the label of a kind.
func (c *collector) chooses(name string, kind Kind) bool {
	f := &c.request.Filter
	return tenants.MatchAny(f.Tenants, name) &&
		(len(f.Groups) == 0 || tenants.MatchAny(f.Groups, c.group(name, kind, 0)))
}

func (c *collector) names(midnight time.Time) labels {
	d := civil.DayStartingAt(midnight, c.loc)
	names, ok := c.dayNames[d]
	if !ok {
		names = c.relabel(d)
		c.dayNames[d] = names
	}
	return names
}
