package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// spoil makes the records of series a ones that no ledger may have.
func spoil(r *Result) {
	for i := range r.Records {
		r.Records[i].Resource.ID = strings.Repeat("x", usage.MaxNameBytes+1)
	}
}

// A name that no record may have costs its series and nothing else, in this run and in all later ones, and is named
// once.
func TestBadRecordsCostThemselves(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	w.options.Targets = targets(ireland, Target{"210987654321", "eu-west-1"})
	w.options.Timing.Overlap = time.Hour
	w.source.fetch = func(b Batch, r *Result) error {
		if b.ID == "a" {
			spoil(r)
		}
		return nil
	}
	s := w.run()
	assert.Empty(t, s.Gaps)
	require.Len(t, s.Quarantined, 2, "one for each target, not one for each record")
	q := s.Quarantined[0]
	assert.Equal(t, "this record cannot be kept: microvm_id is longer than 2048 bytes", q.Reason)
	assert.LessOrEqual(t, len(q.What), maxWhat)
	assert.True(t, strings.HasPrefix(q.What, "xxxx"))
	assert.Contains(t, q.What, "2049 bytes")
	assert.Len(t, w.records(), 2*24, "series b of both")

	s = w.after(time.Hour)
	assert.Empty(t, s.Quarantined, "what is known is not named again")
	assert.EqualValues(t, 2, s.KnownQuarantined)
	states, err := States(w.t.Context(), w.ledger())
	require.NoError(t, err)
	require.Len(t, states, 2)
	require.Len(t, states[0].Quarantined, 1)
	known := states[0].Quarantined[0]
	assert.Equal(t, ireland, known.Target)
	assert.Equal(t, []any{noon, noon.Add(time.Hour), int64(2)}, []any{known.First, known.Last, known.Times})

	w.source.fetch = nil
	w.after(quarantineKept + time.Hour)
	assert.Empty(t, w.checkpoint().Quarantined, "nothing has met it for so long")
}

// A journal that an older program has left, which checked no records, is applied but for those that are bad.
func TestBadRecordsInTheJournal(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	plan, err := w.source.Plan(t.Context(), ireland, between("10:00", "12:00"))
	require.NoError(t, err)
	j, err := openJournal(filepath.Join(w.options.Ledger.Folder, ".collect", "memory", journalName))
	require.NoError(t, err)
	require.NoError(t, j.begin())
	require.NoError(t, j.addPlan(planEntry{
		Target: ireland, Window: between("10:00", "12:00"), Batches: plan.Batches, From: clock("10:00"), ReadAt: noon, Goal: noon,
	}))
	for _, b := range plan.Batches {
		r, err := w.source.Fetch(t.Context(), ireland, b)
		require.NoError(t, err)
		if b.ID == "a" {
			spoil(&r)
			r.Records = r.Records[:3]
		}
		require.NoError(t, j.addBatch(batchEntry{Target: ireland, Key: b.key()}, r.Records))
	}
	require.NoError(t, j.end())
	j.close()

	s := w.run()
	assert.EqualValues(t, 2, s.Reused)
	require.Len(t, s.Quarantined, 1)
	assert.Len(t, w.records(), 24)
	assert.Empty(t, w.source.fetched)
	w.after(time.Hour)
	assert.Equal(t, []string{"12:00-13:00/5m", "12:00-13:00/5m"}, w.fetchedWindows(), "the run after goes on")
}

