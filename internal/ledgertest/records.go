// Package ledgertest has a ledger in memory, for tests of what reads ledgers. It groups the plain way and days are UTC.
package ledgertest

import (
	"context"

	"microspend/ledger"
	"microspend/usage"
)

// Records are a ledger of these records, which must have keys of their own.
type Records []usage.Record

// Aggregate answers as a ledger would, with groups in no order.
func (r Records) Aggregate(_ context.Context, q ledger.Query) (ledger.Result, error) {
	groups := map[ledger.Group]*usage.Sum{}
	for i := range r {
		if r[i].PeriodStart.Before(q.From) || !r[i].PeriodStart.Before(q.To) {
			continue
		}
		key := keyOf(&r[i], q.By)
		if groups[key] == nil {
			groups[key] = &usage.Sum{}
		}
		groups[key].Add(&r[i])
	}
	var result ledger.Result
	for key, sum := range groups {
		key.Sum = *sum
		result.Groups = append(result.Groups, key)
	}
	return result, nil
}

func keyOf(r *usage.Record, by []ledger.Field) ledger.Group {
	var key ledger.Group
	for _, field := range by {
		switch field {
		case ledger.FieldTenant:
			key.Tenant = r.Tenant
		case ledger.FieldImage:
			key.Image = r.Image
		case ledger.FieldMicroVM:
			key.MicroVMID = r.MicroVMID
		case ledger.FieldRole:
			key.Role = r.Role
		case ledger.FieldRegion:
			key.Region = r.Region
		case ledger.FieldAccount:
			key.Account = r.Account
		case ledger.FieldSource:
			key.Source = r.Source
		case ledger.FieldDay:
			key.Day = r.Day()
		}
	}
	return key
}
