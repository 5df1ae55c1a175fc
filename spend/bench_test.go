package spend

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// ready is a ledger that has the answer at hand, so that only the work after it is measured.
type ready struct{ result ledger.Result }

func (r ready) Aggregate(context.Context, ledger.Query) (ledger.Result, error) { return r.result, nil }

func (r ready) Extent(context.Context) (ledger.Extent, error) { return ledger.Extent{}, nil }

// BenchmarkReport is 500 tenants over 30 days in one region, by tenant and day.
func BenchmarkReport(b *testing.B) {
	start := at(b, "2026-10-01")
	var result ledger.Result
	for tenant := range 500 {
		for day := range 30 {
			g := ledger.Group{Tenant: fmt.Sprintf("tenant-%03d", tenant), Region: "us-east-1", Day: start.AddDate(0, 0, day)}
			r := hour(g.Day, g.Tenant, 123_457)
			r.Amounts[pricing.Memory], r.Amounts[pricing.SnapshotRead], r.Amounts[pricing.SnapshotWrite],
				r.Amounts[pricing.SnapshotStorage] = 1<<40+1, 1<<35+1, 1<<34+1, 1<<50+1
			g.Sum.Add(&r)
			result.Groups = append(result.Groups, g)
		}
	}
	source := Source{Usage: ready{result}, Rates: pricing.EmbeddedCards(), Location: time.UTC}
	request := Request{From: start, To: start.AddDate(0, 1, 0), By: []Dimension{ByTenant, ByDay}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Report(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPrice is one group with all five quantities.
func BenchmarkPrice(b *testing.B) {
	r := hour(at(b, "2026-10-01"), "acme", 123_457)
	r.Amounts[pricing.Memory], r.Amounts[pricing.SnapshotRead], r.Amounts[pricing.SnapshotWrite],
		r.Amounts[pricing.SnapshotStorage] = 1<<40+1, 1<<35+1, 1<<34+1, 1<<50+1
	var sum usage.Sum
	sum.Add(&r)
	prices := newPriceList()
	key := cellPlace{region: "us-east-1"}
	var err error
	key.place, err = prices.place(Source{Rates: pricing.EmbeddedCards()}, pricedAs{key.region, pricing.ArchARM64}, pricing.DateOf(at(b, "2026-10-01")))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		prices.price(&cell{cellKey: cellKey{cellPlace: key}, Sum: sum})
	}
}
