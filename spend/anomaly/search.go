package anomaly

import (
	"cmp"
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/tenants"
)

// search reads what is judged. Of everybody that is a total for each day; billed quantities, which take several times
// as much memory, are read of those alone who have a day that stands out.
type search struct {
	ctx     context.Context
	source  spend.Source
	in      civil.Span // the days judged, and those that they are compared with
	loc     *time.Location
	filter  spend.Filter
	damaged []ledger.DamagedFile
}

// owner is whose usage it is: of a tenant, or of nobody whom the ledger names.
type owner struct {
	kind   spend.Kind
	tenant string
}

// each hands on the rows by tenant, day and what else they are to be by.
func (s *search) each(filter spend.Filter, take func(owner, civil.Day, *spend.Row), by ...spend.Dimension) error {
	request := spend.Request{
		From: s.in.From, To: s.in.To, By: append([]spend.Dimension{spend.ByTenant, spend.ByDay}, by...), Location: s.loc,
		Filter: filter,
	}
	damaged, err := s.source.EachRow(s.ctx, request, func(row *spend.Row) {
		take(owner{row.Kind, row.Tenant}, civil.MustParse(row.Day), row)
	})
	s.damaged = spend.MergeDamaged(s.damaged, damaged)
	return err
}

// habits reads what everybody spent day by day.
func (s *search) habits(covered map[civil.Day]bool) (map[owner]*habit, error) {
	out := map[owner]*habit{}
	origin, last := s.in.Days(s.loc)
	var packed error
	err := s.each(s.filter, func(who owner, d civil.Day, row *spend.Row) {
		h := out[who]
		if h == nil {
			h = &habit{who: who, origin: origin, first: d, last: last, covered: covered}
			out[who] = h
		}
		h.first = min(h.first, d)
		packed = cmp.Or(packed, h.packed.add(d-origin, dayCost{row.Amount, row.State()}))
	})
	return out, cmp.Or(err, packed)
}

// explain makes anomalies of the days that stand out, each with the billed quantity that moved most.
func (s *search) explain(found []standout) ([]Anomaly, error) {
	if len(found) == 0 {
		return nil, nil
	}
	parts, filter := map[owner]map[civil.Day]*pricing.Quantities{}, s.filter
	filter.Tenants = nil
	for _, f := range found {
		if parts[f.who] == nil {
			parts[f.who] = map[civil.Day]*pricing.Quantities{}
			filter.Tenants = append(filter.Tenants, tenants.Exactly(spend.OwnerName(f.who.tenant, f.who.kind)))
		}
	}
	err := s.each(filter, func(who owner, d civil.Day, row *spend.Row) {
		q, used := row.Quantity()
		if parts[who] == nil || !used { // a label's name may be a tenant's, too
			return
		}
		if parts[who][d] == nil {
			parts[who][d] = &pricing.Quantities{}
		}
		parts[who][d][q] = row.Amount
	}, spend.ByComponent)
	out := make([]Anomaly, len(found))
	for i, f := range found {
		out[i] = f.Anomaly
		out[i].Component, out[i].Moved = moved(parts[f.who], f.day, f.peers)
	}
	return out, err
}

// moved is the billed quantity that moved most against its own median; the first on a bill where several moved as far.
func moved(
	parts map[civil.Day]*pricing.Quantities, day civil.Day, peers []civil.Day,
) (most pricing.BilledQuantity, by decimal.Decimal) {
	on := func(d civil.Day, q pricing.BilledQuantity) decimal.Decimal {
		if costs, ok := parts[d]; ok {
			return costs[q]
		}
		return decimal.Decimal{}
	}
	values := make([]decimal.Decimal, len(peers))
	for _, q := range pricing.BilledQuantities() {
		for i, d := range peers {
			values[i] = on(d, q)
		}
		if change := on(day, q).Sub(median(values)); change.Abs().GreaterThan(by.Abs()) {
			most, by = q, change
		}
	}
	return most, by
}
