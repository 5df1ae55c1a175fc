package tui

import (
	"fmt"
	"testing"
)

// BenchmarkDashFrame draws the tenants at 200×60.
func BenchmarkDashFrame(b *testing.B) {
	for _, tenants := range []int{40, 10_000} {
		b.Run(fmt.Sprintf("tenants=%d", tenants), func(b *testing.B) {
			s := open(b, over(b, manyTenants(tenants), nil), 200, 60)
			s.press("2")
			for b.Loop() {
				_ = s.m.frame()
			}
		})
	}
}

// BenchmarkDashOverview draws the overview at 200×60.
func BenchmarkDashOverview(b *testing.B) {
	b.Run("tenants=10000", func(b *testing.B) {
		s := open(b, over(b, manyTenants(10_000), nil), 200, 60)
		for b.Loop() {
			_ = s.m.frame()
		}
	})
}

// BenchmarkDashKey presses a key and draws what it leads to, with 10,000 tenants.
func BenchmarkDashKey(b *testing.B) {
	for name, keys := range map[string][]string{"down": {"down", "up"}, "sort": {"s"}, "filter": {"1", "backspace"}} {
		b.Run("key="+name, func(b *testing.B) {
			s := open(b, over(b, manyTenants(10_000), nil), 200, 60)
			s.press("2")
			if name == "filter" {
				s.press("/").write("tenant-0")
			}
			for n := 0; b.Loop(); n++ {
				s.update(keyOf(keys[n%len(keys)]))
				_ = s.m.frame()
			}
		})
	}
}
