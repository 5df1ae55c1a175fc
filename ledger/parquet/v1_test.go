package parquet

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

// firstVersion copies the ledger of testdata/v1, which the last program of version 1 wrote, beside its export of it.
// Neither is ever made anew.
func firstVersion(t *testing.T) (dir string, records []usage.Record) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/v1")))
	text, err := os.ReadFile("testdata/v1/export.csv")
	require.NoError(t, err)
	for batch, err := range usage.ReadCSV(bytes.NewReader(text), usage.CSVOptions{}).Batches() {
		require.NoError(t, err)
		records = append(records, batch...)
	}
	require.Len(t, records, 15)
	for i := range records { // which of those it took the guest's word for, the export does not say
		records[i].TenantBy = map[string]usage.TenantBy{
			"logs": usage.TenantAsserted, "cloudwatch": usage.TenantGuest,
		}[records[i].Source]
	}
	return dir, records
}

// Version 2, in which the last program that wrote it has the same records, is read as version 1 is.
func TestSecondVersionIsReadAsIfWrittenToday(t *testing.T) {
	old, records := firstVersion(t)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/v2")))
	require.Equal(t, [2]int{versionKinds, versionKinds}, versionsOf(t, dir))
	assert.Equal(t, records, content(t, dir))
	query := ledger.Query{
		From: always[0],
		To:   always[1],
		By:   []ledger.Field{ledger.FieldTenant, ledger.FieldTenantBy, ledger.FieldDay},
	}
	var sums [2]ledger.Result
	for i, folder := range []string{old, dir} {
		l, err := Open(folder, ledger.Options{})
		require.NoError(t, err)
		sums[i], err = l.Aggregate(t.Context(), query)
		require.NoError(t, err)
	}
	assert.Equal(t, sums[0], sums[1])
	assert.Len(t, sums[0].Groups, 10, "four with logs, one with metrics, and five of others")

	late := records[7]
	late.Resource.ID, late.TenantBy = "mvm-9", usage.TenantProven
	w := openWriter(t, dir)
	assert.Equal(t, int64(1), upsert(t, w, []usage.Record{late}).Added)
	require.Equal(t, [2]int{writtenVersion, versionKinds}, versionsOf(t, dir))
	assert.Equal(t, reference(records, []usage.Record{late}), content(t, dir))
}

func versionsOf(t *testing.T, dir string) (versions [2]int) {
	t.Helper()
	for i := range versions {
		day := dayOf(firstDay.AddDate(0, 0, i))
		m, _, err := readManifest(t.Context(), folder(dir), day)
		require.NoError(t, err)
		versions[i] = m.Version
	}
	return versions
}

func TestFirstVersionIsReadAsIfWrittenToday(t *testing.T) {
	dir, records := firstVersion(t)
	require.Equal(t, [2]int{versionMarkedIDs, versionMarkedIDs}, versionsOf(t, dir))
	assert.Equal(t, records, content(t, dir), "in the order in which it was written")

	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	checked, err := l.Check(t.Context())
	require.NoError(t, err)
	assert.True(t, checked.OK(), "%+v", checked)

	var out bytes.Buffer
	_, err = WriteParquet(&out, l.Records(t.Context(), always[0], always[1]))
	require.NoError(t, err)
	exported, _, err := readParquet(out.Bytes(), ParquetOptions{})
	require.NoError(t, err)
	assert.Equal(t, records, exported)

	part, err := os.ReadFile(filepath.Join(dir, "usage/dt=2026-10-02/part-00000.parquet"))
	require.NoError(t, err)
	imported, _, err := readParquet(part, ParquetOptions{})
	require.NoError(t, err)
	for i := range records {
		records[i].TenantBy = usage.TenantGiven
	}
	assert.Equal(t, records[12:], imported, "a file of its own imports, too, for which whoever imports it answers")
}

// The same groups come of a ledger of version 1, of the next version, and of one that has both.
func TestFirstVersionIsSummedAsIfWrittenToday(t *testing.T) {
	old, records := firstVersion(t)
	mixed, _ := firstVersion(t)
	upsert(t, openWriter(t, mixed), records[12:])
	require.Equal(t, [2]int{versionMarkedIDs, writtenVersion}, versionsOf(t, mixed))
	written := t.TempDir()
	upsert(t, openWriter(t, written), records)
	require.Equal(t, [2]int{writtenVersion, writtenVersion}, versionsOf(t, written))
	for _, by := range [][]ledger.Field{
		nil,
		{ledger.FieldKind},
		{ledger.FieldArch, ledger.FieldDay},
		{ledger.FieldResource, ledger.FieldDay},
		{ledger.FieldTenant, ledger.FieldKind, ledger.FieldRegion},
		{ledger.FieldTenant, ledger.FieldTenantBy},
		{
			ledger.FieldTenant, ledger.FieldImage, ledger.FieldArch, ledger.FieldKind, ledger.FieldResource, ledger.FieldRole, ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource,
			ledger.FieldDay,
		},
	} {
		query := ledger.Query{From: always[0], To: always[1], By: by}
		var results [3]ledger.Result
		for i, dir := range []string{old, mixed, written} {
			l, err := Open(dir, ledger.Options{})
			require.NoError(t, err)
			results[i], err = l.Aggregate(t.Context(), query)
			require.NoError(t, err)
			require.Empty(t, results[i].Damaged)
		}
		assert.Equal(t, results[2], results[0])
		assert.Equal(t, results[2], results[1])
	}
}

