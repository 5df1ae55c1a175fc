package reconcile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
)

func TestStore(t *testing.T) {
	dir := t.TempDir()
	w := writer(t, dir)
	none, err := reconcile.Load(t.Context(), w)
	require.NoError(t, err)
	require.Nil(t, none)

	made := billed(asMeasured(), nil)
	made.Lines = append(made.Lines, x86Line(pricing.VCPU, "7200", "0.23512104"))
	bill.Sort(made.Lines)
	c, err := reconcile.Compare(t.Context(), spend.Source{Usage: ledgertest.Records{}, Rates: pricing.EmbeddedCards()},
		reconcile.Request{Bill: made})
	require.NoError(t, err)
	first := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	path, err := reconcile.Save(t.Context(), w, "october.json", c, first)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "billed", "2026-10-05_2026-10-06.json"), path)
	got, err := reconcile.Load(t.Context(), w)
	require.NoError(t, err)
	require.Equal(t, lineTexts(c.Billed()), lineTexts(got))
	require.Equal(t, "2026-10-05 us-east-1 vcpu.x86_64 0.23512104 7200", lineTexts(got)[1])

	later := c
	later.From = c.From.AddDate(0, 0, -1)
	later.Bill.Lines = slices.Clone(c.Bill.Lines[:1])
	later.Bill.Lines[0].Cost, later.Bill.Lines[0].UsedKnown = dec("1.5"), false
	_, err = reconcile.Save(t.Context(), w, "october-final.json", later, first.Add(time.Hour))
	require.NoError(t, err)
	got, err = reconcile.Load(t.Context(), w)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-10-05 us-east-1 vcpu 1.5 ?"}, lineTexts(got),
		"the later bill counts, for the whole day")
	require.Len(t, got.Days, 2)

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, broken := range []string{
		"", "{", strings.Replace(string(text), "billed/v1", "billed/v9", 1),
		strings.Replace(string(text), `"vcpu"`, `"gpu"`, 1),
		strings.Replace(string(text), `"cost": "`, `"cost": "1e99`, 1), strings.Replace(string(text), `"cost"`, `"used"`, 1),
	} {
		require.NoError(t, os.WriteFile(path, []byte(broken), 0o644))
		_, err = reconcile.Load(t.Context(), w)
		require.Error(t, err, "%.40s", broken)
	}
}

// writer opens a ledger until the end of the test.
func writer(t *testing.T, dir string) *parquet.Writer {
	t.Helper()
	w, err := parquet.OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// Whoever reads while a bill is taken in finds the one before or the new one, whole.
func TestReadWhileSaving(t *testing.T) {
	dir := t.TempDir()
	w := writer(t, dir)
	made := billed(asMeasured(), nil)
	c, err := reconcile.Compare(t.Context(), spend.Source{Usage: ledgertest.Records{}, Rates: pricing.EmbeddedCards()},
		reconcile.Request{Bill: made})
	require.NoError(t, err)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			_, err := reconcile.Load(t.Context(), w)
			assert.NoError(t, err)
		})
		_, err := reconcile.Save(t.Context(), w, "bill", c, day.Add(time.Duration(i)*time.Hour))
		require.NoError(t, err)
	}
	wait.Wait()
	entries, err := os.ReadDir(filepath.Join(dir, "billed"))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no half file is left")
}

func lineTexts(b *spend.Billed) []string {
	var out []string
	for _, l := range b.Lines {
		used := "?"
		if l.UsedKnown {
			used = l.Used.String()
		}
		out = append(out, strings.Join([]string{
			l.Day.Format(time.DateOnly), l.Region, l.Rated().String(), l.Cost.String(),
			used,
		}, " "))
	}
	return out
}

// FuzzDecode: a file that somebody has changed is refused or read, and nothing else.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema":"microspend.billed/v1","from":"2026-10-05","to":"2026-10-06","lines":[{"day":"2026-10-05","region":"us-east-1","usage":"vcpu","cost":"1.5","used":null}]}`))
	f.Add([]byte(`{"schema":"microspend.billed/v1","from":"2026-11-10","to":"2026-11-11","lines":[{"day":"2026-11-10","region":"us-east-1","usage":"memory.x86_64","cost":"1.5","used":"2"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "billed"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "billed", "2026-10-05_2026-10-06.json"), text, 0o644))
		w, err := parquet.Open(dir, ledger.Options{})
		require.NoError(t, err)
		got, err := reconcile.Load(t.Context(), w)
		if err == nil {
			require.NotEmpty(t, got.Days)
		}
	})
}
