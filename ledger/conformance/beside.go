package conformance

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

func damage(t *testing.T, s Stores) {
	if s.Damage == nil {
		t.Skip("this store leaves checking its bytes to somebody else's server")
	}
	records := small.All()
	l := with(t, s, records)
	before, err := l.reader().Extent(t.Context())
	require.NoError(t, err)
	s.Damage(t, l.name, day(1))
	others := ledgertest.Latest(records[:72], records[144:])
	r := l.reader()
	for _, q := range []ledger.Query{
		{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay}},
		{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldResource}},
	} {
		result, err := r.Aggregate(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, result.Damaged)
		for _, file := range result.Damaged {
			require.Equal(t, day(1), file.Day)
			require.NotEmpty(t, file.Path)
			require.NotEmpty(t, file.Reason)
		}
		q.From, q.To = day(0), day(1)
		answer(t, r, others, q)
		q.From, q.To = day(2), day(3)
		answer(t, r, others, q)
	}
	var sound ledgertest.Records
	damaged := 0
	for record, err := range r.Records(t.Context(), always[0], always[1]) {
		if named, ok := errors.AsType[*ledger.DamagedError](err); ok {
			require.Equal(t, day(1), named.File.Day)
			damaged++
			continue
		}
		require.NoError(t, err)
		if record.Day() != day(1) {
			sound = append(sound, record)
		}
	}
	require.Positive(t, damaged)
	require.Equal(t, others, sound)
	after, err := r.Extent(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "what is damaged counts as if it was there")

	n := l.upsert(records) // again, which heals it
	require.NotEmpty(t, n.SetAside)
	require.Equal(t, []any{day(1)}, []any{n.Days[0]})
	require.Equal(t, ledgertest.Latest(records), l.left())
}

// left is every record that can be read.
func (l *subject) left() (records ledgertest.Records) {
	for record, err := range l.reader().Records(l.t.Context(), always[0], always[1]) {
		if _, damaged := errors.AsType[*ledger.DamagedError](err); damaged {
			continue
		}
		require.NoError(l.t, err)
		records = append(records, record)
	}
	return records
}

func documents(t *testing.T, s Stores) {
	l := with(t, s, small.All())
	w := l.writer(ledger.Options{})
	put := func(name, content string) {
		t.Helper()
		require.NoError(t, w.PutDocument(t.Context(), name, []byte(content)))
	}
	for _, d := range [][2]string{
		{"bills/b.json", "one"},
		{"bills/a.json", "two"},
		{".collect/logs/eu-west-1.json", "three"},
		{"bills/b.json", "four"},
		{"bills.json", ""},
		{"bills/c/d.json", "\x00\xff"},
		{"closed/ä b'%2F.json", "five"},
	} {
		put(d[0], d[1])
	}
	r := l.reader()
	lists := func(folder string, want ...string) {
		t.Helper()
		names, err := r.ListDocuments(t.Context(), folder)
		require.NoError(t, err)
		require.ElementsMatch(t, want, names)
		require.IsNonDecreasing(t, names)
	}
	lists("bills", "bills/a.json", "bills/b.json", "bills/c/d.json")
	lists("bills/c", "bills/c/d.json")
	lists("none")
	lists("closed", "closed/ä b'%2F.json")
	for name, want := range map[string]string{
		"bills/b.json": "four", "bills.json": "", "bills/c/d.json": "\x00\xff", "closed/ä b'%2F.json": "five",
	} {
		content, err := r.Document(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, want, string(content))
	}
	for range 2 {
		require.NoError(t, w.RemoveDocument(t.Context(), "bills/b.json"), "removing what is not there is no error")
	}
	_, err := r.Document(t.Context(), "bills/b.json")
	require.ErrorIs(t, err, fs.ErrNotExist)
	lists("bills", "bills/a.json", "bills/c/d.json")
	readWhole(t, l, w)
	require.NoError(t, w.Close())
	l.holds(small.All())
}

// readWhole reads a document while it is written.
func readWhole(t *testing.T, l *subject, w ledger.Store) {
	content := func(n int) []byte { return bytes.Repeat([]byte{byte('a' + n%26)}, 10_000*(1+n%3)) }
	require.NoError(t, w.PutDocument(t.Context(), "alert/state.json", content(0)))
	ended, reads := make(chan struct{}), 0
	r := l.reader()
	var wait sync.WaitGroup
	wait.Go(func() {
		for ; ; reads++ {
			select {
			case <-ended:
				return
			default:
			}
			got, err := r.Document(t.Context(), "alert/state.json")
			if !assert.NoError(t, err) || !assert.NotEmpty(t, got) || !assert.Equal(t, content(int(got[0]-'a')), got) {
				return
			}
		}
	})
	for n := range 26 {
		require.NoError(t, w.PutDocument(t.Context(), "alert/state.json", content(n)))
	}
	close(ended)
	wait.Wait()
	require.Positive(t, reads)
}

