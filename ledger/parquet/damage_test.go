package parquet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// damagedDay makes a ledger of two days and returns the folder of the second, which has three parts.
func damagedDay(t testing.TB) (dir, folder string, records []usage.Record) {
	dir = t.TempDir()
	records = fleet{microVMs: 12, tenants: 3, days: 2, periods: 8}.all()
	w := openWriter(t, dir)
	upsert(t, w, records)
	require.NoError(t, w.Close())
	return dir, filepath.Join(dir, "usage", "dt=2026-10-02"), records
}

func total(t testing.TB, dir string) ledger.Result {
	t.Helper()
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	result, err := l.Aggregate(
		context.Background(),
		ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant}},
	)
	require.NoError(t, err)
	return result
}

func TestDamageIsNamedAndTheRestServes(t *testing.T) {
	change := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), change(data), 0o644))
		}
	}
	const second = "part-00001.parquet"
	for _, test := range []struct {
		name   string
		damage func(*testing.T, string)
		file   string
		reason string
		lost   int // rows that are not served
	}{
		{
			"a bit within a column", change(second, func(b []byte) []byte { b[len(b)/4] ^= 1; return b }), second,
			"the checksum of column", 40,
		},
		{
			"a bit within the footer", change(second, func(b []byte) []byte { b[len(b)-20] ^= 1; return b }), second,
			"its footer's checksum is", 40,
		},
		{"cut off", change(second, func(b []byte) []byte { return b[:100] }), second, "it has 100 bytes, not", 40},
		{"empty", change(second, func([]byte) []byte { return nil }), second, "it has 0 bytes, not", 40},
		{
			"something else", change(second, func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) }), second,
			"its footer's checksum is", 40,
		},
		{"longer", change(second, func(b []byte) []byte { return append(b, 0) }), second, "bytes, not", 40},
		{
			"missing", func(t *testing.T, folder string) { require.NoError(t, os.Remove(filepath.Join(folder, second))) },
			second, "it is missing", 40,
		},
		{"another part's content", func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, "part-00000.parquet"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, second), data, 0o644))
		}, second, "not", 40},
		{
			"a bit of the manifest", change(manifestName, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), manifestName,
			"manifest", 96,
		},
		{"no manifest", func(t *testing.T, folder string) {
			require.NoError(t,
				os.Remove(filepath.Join(folder, manifestName)))
		}, manifestName, "no manifest", 96},
		{"another day's manifest", func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, "..", "dt=2026-10-01", manifestName))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, manifestName), data, 0o644))
		}, manifestName, "not of 2026-10-02", 96},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, folder, records := damagedDay(t)
			test.damage(t, folder)

			result := total(t, dir)
			require.Len(t, result.Damaged, 1)
			assert.Equal(t, "usage/dt=2026-10-02/"+test.file, result.Damaged[0].Path)
			assert.Contains(t, result.Damaged[0].Reason, test.reason)
			assert.Equal(t, firstDay.AddDate(0, 0, 1), result.Damaged[0].Day)
			left := reference(records)
			left = slices.Delete(left, 96, 192)
			if test.lost == 40 {
				left = slices.Delete(reference(records), 96+40, 96+80)
			}
			byTenant := func(r usage.Record) string { return r.Tenant }
			assert.Equal(t, bigSum(left, byTenant), sumTexts(result.Groups, func(g ledger.Group) string { return g.Tenant }))

			w := openWriter(t, dir)
			checked, err := w.Repair(context.Background())
			require.NoError(t, err)
			assert.Len(t, checked.Damaged, 1)
			if test.file == manifestName { // the parts prove themselves
				assert.Len(t, checked.Rebuilt, 1)
				assert.Empty(t, total(t, dir).Damaged)
				assert.Equal(t, reference(records), content(t, dir))
				return
			}
			assert.NotEmpty(t, checked.SetAside)
			require.NotEmpty(t, total(t, dir).Damaged, "what is lost is still reported")
			upsert(t, w, records)
			assert.NotEmpty(t, total(t, dir).Damaged, "nobody has said yet that this was all of it")
			accepted, err := w.AcceptLoss(t.Context(), firstDay)
			require.NoError(t, err)
			assert.Empty(t, accepted, "another day has nothing to accept")
			accepted, err = w.AcceptLoss(t.Context(), firstDay.AddDate(0, 0, 1))
			require.NoError(t, err)
			assert.Len(t, accepted, 1)
			assert.Empty(t, total(t, dir).Damaged)
			assert.Equal(t, reference(records), content(t, dir))
			checked, err = w.Check(context.Background())
			require.NoError(t, err)
			assert.True(t, checked.OK(), "%+v", checked)
		})
	}
}

