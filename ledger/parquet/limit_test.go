package parquet

import (
	"fmt"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

// many writes, in files as large as usual or in small ones, four days of 50 MicroVMs, of 5 tenants in 2 regions, by the
// hour.
func many(t *testing.T, of sizes) *Ledger {
	t.Helper()
	dir := t.TempDir()
	var records []usage.Record
	for hour := range 4 * 24 {
		for vm := range 50 {
			records = append(records, usage.Record{
				PeriodStart: firstDay.Add(time.Duration(hour) * time.Hour), PeriodSeconds: 3600,
				Region:   []string{"eu-west-1", "us-east-1"}[vm%2],
				Resource: usage.Resource{ID: fmt.Sprintf("mvm-%02d", vm)}, Tenant: fmt.Sprint("tenant-", vm%5), Source: "test",
				Amounts: usage.Amounts{pricing.VCPU: 1}, Coverage: usage.CoverageComplete,
			})
		}
	}
	w := openWriter(t, dir)
	w.sizes = of
	upsert(t, w, records)
	require.NoError(t, w.Close())
	opened, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	return opened
}

func TestTooManyGroups(t *testing.T) {
	l, small := many(t, defaultSizes), many(t, smallSizes)
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	whole := ledger.Query{From: firstDay, To: firstDay.AddDate(0, 0, 4)}
	for _, tc := range []struct {
		reason string
		by     []ledger.Field
		zone   *time.Location
		groups int
		early  int // the largest limit at which files need not be added up to know
	}{
		{"a MicroVM a day", []ledger.Field{ledger.FieldResource, ledger.FieldDay}, nil, 200, 199},
		{"a MicroVM at all", []ledger.Field{ledger.FieldResource}, nil, 50, 49},
		{"a tenant a day, of which all are in a row group", []ledger.Field{ledger.FieldTenant, ledger.FieldDay}, nil, 20, 19},
		{"regions are not counted beforehand", []ledger.Field{ledger.FieldRegion, ledger.FieldDay}, nil, 8, 0},
		{"nor what differs in more than one name", []ledger.Field{ledger.FieldTenant, ledger.FieldRegion}, nil, 10, 4},
		{"five days in New York have a part of four in UTC", []ledger.Field{ledger.FieldResource, ledger.FieldDay}, newYork, 250, 65},
		{"one group", nil, nil, 1, 0},
	} {
		q := whole
		q.By, q.Location = tc.by, tc.zone
		free, err := l.Aggregate(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, free.Groups, tc.groups, tc.reason)
		q.Most = tc.groups
		exact, err := l.Aggregate(t.Context(), q)
		require.NoError(t, err, tc.reason)
		require.Equal(t, free, exact, tc.reason)
		exact, err = small.Aggregate(t.Context(), q)
		require.NoError(t, err, tc.reason)
		require.Equal(t, free, exact, "%s, whose row groups have names in common", tc.reason)
		days, err := l.daysBetween(t.Context(), q.From, q.To, time.UTC)
		require.NoError(t, err)
		for _, q.Most = range []int{1, tc.early, tc.early + 1, tc.groups - 1} {
			if q.Most < 1 || q.Most >= tc.groups {
				continue
			}
			_, err := l.Aggregate(t.Context(), q)
			require.Equal(t, &ledger.TooManyGroupsError{Most: q.Most}, err, tc.reason)
			require.Equal(t, q.Most <= tc.early, l.limit(t.Context(), &q, days) != nil, "%s: %d", tc.reason, q.Most)
			_, err = small.Aggregate(t.Context(), q)
			require.Equal(t, &ledger.TooManyGroupsError{Most: q.Most}, err, tc.reason)
		}
	}
}

// Names of a day that the query has only a part of may be of the other part.
func TestPartsOfDaysAreNotCountedBeforehand(t *testing.T) {
	l := many(t, defaultSizes)
	q := ledger.Query{From: firstDay.Add(time.Hour), To: firstDay.Add(47 * time.Hour), By: []ledger.Field{ledger.FieldResource, ledger.FieldDay}, Most: 99}
	days, err := l.daysBetween(t.Context(), q.From, q.To, time.UTC)
	require.NoError(t, err)
	assert.NoError(t, l.limit(t.Context(), &q, days))
	_, err = l.Aggregate(t.Context(), q)
	assert.Equal(t, &ledger.TooManyGroupsError{Most: 99}, err)
	q.Most = 100
	_, err = l.Aggregate(t.Context(), q)
	assert.NoError(t, err)
}
