package tui

import (
	"context"
	"time"

	"microspend/internal/ledgertest"
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
	out, err := ledgertest.Records(r.all).Aggregate(ctx, q)
	out.Damaged = r.damaged
	return out, err
}

// hour is a record of an hour that a MicroVM of 2 GB ran.
func hour(start time.Time, tenant, image, microvm, region string, seconds int64) usage.Record {
	return usage.Record{
		PeriodStart: start.Truncate(time.Hour), PeriodSeconds: 3600, Region: region, Resource: usage.Resource{ID: microvm},
		Image: image, Tenant: tenant,
		Source: "test", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: seconds * 1000, pricing.Memory: seconds * 1000 * 2048, pricing.SnapshotRead: 3 << 30,
			pricing.SnapshotWrite:   1 << 30,
			pricing.SnapshotStorage: 600 << 30,
			usage.Running:           seconds * 1000, usage.Suspended: 600_000, usage.Launches: 1, usage.Suspends: 1,
			usage.Resumes: 1,
		},
	}
}

// Extent implements spend.Usage.
func (r *records) Extent(ctx context.Context) (ledger.Extent, error) {
	return ledgertest.Records(r.all).Extent(ctx)
}
