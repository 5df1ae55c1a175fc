package doubt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/doubt"
)

// A ledger that is in no folder keeps doubts by day, gives those of a time, and has none of a day that has none any
// more.
func TestDoubtsOfALedgerInNoFolder(t *testing.T) {
	var m ledgertest.Memory
	l, err := m.OpenForWriting(t.Context(), ledger.Options{})
	require.NoError(t, err)
	of := func(from time.Time) doubt.Doubt {
		return doubt.Doubt{
			Kind: doubt.BeyondQuota, Region: "eu-west-1", Source: "logs", From: from, To: from.Add(5 * time.Minute),
			Quantity: "mem_mib_ms", Used: "9223372036854775808", Most: 491_520_000_000,
			By: []doubt.Part{{Resource: "mvm-1", Tenant: "<a&b>", Used: 5}},
		}
	}
	today, next := of(noon), of(noon.AddDate(0, 0, 1))
	require.NoError(t, doubt.Write(t.Context(), l, noon, []doubt.Doubt{of(noon.Add(time.Hour))}))
	require.NoError(t, doubt.Write(t.Context(), l, noon, []doubt.Doubt{today}), "in the place of the one before")
	require.NoError(t, doubt.Write(t.Context(), l, next.From, []doubt.Doubt{next}))
	require.Equal(t, []string{"doubts/dt=2026-11-23.jsonl", "doubts/dt=2026-11-24.jsonl"}, m.Documents())
	reader, err := m.Open(t.Context(), ledger.Options{})
	require.NoError(t, err)
	for _, test := range []struct {
		from, to time.Time
		want     []doubt.Doubt
	}{
		{noon, noon.AddDate(0, 0, 2), []doubt.Doubt{today, next}},
		{noon, noon.Add(time.Hour), []doubt.Doubt{today}},
		{noon.Add(5 * time.Minute), next.From, nil},
	} {
		got, err := doubt.Read(t.Context(), reader, test.from, test.to)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
	require.NoError(t, doubt.Write(t.Context(), l, noon, nil))
	require.Equal(t, []string{"doubts/dt=2026-11-24.jsonl"}, m.Documents())
}
