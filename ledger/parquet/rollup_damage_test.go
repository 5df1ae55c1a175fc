package parquet

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/usage"
)

// rolledDay makes a ledger of a day that has a rollup, and returns the day's folder.
func rolledDay(t *testing.T, more int64) (dir, folder string, records []usage.Record) {
	t.Helper()
	dir = t.TempDir()
	records = fleet{microVMs: 12, tenants: 3, days: 1, periods: 24}.all()
	for i := range records {
		records[i].Amounts[usage.Launches] += more
	}
	w := openWriter(t, dir)
	w.sizes = rolledSizes
	upsert(t, w, records)
	require.NoError(t, w.Close())
	return dir, filepath.Join(dir, usageFolder, dayPrefix+"2026-10-01"), records
}

func manifestIn(t *testing.T, folder string) *manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	require.NoError(t, err)
	m, err := decodeManifest(text, dayOf(firstDay))
	require.NoError(t, err)
	return m
}

// exchanged takes the rollup of another ledger for a day's own, in its manifest, too, so that every checksum holds.
func exchanged(t *testing.T, folder string) {
	t.Helper()
	_, other, _ := rolledDay(t, 1)
	m, theirs := manifestIn(t, folder), manifestIn(t, other)
	m.Rollup = theirs.Rollup
	m.Rollup.Of = m.Rollup.content(m)
	text, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, manifestName), text, 0o600))
	data, err := os.ReadFile(filepath.Join(other, rollupName))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, rollupName), data, 0o600))
}

// berlin asks for days of Berlin, which hours make up and sums of UTC days do not.
func berlin(t *testing.T, dir string) ledger.Result {
	t.Helper()
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	result, err := l.Aggregate(t.Context(), ledger.Query{
		From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant, ledger.FieldDay},
		Location: location(t, "Europe/Berlin"),
	})
	require.NoError(t, err)
	return result
}

// A rollup that is not what was written is never added up: the records are, and whoever asks is told. A check finds it,
// also where only adding the records up shows it, and a repair makes it anew.
func TestDamagedRollups(t *testing.T) {
	change := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			path := filepath.Join(folder, rollupName)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, change(data), 0o600))
		}
	}
	for _, test := range []struct {
		name   string
		damage func(*testing.T, string)
		told   string // by queries; "" for what these cannot know
		found  string // by a check
	}{
		{
			"a bit of an hour", change(func(b []byte) []byte { b[len(b)/3] ^= 1; return b }),
			"the rollup is damaged: the checksum of column running_ms in row group 0", "its SHA-256 is",
		},
		{"a bit of the day's sums", func(t *testing.T, folder string) {
			last := manifestIn(t, folder).Rollup.Tail.Offset - 1
			change(func(b []byte) []byte { b[last] ^= 1; return b })(t, folder)
		}, "the rollup is damaged: the checksum of column records in row group 1", "its SHA-256 is"},
		{
			"a bit of the footer", change(func(b []byte) []byte { b[len(b)-20] ^= 1; return b }),
			"the rollup is damaged: its footer's checksum is", "its footer's checksum is",
		},
		{"cut off", change(func(b []byte) []byte { return b[:9] }), "the rollup is damaged: it has 9 bytes", "it has 9 bytes"},
		{
			"missing", func(t *testing.T, folder string) { require.NoError(t, os.Remove(filepath.Join(folder, rollupName))) },
			"the rollup is damaged: it is missing", "it is missing",
		},
		{"a part in its place", func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, "part-00000.parquet"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, rollupName), data, 0o600))
		}, "the rollup is damaged: it has", "it has"},
		{"of another ledger", exchanged, "", "is not what the day's records add up to"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, folder, records := rolledDay(t, 0)
			byTenant := func(r usage.Record) string { return r.Tenant }
			want := bigSum(records, byTenant)
			sums := func(result ledger.Result) map[string][13]string {
				return sumTexts(result.Groups, func(g ledger.Group) string { return g.Tenant })
			}
			before, hours := total(t, dir), berlin(t, dir)
			require.Equal(t, []ledger.DayRead{{Day: firstDay}}, before.Read)
			require.Equal(t, []ledger.DayRead{{Day: firstDay}}, hours.Read)
			require.Equal(t, want, sums(before))

			test.damage(t, folder)
			if test.told != "" {
				damaged, damagedHours := total(t, dir), berlin(t, dir)
				assert.Equal(t, want, sums(damaged), "nothing is lacking")
				assert.Equal(t, hours.Groups, damagedHours.Groups)
				assert.Empty(t, append(damaged.Damaged, damagedHours.Damaged...))
				require.Len(t, append(damaged.Read, damagedHours.Read...), 2)
				assert.Contains(t, damaged.Read[0].FromRecords+damagedHours.Read[0].FromRecords, test.told)
			}

			w := openWriter(t, dir)
			w.sizes = rolledSizes
			checked, err := w.Check(t.Context())
			require.NoError(t, err)
			assert.False(t, checked.OK())
			assert.Empty(t, checked.Damaged)
			require.Len(t, checked.BadRollups, 1)
			assert.Equal(t, "usage/dt=2026-10-01/_rollup", checked.BadRollups[0].Path)
			assert.Contains(t, checked.BadRollups[0].Reason, test.found)

			repaired, err := w.Repair(t.Context())
			require.NoError(t, err)
			require.Len(t, repaired.Rebuilt, 1)
			assert.Equal(t, "from the day's records", repaired.Rebuilt[0].Reason)
			checked, err = w.Check(t.Context())
			require.NoError(t, err)
			assert.True(t, checked.OK(), "%+v", checked)
			assert.Equal(t, 1, checked.Rollups)
			after := total(t, dir)
			assert.Equal(t, []ledger.DayRead{{Day: firstDay}}, after.Read)
			assert.Equal(t, want, sums(after))
		})
	}
}

