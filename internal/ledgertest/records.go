// Package ledgertest has a ledger in memory, for tests of what reads ledgers. It groups the plain way.
package ledgertest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// Records are a ledger of these records, which must have keys of their own.
type Records []usage.Record

// Aggregate answers as a ledger would, with groups in order.
func (r Records) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Result{}, err
	}
	groups := map[ledger.Group]*usage.Sum{}
	loc, result := cmp.Or(q.Location, time.UTC), ledger.Result{}
	for i := range r {
		r := &r[i]
		period := r.Period(loc)
		add := func(part usage.Sum, at time.Time) {
			key := keyOf(r, q.By, civil.DayOf(at, loc).Start(loc))
			if groups[key] == nil {
				groups[key] = &usage.Sum{}
			}
			groups[key].Merge(&part)
		}
		in := civil.Between(q.From, q.To)
		if q.Uncut {
			if !period.From.Before(q.From) && period.From.Before(q.To) {
				var whole usage.Sum
				whole.Add(r)
				if loc != time.UTC && usage.WholeDay(r.PeriodStart.Unix(), r.PeriodSeconds) {
					whole.ByDate = usage.Uint128{Lo: 1}
				}
				add(whole, period.From)
			}
			continue
		}
		first, last := period.Days(loc)
		for d := first; d <= last; d++ {
			day := d.Span(loc)
			if part, ok := r.Within(civil.Between(civil.Later(day.From, in.From), civil.Earlier(day.To, in.To)), loc); ok {
				add(part, day.From)
			}
		}
	}
	if q.Most > 0 && len(groups) > q.Most {
		return ledger.Result{}, &ledger.TooManyGroupsError{Most: q.Most}
	}
	for key, sum := range groups {
		for m := range sum.Amounts {
			if !q.Sums.Has(usage.Measure(m)) {
				sum.Amounts[m] = usage.Uint128{}
			}
		}
		key.Sum = *sum
		result.Groups = append(result.Groups, key)
	}
	slices.SortFunc(result.Groups, func(a, b ledger.Group) int { return ledger.CompareGroups(&a, &b) })
	return result, nil
}

// Extent tells how far the records reach.
func (r Records) Extent(ctx context.Context) (out ledger.Extent, err error) {
	for i := range r {
		out.Include(r[i].PeriodStart, r[i].PeriodSeconds)
	}
	return out, ctx.Err()
}

func keyOf(r *usage.Record, by []ledger.Field, day time.Time) ledger.Group {
	var key ledger.Group
	for _, field := range by {
		switch field {
		case ledger.FieldTenant:
			key.Tenant = r.Tenant
		case ledger.FieldTenantBy:
			key.TenantBy = r.TenantBy
		case ledger.FieldImage:
			key.Image = r.Image
		case ledger.FieldArch:
			key.Arch = r.Arch
		case ledger.FieldKind:
			key.Resource.Kind = r.Resource.Kind
		case ledger.FieldResource:
			key.Resource = r.Resource
		case ledger.FieldRole:
			key.Role = r.Role
		case ledger.FieldRegion:
			key.Region = r.Region
		case ledger.FieldAccount:
			key.Account = r.Account
		case ledger.FieldSource:
			key.Source = r.Source
		case ledger.FieldDay:
			key.Day = day
		}
	}
	return key
}
