package parquet

import (
	"context"
	"testing"
	"time"

	"microspend/ledger"

	"microspend/pricing"
	"microspend/usage"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// counting counts the queries that reach a ledger.
type counting struct {
	ledger.Aggregator
	queries int
}

func (c *counting) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	c.queries++
	return c.Aggregator.Aggregate(ctx, q)
}

func rememberedFleet(t testing.TB) *Ledger {
	dir := t.TempDir()
	upsert(t, openWriter(t, dir), fleet{microVMs: 12, tenants: 5, days: 6, periods: 6}.all())
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	return l
}

// TestWhatIsRememberedIsWhatWouldBeRead asks for anything, one thing after the other: whole days, parts of days, days
// cut elsewhere, more than the period.
func TestWhatIsRememberedIsWhatWouldBeRead(t *testing.T) {
	l := rememberedFleet(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	locations := []*time.Location{nil, time.UTC, berlin}
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return firstDay.Add(time.Duration(rapid.IntRange(-2, 14).Draw(t, name)) * 12 * time.Hour).
				Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 2, 5}).Draw(t, name+" less")) * time.Hour)
		}
		from := at("from")
		location := rapid.SampledFrom(locations).Draw(t, "location")
		to := from.AddDate(0, 0, rapid.IntRange(1, 5).Draw(t, "days"))
		r := Remember(l, from, to, location)
		for range 4 {
			q := ledger.Query{
				From: rapid.SampledFrom([]time.Time{from, at("q.from")}).Draw(t, "q.from"),
				To:   rapid.SampledFrom([]time.Time{to, at("q.to")}).Draw(t, "q.to"),
				By:   rapid.SliceOfNDistinct(rapid.SampledFrom([]ledger.Field{0, 1, 2, 3, 4, 5, 6, 7}), 0, 4, rapid.ID).Draw(t, "by"),
				Sums: rapid.SampledFrom([]ledger.Sums{0, ledger.SumBilled | ledger.SumOf(usage.Running), ledger.SumOf(usage.Measure(pricing.VCPU))}).Draw(t,
					"sums"),
			}
			q.Location = rapid.SampledFrom([]*time.Location{location, locations[0], locations[2]}).Draw(t, "q.location")
			want, wantErr := l.Aggregate(t.Context(), q)
			got, gotErr := r.Aggregate(t.Context(), q)
			require.Equal(t, wantErr, gotErr)
			want.Read, got.Read = nil, nil
			require.Equal(t, want, got, "%+v", q)
		}
	})
}

func TestAPeriodIsReadOnce(t *testing.T) {
	to := firstDay.AddDate(0, 0, 6)
	of := &counting{Aggregator: rememberedFleet(t)}
	r := Remember(of, firstDay, to, nil)
	for _, step := range []struct {
		reason  string
		q       ledger.Query
		queries int
	}{
		{"the first", ledger.Query{From: firstDay, To: to, By: []ledger.Field{ledger.FieldTenant}}, 1},
		{"another grouping", ledger.Query{From: firstDay, To: to, By: []ledger.Field{ledger.FieldRegion, ledger.FieldImage, ledger.FieldDay}}, 1},
		{"a day of it", ledger.Query{From: firstDay.AddDate(0, 0, 2), To: firstDay.AddDate(0, 0, 3)}, 1},
		{"MicroVMs, which were not read", ledger.Query{From: firstDay, To: to, By: []ledger.Field{ledger.FieldResource}}, 2},
		{"MicroVMs again, which are now worth holding", ledger.Query{
			From: firstDay, To: to,
			By: []ledger.Field{ledger.FieldTenant, ledger.FieldResource},
		}, 3},
		{"MicroVMs for the third time", ledger.Query{From: firstDay, To: to, By: []ledger.Field{ledger.FieldResource, ledger.FieldDay}}, 3},
		{"half a day", ledger.Query{From: firstDay, To: firstDay.Add(12 * time.Hour)}, 4},
		{"the day before", ledger.Query{From: firstDay.AddDate(0, 0, -1), To: to}, 5},
	} {
		_, err := r.Aggregate(t.Context(), step.q)
		require.NoError(t, err)
		require.Equal(t, step.queries, of.queries, step.reason)
	}
}

func TestRememberedDaysKnowTheirDamage(t *testing.T) {
	damaged := ledger.DamagedFile{Path: "a", Day: firstDay.AddDate(0, 0, 1), Reason: "broken"}
	r := Remember(fixed{ledger.Result{Damaged: []ledger.DamagedFile{damaged}}}, firstDay, firstDay.AddDate(0, 0, 3), nil)
	for day, want := range [][]ledger.DamagedFile{nil, {damaged}, nil} {
		got, err := r.Aggregate(t.Context(), ledger.Query{From: firstDay.AddDate(0, 0, day), To: firstDay.AddDate(0, 0, day+1)})
		require.NoError(t, err)
		require.Equal(t, want, got.Damaged)
	}
}

// fixed gives one answer to everything.
type fixed struct{ result ledger.Result }

func (f fixed) Aggregate(context.Context, ledger.Query) (ledger.Result, error) { return f.result, nil }

func (f fixed) Extent(context.Context) (ledger.Extent, error) { return ledger.Extent{}, nil }
