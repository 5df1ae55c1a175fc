package spend

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// Report works out what was spent. Errors are about the request, the ledger or a rate card that cannot be read; rates
// that are not known are an error only where the request is strict.
func (s Source) Report(ctx context.Context, request Request) (Spend, error) {
	if err := request.Check(); err != nil {
		return Spend{}, err
	}
	r := s.run(request)
	now := civil.Between(request.From, request.To)
	if r.billed() && r.loc != time.UTC {
		return Spend{}, errBilledZone
	}
	t, err := r.table(ctx, now, labelsOf)
	if err != nil {
		return Spend{}, err
	}
	out := Spend{
		From: request.From, To: request.To, By: slices.Clone(request.By), Sort: request.Sort, Location: r.loc,
		Policy: r.policy, SharedOut: t.sharedOut, Basis: request.Basis, Currency: s.Currency,
		Counted: request.Counts, groups: request.Filter.Groups,
	}
	if r.has(ByTenant) || r.has(ByGroup) {
		r.listTenants(t)
	}
	if request.Previous {
		if err := r.comparePrevious(ctx, t, &out); err != nil {
			return Spend{}, err
		}
	}
	if t.full {
		return Spend{}, request.checkRows(len(t.rows), true)
	}
	ordered := t.sorted(request.By)
	if err := ctx.Err(); err != nil {
		return Spend{}, err
	}
	arranged := arrange(ordered, request)
	if err := request.checkRows(len(arranged), false); err != nil {
		return Spend{}, err
	}
	out.Rows = make([]Row, len(arranged))
	for i, row := range arranged {
		out.Rows[i] = *row
		out.Rows[i].Card = r.cardOf(row.Key)
		out.Rows[i].TenantAsserted = r.restsOnGuest(row.Key)
	}
	out.Total = t.total
	out.TenantAsserted = len(r.asserted) > 0
	if !r.billed() {
		if out.Doubts, err = s.doubtsIn(ctx, request); err != nil {
			return Spend{}, err
		}
	}
	out.Damaged, out.Negotiated = r.damaged, !r.billed() && r.prices.negotiated()
	if !r.billed() {
		out.RatesAssumed, out.ArchAssumed = r.prices.assumedRates(), r.prices.archAssumed
		out.plans = r.prices.plans()
	}
	if !r.billed() {
		out.Closed = s.closedIn(now)
	}
	if request.Restated && !r.billed() {
		if out.Restatements, err = s.restatements(ctx, request); err != nil {
			return Spend{}, err
		}
	}
	if request.Strict && !out.Total.Complete() {
		return Spend{}, &UnknownRatesError{out.Total.Unknown}
	}
	return out, nil
}

// run is the state of one report.
type run struct {
	collector
	policy Policy
}

func (s Source) run(request Request) *run {
	s = s.within(civil.Between(request.From, request.To))
	if request.Basis == BasisBilled {
		s.Closed = nil // AWS's bill is what it is
	}
	r := &run{policy: s.Sharing.Policy}
	r.asserted, r.most = map[Key]bool{}, request.mostGroups()
	r.source, r.request, r.loc, r.prices = s, request, s.Zone(request.Location), newPriceList()
	r.byTenant = r.has(ByTenant) || r.has(ByGroup) || request.Filter.byOwner()
	return r
}

// table is the rows of one period.
type table struct {
	rows      map[Key]*Row
	total     Total
	sharedOut *SharedOut
	lumped    map[Key]bool  // the owners of rows that were put together into one
	recorded  bool          // there is any usage in the span, whoever's, before filters choose
	measured  pricing.State // of one who has no record in the span

	most int  // rows that there may be; 0 means any number
	full bool // whether there would have been more, in which case the table is good for nothing
}

func (t *table) row(key Key) *Row {
	row, ok := t.rows[key]
	if !ok {
		row = &Row{Key: key}
		if t.most > 0 && len(t.rows) == t.most {
			t.full = true
			return row
		}
		t.rows[key] = row
	}
	return row
}

func (t *table) sorted(by []Dimension) []*Row {
	order := make([]*Row, 0, len(t.rows))
	for _, row := range t.rows {
		order = append(order, row)
	}
	slices.SortFunc(order, func(a, b *Row) int { return compareKeys(a.Key, b.Key, by) })
	return order
}

// cardOf is the card of a row of a report by rate card, nil where there is none.
func (r *run) cardOf(key Key) *pricing.RateCard {
	if key.card == 0 {
		return nil
	}
	return &r.prices.cards[key.Region][key.card-1].card
}

// ownKey is a cell's key without a tenant that the report is not by.
func (r *run) ownKey(key Key) Key {
	switch {
	case r.has(ByTenant):
		return key
	case r.has(ByGroup):
		key.Tenant, key.Kind = "", key.groupKind()
	default:
		key.Tenant, key.Kind = "", KindTenant
	}
	return key
}

