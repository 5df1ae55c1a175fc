package microspend_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend"
	"microspend/pricing"
	"microspend/spend"
)

// A configuration says where the ledger is, what usage is charged at, and whose it is: one call reads all three.
func TestOpenSpendReadsTheConfiguration(t *testing.T) {
	name := inALedger(usageCSV)
	folder := filepath.Dir(name)
	t.Cleanup(func() { os.RemoveAll(folder) })
	configuration := filepath.Join(folder, "microspend.yaml")
	require.NoError(
		t,
		os.WriteFile(configuration, []byte("ledger: ledger\ntenants: tenants.csv\ndiscounts: {all: 10%}\n"), 0o600),
	)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "tenants.csv"),
		[]byte("match,value,tenant\nmicrovm_id,mvm-2,cinder\n"), 0o600))

	opened, err := microspend.OpenSpend(t.Context(), configuration, "")
	require.NoError(t, err)
	october := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	report, err := opened.Report(t.Context(), spend.Request{
		From: october, To: october.AddDate(0, 1, 0), By: []spend.Dimension{spend.ByTenant},
	})
	require.NoError(t, err)
	var names []string
	for _, row := range report.Rows {
		names = append(names, row.Key.Tenant)
	}
	require.Equal(t, []string{"acme", "cinder"}, names)
	require.Equal(t, "0.4827616394", report.Total.List.String())
	require.Equal(t, "0.43448547546", report.Total.Amount.String(), "10 % less than list: 0.4827616394 × 0.9")
}

func TestOpenSpendNamesWhatIsMissing(t *testing.T) {
	_, err := microspend.OpenSpend(t.Context(), "", "")
	require.ErrorIs(t, err, microspend.ErrNoLedger)
	_, err = microspend.OpenSpend(t.Context(), "", filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = microspend.OpenSpend(t.Context(), filepath.Join(t.TempDir(), "none.yaml"), "ledger")
	require.ErrorIs(t, err, fs.ErrNotExist)

	bad := filepath.Join(t.TempDir(), "microspend.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("discont: 5%\n"), 0o600))
	_, err = microspend.OpenSpend(t.Context(), bad, "ledger")
	require.ErrorContains(t, err, "microspend.yaml:1:1: discont: unknown key")
	require.NotErrorIs(t, err, pricing.ErrNoCard)
}
