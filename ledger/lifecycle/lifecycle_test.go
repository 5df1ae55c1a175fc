package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/ledger/parquet"
	"microspend/usage"
)

var noon = time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)

func microvm(id string, started time.Time, maxIdle int64) lifecycle.MicroVM {
	return lifecycle.MicroVM{
		ID: id, Region: "eu-west-1", Account: "123456789012",
		Image:        "arn:aws:lambda:eu-west-1:123456789012:microvm-image:box",
		ImageVersion: "1.0", Arch: usage.ArchX86, StartedAt: started, ReadAt: started, MaxIdle: &maxIdle,
		Suspended: new(int64(0)), AutoResume: new(false),
	}
}

func writer(t *testing.T) *parquet.Writer {
	w, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func record(id string) *usage.Record {
	return &usage.Record{Region: "eu-west-1", Account: "123456789012", Resource: usage.Resource{ID: id}}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	l := writer(t)
	one, two := microvm("mvm-1", noon, 1800), microvm("mvm-2", noon.Add(-8*time.Hour), 300)
	require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{one, two}))
	later := microvm("mvm-3", noon.Add(time.Minute), 60)
	one.MaxIdle = new(int64(900))
	require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{later, one}))

	table, err := lifecycle.Read(t.Context(), l, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 3, table.Len())
	got, found := table.Of(record("mvm-1"))
	require.True(t, found)
	require.Equal(t, one, got, "the last one written; a duration of 0 and a false are known, the longest life is not")
	_, found = table.Of(record("mvm-9"))
	require.False(t, found)
	image := record("mvm-1")
	image.Resource.Kind = usage.KindImage
	_, found = table.Of(image)
	require.False(t, found, "images have no policy")

	text, err := os.ReadFile(filepath.Join(l.Name(), "microvms/dt=2026-11-20/123456789012.eu-west-1.12.jsonl"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	require.Equal(t, `{"microvm_id":"mvm-1","region":"eu-west-1","account":"123456789012",`+
		`"image":"arn:aws:lambda:eu-west-1:123456789012:microvm-image:box","image_version":"1.0","arch":"x86_64",`+
		`"started_at":"2026-11-20T12:30:00Z","read_at":"2026-11-20T12:30:00Z","max_idle_seconds":900,"suspended_seconds":0,`+
		`"auto_resume":false}`, line)
}

func TestOnlyWhatMayHaveLivedThenIsRead(t *testing.T) {
	l := writer(t)
	for i, started := range []time.Time{
		noon.AddDate(0, 0, -2), noon.AddDate(0, 0, -1), noon, noon.AddDate(0, 0, 1),
	} {
		require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{microvm(fmt.Sprint("mvm-", i), started, 60)}))
	}
	midnight := noon.Truncate(24 * time.Hour)
	table, err := lifecycle.Read(t.Context(), l, midnight, midnight.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, 2, table.Len(), "of the day, and of the one before, from which some may have lived on")
	table, err = lifecycle.Read(t.Context(), writer(t), noon, noon)
	require.NoError(t, err)
	require.Zero(t, table.Len())
	require.Zero(t, (*lifecycle.Table)(nil).Len())
}

// TestLinesThatAreNone: what is torn or another's costs itself.
func TestLinesThatAreNone(t *testing.T) {
	l := writer(t)
	require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{microvm("mvm-1", noon, 60)}))
	path := filepath.Join(l.Name(), "microvms/dt=2026-11-20/123456789012.eu-west-1.12.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("null\n{\"microvm_id\": 5}\n"+string(text)+`{"microvm_id": "to`), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(l.Name(), "microvms/other"), 0o755))
	require.NoError(t, lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{microvm("mvm-2", noon, 60)}))
	table, err := lifecycle.Read(t.Context(), l, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 2, table.Len())
}

func TestTheUsualTimeout(t *testing.T) {
	l := writer(t)
	var all []lifecycle.MicroVM
	for i, seconds := range []int64{900, 300, 900, 300, 60} {
		all = append(all, microvm(fmt.Sprint("mvm-", i), noon, seconds))
	}
	all = append(all, lifecycle.MicroVM{ID: "unknown", Region: "eu-west-1", StartedAt: noon})
	require.NoError(t, lifecycle.Write(t.Context(), l, all))
	table, err := lifecycle.Read(t.Context(), l, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 300, table.UsualMaxIdle("eu-west-1"), "the shorter of two that are as frequent")
	require.Zero(t, table.UsualMaxIdle("us-east-1"))
	require.Zero(t, (*lifecycle.Table)(nil).UsualMaxIdle("eu-west-1"))
}
