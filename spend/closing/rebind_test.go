package closing_test

import (
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/spend/closing"
	"microspend/usage"
)

// TestAClosedMonthThatWasMoved: another kind of ledger has other hashes of the same days. The month is what its records
// are; once it is bound to its new days, they need not be read to tell.
func TestAClosedMonthThatWasMoved(t *testing.T) {
	p := newPlace(t)
	closed := p.close("2026-10", "2026-11-02")
	from := p.reader()
	text, err := from.Document(t.Context(), "closed/2026-10/closing.json")
	require.NoError(t, err)
	snapshot, err := from.OpenSnapshot(t.Context(), "closed/2026-10")
	require.NoError(t, err)
	moved := func(records iter.Seq2[usage.Record, error]) *place {
		to := newPlace(t)
		to.memory = &ledgertest.Memory{}
		for r, err := range records {
			require.NoError(t, err)
			to.put(r)
		}
		w := to.writer()
		require.NoError(t, w.Snapshot(t.Context(), "closed/2026-10", closed.From, closed.To, time.UTC))
		require.NoError(t, w.PutDocument(t.Context(), "closed/2026-10/closing.json", text))
		return to
	}
	to := moved(snapshot.Records(t.Context(), closed.From, closed.To))
	requireTotal(t, "93", to.report().Total.Amount)
	require.Empty(t, to.report().Restatements)
	months, err := closing.Rebind(t.Context(), to.writer())
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10"}, months)
	now, err := closing.List(t.Context(), to.reader())
	require.NoError(t, err)
	hashes, err := to.reader().DayHashes(t.Context(), closed.From, closed.To, time.UTC)
	require.NoError(t, err)
	require.Equal(t, hashes, now[0].Usage.Manifests)
	require.Equal(t, closed.Usage.SHA256, now[0].Usage.SHA256)
	requireTotal(t, "93", to.report().Total.Amount)
	months, err = closing.Rebind(t.Context(), to.writer())
	require.NoError(t, err)
	require.Empty(t, months)

	edited := moved(func(yield func(usage.Record, error) bool) {
		for r, err := range snapshot.Records(t.Context(), closed.From, closed.To) {
			r.Amounts[0]++
			if !yield(r, err) {
				return
			}
		}
	})
	_, err = closing.Load(t.Context(), edited.inputs().Source, edited.reader(), edited.inputs().TenantsFile)
	require.ErrorContains(t, err,
		"memory://test/closed/2026-10: the usage of 2026-10-01, 2026-10-02, 2026-10-03 is not what was closed")
	months, err = closing.Rebind(t.Context(), edited.writer())
	require.NoError(t, err)
	require.Empty(t, months)
}
