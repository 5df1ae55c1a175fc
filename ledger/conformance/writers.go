package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

const generationDays = 4

// generation gives the same keys each time, with records that all say which generation they are of.
func generation(g int64) []usage.Record {
	records := ledgertest.Fleet{MicroVMs: 9, Tenants: 3, Days: generationDays, Periods: 8}.All()
	for i := range records {
		records[i].Amounts[pricing.VCPU], records[i].Tenant = g, fmt.Sprint("generation-", g)
	}
	return records
}

// generationOf is the one generation that a day's records are of.
func generationOf(records []usage.Record) (int64, error) {
	if len(records) != 72 {
		return 0, fmt.Errorf("%d of 72 records", len(records))
	}
	g := records[0].Amounts[pricing.VCPU]
	for i := range records {
		if records[i].Amounts[pricing.VCPU] != g || records[i].Tenant != fmt.Sprint("generation-", g) {
			return 0, fmt.Errorf("record %d is of generation %d and %s, others of %d", i, records[i].Amounts[pricing.VCPU],
				records[i].Tenant, g)
		}
	}
	return g, nil
}

// byDay is records by the UTC day that they are of.
func byDay(records []usage.Record) map[time.Time][]usage.Record {
	days := map[time.Time][]usage.Record{}
	for i := range records {
		days[records[i].Day()] = append(days[records[i].Day()], records[i])
	}
	return days
}

// wholeSums asks for the sums of every day.
func wholeSums(ctx context.Context, r ledger.Reader) error {
	result, err := r.Aggregate(ctx, ledger.Query{
		From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay},
	})
	if err != nil || len(result.Damaged) > 0 || len(result.Groups) != generationDays {
		return fmt.Errorf("%d days, %v damaged: %w", len(result.Groups), result.Damaged, err)
	}
	for _, g := range result.Groups {
		seen := fmt.Sprint("generation-", g.Sum.Amounts[pricing.VCPU].Lo/72)
		if g.Sum.Records != 72 || seen != g.Tenant {
			return fmt.Errorf("%d records of %s add up to those of %s", g.Sum.Records, g.Tenant, seen)
		}
	}
	return nil
}

// wholeRecords reads the records of every day.
func wholeRecords(ctx context.Context, r ledger.Reader) error {
	var records []usage.Record
	for record, err := range r.Records(ctx, always[0], always[1]) {
		if err != nil {
			return err
		}
		records = append(records, record)
	}
	days := byDay(records)
	if len(days) != generationDays {
		return fmt.Errorf("%d days", len(days))
	}
	for day, records := range days {
		if _, err := generationOf(records); err != nil {
			return fmt.Errorf("%s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

func wholeDays(t *testing.T, s Stores) {
	l := with(t, s, generation(0))
	shared, ended := l.reader(), make(chan struct{})
	var wait sync.WaitGroup
	var read [4]int
	for i, ask := range []func(context.Context, ledger.Reader) error{wholeSums, wholeRecords, wholeSums, wholeRecords} {
		wait.Go(func() {
			for ; ; read[i]++ {
				select {
				case <-ended:
					return
				default:
				}
				r := shared
				if i >= 2 { // others open the ledger each time
					var err error
					if r, err = l.Open(t.Context(), l.name, ledger.Options{}); !assert.NoError(t, err) {
						return
					}
				}
				if !assert.NoError(t, ask(t.Context(), r)) {
					return
				}
			}
		})
	}
	w := l.writer(ledger.Options{})
	for g := range int64(times(8)) {
		_, err := w.Upsert(t.Context(), ledgertest.Batches(generation(g+1), 50))
		require.NoError(t, err)
	}
	close(ended)
	wait.Wait()
	for _, n := range read {
		require.Positive(t, n, "every reader read while days were written")
	}
	require.NoError(t, w.Close())
	l.holds(generation(int64(times(8))))
}

// Three writers have a third of the records each, in pieces that all touch every day, and a few records in common.
func writers(t *testing.T, s Stores) {
	if !s.ManyWriters {
		l := with(t, s, small.All())
		w := l.writer(ledger.Options{Command: "microspend import"})
		_, err := l.OpenForWriting(t.Context(), l.name, ledger.Options{})
		held, ok := errors.AsType[*ledger.HeldError](err)
		require.True(t, ok, "a second writer: %v", err)
		require.Contains(t, held.Holder, `"microspend import"`)
		require.Equal(t, ledgertest.Latest(small.All()), l.content(), "readers need no lock")
		require.NoError(t, w.Close())
	}
	for _, count := range []int{2, 3} {
		l := with(t, s, small.All()[:1])
		records := small.All()
		shared := changed(records[0], func(r *usage.Record) { r.Source = "shared" })
		var wait sync.WaitGroup
		for writer := range count {
			wait.Go(func() {
				for piece := range 4 {
					mine := []usage.Record{changed(shared, func(r *usage.Record) { r.Tenant = figure(writer) })}
					for i := writer + count*piece; i < len(records); i += 4 * count {
						mine = append(mine, records[i])
					}
					w, err := l.waiting(t.Context())
					if !assert.NoError(t, err) {
						return
					}
					_, err = w.Upsert(t.Context(), ledgertest.Batches(mine, 10))
					assert.NoError(t, err)
					assert.NoError(t, w.Close())
				}
			})
		}
		wait.Wait()
		var last []usage.Record
		for _, r := range l.content() {
			if r.Source == shared.Source {
				last = append(last, r)
			}
		}
		require.Len(t, last, 1)
		require.Contains(t, []string{"0", "1", "2"}, last[0].Tenant)
		l.holds(records, last)
	}
}