// An entry of the journal that cannot be applied is set aside and named; what it held is asked for again, and nothing
// beside it is lost.
func TestJournalEntriesAreSetAside(t *testing.T) {
	other := Target{"210987654321", "eu-west-1"}
	entry := func(kind byte, content string) func(*journal, planEntry) {
		return func(j *journal, _ planEntry) {
			j.add(append(append(make([]byte, headBytes), kind), content...))
		}
	}
	for _, test := range []struct {
		reason string
		bad    func(*journal, planEntry)
		says   string
	}{
		{"another kind", entry('x', "{}"), "it cannot be used: the journal holds an entry of an unknown kind 'x'"},
		{"not a plan", entry(entryPlan, "{"), "the journal holds a plan that cannot be read"},
		{"a batch that is none", entry(entryBatch, "\xff"), "the journal holds a batch that cannot be read"},
		{"records that are none", func(j *journal, p planEntry) {
			text, err := json.Marshal(batchEntry{Target: p.Target, Key: p.Batches[1].key(), Records: 1})
			require.NoError(t, err)
			content := append([]byte{entryBatch, byte(len(text))}, text...)
			j.add(append(make([]byte, headBytes), append(content, "\x01\x02"...)...))
		}, "the journal holds records that cannot be read"},
		{"a batch without its plan", func(j *journal, p planEntry) {
			require.NoError(t, j.addBatch(batchEntry{Target: other, Key: "1-2/a"}, nil))
		}, "its plan is missing"},
		{"a batch of no window", func(j *journal, p planEntry) {
			require.NoError(t, j.addPlan(planEntry{Target: other, Window: p.Window, Batches: []Batch{{ID: "a"}}, Goal: p.Goal}))
		}, `batch "a" is of no window`},
	} {
		w := newWorld(t)
		w.source.series = []string{"a", "b"}
		w.options.Targets = targets(ireland, other)
		plan, err := w.source.Plan(t.Context(), ireland, between("10:00", "12:00"))
		require.NoError(t, err)
		p := planEntry{
			Target: ireland, Window: between("10:00", "12:00"), Batches: plan.Batches, From: clock("10:00"), ReadAt: noon,
			Goal: noon,
		}
		folder := filepath.Join(w.options.Ledger.Folder, ".collect", "memory")
		j, err := openJournal(filepath.Join(folder, journalName))
		require.NoError(t, err)
		require.NoError(t, j.begin())
		require.NoError(t, j.addPlan(p))
		test.bad(j, p)
		r, err := w.source.Fetch(t.Context(), ireland, plan.Batches[0])
		require.NoError(t, err)
		require.NoError(t, j.addBatch(batchEntry{Target: ireland, Key: plan.Batches[0].key()}, r.Records))
		require.NoError(t, j.end())
		j.close()

		s := w.run()
		assert.Empty(t, s.Gaps, test.reason)
		require.Len(t, s.Quarantined, 1, test.reason)
		assert.Contains(t, s.Quarantined[0].Reason, test.says, test.reason)
		assert.EqualValues(t, 1, s.Reused, test.reason)
		assert.Len(t, w.source.fetched, 3, "%s: b of the one target, both of the other", test.reason)
		assert.Len(t, w.records(), 4*24, test.reason)
		files, err := filepath.Glob(filepath.Join(folder, "journal-*"+asideSuffix))
		require.NoError(t, err)
		require.Len(t, files, 1, test.reason)
		info, err := os.Stat(files[0])
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), test.reason)
		s = w.after(time.Hour)
		assert.Empty(t, s.Quarantined, test.reason)
		assert.Len(t, w.records(), 4*36, test.reason)
	}
}

// A journal of another version of the program is set aside as a whole.
func TestForeignJournalIsSetAside(t *testing.T) {
	w := newWorld(t)
	folder := filepath.Join(w.options.Ledger.Folder, ".collect", "memory")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, journalName), []byte("microspend journal 2\nwhatever"), 0o600))
	s := w.run()
	require.Len(t, s.Quarantined, 1)
	assert.Contains(t, s.Quarantined[0].Reason, "another version of the program has written it")
	assert.Len(t, w.records(), 24)
	aside, err := os.ReadFile(filepath.Join(folder, "journal-20261120T120000Z"+asideSuffix))
	require.NoError(t, err)
	assert.Equal(t, "microspend journal 2\nwhatever", string(aside))
	assert.Empty(t, w.run().Quarantined)
}

// Whatever is set aside, and however often, it does not fill the disk; what was set aside before a kill is not set
// aside twice.
func TestFewFilesAreKeptAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), journalName)
	at := noon
	for i := range maxAside + 5 {
		for range 2 {
			_, err := keepAside(path, fmt.Append(nil, i), at)
			require.NoError(t, err)
			at = at.Add(time.Second)
		}
	}
	kept, err := asides(path)
	require.NoError(t, err)
	require.Len(t, kept, maxAside)
	oldest, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	assert.Equal(t, "5", string(oldest))
}

