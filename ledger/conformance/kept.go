package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
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

const month = "closed/2026-10"

func snapshots(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records)
	_, err := l.reader().OpenSnapshot(t.Context(), month)
	require.ErrorIs(t, err, fs.ErrNotExist)
	w := l.writer(ledger.Options{})
	require.NoError(t, w.Snapshot(t.Context(), month, day(0), day(2), time.UTC))
	require.NoError(t, w.PutDocument(t.Context(), month+"/note.json", []byte("{}")))
	require.NoError(t, w.Close())
	kept := func() ledger.Reader {
		t.Helper()
		kept, err := l.reader().OpenSnapshot(t.Context(), month)
		require.NoError(t, err)
		return kept
	}
	was := ledgertest.Latest(records[:144])
	stays := func() {
		t.Helper()
		of := kept()
		require.Equal(t, was, recordsOf(t, of, always[0], always[1]))
		q := ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay}}
		answer(t, of, was, q)
		q.Location = zones[3]
		answer(t, of, was, q)
		_, err := of.Document(t.Context(), month+"/note.json")
		require.ErrorIs(t, err, fs.ErrNotExist, "a snapshot has no documents")
	}
	stays()
	hashes := func(of ledger.Reader, from, to time.Time) map[string]string {
		t.Helper()
		hashes, err := of.DayHashes(t.Context(), from, to, nil)
		require.NoError(t, err)
		return hashes
	}
	before := hashes(l.reader(), day(0), day(2))
	require.Len(t, before, 2)
	require.Equal(t, before, hashes(kept(), always[0], always[1]), "days that did not change have the hashes of the snapshot")

	changedRecord := changed(records[0], func(r *usage.Record) { r.Amounts[pricing.VCPU]++ })
	l.upsert([]usage.Record{changedRecord, ledger.Withdraw(records[80], 1)})
	stays()
	after := hashes(l.reader(), day(0), day(2))
	for of, hash := range before {
		require.NotEqual(t, hash, after[of], of)
	}
	third := hashes(l.reader(), day(2), day(3))
	require.Len(t, third, 1)
	names, err := l.reader().ListDocuments(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []string{month + "/note.json"}, names, "what a snapshot holds is no document")
	l.holds(records[:80], records[81:], []usage.Record{changedRecord})

	w = l.writer(ledger.Options{})
	require.NoError(t, w.Snapshot(t.Context(), month, day(0), day(1), time.UTC), "it takes the place of one of the same name")
	now := ledgertest.Latest(records[:72], []usage.Record{changedRecord})
	require.Equal(t, now, recordsOf(t, kept(), always[0], always[1]))
	for range 2 {
		require.NoError(t, w.RemoveSnapshot(t.Context(), month), "removing what is not there is no error")
	}
	require.NoError(t, w.Close())
	_, err = l.reader().OpenSnapshot(t.Context(), month)
	require.ErrorIs(t, err, fs.ErrNotExist)
	text, err := l.reader().Document(t.Context(), month+"/note.json")
	require.NoError(t, err)
	require.Equal(t, "{}", string(text))
	l.holds(records[:80], records[81:], []usage.Record{changedRecord})
}

// Several writers count in one document. Where there is one at a time they take turns.
func swaps(t *testing.T, s Stores) {
	l := with(t, s, small.All()[:1])
	w := l.writer(ledger.Options{})
	swap := func(before, after []byte) error {
		return w.SwapDocument(t.Context(), "alert/state.json", before, after)
	}
	conflicts := func(err error) {
		t.Helper()
		conflict, ok := errors.AsType[*ledger.ConflictError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "alert/state.json", conflict.Document)
	}
	conflicts(swap([]byte("a"), []byte("b")))
	require.NoError(t, swap(nil, []byte("a")))
	conflicts(swap(nil, []byte("b")))
	conflicts(swap([]byte("b"), nil))
	require.NoError(t, swap([]byte("a"), []byte{}))
	conflicts(swap(nil, []byte("b")))
	require.NoError(t, swap([]byte{}, nil))
	_, err := w.Document(t.Context(), "alert/state.json")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, w.Close())

	const counters, each = 3, 5
	var wait sync.WaitGroup
	for range counters {
		wait.Go(func() {
			for range each {
				w, err := l.waiting(t.Context())
				if !assert.NoError(t, err) {
					return
				}
				assert.NoError(t, ledger.UpdateDocument(t.Context(), w, "alert/count", func(before []byte) ([]byte, error) {
					n, err := strconv.Atoi(string(before))
					if err != nil && before != nil {
						return nil, err
					}
					return fmt.Append(nil, n+1), nil
				}))
				assert.NoError(t, w.Close())
			}
		})
	}
	wait.Wait()
	text, err := l.reader().Document(t.Context(), "alert/count")
	require.NoError(t, err)
	require.Equal(t, figure(counters*each), string(text))
}
