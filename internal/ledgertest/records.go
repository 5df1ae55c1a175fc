// Package ledgertest has a ledger in memory, for tests of what reads ledgers. It groups the plain way.
package ledgertest

import (
	"cmp"
	"context"
	"slices"
	"time"

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
	for i := range r {
		if r[i].PeriodStart.Before(q.From) || !r[i].PeriodStart.Before(q.To) {
			continue
		}
		key := keyOf(&r[i], q.By, cmp.Or(q.Location, time.UTC))
		if groups[key] == nil {
			groups[key] = &usage.Sum{}
		}
		groups[key].Add(&r[i])
	}
	if q.Most > 0 && len(groups) > q.Most {
		return ledger.Result{}, &ledger.TooManyGroupsError{Most: q.Most}
	}
	var result ledger.Result
	for key, sum := range groups {
		key.Sum = *sum
		result.Groups = append(result.Groups, key)
	}
	slices.SortFunc(result.Groups, func(a, b ledger.Group) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Image, b.Image), cmp.Compare(a.Arch, b.Arch),
			a.Resource.Compare(b.Resource), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.Source, b.Source), a.Day.Compare(b.Day))
	})
	return result, nil
}

// Extent tells how far the records reach.
func (r Records) Extent(ctx context.Context) (out ledger.Extent, err error) {
	for i := range r {
		out.Include(r[i].PeriodStart)
	}
	return out, ctx.Err()
}

func keyOf(r *usage.Record, by []ledger.Field, loc *time.Location) ledger.Group {
	var key ledger.Group
	for _, field := range by {
		switch field {
		case ledger.FieldTenant:
			key.Tenant = r.Tenant
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
			year, month, day := r.PeriodStart.In(loc).Date()
			key.Day = time.Date(year, month, day, 0, 0, 0, 0, loc)
		}
	}
	return key
}