// A checkpoint that cannot be read costs its target, which is named; the others are read.
func TestUnreadableCheckpointCostsItsTarget(t *testing.T) {
	other := Target{"210987654321", "eu-west-1"}
	for _, test := range []struct{ reason, text, says string }{
		{"damaged", "{", "is damaged (unexpected end of JSON input); delete it to read the lookback again"},
		{"newer", `{"version": 2, "pending": "many"}`, "has version 2; this program supports version 1"},
		{
			"a batch without a window", `{"version": 1, "pending": [{"id": "a"}]}`,
			`is damaged (batch "a" is of no window); delete it to read the lookback again`,
		},
	} {
		for _, killed := range []bool{false, true} {
			w := newWorld(t)
			w.options.Targets = targets(ireland, other)
			if killed { // and its journal has entries of the target
				copied := filepath.Join(t.TempDir(), "ledger")
				w.options.Parallel = 1
				w.source.hook = func(_ context.Context, target Target, _ Batch) {
					if len(w.source.fetched) == 1 {
						time.Sleep(50 * time.Millisecond)
						require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
					}
				}
				w.run()
				w.source.hook, w.options.Ledger = nil, In(copied, "")
			}
			folder := filepath.Join(w.options.Ledger.Folder, ".collect", "memory")
			require.NoError(t, os.MkdirAll(folder, 0o700))
			path := filepath.Join(w.options.Ledger.Folder, filepath.FromSlash(checkpointName("memory", ireland)))
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
			s := w.run()
			require.Len(t, s.Gaps, 1, test.reason)
			assert.Equal(t, ireland, s.Gaps[0].Target, test.reason)
			assert.Equal(t, "the checkpoint "+path+" "+test.says, s.Gaps[0].Reason, test.reason)
			theirs := 0
			for _, r := range w.records() {
				if r.Account == other.Account {
					theirs++
				}
			}
			assert.Equal(t, 24, theirs, test.reason)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, test.text, string(text), "it is left as it is")
			states, err := States(w.t.Context(), w.ledger())
			require.NoError(t, err)
			require.Len(t, states, 2)
			assert.Equal(t, s.Gaps[0].Reason, states[0].Fault, test.reason)

			require.NoError(t, os.Remove(path))
			s = w.run()
			assert.Empty(t, s.Gaps, test.reason)
			assert.Len(t, w.records(), 2*24, test.reason)
		}
	}
}

// No more than so many are remembered by name. Those beyond are counted, and named as a number where it grows.
func TestManyQuarantines(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	many := maxQuarantined + 7
	w.source.fetch = func(_ Batch, r *Result) error {
		for i := range many {
			r.Quarantined = append(r.Quarantined, Quarantine{What: fmt.Sprintf("series %04d", i), Reason: "no"})
		}
		return nil
	}
	s := w.run()
	require.Len(t, s.Quarantined, maxQuarantined+1)
	assert.Equal(t, "7 further findings", s.Quarantined[maxQuarantined].What)
	for range 2 {
		s = w.after(5 * time.Minute)
		assert.Empty(t, s.Quarantined)
		assert.EqualValues(t, many, s.KnownQuarantined)
	}
	many += 2
	s = w.after(5 * time.Minute)
	require.Len(t, s.Quarantined, 1)
	assert.Equal(t, "123456789012 eu-west-1, 2 further findings: no more than 1000 are remembered by name; fix those first",
		s.Quarantined[0].String())
	assert.EqualValues(t, maxQuarantined+7, s.KnownQuarantined)
}

// Texts that are cut are valid, no longer than they may be, and stay apart.
func TestTextsAreCut(t *testing.T) {
	long := strings.Repeat("ü", 150)
	one, two := cut(long+"1", 200), cut(long+"2", 200)
	assert.NotEqual(t, one, two)
	assert.LessOrEqual(t, len(one), 200)
	assert.True(t, strings.HasPrefix(one, "ü") && strings.Contains(one, "… (301 bytes, "))
	assert.Equal(t, "as it is", cut("as it is", 200))
	assert.Equal(t, "a�b", cut("a\xffb", 200))
	var back string
	text, err := json.Marshal(one)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, one, back)
}
