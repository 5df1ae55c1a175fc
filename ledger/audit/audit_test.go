package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var day = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

func now() time.Time { return day }

var alice = Actor{Command: []string{"microspend", "import"}, User: "alice", UID: "1000", Host: "finance", PID: 7}

func open(t *testing.T, ledger string) *Log {
	t.Helper()
	l, err := Open(ledger, alice, now)
	require.NoError(t, err)
	return l
}

// put replaces files of a ledger, by their days, with an entry.
func put(t *testing.T, l *Log, content string, days ...string) {
	t.Helper()
	require.NoError(t, l.Do(entryOf(t, l, content, days...), func() error {
		for _, d := range days {
			write(t, l.ledger, d, content)
		}
		return nil
	}))
}

func entryOf(t *testing.T, l *Log, content string, days ...string) Entry {
	t.Helper()
	e := Entry{Action: "import"}
	found, err := trackedFiles(l.ledger)
	require.NoError(t, err)
	for _, d := range days {
		e.Changes = append(e.Changes, Change{pathOf(d), found[pathOf(d)], Sum([]byte(content))})
	}
	return e
}

func pathOf(day string) string { return "usage/dt=" + day + "/_manifest.json" }

func write(t *testing.T, ledger, day, content string) {
	t.Helper()
	path := filepath.Join(ledger, filepath.FromSlash(pathOf(day)))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func verify(t *testing.T, ledger string) Result {
	t.Helper()
	r, err := Verify(ledger, Options{})
	require.NoError(t, err)
	return r
}

func actions(r Result) (names []string) {
	for _, e := range r.Entries {
		names = append(names, e.Action)
	}
	return names
}

func faults(r Result) (texts []string) {
	for _, f := range r.Faults {
		texts = append(texts, f.String())
	}
	return texts
}

// copyOf copies a ledger, so that each case may ruin its own.
func copyOf(t *testing.T, ledger string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, os.CopyFS(dir, os.DirFS(ledger)))
	return dir
}

func logFile(ledger string, n int) string { return filepath.Join(ledger, Folder, fileName(n)) }

func TestChain(t *testing.T) {
	ledger := t.TempDir()
	l := open(t, ledger)
	require.NoDirExists(t, filepath.Join(ledger, Folder), "a ledger that nothing was done to has no log")
	put(t, l, "one", "2026-11-01", "2026-11-02")
	put(t, l, "two", "2026-11-02")
	l = open(t, ledger)
	put(t, l, "three", "2026-11-03")

	r := verify(t, ledger)
	require.Empty(t, r.Faults)
	require.Equal(t, int64(3), r.Count)
	assert.Equal(t, l.Head(), r.Head)
	assert.Equal(t, alice, r.Entries[0].Actor)
	assert.Equal(t, day, r.Entries[0].At)
	assert.Equal(t, []Change{{pathOf("2026-11-02"), Sum([]byte("one")), Sum([]byte("two"))}}, r.Entries[1].Changes)
	assert.Empty(t, r.Entries[0].Prev)
	assert.Equal(t, r.Entries[0].Hash, r.Entries[1].Prev)

	anchored, err := Verify(ledger, Options{Expect: r.Entries[1].Hash})
	require.NoError(t, err)
	require.True(t, anchored.OK())
	anchored, err = Verify(ledger, Options{Expect: Sum([]byte("another chain"))})
	require.NoError(t, err)
	require.Equal(t, []string{"audit: no entry has the expected hash " + Sum([]byte("another chain"))}, faults(anchored))

	for _, path := range []string{logFile(ledger, 1), filepath.Join(ledger, Folder, headName)} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path)
	}
}

// The hash of an entry can be worked out by anything that knows SHA-256.
func TestHashIsOfTheBytes(t *testing.T) {
	ledger := t.TempDir()
	put(t, open(t, ledger), "one", "2026-11-01")
	line, err := os.ReadFile(logFile(ledger, 1))
	require.NoError(t, err)
	body, hash, found := strings.Cut(strings.TrimPrefix(string(line), `{"entry":`), `,"sha256":"`)
	require.True(t, found)
	require.Equal(t, Sum([]byte(body))+"\"}\n", hash)
}