// table prices the usage of one span.
func (r *run) table(ctx context.Context, s civil.Span, relabel func(civil.Day) labels) (*table, error) {
	all, err := r.collect(ctx, s, relabel)
	if err != nil {
		return nil, err
	}
	t := &table{rows: map[Key]*Row{}, recorded: r.recorded, most: r.request.mostMade()}
	if r.billed() {
		if all, err = r.billedTable(s, all, t); err != nil {
			return nil, err
		}
	}
	direct, shared := all, newCells(0)
	if r.byTenant && r.policy != OwnRow {
		direct, shared = split(all)
	}
	if len(shared.rows) > 0 {
		names, weights := r.recipients(direct)
		if len(names) == 0 { // nobody to bear it
			direct = all
		} else {
			if err := r.shareOut(ctx, shared, names, weights, t); err != nil {
				return nil, err
			}
		}
	}
	if err := r.priceRows(ctx, direct, t); err != nil {
		return nil, err
	}
	if t.full {
		return nil, r.request.checkRows(len(t.rows), true)
	}
	for _, row := range t.rows { // in any order: sums are exact
		t.total.Cost = t.total.Plus(row.Cost)
		t.total.Shared = t.total.Shared.Add(row.Shared)
	}
	if t.sharedOut != nil && !r.request.Filter.byOwner() {
		t.total.Unknown = mergeUnknown(t.total.Unknown, t.sharedOut.Unknown)
	}
	r.measure(s, t)
	return t, nil
}

func split(all *cells) (direct, shared *cells) {
	direct, shared = &cells{}, &cells{} // which nothing is added to any more
	for _, row := range all.rows {
		if row.Kind == KindShared {
			shared.rows = append(shared.rows, row)
		} else {
			direct.rows = append(direct.rows, row)
		}
	}
	return direct, shared
}

// priceRows makes rows of cells. Cells that differ only in a tenant that the report is not by are summed before they
// are priced.
func (r *run) priceRows(ctx context.Context, direct *cells, t *table) error {
	own := direct
	if r.byTenant && !r.has(ByTenant) || r.request.Filter.byOwner() {
		own = newCells(0)
		for used := range direct.all() {
			if r.chooses(used.Tenant, used.Kind) {
				own.add(used.with(r.ownKey(used.Key)), &used.Sum, used.billed)
			}
		}
	}
	for used := range own.all() {
		t.total.Sum.Merge(&used.Sum)
	}
	if r.lumpable(t) {
		if done, err := r.lump(ctx, own, t); done {
			return err
		}
	}
	return r.priced(ctx, own, func(part Key, cost Cost, sum *usage.Sum) {
		row := t.row(part)
		row.Cost = row.Plus(cost)
		row.Sum.Merge(sum)
	})
}

// stopEvery is after how many groups or rows it is looked whether the work is still wanted: a few milliseconds.
const stopEvery = 1024

// priced prices cells and hands on what each costs, whole or by component, in no particular order: all that is done
// with it is exact addition. Its only error is the context's, and then some are missing.
func (r *run) priced(ctx context.Context, of *cells, yield func(Key, Cost, *usage.Sum)) error {
	for block := range slices.Chunk(slices.Collect(of.all()), stopEvery) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !r.has(ByComponent) {
			for _, used := range block {
				yield(used.Key, r.prices.whole(used), &used.Sum)
			}
			continue
		}
		costs := make([]componentCosts, len(block))
		inParallel(len(block), func(i int) { costs[i] = r.prices.price(block[i]) })
		for i, used := range block {
			costs[i].each(used, r.onPlainCards(used.region, yield))
		}
	}
	return nil
}

// onPlainCards hands on parts of a report by rate card, those of snapshots under the card of the default architecture:
// they are billed alike on all, and are not told apart by architecture.
func (r *run) onPlainCards(region string, yield func(Key, Cost, *usage.Sum)) func(Key, Cost, *usage.Sum) {
	return func(part Key, cost Cost, sum *usage.Sum) {
		if q, ok := part.Quantity(); ok && part.card > 0 && !q.ByArch() {
			part.card = r.prices.cards[region][part.card-1].plain + 1
		}
		yield(part, cost, sum)
	}
}

// inParallel calls do for 0 to n - 1 on all processors.
func inParallel(n int, do func(int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+63)/64)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}

// listTenants adds a row for each tenant of the tenants file that has none, or for each of their groups.
func (r *run) listTenants(t *table) {
	listed := r.source.Tenants.Names()
	if len(listed) == 0 {
		return
	}
	have := map[Key]bool{}
	maps.Copy(have, t.lumped)
	for key := range t.rows {
		have[key.owner()] = true
	}
	for _, name := range listed {
		key := r.ownKey(r.owner(name, KindTenant))
		if have[key] || !r.chooses(name, KindTenant) {
			continue
		}
		t.row(key).Measured = t.measured
	}
}