func TestResourcesAreGroupedByKindAndID(t *testing.T) {
	dir, _ := firstVersion(t)
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	result, err := l.Aggregate(t.Context(), ledger.Query{
		From: firstDay, To: firstDay.AddDate(0, 0, 1),
		By: []ledger.Field{ledger.FieldResource},
	})
	require.NoError(t, err)
	records := map[string]int64{}
	for _, g := range result.Groups {
		records[g.Resource.Kind.String()+" "+g.Resource.String()] = g.Sum.Records
	}
	assert.Equal(t, map[string]int64{
		"fleet (fleet) acme%2Feu/web": 2, "image (image)": 1, "image (image) base": 2, "image (image)odd": 1, "microvm #1": 1,
		"microvm mvm-1": 4, "microvm mvm-2": 1,
	}, records)
}

// A manifest that does not say how long the last period is has it looked up among the records.
func TestManifestsWithoutALengthAreReadAsIfWrittenToday(t *testing.T) {
	dir := t.TempDir()
	records := fleet{microVMs: 3, tenants: 1, days: 1, periods: 4}.all()
	last := records[len(records)-1]
	last.PeriodSeconds /= 2
	records[len(records)-1] = last
	upsert(t, openWriter(t, dir), records)
	want := ledger.Extent{First: firstDay, Last: last.PeriodStart, LastSeconds: last.PeriodSeconds}
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	got, err := l.Extent(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)

	folder := filepath.Join(dir, usageFolder, dayPrefix+"2026-10-01")
	m := manifestIn(t, folder)
	require.Equal(t, last.PeriodSeconds, m.LastSeconds)
	m.LastSeconds = 0
	text, err := m.encode()
	require.NoError(t, err)
	require.NotContains(t, string(text), "last_seconds")
	require.NoError(t, os.WriteFile(filepath.Join(folder, manifestName), text, 0o600))
	got, err = l.Extent(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// A day becomes one of this version when it is next written, whatever is written to it, and not before.
func TestFirstVersionIsUpgradedDayByDay(t *testing.T) {
	dir, records := firstVersion(t)
	w := openWriter(t, dir)
	_, err := w.Repair(t.Context())
	require.NoError(t, err)
	require.Equal(t, [2]int{versionMarkedIDs, versionMarkedIDs}, versionsOf(t, dir), "nothing was to be repaired")

	late := records[7]
	late.Resource.ID, late.Arch, late.Amounts[pricing.VCPU] = "mvm-9", usage.ArchX86, 1
	assert.Equal(t, int64(1), upsert(t, w, []usage.Record{late}).Added)
	require.Equal(t, [2]int{writtenVersion, versionMarkedIDs}, versionsOf(t, dir))
	want := reference(records, []usage.Record{late})
	assert.Equal(t, want, content(t, dir))

	n := upsert(t, w, records)
	assert.Equal(t, int64(15), n.Unchanged)
	assert.Equal(t, []time.Time{firstDay.AddDate(0, 0, 1)}, n.Days, "the first day has them all already")
	require.Equal(t, [2]int{writtenVersion, writtenVersion}, versionsOf(t, dir))
	assert.Equal(t, want, content(t, dir))
	assert.Empty(t, upsert(t, w, records).Days)

	again := t.TempDir()
	upsert(t, openWriter(t, again), slices.Concat([]usage.Record{late}, records))
	assert.Equal(t, filesOf(t, again)["usage/dt=2026-10-01/part-00000.parquet"],
		filesOf(t, dir)["usage/dt=2026-10-01/part-00000.parquet"],
		"the same records make the same bytes")
}

// A manifest that is lost is made anew from files of either version.
func TestFirstVersionIsRebuilt(t *testing.T) {
	dir, records := firstVersion(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "usage/dt=2026-10-01", manifestName)))
	checked, err := openWriter(t, dir).Repair(t.Context())
	require.NoError(t, err)
	require.Len(t, checked.Rebuilt, 1)
	require.Empty(t, checked.SetAside)
	require.Equal(t, [2]int{writtenVersion, versionMarkedIDs}, versionsOf(t, dir))
	assert.Equal(t, records, content(t, dir))
}