func TestGenesis(t *testing.T) {
	ledger := t.TempDir()
	write(t, ledger, "2026-11-01", "from before")
	require.Equal(t, []string{"audit: there is no audit log; the next command that writes to the ledger begins one"},
		faults(verify(t, ledger)))
	put(t, open(t, ledger), "one", "2026-11-02")
	r := verify(t, ledger)
	require.True(t, r.OK())
	require.Equal(t, []string{Genesis, "import"}, actions(r))
	require.Equal(t, []Change{{pathOf("2026-11-01"), "", Sum([]byte("from before"))}}, r.Entries[0].Changes)
}

// Whatever is done to a ledger or its log by something else is a fault that says what, also once a writer has gone on,
// until somebody has acknowledged it.
func TestTampering(t *testing.T) {
	whole := t.TempDir()
	l := open(t, whole)
	put(t, l, "one", "2026-11-01", "2026-11-02")
	put(t, l, "two", "2026-11-02")
	put(t, l, "three", "2026-11-03")
	old, err := os.ReadFile(logFile(whole, 1))
	require.NoError(t, err)
	lines := strings.SplitAfter(string(old), "\n")
	edited := strings.Replace(lines[1], `"user":"alice"`, `"user":"mallory"`, 1)
	e, _ := decode([]byte(edited))
	forged, err := e.encode()
	require.NoError(t, err)

	rewrite := func(text ...string) func(*testing.T, string) {
		return func(t *testing.T, ledger string) {
			require.NoError(t, os.WriteFile(logFile(ledger, 1), []byte(strings.Join(text, "")), 0o600))
		}
	}
	remove := func(path string) func(*testing.T, string) {
		return func(t *testing.T, ledger string) { require.NoError(t, os.RemoveAll(filepath.Join(ledger, path))) }
	}
	for _, c := range []struct {
		name    string
		do      func(*testing.T, string)
		fault   string // part of one
		restart bool   // whether the next writer begins the chain anew
	}{
		{
			"a day changed", func(t *testing.T, l string) { write(t, l, "2026-11-02", "forged") },
			"dt=2026-11-02/_manifest.json: it is not what the last entry about it says", false,
		},
		{
			"a day put back to what it was", func(t *testing.T, l string) { write(t, l, "2026-11-02", "one") },
			"dt=2026-11-02/_manifest.json: it is not what the last entry about it says", false,
		},
		{
			"a day added", func(t *testing.T, l string) { write(t, l, "2026-11-09", "forged") },
			"dt=2026-11-09/_manifest.json: no entry is about it", false,
		},
		{"a day deleted", remove("usage/dt=2026-11-01"), "dt=2026-11-01/_manifest.json: it is missing", false},
		{"an entry edited", rewrite(lines[0], edited, lines[2]), "audit-000001.jsonl:2: entry 2 was edited", true},
		{
			"an entry edited and its hash", rewrite(lines[0], string(forged), lines[2]),
			"audit-000001.jsonl:3: entry 3 does not follow entry 2", true,
		},
		{"an entry removed", rewrite(lines[0], lines[2]), "entry 3 does not follow entry 1", true},
		{"the last entry removed", rewrite(lines[0], lines[1]), "the log was cut: it ends at entry 2 and must have entry 3", true},
		{"the last entry cut", rewrite(lines[0], lines[1], lines[2][:40]), "the log was cut: it ends at entry 2", true},
		{"entries in another order", rewrite(lines[1], lines[0], lines[2]), "entry 2 does not follow entry 0", true},
		{"an entry twice", rewrite(lines[0], lines[1], lines[2], lines[2]), "entry 3 does not follow entry 3", true},
		{"something else in between", rewrite(lines[0], "hello\n", lines[1], lines[2]), "jsonl:2: it is not an entry", true},
		{"the file removed", remove("audit/" + fileName(1)), "the log was cut: it ends at entry 0", true},
		{"the head removed", remove("audit/" + headName), "audit/head.json: it is missing", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ledger := copyOf(t, whole)
			c.do(t, ledger)
			r := verify(t, ledger)
			require.False(t, r.OK())
			require.Contains(t, strings.Join(faults(r), "\n"), c.fault)

			// An entry that was edited long ago no writer reads, so that it does not see it.
			put(t, open(t, ledger), "later", "2026-11-04")
			r = verify(t, ledger)
			require.False(t, r.OK(), "a later run must not make it good")
			if !c.restart {
				require.Equal(t, []string{Unrecorded, "import"}, actions(r)[3:])
			}
			acknowledged, err := open(t, ledger).Acknowledge("restored from backup, ticket 12")
			require.NoError(t, err)
			require.NotEmpty(t, acknowledged)
			r = verify(t, ledger)
			require.True(t, r.OK(), faults(r))
			require.NotEmpty(t, r.Faults, "they are still named")
			write(t, ledger, "2026-11-04", "forged again")
			require.False(t, verify(t, ledger).OK(), "what comes later is not acknowledged")
		})
	}
}

