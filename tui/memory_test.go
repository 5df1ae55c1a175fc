package tui

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// records are usage in memory, grouped the plain way.
type records struct {
	all     []usage.Record
	damaged []ledger.DamagedFile
	fault   error
	panics  bool
	block   chan struct{} // reading waits until it is closed; nil does not wait
}

// Aggregate implements spend.Usage.
func (r *records) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	if r.panics {
		panic("the ledger has fallen over")
	}
	if r.block != nil {
		select {
		case <-r.block:
		case <-ctx.Done():
			return ledger.Result{}, ctx.Err()
		}
	}
	if r.fault != nil {
		return ledger.Result{}, r.fault
	}
	loc := q.Location
	if loc == nil {
		loc = time.UTC
	}
	groups := map[ledger.Group]*ledger.Group{}
	for i := range r.all {
		record := &r.all[i]
		if record.PeriodStart.Before(q.From) || !record.PeriodStart.Before(q.To) {
			continue
		}
		var key ledger.Group
		for _, field := range q.By {
			switch field {
			case ledger.FieldTenant:
				key.Tenant = record.Tenant
			case ledger.FieldImage:
				key.Image = record.Image
			case ledger.FieldMicroVM:
				key.MicroVMID = record.MicroVMID
			case ledger.FieldRole:
				key.Role = record.Role
			case ledger.FieldRegion:
				key.Region = record.Region
			case ledger.FieldAccount:
				key.Account = record.Account
			case ledger.FieldSource:
				key.Source = record.Source
			case ledger.FieldDay:
				year, month, day := record.PeriodStart.In(loc).Date()
				key.Day = time.Date(year, month, day, 0, 0, 0, 0, loc)
			}
		}
		if groups[key] == nil {
			fresh := key
			groups[key] = &fresh
		}
		groups[key].Sum.Add(record)
	}
	out := ledger.Result{Damaged: r.damaged}
	for _, group := range groups {
		out.Groups = append(out.Groups, *group)
	}
	slices.SortFunc(out.Groups, func(a, b ledger.Group) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Image, b.Image), cmp.Compare(a.MicroVMID, b.MicroVMID),
			cmp.Compare(a.Region, b.Region), a.Day.Compare(b.Day))
	})
	return out, nil
}

// hour is a record of an hour that a MicroVM of 2 GB ran.
func hour(start time.Time, tenant, image, microvm, region string, seconds int64) usage.Record {
	return usage.Record{
		PeriodStart: start.Truncate(time.Hour), PeriodSeconds: 3600, Region: region, MicroVMID: microvm, Image: image, Tenant: tenant,
		Source: "test", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: seconds * 1000, pricing.Memory: seconds * 1000 * 2048, pricing.SnapshotRead: 3 << 30, pricing.SnapshotWrite: 1 << 30,
			pricing.SnapshotStorage: 600 << 30,
			usage.Running:           seconds * 1000, usage.Suspended: 600_000, usage.Launches: 1, usage.Suspends: 1, usage.Resumes: 1,
		},
	}
}