func documentNames(t *testing.T, s Stores) {
	l := with(t, s, small.All())
	w := l.writer(ledger.Options{})
	for _, name := range []string{
		"", ".", "..", "../x", "/etc/passwd", "a/../b", "a//b", "a/", "usage/x", "audit/log", "writer.lock", ".staging/x",
		"a/\x00", "\xff", strings.Repeat("x/", 400) + "x", strings.Repeat("x", 201),
	} {
		require.ErrorIs(t, w.PutDocument(t.Context(), name, []byte("x")), fs.ErrInvalid, "%q", name)
		require.ErrorIs(t, w.RemoveDocument(t.Context(), name), fs.ErrInvalid, "%q", name)
		_, err := w.Document(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, "%q", name)
	}
	longest := strings.Repeat(strings.Repeat("x", 199)+"/", 3) + strings.Repeat("y", 200)
	require.NoError(t, w.PutDocument(t.Context(), longest, []byte("x")))
	content, err := w.Document(t.Context(), longest)
	require.NoError(t, err)
	require.Equal(t, "x", string(content))
	require.NoError(t, w.Close())
	l.holds(small.All())
}

func audited(t *testing.T, s Stores) {
	records := small.All()
	l := fresh(t, s)
	source := audit.Source{Files: []audit.File{{Name: "usage.csv", SHA256: strings.Repeat("0", 64), Bytes: 7}}}
	entries := func() []audit.Entry {
		t.Helper()
		log, err := l.reader().AuditLog(t.Context(), audit.Options{})
		require.NoError(t, err)
		require.Equal(t, int64(len(log.Entries)), log.Count)
		return log.Entries
	}
	importing := func(records []usage.Record) {
		t.Helper()
		w := l.writer(ledger.Options{Action: "import"})
		w.From(source)
		_, err := w.Upsert(t.Context(), ledgertest.Batches(records, 100))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	importing(records)
	found := entries()
	last := found[len(found)-1]
	require.Equal(t, "import", last.Action)
	require.Equal(t, source, last.Source)
	require.Equal(t, map[string]int64{"read": 216, "added": 216}, last.Counts)
	require.NotZero(t, last.PID)
	for n := range 3 {
		require.True(t, last.Concerns(day(n).Format("2006-01-02")), "day %d", n)
	}
	importing(records)
	found = entries()
	require.Equal(t, map[string]int64{"read": 216, "unchanged": 216}, found[len(found)-1].Counts, "a file that changes nothing")
	before := len(found)
	l.upsert(records)
	require.Len(t, entries(), before, "a collector that found nothing new")
	_, err := l.try(append(records, usage.Record{}), ledger.Options{})
	require.Error(t, err)
	require.Len(t, entries(), before, "what was refused changed nothing")

	w := l.writer(ledger.Options{})
	did := false
	require.NoError(t, w.Audit(audit.Entry{Action: "reconcile", Note: "a bill"}, func() error { did = true; return nil }))
	require.NoError(t, w.Close())
	require.True(t, did)
	found = entries()
	require.Len(t, found, before+1)
	require.Equal(t, [2]string{"reconcile", "a bill"}, [2]string{found[before].Action, found[before].Note})
	l.holds(records)
	chained(t, l, found[before].Hash)
}

// chained fails the test unless the log ends in an entry, and tells whether it has one.
func chained(t *testing.T, l *subject, head string) {
	t.Helper()
	read := func(o audit.Options) audit.Result {
		log, err := l.reader().AuditLog(t.Context(), o)
		require.NoError(t, err)
		return log
	}
	all := read(audit.Options{Expect: head})
	require.True(t, all.OK(), "%v", all.Faults)
	require.Equal(t, head, all.Head)
	none := read(audit.Options{Expect: strings.Repeat("0", 64)})
	require.False(t, none.OK(), "there is no such entry")
	imports := read(audit.Options{Keep: func(e *audit.Entry) bool { return e.Action == "import" }})
	require.Len(t, imports.Entries, 2)
	require.Equal(t, all.Count, imports.Count)
}
