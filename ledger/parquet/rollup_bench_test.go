package parquet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkRollup adds up and writes the rollup of a day with five-minute records of 1,000 MicroVMs.
func BenchmarkRollup(b *testing.B) {
	records := reference(fleet{microVMs: 1000, tenants: 50, days: 1, periods: 288}.all())
	for b.Loop() {
		sums := newRollup()
		for i := range records {
			sums.add(&records[i])
		}
		file, err := os.Create(filepath.Join(b.TempDir(), "rollup"))
		require.NoError(b, err)
		_, err = sums.write(file, dayOf(firstDay), sharedCodec)
		require.NoError(b, err)
		require.NoError(b, file.Close())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/record")
}
