package parquet

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"microspend/ledger"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// FuzzDamage changes bytes of a part or of the manifest. Whatever they are, the damage is reported or the content is
// what it was; nothing panics.
func FuzzDamage(f *testing.F) {
	dir := f.TempDir()
	records := fleet{microVMs: 5, tenants: 2, days: 1, periods: 6}.all()
	w, err := OpenForWriting(dir, ledger.Options{})
	require.NoError(f, err)
	w.sizes = sizes{partRows: 100, groupRows: 16, stageRows: 50}
	upsert(f, w, records)
	require.NoError(f, w.Close())
	folder := filepath.Join(dir, "usage", "dt=2026-10-01")
	files := map[bool][]byte{}
	names := map[bool]string{false: "part-00000.parquet", true: manifestName}
	for which, name := range names {
		files[which], err = os.ReadFile(filepath.Join(folder, name))
		require.NoError(f, err)
	}
	want := total(f, dir).Groups

	f.Add(false, uint(100), []byte{1}, uint(0))
	f.Add(false, uint(0), []byte{1}, uint(0))
	f.Add(false, uint(5000), []byte("PAR1"), uint(30))
	f.Add(true, uint(30), []byte{1}, uint(0))
	f.Add(true, uint(300), []byte("0000"), uint(0))
	f.Add(true, uint(3), []byte{0}, uint(12))
	l, err := Open(dir, ledger.Options{})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, manifest bool, at uint, mask []byte, cut uint) {
		data := append([]byte{}, files[manifest]...)
		for i, m := range mask {
			data[(at+uint(i))%uint(len(data))] ^= m
		}
		data = data[:uint(len(data))-cut%uint(len(data)+1)]
		require.NoError(t, os.WriteFile(filepath.Join(folder, names[manifest]), data, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(folder, names[!manifest]), files[!manifest], 0o644))

		result, err := l.Aggregate(context.Background(), ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant}})
		require.NoError(t, err)
		if len(result.Damaged) > 0 {
			require.Empty(t, result.Groups, "the day has one part")
		} else {
			require.Equal(t, want, result.Groups)
		}
		var got []usage.Record
		damaged := len(result.Damaged) > 0
		for r, err := range l.Records(context.Background(), always[0], always[1]) {
			if err == nil {
				got = append(got, r)
			}
			damaged = damaged || err != nil
		}
		if !damaged { // records have columns that the query does not read
			require.Equal(t, reference(records), got)
		} else {
			require.Equal(t, reference(records)[:len(got)], append([]usage.Record{}, got...))
		}
		if checked, err := l.Check(context.Background()); err != nil || damaged && checked.OK() {
			t.Fatal("the check finds less than the query", err, checked)
		}
	})
}