// A writer that is killed while it writes an entry has done nothing of what the entry is about. The next one goes on
// from the entry before, at whatever byte the line was cut, and nobody reports a fault.
func TestCutWhileAnEntryIsWritten(t *testing.T) {
	before := t.TempDir()
	put(t, open(t, before), "one", "2026-11-01")
	after := copyOf(t, before)
	put(t, open(t, after), "two", "2026-11-01")
	old, err := os.ReadFile(logFile(before, 1))
	require.NoError(t, err)
	whole, err := os.ReadFile(logFile(after, 1))
	require.NoError(t, err)
	ledger := copyOf(t, before)
	head, err := os.ReadFile(filepath.Join(before, Folder, headName))
	require.NoError(t, err)
	for n := len(old); n <= len(whole); n++ {
		require.NoError(t, os.WriteFile(logFile(ledger, 1), whole[:n], 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(ledger, Folder, headName), head, 0o600))
		r := verify(t, ledger)
		require.True(t, r.OK(), "%d bytes: %s", n, faults(r))
		_, err := Open(ledger, alice, now)
		require.NoError(t, err)
		r = verify(t, ledger)
		require.True(t, r.OK(), "%d bytes: %s", n, faults(r))
		if n < len(whole) {
			require.Equal(t, []string{"import"}, actions(r))
		} else { // it was on the disk, but nothing had been done
			require.Equal(t, []string{"import", "import", Interrupted}, actions(r))
		}
	}
}

// What a run that was killed, or failed, had done by then is told from what it had not.
func TestInterrupted(t *testing.T) {
	ledger := t.TempDir()
	l := open(t, ledger)
	put(t, l, "one", "2026-11-01", "2026-11-02")
	full := errors.New("the disk is full")
	err := l.Do(entryOf(t, l, "two", "2026-11-01", "2026-11-02"), func() error {
		write(t, ledger, "2026-11-01", "two")
		require.Equal(t, []string{pathOf("2026-11-02")}, verify(t, ledger).Unfinished, "to whoever looks meanwhile")
		return full
	})
	require.ErrorIs(t, err, full)
	r := verify(t, ledger)
	require.True(t, r.OK(), faults(r))
	require.Equal(t, []string{"import", "import", Interrupted}, actions(r))
	require.Equal(t, []Change{{pathOf("2026-11-02"), Sum([]byte("two")), Sum([]byte("one"))}}, r.Entries[2].Changes)

	killed := copyOf(t, ledger)
	l = open(t, killed)
	require.NoError(t, l.append(entryOf(t, l, "three", "2026-11-01", "2026-11-02")))
	write(t, killed, "2026-11-02", "three")
	r = verify(t, killed)
	require.True(t, r.OK(), faults(r))
	require.Equal(t, []string{pathOf("2026-11-01")}, r.Unfinished)
	open(t, killed)
	r = verify(t, killed)
	require.True(t, r.OK(), faults(r))
	require.Empty(t, r.Unfinished)
	require.Equal(t, Interrupted, r.Entries[len(r.Entries)-1].Action)

	complete := copyOf(t, ledger)
	l = open(t, complete)
	require.NoError(t, l.append(entryOf(t, l, "three", "2026-11-01")))
	write(t, complete, "2026-11-01", "three") // and killed before the head was written
	open(t, complete)
	r = verify(t, complete)
	require.True(t, r.OK(), faults(r))
	require.Len(t, r.Entries, 4, "there is nothing to add")
}

