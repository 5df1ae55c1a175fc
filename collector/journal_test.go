package collector

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/usage"
)

// Records come back from the journal as they were put in, whatever they are.
func TestRecordsComeBack(t *testing.T) {
	name := rapid.SampledFrom([]string{"", "a", "b", "(fleet) a/b", "日本"})
	amount := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1<<62))
	record := rapid.Custom(func(t *rapid.T) usage.Record {
		return usage.Record{
			PeriodStart:   time.Unix(rapid.Int64Range(1_577_836_800, 4_000_000_000).Draw(t, "start"), 0).UTC(),
			PeriodSeconds: rapid.SampledFrom([]int64{60, 300, 3600}).Draw(t, "length"),
			Region:        name.Draw(t, "region"), Account: name.Draw(t, "account"),
			Resource: usage.ParseResource(name.Draw(t, "microvm")),
			Image:    name.Draw(t, "image"), Tenant: name.Draw(t, "tenant"), Role: name.Draw(t, "role"), Source: "cloudwatch",
			Arch:     rapid.SampledFrom([]usage.Arch{"", usage.ArchX86}).Draw(t, "arch"),
			TenantBy: rapid.SampledFrom([]usage.TenantBy{"", usage.TenantProven}).Draw(t, "tenant_by"),
			Amounts: usage.Amounts{
				pricing.VCPU: amount.Draw(t, "vcpu"), pricing.Memory: amount.Draw(t, "memory"),
				pricing.SnapshotRead:  amount.Draw(t, "read"),
				pricing.SnapshotWrite: amount.Draw(t, "write"), pricing.SnapshotStorage: amount.Draw(t, "storage"),
				usage.Running: amount.Draw(t, "running"), usage.Suspended: amount.Draw(t, "suspended"),
				usage.Launches: amount.Draw(t, "launches"), usage.Suspends: amount.Draw(t, "suspends"),
				usage.Resumes: amount.Draw(t, "resumes"),
			},
			Coverage: usage.Coverage(rapid.IntRange(0, 2).Draw(t, "coverage")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOf(record).Draw(t, "records")
		for i := 1; i < len(records); i++ { // runs of a MicroVM's periods, as there mostly are
			if rapid.Bool().Draw(t, "follows") {
				next := records[i-1]
				next.PeriodStart = next.PeriodStart.Add(time.Duration(next.PeriodSeconds) * time.Second)
				records[i] = next
			}
		}
		decoder := recordDecoder{rest: appendRecords(nil, records)}
		var back []usage.Record
		for {
			var r usage.Record
			more, err := decoder.next(&r)
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			back = append(back, r)
		}
		if len(records) == 0 && len(back) == 0 {
			return
		}
		assert.Equal(t, records, back)
	})
}

// Journals of the version before, in which a resource of another kind than MicroVM was told by its name alone, are
// read on.
func TestRecordsOfFormerJournals(t *testing.T) {
	written := " \teu-west-1\x011\v(fleet) a/b\x01b\x01a\x01r\ncloudwatch\xc8\uf26b\r\xd8\x04\x01\n" +
		"&\teu-west-1\x011\x05mvm-1\x01b\x01a\x01r\ncloudwatch\x81\x01\n\x04'\x81\x01\n\x04"
	want := usage.Record{
		PeriodStart: time.Unix(1_790_000_100, 0).UTC(), PeriodSeconds: 300, Region: "eu-west-1", Account: "1",
		Resource: usage.Resource{Kind: usage.KindFleet, ID: "a/b"}, Image: "b", Tenant: "a", Role: "r", Source: "cloudwatch",
		Amounts: usage.Amounts{pricing.VCPU: 5}, Coverage: usage.CoverageComplete,
	}
	decoder := recordDecoder{rest: []byte(written)}
	for range 3 {
		var r usage.Record
		more, err := decoder.next(&r)
		require.True(t, more && err == nil)
		require.Equal(t, want, r)
		want.PeriodStart = want.PeriodStart.Add(5 * time.Minute)
		want.Resource, want.Amounts[usage.Launches] = usage.Resource{ID: "mvm-1"}, 2
	}
}

func FuzzRecordsOfTheJournal(f *testing.F) {
	f.Add(appendRecords(nil, []usage.Record{{
		PeriodStart: time.Unix(1_790_000_000, 0), PeriodSeconds: 300,
		Resource: usage.Resource{ID: "a"},
	}}))
	f.Fuzz(func(_ *testing.T, text []byte) {
		decoder := recordDecoder{rest: text}
		var r usage.Record
		for {
			if more, err := decoder.next(&r); !more || err != nil {
				return
			}
		}
	})
}

// Cut off anywhere, as a kill may leave it, or with a byte changed, a journal has the entries before, and takes more.
func TestJournalIsCutAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source", "journal")
	target := Target{"123456789012", "eu-west-1"}
	write := func(j *journal, key string) {
		require.NoError(t, j.begin())
		require.NoError(t, j.addPlan(planEntry{Target: target, Shape: key}))
		require.NoError(t, j.addBatch(batchEntry{Target: target, Key: key},
			[]usage.Record{{Resource: usage.Resource{ID: key}, PeriodSeconds: 300}}))
		require.NoError(t, j.end())
	}
	read := func(j *journal) (entries []string) {
		require.NoError(t, j.replay(func(p planEntry) error {
			entries = append(entries, "plan "+p.Shape)
			return nil
		}, func(b batchEntry, text []byte) error {
			decoder := recordDecoder{rest: text}
			var r usage.Record
			more, err := decoder.next(&r)
			require.True(t, more && err == nil && r.Resource.ID == b.Key)
			entries = append(entries, "batch "+b.Key)
			return nil
		}))
		return entries
	}
	open := func() *journal {
		j, err := openJournal(path)
		require.NoError(t, err)
		t.Cleanup(j.close)
		return j
	}
	write(open(), "a")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	all := []string{"plan a", "batch a"}
	for cut := range whole {
		for _, changed := range []bool{false, true} {
			text := append([]byte(nil), whole...)
			if changed {
				text[cut] ^= 0x40
			} else {
				text = text[:cut]
			}
			require.NoError(t, os.WriteFile(path, text, 0o600))
			j := open()
			got := read(j)
			require.Less(t, len(got), 2, "cut at %d", cut)
			require.Equal(t, all[:len(got)], append([]string{}, got...))
			write(j, "b")
			require.Equal(t, append(got, "plan b", "batch b"), read(open()))
		}
	}
}

func TestGapsAreAskedForLessAndLessOften(t *testing.T) {
	assert.Equal(t, 5*time.Minute, retryAfter(1))
	assert.Equal(t, 10*time.Minute, retryAfter(2))
	assert.Equal(t, 24*time.Hour, retryAfter(50))
}
