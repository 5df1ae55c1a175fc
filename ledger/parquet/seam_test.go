package parquet

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger/audit"
	"microspend/usage"
)

// TestWhateverWritesIsInTheAuditLog has every method of a writer write, and wants an entry of each. A new method fails
// it until it says here what its entry is, or why it has none.
func TestWhateverWritesIsInTheAuditLog(t *testing.T) {
	records := fleet{microVMs: 12, tenants: 3, days: 2, periods: 8}.all()
	var writer Writer
	const none = ""
	day := filepath.Join(usageFolder, dayPrefix+dayOf(firstDay).String())
	damage := func(t *testing.T, w *Writer) {
		require.NoError(t, os.Truncate(filepath.Join(w.dir, day, "part-00000.parquet"), 100))
	}
	methods := map[string]struct {
		action string
		do     func(*testing.T, *Writer)
	}{
		"Upsert": {"write", func(t *testing.T, w *Writer) {
			changed := append([]usage.Record{}, records...)
			changed[0].Amounts[0]++
			_, err := w.Upsert(t.Context(), batches(changed, 7))
			require.NoError(t, err)
		}},
		"Repair": {"repair", func(t *testing.T, w *Writer) {
			damage(t, w)
			_, err := w.Repair(t.Context())
			require.NoError(t, err)
		}},
		"AcceptLoss": {"accept-loss", func(t *testing.T, w *Writer) {
			damage(t, w)
			_, err := w.Repair(t.Context())
			require.NoError(t, err)
			_, err = w.AcceptLoss(t.Context())
			require.NoError(t, err)
		}},
		"Audit": {"reconcile", func(t *testing.T, w *Writer) {
			require.NoError(t, w.Audit(audit.Entry{Action: "reconcile"}, nil))
		}},
		"Acknowledge": {audit.Acknowledged, func(t *testing.T, w *Writer) {
			require.NoError(t, os.Remove(filepath.Join(w.dir, day, manifestName)))
			_, err := w.Acknowledge(t.Context(), "deleted by hand")
			require.NoError(t, err)
		}},
		"Snapshot": {none, func(t *testing.T, w *Writer) { // a copy, of which closing makes its own entry
			require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", firstDay, firstDay.AddDate(0, 0, 1), time.UTC))
			require.NoError(t, w.RemoveSnapshot(t.Context(), "closed/2026-10"))
		}},
		"RemoveSnapshot": {none, func(t *testing.T, w *Writer) {
			require.NoError(t, w.RemoveSnapshot(t.Context(), "closed/2026-10"))
		}},
		"SwapDocument": {none, func(t *testing.T, w *Writer) {
			require.NoError(t, w.SwapDocument(t.Context(), "bills/2026-10.json", nil, []byte("{}")))
			require.NoError(t, w.SwapDocument(t.Context(), "bills/2026-10.json", []byte("{}"), nil))
		}},
		"PutDocument": {none, func(t *testing.T, w *Writer) { // whoever knows what it means makes the entry
			require.NoError(t, w.PutDocument(t.Context(), "bills/2026-10.json", []byte("{}")))
			require.NoError(t, w.RemoveDocument(t.Context(), "bills/2026-10.json")) // what is left is usage
		}},
		"RemoveDocument": {none, func(t *testing.T, w *Writer) {
			require.NoError(t, w.RemoveDocument(t.Context(), "bills/2026-10.json"))
		}},
		"MakeRollups": {"rollup", func(t *testing.T, w *Writer) {
			w.sizes = plainSizes
			fleet := ledgertest.Fleet{MicroVMs: 4096, Tenants: 3, Days: 1, Periods: 1}
			upsert(t, w, fleet.All())
			w.sizes = defaultSizes
			made, err := w.MakeRollups(t.Context())
			require.NoError(t, err)
			require.Len(t, made, 1)
		}},
		"From":      {none, func(_ *testing.T, w *Writer) { w.From(audit.Source{}) }},
		"Replacing": {none, func(_ *testing.T, w *Writer) { w.Replacing(nil) }},
		"Close":     {none, func(t *testing.T, w *Writer) { require.NoError(t, w.Close()) }},
	}
	reading := reflect.TypeFor[*Ledger]()
	for method := range reflect.TypeOf(&writer).Methods() {
		if _, reads := reading.MethodByName(method.Name); reads {
			continue
		}
		test, known := methods[method.Name]
		require.True(t, known, "Writer.%s: say whether it changes the ledger, and which entry it then makes", method.Name)
		t.Run(method.Name, func(t *testing.T) {
			dir := t.TempDir()
			w := openWriter(t, dir)
			upsert(t, w, records)
			entries := actionsIn(t, dir)
			before := filesOf(t, dir)
			test.do(t, w)
			_ = w.Close()
			now := actionsIn(t, dir)
			if test.action == none {
				require.Equal(t, entries, now)
				require.Equal(t, before, filesOf(t, dir), "what changes usage has an entry")
				return
			}
			require.Greater(t, len(now), len(entries))
			require.Contains(t, now[len(entries):], test.action)
		})
		delete(methods, method.Name)
	}
	require.Empty(t, methods, "there are no such methods")
}

func actionsIn(t *testing.T, dir string) (actions []string) {
	log, err := audit.Verify(dir, audit.Options{})
	require.NoError(t, err)
	for _, e := range log.Entries {
		actions = append(actions, e.Action)
	}
	return actions
}
