package microvmapi_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakemicrovms"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// kept is a world beside a ledger, and what is kept of a MicroVM there.
func kept(t *testing.T) (*world, *parquet.Writer, func(id string) lifecycle.MicroVM) {
	l, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	w := hostile(t, nil)
	w.ledger = l
	return w, l, func(id string) lifecycle.MicroVM {
		table, err := lifecycle.Read(t.Context(), l, start, start.Add(time.Hour))
		require.NoError(t, err)
		m, _ := table.Of(&usage.Record{Region: target.Region, Account: target.Account, Resource: usage.Resource{ID: id}})
		return m
	}
}

func calls(w *world, operation string) (n int) {
	for _, call := range w.service.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func TestWhatAMicroVMWasLaunchedWithIsKept(t *testing.T) {
	w, _, of := kept(t)
	m := life("m", 10*time.Second, at(10*time.Second, running), at(7*time.Minute, terminated))
	m.Idle = &fakemicrovms.IdlePolicy{MaxIdleSeconds: 1800, SuspendedSeconds: 0, AutoResume: true}
	m.MaxSeconds = 28_800
	w.service.Add(m)
	bare := life("bare", 10*time.Second, at(10*time.Second, running))
	bare.AmendDetails = map[string]any{"idlePolicy": "none", "maximumDurationInSeconds": -1}
	w.service.Add(bare)
	w.pollThrough(10*time.Minute, time.Minute)

	require.Equal(t, lifecycle.MicroVM{
		ID: "m", Region: region, Account: target.Account, Image: imageARN, ImageVersion: "1.0", Arch: usage.ArchARM64,
		Role: "arn:aws:iam::123456789012:role/m", StartedAt: start.Add(10 * time.Second), ReadAt: start.Add(7 * time.Minute),
		MaxIdle: new(int64(1800)), Suspended: new(int64(0)), AutoResume: new(true), MaxLife: new(int64(28_800)),
	}, of("m"))
	require.Nil(t, of("bare").MaxIdle)
	require.Nil(t, of("bare").MaxLife, "what cannot be read is not known")
	require.Contains(t, w.left, "idlePolicy of MicroVM bare")
	require.Contains(t, w.left, "maximumDurationInSeconds of MicroVM bare")
	require.Equal(t, 3, calls(w, "GetMicrovm"), "one for each launch and end, as for the role alone")
}

// TestWhatCannotBeKeptIsAskedForAgain: a file in the way of the table costs no usage.
func TestWhatCannotBeKeptIsAskedForAgain(t *testing.T) {
	w, l, of := kept(t)
	require.NoError(t, os.WriteFile(filepath.Join(l.Name(), "microvms"), nil, 0o644))
	m := life("m", 0, at(0, running))
	m.MaxSeconds = 3600
	w.service.Add(m)
	w.pollThrough(5*time.Minute, time.Minute)
	require.NotEmpty(t, w.gaps)
	require.Equal(t, "what MicroVMs were launched with", w.gaps[0].What)
	require.EqualValues(t, 300_000, w.of("m")[0].Amounts[usage.Running])
	require.NoError(t, os.Remove(filepath.Join(l.Name(), "microvms")))
	w.pollThrough(6*time.Minute, time.Minute)
	require.EqualValues(t, 3600, *of("m").MaxLife)
}
