package parquet

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A day without a manifest gets a new one from the parts that prove themselves, and nothing else of it is believed.
func TestRebuiltFromWhatProvesItself(t *testing.T) {
	const first, second, third = "part-00000.parquet", "part-00001.parquet", "part-00002.parquet"
	for _, test := range []struct {
		name, reason string
		damage       func(t *testing.T, folder string)
		lost         []string // names that the day is reported as lacking
		rows         int      // that are left of the day's 96
	}{
		{"nothing else", "all parts prove themselves", func(*testing.T, string) {}, nil, 96},
		{"a bit in a page", "its checksum does not hold", flip(second, 3), []string{"_" + second + ".damaged"}, 56},
		{"a bit in the footer", "the records are whole, and the file is written again", func(t *testing.T, folder string) {
			path := filepath.Join(folder, second)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			at := slices.Index(data[len(data)-200:], 'm') // within "microspend version 1"
			require.Positive(t, at)
			data[len(data)-200+at] = 'M'
			require.NoError(t, os.WriteFile(path, data, 0o644))
		}, nil, 96},
		{"a part in between", "parts are numbered in sequence", remove(second), []string{second + ".missing"}, 56},
		{"the last part", "the one before it is full", remove(third), []string{third + ".missing"}, 80},
		{"an import in progress", "nobody can tell whether it was in effect", func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, first))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "."+first+".0123456789abcdef.new"), data, 0o644))
		}, []string{"_" + first + ".0123456789abcdef.new.damaged"}, 96},
		{"set aside before", "its reason is lost, its loss is not", func(t *testing.T, folder string) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, "_"+third+".damaged"), []byte("x"), 0o644))
		}, []string{"_" + third + ".damaged"}, 96},
		{"another part's content", "a record cannot be in two parts", func(t *testing.T, folder string) {
			data, err := os.ReadFile(filepath.Join(folder, first))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, second), data, 0o644))
		}, []string{"_" + second + ".damaged"}, 56},
		{"not Parquet", "it cannot be read at all", func(t *testing.T, folder string) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, second), []byte("PAR1 no PAR1"), 0o644))
		}, []string{"_" + second + ".damaged"}, 56},
		{"everything", "a day without a part", func(t *testing.T, folder string) {
			for _, name := range []string{first, second, third} {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o644))
			}
		}, []string{"_" + first + ".damaged", "_" + second + ".damaged", "_" + third + ".damaged"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, folder, records := damagedDay(t)
			require.NoError(t, os.WriteFile(filepath.Join(folder, manifestName), []byte("{"), 0o644))
			w := openWriter(t, dir) // which leaves the day alone
			test.damage(t, folder)
			checked, err := w.Repair(context.Background())
			require.NoError(t, err)
			assert.FileExists(t, filepath.Join(folder, manifestName+".damaged"))
			result := total(t, dir)
			var lost []string
			for _, file := range result.Damaged {
				lost = append(lost, filepath.Base(file.Path))
			}
			assert.Equal(t, test.lost, lost, test.reason)
			rows := int64(0)
			for _, group := range result.Groups {
				rows += group.Sum.Records
			}
			assert.Equal(t, int64(96+test.rows), rows, test.reason)
			assert.Equal(t, test.rows > 0, len(checked.Rebuilt) == 1)

			upsert(t, w, records)
			_, err = w.AcceptLoss(t.Context())
			require.NoError(t, err)
			assert.Equal(t, reference(records), content(t, dir))
			checked, err = w.Check(context.Background())
			require.NoError(t, err)
			assert.True(t, checked.OK(), "%+v", checked)
		})
	}
}

// A manifest of a later version is none of this version's business.
func TestRepairLeavesLaterVersionsAlone(t *testing.T) {
	dir, within, _ := damagedDay(t)
	m, _, err := readManifest(t.Context(), folder(dir), dayOf(firstDay)+1)
	require.NoError(t, err)
	m.Version++
	text, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(within, manifestName), text, 0o644))
	before := filesOf(t, dir)
	w := openWriter(t, dir)
	_, err = w.Repair(context.Background())
	require.ErrorContains(t, err, "the manifest is of version 4; this program reads versions up to 3")
	assert.Equal(t, before, filesOf(t, dir))
}

// What cannot be read at present may be readable again: nothing is set aside for it.
func TestRepairWaitsForWhatCannotBeRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir, folder, records := damagedDay(t)
	require.NoError(t, os.Remove(filepath.Join(folder, manifestName)))
	path := filepath.Join(folder, "part-00001.parquet")
	require.NoError(t, os.Chmod(path, 0))
	w := openWriter(t, dir)
	_, err := w.Repair(context.Background())
	require.ErrorIs(t, err, os.ErrPermission)
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = w.Repair(context.Background())
	require.NoError(t, err)
	assert.Equal(t, reference(records), content(t, dir))
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, folder string) { require.NoError(t, os.Remove(filepath.Join(folder, name))) }
}

// flip changes a bit of a file, at one part of its length.
func flip(name string, part int) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		path := filepath.Join(folder, name)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		data[len(data)/part] ^= 1
		require.NoError(t, os.WriteFile(path, data, 0o644))
	}
}

// Other versions of the libraries compress in other ways. What they wrote is as good as what this one would write.
func TestRebuiltFromWhatOtherVersionsWrote(t *testing.T) {
	dir := t.TempDir()
	records := fleet{microVMs: 12, tenants: 3, days: 1, periods: 8}.all()
	w := openWriter(t, dir)
	w.codec = &snappy.Codec{}
	upsert(t, w, records)
	require.NoError(t, w.Close())
	require.NoError(t, os.Remove(filepath.Join(folder(w.dir).day(dayOf(firstDay)), manifestName)))
	w = openWriter(t, dir)
	checked, err := w.Repair(context.Background())
	require.NoError(t, err)
	assert.Empty(t, checked.SetAside)
	assert.Len(t, checked.Rebuilt, 1)
	assert.Equal(t, reference(records), content(t, dir))
}
