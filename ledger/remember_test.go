package ledger

import (
	"context"
	"testing"
	"time"

	"microspend/pricing"
	"microspend/usage"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// counting counts the queries that reach a ledger.
type counting struct {
	Aggregator
	queries int
}

func (c *counting) Aggregate(ctx context.Context, q Query) (Result, error) {
	c.queries++
	return c.Aggregator.Aggregate(ctx, q)
}

func rememberedFleet(t testing.TB) *Ledger {
	dir := t.TempDir()
	upsert(t, openWriter(t, dir), fleet{microVMs: 12, tenants: 5, days: 6, periods: 6}.all())
	l, err := Open(dir, Options{})
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
			q := Query{
				From: rapid.SampledFrom([]time.Time{from, at("q.from")}).Draw(t, "q.from"),
				To:   rapid.SampledFrom([]time.Time{to, at("q.to")}).Draw(t, "q.to"),
				By:   rapid.SliceOfNDistinct(rapid.SampledFrom([]Field{0, 1, 2, 3, 4, 5, 6, 7}), 0, 4, rapid.ID).Draw(t, "by"),
				Sums: rapid.SampledFrom([]Sums{0, SumBilled | SumOf(usage.Running), SumOf(usage.Measure(pricing.VCPU))}).Draw(t,
					"sums"),
			}
			q.Location = rapid.SampledFrom([]*time.Location{location, locations[0], locations[2]}).Draw(t, "q.location")
			want, wantErr := l.Aggregate(t.Context(), q)
			got, gotErr := r.Aggregate(t.Context(), q)
			require.Equal(t, wantErr, gotErr)
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
		q       Query
		queries int
	}{
		{"the first", Query{From: firstDay, To: to, By: []Field{FieldTenant}}, 1},
		{"another grouping", Query{From: firstDay, To: to, By: []Field{FieldRegion, FieldImage, FieldDay}}, 1},
		{"a day of it", Query{From: firstDay.AddDate(0, 0, 2), To: firstDay.AddDate(0, 0, 3)}, 1},
		{"MicroVMs, which were not read", Query{From: firstDay, To: to, By: []Field{FieldResource}}, 2},
		{"MicroVMs again, which are now worth holding", Query{
			From: firstDay, To: to,
			By: []Field{FieldTenant, FieldResource},
		}, 3},
		{"MicroVMs for the third time", Query{From: firstDay, To: to, By: []Field{FieldResource, FieldDay}}, 3},
		{"half a day", Query{From: firstDay, To: firstDay.Add(12 * time.Hour)}, 4},
		{"the day before", Query{From: firstDay.AddDate(0, 0, -1), To: to}, 5},
	} {
		_, err := r.Aggregate(t.Context(), step.q)
		require.NoError(t, err)
		require.Equal(t, step.queries, of.queries, step.reason)
	}
}

func TestRememberedDaysKnowTheirDamage(t *testing.T) {
	damaged := DamagedFile{Path: "a", Day: firstDay.AddDate(0, 0, 1), Reason: "broken"}
	r := Remember(fixed{Result{Damaged: []DamagedFile{damaged}}}, firstDay, firstDay.AddDate(0, 0, 3), nil)
	for day, want := range [][]DamagedFile{nil, {damaged}, nil} {
		got, err := r.Aggregate(t.Context(), Query{From: firstDay.AddDate(0, 0, day), To: firstDay.AddDate(0, 0, day+1)})
		require.NoError(t, err)
		require.Equal(t, want, got.Damaged)
	}
}

// fixed gives one answer to everything.
type fixed struct{ result Result }

func (f fixed) Aggregate(context.Context, Query) (Result, error) { return f.result, nil }

func (f fixed) Extent(context.Context) (Extent, error) { return Extent{}, nil }
