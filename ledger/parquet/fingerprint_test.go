package parquet_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

func TestFingerprintChangesWithTheContent(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "ledger")
	write := func(day, seconds int) {
		t.Helper()
		writer, err := parquet.OpenForWriting(folder, ledger.Options{})
		require.NoError(t, err)
		_, err = writer.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
			yield([]usage.Record{{
				PeriodStart: time.Date(2026, time.October, day, 0, 0, 0, 0, time.UTC), PeriodSeconds: 3600, Region: "eu-west-1",
				Resource: usage.Resource{ID: "mvm-1"},
				Source:   "test", Amounts: usage.Amounts{pricing.VCPU: int64(seconds) * 1000},
			}}, nil)
		})
		require.NoError(t, err)
		require.NoError(t, writer.Close())
	}
	opened := func() string {
		t.Helper()
		l, err := parquet.Open(folder, ledger.Options{})
		require.NoError(t, err)
		fingerprint, err := l.Fingerprint(t.Context())
		require.NoError(t, err)
		return fingerprint
	}
	require.NoError(t, os.Mkdir(folder, 0o755))
	seen := []string{opened()}
	for _, change := range []func(){
		func() { write(1, 10) },
		func() { write(2, 10) },
		func() { write(1, 11) },
		func() { require.NoError(t, os.RemoveAll(filepath.Join(folder, "usage", "dt=2026-10-02"))) },
	} {
		time.Sleep(20 * time.Millisecond) // coarser than the clock of any file system that is in use
		change()
		now := opened()
		require.NotContains(t, seen, now)
		require.Equal(t, now, opened(), "it stays the same while nothing changes")
		seen = append(seen, now)
	}
	l, err := parquet.Open(folder, ledger.Options{})
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(folder))
	_, err = l.Fingerprint(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
}
