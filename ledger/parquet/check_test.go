package parquet

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/atomicfile"
	"microspend/internal/civil"
	"microspend/usage"
)

// A part can be what its manifest says, to the last checksum, and still not be in order: a fault of the program that
// wrote it.
func TestCheckHoldsRecordsToTheirOrder(t *testing.T) {
	records := reference(fleet{microVMs: 3, tenants: 1, days: 1, periods: 2}.all())
	swapped := slices.Clone(records)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	for _, test := range []struct {
		name   string
		parts  [][]usage.Record
		reason []string
	}{
		{"in order", [][]usage.Record{records[:3], records[3:]}, nil},
		{"swapped", [][]usage.Record{swapped}, []string{"row 3 is out of order"}},
		{"a key twice", [][]usage.Record{{records[0], records[1], records[1]}}, []string{"row 3 is out of order"}},
		{
			"the last key of the part before again",
			[][]usage.Record{records[:3], records[2:]},
			[]string{"row 1 is out of order"},
		},
		{"parts in another order", [][]usage.Record{records[3:], records[:3]}, []string{"row 1 is out of order"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			day := dayOf(firstDay)
			writeParts(t, dir, day, test.parts)
			l, err := Open(dir, ledger.Options{})
			require.NoError(t, err)
			result, err := l.Check(t.Context())
			require.NoError(t, err)
			var reasons []string
			for _, file := range result.Damaged {
				reasons = append(reasons, file.Reason)
			}
			assert.Equal(t, test.reason, reasons)
		})
	}
}

// writeParts writes a day's parts with records as they come, and a manifest that is true of them.
func writeParts(t *testing.T, dir string, day civil.Day, parts [][]usage.Record) {
	t.Helper()
	w := openWriter(t, dir)
	within := folder(w.dir).day(day)
	require.NoError(t, os.MkdirAll(within, 0o755))
	m := &manifest{Version: writtenVersion, Day: day.String()}
	for i, records := range parts {
		name := partNameOf(i)
		file, err := w.place().Create(filepath.Join(within, name), within)
		require.NoError(t, err)
		part := newPartWriter(file, smallSizes, sharedCodec, &rowGroup{})
		for j := range records {
			require.NoError(t, part.add(&records[j]))
			m.count(&records[j])
		}
		entry, err := part.finish(name)
		require.NoError(t, err)
		require.NoError(t, part.close())
		m.Parts = append(m.Parts, entry)
	}
	text, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, atomicfile.Write(filepath.Join(within, manifestName), text, 0o644))
	require.NoError(t, w.Close())
}