// A damaged part takes nothing from sums by hour, which the rollup still has. What asks for the records lacks it, and
// once it is set aside the rollup is of what is left.
func TestRollupsOfDamagedDays(t *testing.T) {
	dir, folder, _ := rolledDay(t, 0)
	before := total(t, dir)
	part := filepath.Join(folder, "part-00000.parquet")
	data, err := os.ReadFile(part)
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(part, data, 0o600))
	assert.Equal(t, before, total(t, dir))

	w := openWriter(t, dir)
	w.sizes = rolledSizes
	checked, err := w.Repair(t.Context())
	require.NoError(t, err)
	require.Len(t, checked.Damaged, 1)
	require.Empty(t, checked.BadRollups)
	after := total(t, dir)
	assert.Empty(t, after.Groups)
	require.Len(t, after.Damaged, 1, "what was set aside is reported, whatever is read")
	assert.NoFileExists(t, filepath.Join(folder, rollupName))
}

// Days that were written without rollups get them when asked to, under one entry of the audit log.
func TestMakeRollups(t *testing.T) {
	dir := t.TempDir()
	var records []usage.Record
	for i := range 2 * 4096 {
		r := fleet{microVMs: 4096, tenants: 3, days: 2, periods: 1}.record(i)
		r.PeriodSeconds, r.Image, r.Region = 60, "", "eu-west-1"
		records = append(records, r)
	}
	w := openWriter(t, dir)
	w.sizes = plainSizes
	w.sizes.partRows = 3000 // a day of two parts
	upsert(t, w, records)
	before := total(t, dir)
	hashes, err := w.DayHashes(t.Context(), always[0], always[1], nil)
	require.NoError(t, err)
	lacking, err := w.WithoutRollup(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ledger.RolledDay{
		{Day: firstDay, Rows: 4096, Without: "there is no rollup; microspend ledger rollup makes one"},
		{Day: firstDay.AddDate(0, 0, 1), Rows: 4096, Without: "there is no rollup; microspend ledger rollup makes one"},
	}, lacking)

	w.sizes = defaultSizes
	made, err := w.MakeRollups(t.Context(), firstDay)
	require.NoError(t, err)
	require.Len(t, made, 1)
	assert.Equal(t, int64(3), made[0].RollupRows, "an hour of three tenants")
	made, err = w.MakeRollups(t.Context())
	require.NoError(t, err)
	require.Len(t, made, 1, "the other day")
	made, err = w.MakeRollups(t.Context())
	require.NoError(t, err)
	require.Empty(t, made)
	same, err := w.DayHashes(t.Context(), always[0], always[1], nil)
	require.NoError(t, err)
	assert.Equal(t, hashes, same, "closed months need not be compared record by record")
	after := total(t, dir)
	assert.Equal(t, before.Groups, after.Groups)
	assert.Equal(t, []ledger.DayRead{{Day: firstDay}, {Day: firstDay.AddDate(0, 0, 1)}}, after.Read)
	info, err := w.Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(6), info.RollupRows)
	require.NoError(t, w.Close())
	log, err := audit.Verify(dir, audit.Options{})
	require.NoError(t, err)
	assert.True(t, log.OK(), "%v", log.Faults)
	assert.Equal(t, "rollup", log.Entries[len(log.Entries)-1].Action)

	// One late record makes its day, and the rollup with it, anew. The other day keeps its own.
	late := records[0]
	late.Resource.ID, late.PeriodStart = "late", late.PeriodStart.Add(time.Hour)
	w = openWriter(t, dir)
	w.sizes = defaultSizes
	upsert(t, w, []usage.Record{late})
	info, err = w.Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []int64{4, 3}, []int64{info.Days[0].RollupRows, info.Days[1].RollupRows})
	checked, err := w.Check(t.Context())
	require.NoError(t, err)
	assert.True(t, checked.OK(), "%+v", checked)
	assert.Equal(t, 2, checked.Rollups)
}
