package spend

import (
	"context"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

// collector gathers the usage of one span into cells.
type collector struct {
	source   Source
	request  Request
	prices   *priceList
	loc      *time.Location
	byTenant bool // the tenant is needed, for rows or for the filter
	relabel  func(civil.Day) labels
	dayNames map[civil.Day]labels
	damaged  []ledger.DamagedFile
	recorded bool         // anything in the span, whoever's
	most     int          // groups that an answer of the ledger may have; 0 means any number
	asserted map[Key]bool // owners whom a guest named, of anything that counts, as rows have them
}

// labels are a day's texts in the three dimensions of time.
type labels [ByMonth + 1]string

func labelsOf(d civil.Day) labels {
	return labels{ByDay: d.String(), ByWeek: d.Week(), ByMonth: d.Month()}
}

func (c *collector) billed() bool { return c.request.Basis == BasisBilled }

func (c *collector) has(d Dimension) bool { return slices.Contains(c.request.By, d) }

// fields are what the query groups by: no more than rows, filters and rules need.
func (c *collector) fields(in Source) []ledger.Field {
	need := map[ledger.Field]bool{}
	if c.byTenant {
		need = tenants.Fields(in.Tenants, in.Sharing.Usage)
	}
	need[ledger.FieldRegion], need[ledger.FieldArch] = true, true // which decide the rates
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

// collect asks for the usage of a span, in as many parts as there are changes of rates and of rules in it: rates and
// rules hold on whole UTC days, and usage is priced by what held on the day on which its period starts. Of a closed
// month all of it is as it was when the month was closed. Days are named as relabel says.
func (c *collector) collect(ctx context.Context, s civil.Span, relabel func(civil.Day) labels) (*cells, error) {
	c.relabel, c.dayNames, c.recorded = relabel, map[civil.Day]labels{}, false
	var out *cells
	from := s.From
	for _, to := range append(c.source.cuts(s, c.byTenant), s.To) {
		if err := c.part(ctx, civil.Between(from, to), &out); err != nil {
			return nil, err
		}
		from = to
	}
	return out, nil
}

func (c *collector) part(ctx context.Context, s civil.Span, out **cells) error {
	var who owners
	in := c.source.at(s.From)
	if c.byTenant {
		who = in.ownersAt(s.From)
	}
	groups, err := c.query(ctx, in, s)
	if err != nil {
		return err
	}
	if *out == nil {
		*out = newCells(c.mostCells(len(groups)))
	}
	day, places, assumed := pricing.DateOf(s.From), map[pricedAs]int{}, map[pricedAs]assumedRates{}
	for i := range groups {
		if i%stopEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		g := &groups[i]
		c.recorded = c.recorded || !g.Sum.Empty()
		key, chosen := c.key(g, who)
		if !chosen {
			continue
		}
		as := pricedAs{g.Region, g.Arch.OrDefault()}
		place, known := places[as]
		if !known {
			if place, err = c.prices.place(in, as, day); err != nil {
				return err
			}
			places[as], assumed[as] = place, c.prices.assumedOn(in, as, day)
		}
		key.place = place
		if c.request.Rated {
			key.Key.card = place + 1
		}
		c.prices.assume(assumed[as], as.region, &g.Sum)
		c.prices.archAssumed = c.prices.archAssumed || archAssumed(g, s)
		(*out).add(key, &g.Sum, nil)
	}
	return nil
}

// mostCells is how many rows to make room for, given the number of groups that go into them: as many by MicroVM, of
// which there are many thousands; nobody knows how many otherwise.
func (c *collector) mostCells(groups int) int {
	if c.has(ByMicroVM) {
		return groups
	}
	return 0
}

// archAssumed reports whether a group's compute is priced as the default architecture's for want of knowing better.
// There was no other before the last of them opened.
func archAssumed(g *ledger.Group, in civil.Span) bool {
	return g.Arch == pricing.ArchUnknown && in.To.After(pricing.ArchsSince().Start()) &&
		slices.ContainsFunc(pricing.BilledQuantities(), func(q pricing.BilledQuantity) bool {
			return q.ByArch() && !g.Sum.Amounts[q].IsZero()
		})
}

func (c *collector) query(ctx context.Context, in Source, s civil.Span) ([]ledger.Group, error) {
	sums := ledger.SumBilled | ledger.SumOf(usage.Running)
	if c.request.Counts {
		sums = 0 // everything
	}
	result, err := in.measured().Aggregate(ctx, ledger.Query{
		From: s.From, To: s.To, By: c.fields(in), Location: c.loc, Sums: sums, Most: c.most,
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

// key is the cell that a group belongs to, but for its card. It reports false where a filter leaves the group out.
func (c *collector) key(g *ledger.Group, who owners) (key cellKey, chosen bool) {
	if g.Sum.Empty() {
		return key, false
	}
	key.region = g.Region
	chosen = c.request.Filter.usage(g)
	if c.billed() { // all usage has a part in the bill; filters choose from the parts
		key.billedKey = billedKey{day: civil.DayStartingAt(g.Day, c.loc), left: !chosen}
	} else if !chosen {
		return key, false
	}
	if c.byTenant {
		name, kind, asserted := who.owner(g)
		key.Key = c.owner(name, kind)
		if !c.billed() && c.source.Sharing.Policy == OwnRow && !c.chooses(key.Tenant, key.Kind) {
			return key, false // nobody else's row has a part of it
		}
		if asserted && (kind == KindShared || c.chooses(name, kind)) {
			c.asserted[c.asserter(key.Key)] = true
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
	return key, true
}

// asserter is what tells, of a row's key, whether anything in it is a tenant's because a guest said so. Shared cost
// that is shared out is in the rows of all, and without tenants or groups in rows nobody knows in which.
func (c *collector) asserter(key Key) (owner Key) {
	switch {
	case key.Kind == KindShared && c.source.Sharing.Policy != OwnRow:
	case c.has(ByTenant):
		owner = Key{Kind: key.Kind, Tenant: key.Tenant}
	case c.has(ByGroup):
		owner = Key{Kind: key.groupKind(), Group: key.Group}
	}
	return owner
}

// restsOnGuest reports whether a row is whose it is, or lacks what is another's, because a guest said so.
func (c *collector) restsOnGuest(key Key) bool {
	return len(c.asserted) > 0 && (key.Kind == KindOther || c.asserted[Key{}] || c.asserted[c.asserter(key)])
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
	return tenants.MatchAny(f.Tenants, OwnerName(name, kind)) &&
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
