package bucket

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// A server that does not keep conditions is found out before anything is written, whatever it ignores.
func TestAServerThatIgnoresConditionsIsRefused(t *testing.T) {
	for _, header := range []string{"If-None-Match", "If-Match"} {
		t.Run(header, func(t *testing.T) {
			f := newFake(t)
			f.first(func(_ http.ResponseWriter, r *http.Request) bool {
				r.Header.Del(header)
				return false
			})
			_, err := OpenForWriting(t.Context(), address(f.URL, "ledger"), ledger.Options{})
			refused, ok := errors.AsType[*UnconditionalError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, header+" is ignored", refused.Found)
			require.Empty(t, keys(t, f), "nothing is left of the attempt")
		})
	}
}

// One that looks before it writes, and not while it does, is found out by writers at once.
func TestAServerWhoseConditionsRaceIsRefused(t *testing.T) {
	f := newFake(t)
	f.first(func(w http.ResponseWriter, r *http.Request) bool {
		if etag := r.Header.Get("If-Match"); r.Method == http.MethodPut && etag != "" && !strings.Contains(etag, "0000") {
			time.Sleep(20 * time.Millisecond) // the others look in the meantime, and find what was there before
			r.Header.Del("If-Match")
		}
		return false
	})
	_, err := OpenForWriting(t.Context(), address(f.URL, "ledger"), ledger.Options{})
	require.ErrorContains(t, err, "of 8 writers at once 8 were told that theirs was the one")
	require.ErrorContains(t, err, "two writers would lose each other's records")
}

func keys(t *testing.T, f *fake) (names []string) {
	t.Helper()
	objects, err := f.backend.ListBucket("usage", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	require.NoError(t, err)
	for _, o := range objects.Contents {
		names = append(names, o.Key)
	}
	return names
}

// A question takes one request to list the days, and two for each day: its manifest, and its part. So 30 days of ten
// million rows, a part each, take 61.
func TestRequestsOfAQuestion(t *testing.T) {
	name := address(newFake(t).URL, "ledger")
	const days = 30
	fleet := ledgertest.Fleet{MicroVMs: 4, Tenants: 2, Days: days, Periods: 3}
	writeTo(t, name, fleet.All()...)
	want := ledgertest.Latest(fleet.All())
	for _, by := range [][]ledger.Field{{ledger.FieldTenant, ledger.FieldDay}, {ledger.FieldResource}} {
		l, err := Open(t.Context(), name, ledger.Options{})
		require.NoError(t, err)
		q := ledger.Query{From: firstDay.AddDate(-1, 0, 0), To: firstDay.AddDate(1, 0, 0), By: by, Most: 1000}
		got, err := l.Aggregate(t.Context(), q)
		require.NoError(t, err)
		wanted, err := want.Aggregate(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, wanted.Groups, got.Groups)
		require.Equal(t, Requests{Reads: 2 * days, Writes: 1}, l.Requests())
		require.Zero(t, l.files.held.Load(), "nothing of it is held any longer")
		_, err = l.Fingerprint(t.Context())
		require.NoError(t, err)
		require.Equal(t, Requests{Reads: 2 * days, Writes: 2}, l.Requests())
		_, err = l.Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, Requests{Reads: 3 * days, Writes: 3}, l.Requests(), "which fetches no part")
	}
}

// Opening a ledger again for writing takes one request, and an import three for each new day and two for the audit log.
func TestRequestsOfAnImport(t *testing.T) {
	name := address(newFake(t).URL, "ledger")
	writeTo(t, name, at("a", 0, 1))
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	require.Equal(t, Requests{Reads: 1}, w.Requests())
	_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("a", 1440, 1), at("a", 2880, 1)}, 1))
	require.NoError(t, err)
	// For each day: is there a manifest; a part, the manifest. For the log: which segment is the last, what is in it; it.
	require.Equal(t, Requests{Reads: 1 + 2 + 1, Writes: 2*2 + 2}, w.Requests())
	require.NoError(t, w.Close())
}

