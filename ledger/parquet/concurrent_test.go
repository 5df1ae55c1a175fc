package parquet

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"microspend/ledger"

	"microspend/pricing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Readers see each day of one generation while a writer replaces it, of as many parts as it has.
func TestReadersSeeWholeDaysDuringWrites(t *testing.T) {
	generations := int64(30)
	if testing.Short() {
		generations = 8
	}
	dir := t.TempDir()
	w := openWriter(t, dir)
	upsert(t, w, generation(0))
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				result, err := l.Aggregate(context.Background(),
					ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay}})
				if !assert.NoError(t, err) || !assert.Empty(t, result.Damaged) || !assert.Len(t, result.Groups, 4) {
					return
				}
				for _, g := range result.Groups {
					// each of the 72 records has its number
					seen := "generation-" + strconv.FormatUint(g.Sum.Amounts[pricing.VCPU].Lo/72, 10)
					if !assert.Equal(t, int64(72), g.Sum.Records) || !assert.Equal(t, seen, g.Tenant) {
						return
					}
				}
			}
		})
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				byDay := map[time.Time]string{}
				n := 0
				for r, err := range l.Records(context.Background(), always[0], always[1]) {
					if !assert.NoError(t, err) {
						return
					}
					if before, known := byDay[r.Day()]; known && !assert.Equal(t, before, r.Tenant) {
						return
					}
					byDay[r.Day()] = r.Tenant
					n++
				}
				if !assert.Equal(t, 4*72, n) {
					return
				}
			}
		})
	}
	for g := int64(1); g <= generations; g++ {
		upsert(t, w, generation(g))
	}
	close(stop)
	wait.Wait()
}
