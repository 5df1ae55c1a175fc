package parquet

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
)

// pile is a folder in which the parts of all versions of its days stay, under names of their own, as in a bucket.
type pile struct {
	*ownFolder
	changes []audit.Change
}

func (p *pile) path(day civil.Day, object string) string {
	return filepath.Join(p.day(day), "_"+object)
}

func (p *pile) Open(_ context.Context, day civil.Day, part PartFile) (File, error) {
	file, err := os.Open(p.path(day, part.Object))
	if err != nil {
		return nil, err
	}
	return opened(file)
}

func (p *pile) Add(_ context.Context, day civil.Day, part PartFile, path string) (string, error) {
	object := part.SHA256 + "-01234567.parquet"
	if err := os.MkdirAll(p.day(day), 0o755); err != nil {
		return "", err
	}
	return object, os.Rename(path, p.path(day, object))
}

func (p *pile) Discard(civil.Day, []PartFile) {}

func (p *pile) Switch(_ context.Context, s Switch) error {
	return os.WriteFile(filepath.Join(p.day(s.Day), manifestName), s.Manifest, 0o644)
}

func (p *pile) Uploaded(_ context.Context, day civil.Day) (parts []PartFile, err error) {
	paths, err := filepath.Glob(p.path(day, "*.parquet"))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		object := strings.TrimPrefix(filepath.Base(path), "_")
		parts = append(parts, PartFile{SHA256: object[:64], Bytes: info.Size(), Object: object})
	}
	return parts, err
}

func (p *pile) Switches(_ context.Context, day civil.Day) (of []audit.Change, err error) {
	for _, c := range p.changes {
		if text, _ := c.Day(); text == day.String() {
			of = append(of, c)
		}
	}
	return of, nil
}

func (p *pile) Do(e audit.Entry, do func() error) error {
	p.changes = append(p.changes, e.Changes...)
	if do == nil {
		return nil
	}
	return do()
}

// The parts of several versions of a day, of which some were in all of them, are put into their order again.
func TestRestoringADayOfManyParts(t *testing.T) {
	p := &pile{ownFolder: &ownFolder{folder: folder(t.TempDir()), step: func(string) {}}}
	require.NoError(t, os.MkdirAll(filepath.Join(p.Name(), usageFolder), 0o755))
	w := Write(p, p, ledger.Options{})
	w.sizes, w.codec = smallRolledSizes, sharedCodec
	w.sizes.partRows = 40
	records := fleet{microVMs: 12, tenants: 3, days: 2, periods: 8}.all() // 96 records a day: three parts
	upsert(t, w, records[:150])
	changed := slices.Clone(records)
	changed[0].Tenant = "somebody else"
	upsert(t, w, changed)
	changed[len(changed)-1].Amounts[0] += 5
	upsert(t, w, changed)
	upsert(t, w, records[:1])
	for day := dayOf(firstDay); day <= dayOf(firstDay)+1; day++ {
		text, _, err := p.Manifest(t.Context(), day)
		require.NoError(t, err)
		m, err := decodeManifest(text, day)
		require.NoError(t, err)
		require.Len(t, m.Parts, 3)
		objects, err := p.Uploaded(t.Context(), day)
		require.NoError(t, err)
		require.Greater(t, len(objects), len(m.files()), "those of other versions, too")
		for _, left := range []string{"", string(text[:len(text)/3]), strings.Replace(string(text), `"rows"`, `"rosw"`, 1)} {
			require.NoError(t, p.Switch(t.Context(), Switch{Day: day, Manifest: []byte(left)}))
			checked, err := w.Repair(t.Context())
			require.NoError(t, err)
			require.Empty(t, checked.Unrepaired)
			require.Len(t, checked.Rebuilt, 1)
			now, _, err := p.Manifest(t.Context(), day)
			require.NoError(t, err)
			require.Equal(t, string(text), string(now))
		}
	}
}

// One day that is beyond this program does not keep another from being repaired.
func TestRepairGoesOnWithOtherDays(t *testing.T) {
	dir, within, records := damagedDay(t)
	later := dayOf(firstDay) + 1
	m, _, err := readManifest(t.Context(), folder(dir), later)
	require.NoError(t, err)
	require.NotNil(t, m)
	first := folder(dir).day(dayOf(firstDay))
	of, _, err := readManifest(t.Context(), folder(dir), dayOf(firstDay))
	require.NoError(t, err)
	of.Version++
	text, err := of.encode()
	require.NoError(t, err)
	whole, err := os.ReadFile(filepath.Join(first, manifestName))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(first, manifestName), text, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(within, manifestName), []byte("{"), 0o644))
	w := openWriter(t, dir)
	checked, err := w.Repair(t.Context())
	require.ErrorContains(t, err, firstDay.Format(time.DateOnly)+": the manifest is of version 4")
	require.Len(t, checked.Rebuilt, 1)
	require.NoError(t, os.WriteFile(filepath.Join(first, manifestName), whole, 0o644))
	require.Equal(t, reference(records), content(t, dir))
}
