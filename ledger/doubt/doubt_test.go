package doubt_test

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/awssource"
	"microspend/ledger"
	"microspend/ledger/doubt"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	vcpu   = usage.Measure(pricing.VCPU)
	memory = usage.Measure(pricing.Memory)
)

// record is a record of five minutes, n periods after noon.
func record(source, id string, n int, of map[usage.Measure]int64) usage.Record {
	r := usage.Record{
		PeriodStart: noon.Add(time.Duration(n) * 5 * time.Minute), PeriodSeconds: 300, Region: "eu-west-1", Account: "123456789012",
		Resource: usage.Resource{ID: id}, Tenant: "of " + id, Source: source, Coverage: usage.CoverageComplete,
	}
	for m, amount := range of {
		r.Amounts[m] = amount
	}
	return r
}

func ran(source, id string, n int, seconds int64) usage.Record {
	return record(source, id, n, map[usage.Measure]int64{usage.Running: seconds * 1000})
}

func find(t *testing.T, records ...usage.Record) []doubt.Doubt {
	t.Helper()
	doubts, err := doubt.Find(func() iter.Seq2[usage.Record, error] {
		return func(yield func(usage.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
		}
	}, doubt.Rules{Sources: []string{"logs", "microvms"}, States: "microvms", Most: awssource.Quota{}.Most})
	require.NoError(t, err)
	return doubts
}

// TestBeyondTheQuota: 400 GB in eu-west-1 are 1,600 GB in a burst: 1,638,400 MiB × 300,000 ms = 491,520,000,000.
func TestBeyondTheQuota(t *testing.T) {
	const half = int64(491_520_000_000 / 2)
	image := record("logs", "web", 0, map[usage.Measure]int64{memory: 3 * half})
	image.Resource.Kind = usage.KindImage
	elsewhere := record("logs", "mvm-c", 0, map[usage.Measure]int64{memory: half})
	elsewhere.Region = "us-east-1"
	other := record("logs", "mvm-c", 0, map[usage.Measure]int64{memory: half})
	other.Account = "210987654321"
	for _, tc := range []struct {
		name   string
		more   usage.Record
		beyond string
	}{
		{"all that it permits", ran("logs", "mvm-c", 0, 300), ""},
		{"a millisecond of a MiB more", record("logs", "mvm-c", 0, map[usage.Measure]int64{memory: 1}), "491520000001"},
		{"in another period", record("logs", "mvm-c", 1, map[usage.Measure]int64{memory: half}), ""},
		{"in another region", elsewhere, ""},
		{"of another account", other, ""},
		{"by another source, which measures the same", record("microvms", "mvm-c", 0, map[usage.Measure]int64{memory: half}), ""},
		{"by the operator's own word", record("import", "mvm-c", 0, map[usage.Measure]int64{memory: half}), ""},
		{"an image's storage, which takes no memory", image, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := find(t, record("logs", "mvm-a", 0, map[usage.Measure]int64{memory: half}),
				record("logs", "mvm-b", 0, map[usage.Measure]int64{memory: half - 2}),
				record("logs", "mvm-d", 0, map[usage.Measure]int64{memory: 2}), tc.more)
			if tc.beyond == "" {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []doubt.Doubt{{
				Kind: doubt.BeyondQuota, Region: "eu-west-1", Account: "123456789012", Source: "logs", From: noon, To: noon.Add(5 * time.Minute),
				Quantity: "mem_mib_ms", Used: tc.beyond, Most: 2 * half,
				By: []doubt.Part{{"mvm-a", "of mvm-a", half}, {"mvm-b", "of mvm-b", half - 2}, {"mvm-d", "of mvm-d", 2}},
			}}, got)
		})
	}
	got := find(t, record("logs", "mvm-a", 0, map[usage.Measure]int64{vcpu: 240_000_001}))
	require.Len(t, got, 1, "800 vCPU × 300,000 ms")
	require.Equal(t, "vcpu_ms 240000001", got[0].Quantity+" "+got[0].Used)
}