// More than may be held in memory is read from temporary files, which do not stay.
func TestPartsBeyondWhatIsHeld(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	name := address(newFake(t).URL, "ledger")
	records := ledgertest.Fleet{MicroVMs: 4, Tenants: 2, Days: 20, Periods: 3}.All()
	writeTo(t, name, records...)
	l, err := Open(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	l.files.held.Store(heldBytes)
	for r, err := range l.Records(t.Context(), firstDay.AddDate(-1, 0, 0), firstDay.AddDate(1, 0, 0)) {
		require.NoError(t, err)
		_ = r
		break // the others are open by now
	}
	q := ledger.Query{From: firstDay.AddDate(-1, 0, 0), To: firstDay.AddDate(1, 0, 0)}
	result, err := l.Aggregate(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, int64(len(records)), result.Groups[0].Sum.Records)
	require.Equal(t, int64(heldBytes), l.files.held.Load())
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)

	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	_, err = l.Aggregate(t.Context(), q)
	require.ErrorContains(t, err, "no room to keep a part while it is read")
	_, err = os.Stat(os.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Parts stay for as long as somebody may need them, by the server's clock, and go then.
func TestTidy(t *testing.T) {
	f := newFake(t)
	for _, test := range []struct {
		age     time.Duration
		deleted int
	}{{0, 0}, {Grace - time.Minute, 0}, {Grace + time.Minute, 4}} { // two versions of each of two days
		f.clock.behind.Store(int64(test.age))
		prefix := "ledger" + test.age.String()
		name := address(f.URL, prefix)
		for n := range int64(3) {
			writeTo(t, name, at("a", 0, n), at("a", 1440, n))
		}
		before := contentOf(t, name)
		w, err := OpenForWriting(t.Context(), name, ledger.Options{})
		require.NoError(t, err)
		deleted, err := w.Tidy(t.Context())
		require.NoError(t, err)
		require.Equal(t, test.deleted, deleted, "%s old", test.age)
		require.Equal(t, before, contentOf(t, name))
		require.NoError(t, w.Close())
	}
}

// What a snapshot names stays, though its day has moved on.
func TestTidyLeavesSnapshotsWhole(t *testing.T) {
	f := newFake(t)
	f.clock.behind.Store(int64(2 * Grace))
	name := address(f.URL, "ledger")
	writeTo(t, name, at("a", 0, 1), at("a", 1440, 1))
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	before := contentOf(t, name)
	require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", firstDay, firstDay.AddDate(0, 0, 1), nil))
	_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("a", 0, 9), at("a", 1440, 9)}, 10))
	require.NoError(t, err)
	deleted, err := w.Tidy(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, deleted, "that of the day which the snapshot has not")
	kept, err := w.OpenSnapshot(t.Context(), "closed/2026-10")
	require.NoError(t, err)
	for r, err := range kept.Records(t.Context(), firstDay, firstDay.AddDate(0, 0, 2)) {
		require.NoError(t, err)
		require.Equal(t, before[0], r)
	}
	require.NoError(t, w.RemoveSnapshot(t.Context(), "closed/2026-10"))
	deleted, err = w.Tidy(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, deleted)
	require.NoError(t, w.Close())
	require.Equal(t, []usage.Record{at("a", 0, 9), at("a", 1440, 9)}, contentOf(t, name))
}

// An import that takes so long that its first parts may be deleted before they are named is given up.
func TestAnImportThatTakesTooLong(t *testing.T) {
	name := address(newFake(t).URL, "ledger")
	now := firstDay
	w, err := OpenForWriting(t.Context(), name, ledger.Options{Now: func() time.Time { now = now.Add(Grace/2 + 1); return now }})
	require.NoError(t, err)
	_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("a", 0, 1)}, 1))
	require.ErrorContains(t, err, "has taken longer than 12h0m0s")
	require.NoError(t, w.Close())
	require.Empty(t, contentOf(t, name))
}

// A snapshot of days that have not changed is known to be the same.
func TestSnapshotOfWhatHasNotChanged(t *testing.T) {
	name := address(newFake(t).URL, "ledger")
	writeTo(t, name, at("<a&b>", 0, 1))
	w, err := OpenForWriting(t.Context(), name, ledger.Options{})
	require.NoError(t, err)
	require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", firstDay, firstDay.AddDate(0, 1, 0), nil))
	kept, err := w.OpenSnapshot(t.Context(), "closed/2026-10")
	require.NoError(t, err)
	ours, err := w.DayHashes(t.Context(), firstDay, firstDay.AddDate(0, 1, 0), nil)
	require.NoError(t, err)
	theirs, err := kept.DayHashes(t.Context(), firstDay, firstDay.AddDate(0, 1, 0), nil)
	require.NoError(t, err)
	require.Equal(t, ours, theirs)
	require.NoError(t, w.Close())
}