// Another file is begun after some megabytes; the chain goes through all.
func TestFiles(t *testing.T) {
	ledger := t.TempDir()
	l := open(t, ledger)
	l.max = 2000
	for i := range 20 {
		put(t, l, fmt.Sprint("content ", i), "2026-11-01")
	}
	numbers, err := fileNumbers(l.dir)
	require.NoError(t, err)
	require.Greater(t, len(numbers), 3)
	r := verify(t, ledger)
	require.True(t, r.OK(), faults(r))
	require.Equal(t, int64(20), r.Count)

	// A writer that died as it began a file, with nothing in it yet.
	require.NoError(t, os.WriteFile(logFile(ledger, len(numbers)+1), nil, 0o600))
	l = open(t, ledger)
	l.max = 1
	put(t, l, "later", "2026-11-02")
	r = verify(t, ledger)
	require.True(t, r.OK(), faults(r))

	require.NoError(t, os.Remove(logFile(ledger, 2)))
	r = verify(t, ledger)
	require.Contains(t, faults(r), "audit/audit-000002.jsonl: it is missing")
}

// Nothing is done without an entry.
func TestNoEntryNoChange(t *testing.T) {
	ledger := t.TempDir()
	l := open(t, ledger)
	put(t, l, "one", "2026-11-01")
	require.NoError(t, os.WriteFile(logFile(ledger, 1), []byte("something else"), 0o600))
	err := l.Do(Entry{Action: "import"}, func() error {
		t.Fatal("done without an entry")
		return nil
	})
	require.ErrorContains(t, err, "nothing was changed, as the audit log cannot be written")
	text, err := os.ReadFile(logFile(ledger, 1))
	require.NoError(t, err)
	require.Equal(t, "something else", string(text), "what is not its own it leaves alone")
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"microspend", "import", "usage.csv", "--ledger", "x"}, []string{"microspend", "import", "usage.csv", "--ledger", "x"}},
		{[]string{"--token", "s3cret", "--token-file", "path"}, []string{"--token", "***", "--token-file", "path"}},
		{[]string{"--token=s3cret"}, []string{"--token=***"}},
		{[]string{"--key", "s3cret", "--key-file=path"}, []string{"--key", "***", "--key-file=path"}},
		{[]string{"AWS_SECRET_ACCESS_KEY=s3cret"}, []string{"AWS_SECRET_ACCESS_KEY=***"}},
		{[]string{"--token", "--ledger", "x"}, []string{"--token", "--ledger", "x"}},
		{
			[]string{"--endpoint-url=https://u:p@host/path?sig=s3cret", "https://host/a?X-Amz-Signature=s3cret"},
			[]string{"--endpoint-url=https://redacted@host/path?redacted", "https://host/a?redacted"},
		},
	} {
		require.Equal(t, c.want, Redact(c.args))
	}
}

// FuzzDecode: no line makes the reader fail in another way than by saying so, and one that is taken is what encode
// made.
func FuzzDecode(f *testing.F) {
	e := Entry{Seq: 1, Action: "import", Actor: alice}
	line, err := e.encode()
	require.NoError(f, err)
	f.Add(line)
	f.Add([]byte(`{"entry":,"sha256":""}` + "\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if e, err := decode(line); err == nil {
			require.Equal(t, Sum(line[len(lineBegin):len(line)-len(lineEnd)-64-len(lineMiddle)]), e.Hash)
		}
	})
}