// TestAgainstAWSsOwnStates: where both were recorded, a meter's word is held against what AWS says.
func TestAgainstAWSsOwnStates(t *testing.T) {
	partial := ran("microvms", "mvm-a", 0, 10)
	partial.Coverage = usage.CoveragePartial
	fleet := ran("logs", "acme/web", 0, 300)
	fleet.Resource.Kind = usage.KindFleet
	for _, tc := range []struct {
		name             string
		records          []usage.Record
		kind             doubt.Kind
		claimed, running int64
	}{
		{"they agree", []usage.Record{ran("microvms", "mvm-a", 0, 300), ran("logs", "mvm-a", 0, 300)}, "", 0, 0},
		{"a minute of changing states", []usage.Record{ran("microvms", "mvm-a", 0, 240), ran("logs", "mvm-a", 0, 300)}, "", 0, 0},
		{"more than that", []usage.Record{ran("microvms", "mvm-a", 0, 239), ran("logs", "mvm-a", 0, 300)}, doubt.NotRunning, 300_000, 239_000},
		{"it was suspended", []usage.Record{ran("microvms", "mvm-a", 0, 0), ran("logs", "mvm-a", 0, 300)}, doubt.NotRunning, 300_000, 0},
		{"it was suspended at some moment", []usage.Record{partial, ran("logs", "mvm-a", 0, 300)}, "", 0, 0},
		{
			"no such MicroVM",
			[]usage.Record{ran("microvms", "mvm-b", 0, 300), ran("logs", "mvm-a", 0, 300)},
			doubt.NotListed, 300_000, 0,
		},
		{
			"no such MicroVM, by billed quantities alone: 4,800 vCPU-s take 300 s at 16 vCPU", []usage.Record{
				ran("microvms", "mvm-b", 0, 300), record("logs", "mvm-a", 0, map[usage.Measure]int64{vcpu: 4_800_000}),
			}, doubt.NotListed, 300_000, 0,
		},
		{
			"it had ended", []usage.Record{
				ran("microvms", "mvm-a", 0, 300), ran("microvms", "mvm-b", 1, 300), ran("logs", "mvm-a", 1, 200),
			}, doubt.NotRunning, 200_000, 0,
		},
		{"AWS was not asked then", []usage.Record{ran("microvms", "mvm-b", 1, 300), ran("logs", "mvm-a", 0, 300)}, "", 0, 0},
		{"AWS was never asked", []usage.Record{ran("logs", "mvm-a", 0, 300)}, "", 0, 0},
		{"a fleet", []usage.Record{ran("microvms", "mvm-b", 0, 300), fleet}, "", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := find(t, tc.records...)
			if tc.kind == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, tc.kind, got[0].Kind)
			require.Equal(t, []int64{tc.claimed, tc.running}, []int64{got[0].ClaimedMS, got[0].RunningMS})
			require.Equal(t, []doubt.Part{{"mvm-a", "of mvm-a", tc.claimed}}, got[0].By)
		})
	}
}

// TestNoNumberOfMicroVMsFillsTheDisk: a day has a thousand doubts at most.
func TestNoNumberOfMicroVMsFillsTheDisk(t *testing.T) {
	records := []usage.Record{ran("microvms", "mvm-b", 0, 300)}
	for i := range 3000 {
		records = append(records, ran("logs", "mvm-forged-"+string(rune('a'+i%26))+time.Duration(i).String(), 0, 300))
	}
	require.Len(t, find(t, records...), 1000)
}

func TestDoubtsAreKeptByDay(t *testing.T) {
	l, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	defer l.Close()
	day := noon.Truncate(24 * time.Hour)
	want := find(t, ran("microvms", "mvm-b", 0, 300), ran("logs", "mvm-a", 0, 300))
	require.Len(t, want, 1)
	none, err := doubt.Read(t.Context(), l, day, day.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, doubt.Write(t.Context(), l, day, want))
	got, err := doubt.Read(t.Context(), l, day, day.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = doubt.Read(t.Context(), l, noon.Add(5*time.Minute), day.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Empty(t, got, "of another time")
	file := filepath.Join(l.Name(), "doubts", "dt=2026-11-23.jsonl")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append([]byte("{not JSON\n{}\n"), text...), 0o600))
	got, err = doubt.Read(t.Context(), l, day, day.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, doubt.Write(t.Context(), l, day, nil))
	require.NoFileExists(t, file)
}

func TestAnErrorOfTheLedgerEndsIt(t *testing.T) {
	broken := errors.New("broken")
	_, err := doubt.Find(func() iter.Seq2[usage.Record, error] {
		return func(yield func(usage.Record, error) bool) { yield(usage.Record{}, broken) }
	}, doubt.Rules{})
	require.ErrorIs(t, err, broken)
}
