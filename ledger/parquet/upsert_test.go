package parquet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/ledger/audit"
	"microspend/pricing"
	"microspend/usage"
)

// filesOf gives a checksum of each file below a folder, but for the lock's.
func filesOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == audit.Folder {
			return fs.SkipDir // which tells when, and by whom
		}
		if err != nil || entry.IsDir() || entry.Name() == lockName {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	}))
	return files
}

func TestUpsertKeepsTheLatestOfEachKey(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	f := fleet{microVMs: 9, tenants: 3, days: 3, periods: 8}
	records := f.all()
	n := upsert(t, w, records)
	assert.Equal(t, ledger.Changes{
		Read: 216, Added: 216, Days: []time.Time{firstDay, firstDay.AddDate(0, 0, 1), firstDay.AddDate(0, 0, 2)},
	}, n)
	assert.Equal(t, reference(records), content(t, dir))
	before := filesOf(t, dir)

	n = upsert(t, w, records)
	assert.Equal(t, ledger.Changes{Read: 216, Unchanged: 216}, n, "the same again")
	assert.Equal(t, before, filesOf(t, dir), "no byte of it changes")

	late := records[80]
	late.Tenant, late.Amounts[pricing.VCPU] = "someone else", 7
	n = upsert(t, w, []usage.Record{records[80], late, records[1]})
	assert.Equal(t, ledger.Changes{Read: 3, Replaced: 1, Unchanged: 1, Superseded: 1, Days: []time.Time{late.Day()}}, n)
	assert.Equal(t, reference(records, []usage.Record{late}), content(t, dir))
	after := filesOf(t, dir)
	for name := range before {
		if !strings.Contains(name, late.Day().Format(time.DateOnly)) {
			assert.Equal(t, before[name], after[name], "%s is of another day", name)
		}
	}
}

// someRecords draws records of few keys, so that they meet.
func someRecords(t *rapid.T) []usage.Record {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) usage.Record {
		amount := rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, 5000), rapid.Int64Min(0))
		return usage.Record{
			PeriodStart: secondStart(firstDay.Unix() + 3600*rapid.Int64Range(0, 47).Draw(t, "hour")), PeriodSeconds: 3600,
			Region: "eu-west-1", Resource: usage.Resource{ID: rapid.SampledFrom([]string{"a", "b", "c", "../x"}).Draw(t,
				"microvm")},
			Account: rapid.SampledFrom([]string{"", "1"}).Draw(t, "account"),
			Tenant:  rapid.SampledFrom([]string{"", "acme", "dt=2026-01-01/../..", "\x1b[2J"}).Draw(t, "tenant"),
			Source:  rapid.SampledFrom([]string{"import", "cloudwatch"}).Draw(t, "source"),
			Amounts: usage.Amounts{
				pricing.VCPU: amount.Draw(t, "vcpu"), pricing.Memory: amount.Draw(t, "mem"),
				pricing.SnapshotStorage: amount.Draw(t, "storage"),
			},
			Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
		}
	}), 0, 150).Draw(t, "records")
}

// However records are ordered, repeated and split into imports, the same ledger comes of it, to the byte.
func TestLedgerDependsOnTheRecordsAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := someRecords(rt)
		one, many := t.TempDir(), t.TempDir()
		upsert(t, openWriter(t, one), records)
		require.Equal(t, reference(records), content(t, one))

		latest := reference(records)
		shuffled := rapid.Permutation(append(latest, latest...)).Draw(rt, "order")
		w := openWriter(t, many)
		upsert(t, w, records[:rapid.IntRange(0, len(records)).Draw(rt, "before")]) // older versions; the rest comes late
		for len(shuffled) > 0 {
			n := rapid.IntRange(min(len(shuffled), 1+len(latest)/3), len(shuffled)).Draw(rt, "split")
			upsert(t, w, shuffled[:n])
			shuffled = shuffled[n:]
		}
		require.Equal(t, filesOf(t, one), filesOf(t, many))
	})
}

func TestAnImportThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir)
	records := fleet{microVMs: 9, tenants: 3, days: 3, periods: 8}.all()
	upsert(t, w, records[:100])
	before := filesOf(t, dir)
	bad := append([]usage.Record{}, records...)
	bad[210].Amounts[pricing.VCPU] = -1
	errSource := errors.New("the source broke off")
	ended, cancel := context.WithCancel(context.Background())
	for _, test := range []struct {
		name string
		run  func() error
		want string
	}{
		{"a record that cannot be", func() error {
			_, err := w.Upsert(context.Background(), batches(bad, 7))
			return err
		}, "record 211: vcpu_ms is -1"},
		{"a source that fails", func() error {
			_, err := w.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
				_ = yield(records, nil) && yield(nil, errSource)
			})
			return err
		}, errSource.Error()},
		{"a context that ends", func() error {
			_, err := w.Upsert(ended, func(yield func([]usage.Record, error) bool) {
				yield(records, nil)
				cancel()
			})
			return err
		}, "context canceled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.ErrorContains(t, test.run(), test.want)
			assert.Equal(t, before, filesOf(t, dir))
		})
	}
	require.NoError(t, w.Close())
	_, err := w.Upsert(context.Background(), batches(records, 7))
	assert.ErrorContains(t, err, "closed")
}

// Names never become paths.
func TestNamesStayInsideFiles(t *testing.T) {
	dir := t.TempDir()
	r := fleet{microVMs: 1, tenants: 1, days: 1, periods: 1}.record(0)
	evil := "../../dt=2026-01-01/part-00000.parquet"
	r.Resource.ID, r.Tenant, r.Image, r.Source, r.Region, r.Account = evil, evil, evil, evil, evil, evil
	upsert(t, openWriter(t, dir), []usage.Record{r})
	assert.Equal(t, []usage.Record{r}, content(t, dir))
	for name := range filesOf(t, dir) {
		assert.Regexp(t, `^/usage/dt=2026-10-01/(_manifest\.json|part-00000\.parquet)$`, filepath.ToSlash(name))
	}
}
