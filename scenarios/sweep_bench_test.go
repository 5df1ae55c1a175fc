package scenarios

import (
	"os"
	"testing"
	"time"

	"microspend/pricing"
)

// BenchmarkSweep10000 prices 100 × 100 points of two fields: a second is promised for it.
func BenchmarkSweep10000(b *testing.B) {
	text, err := os.ReadFile("../testdata/team-sandboxes.yaml")
	if err != nil {
		b.Fatal(err)
	}
	s, err := Load("team-sandboxes.yaml", text)
	if err != nil {
		b.Fatal(err)
	}
	prices, err := pricing.EmbeddedPrices()
	if err != nil {
		b.Fatal(err)
	}
	market := Market{Cards: pricing.EmbeddedCards(), Prices: prices, Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	running, errRunning := ParseAxis("workload.running=6m..600m/6m")
	state, errState := ParseAxis("state.size=0.01GB..1GB/0.01GB")
	if errRunning != nil || errState != nil {
		b.Fatal(errRunning, errState)
	}
	b.ReportAllocs()
	for b.Loop() {
		sweep, err := market.Sweep(s, running, state)
		if err != nil || len(sweep.Points) != 10_000 {
			b.Fatal(err)
		}
	}
}