// An import into a day with a damaged part sets the part aside by itself, and says so.
func TestImportIntoADamagedDay(t *testing.T) {
	dir, folder, records := damagedDay(t)
	path := filepath.Join(folder, "part-00001.parquet")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/4] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o644))
	w := openWriter(t, dir)
	late := records[len(records)-1]
	late.Tenant = "late"
	n := upsert(t, w, []usage.Record{late})
	require.Len(t, n.SetAside, 1)
	assert.Equal(t, "usage/dt=2026-10-02/_part-00001.parquet.damaged", n.SetAside[0].Path)
	aside, err := os.ReadFile(filepath.Join(folder, "_part-00001.parquet.damaged"))
	require.NoError(t, err)
	assert.Equal(t, data, aside)
	result := total(t, dir)
	require.Len(t, result.Damaged, 1)
	assert.Contains(t, result.Damaged[0].Reason, "it was set aside on")
	assert.Contains(t, result.Damaged[0].Reason, "with 40 rows")
	_, err = w.AcceptLoss(t.Context())
	require.NoError(t, err)
	upsert(t, w, records)
	assert.Equal(t, reference(records), content(t, dir))
}

func TestOrphansAreFoundAndSetAside(t *testing.T) {
	dir, folder, records := damagedDay(t)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "dropped-in.parquet"), []byte("x"), 0o644))
	w := openWriter(t, dir)
	checked, err := w.Repair(context.Background())
	require.NoError(t, err)
	require.Len(t, checked.Orphaned, 1)
	assert.Equal(t, "usage/dt=2026-10-02/dropped-in.parquet", checked.Orphaned[0].Path)
	assert.NoFileExists(t, filepath.Join(folder, "dropped-in.parquet"))
	assert.FileExists(t, filepath.Join(folder, "_dropped-in.parquet.damaged"))
	assert.Equal(t, reference(records), content(t, dir))
	assert.Empty(t, total(t, dir).Damaged, "an orphan is no loss")
}

func TestInfo(t *testing.T) {
	dir, folder, records := damagedDay(t)
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	info, err := l.Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(192), info.Rows)
	assert.Equal(t, 6, info.Parts)
	assert.Len(t, info.Days, 2)
	assert.Equal(t, firstDay, info.First)
	assert.Equal(t, firstDay.Add(45*time.Hour), info.Last)
	var covered int64
	for _, r := range records {
		if r.Coverage == usage.CoverageComplete {
			covered += r.PeriodSeconds
		}
	}
	assert.Equal(t, covered, info.Days[0].CoveredSeconds+info.Days[1].CoveredSeconds)
	assert.Equal(t, int64(192*10_800), info.Days[0].Seconds+info.Days[1].Seconds)
	assert.Empty(t, info.Damaged)
	require.NoError(t, os.Remove(filepath.Join(folder, "part-00002.parquet")))
	info, err = l.Info(t.Context())
	require.NoError(t, err)
	require.Len(t, info.Damaged, 1)
	assert.True(t, strings.HasSuffix(info.Damaged[0].Path, "part-00002.parquet"))
}

// TestExtent: what is damaged says nothing of how far usage reaches.
func TestExtent(t *testing.T) {
	empty, err := Open(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	extent, err := empty.Extent(t.Context())
	require.NoError(t, err)
	require.Zero(t, extent)

	dir, second, _ := damagedDay(t)
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	extent, err = l.Extent(t.Context())
	require.NoError(t, err)
	want := ledger.Extent{First: firstDay, Last: firstDay.Add(45 * time.Hour), LastSeconds: 3 * 3600}
	require.Equal(t, want, extent, "eight periods of three hours a day")
	require.NoError(t, os.WriteFile(filepath.Join(second, manifestName), []byte("x"), 0o644))
	extent, err = l.Extent(t.Context())
	require.NoError(t, err)
	want.Last = firstDay.Add(21 * time.Hour)
	require.Equal(t, want, extent)
}
