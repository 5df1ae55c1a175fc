package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/parquet"
)

// TestCheckWhereThereAreNoFiles: what only files can do is refused in words, and not taken for a ledger in order.
func TestCheckWhereThereAreNoFiles(t *testing.T) {
	var m ledgertest.Memory
	opened, err := m.OpenForWriting(t.Context(), ledger.Options{})
	require.NoError(t, err)
	_, err = check(t.Context(), opened)
	require.ErrorContains(t, err, "memory://test cannot be checked file by file")
	_, _, err = mend(t.Context(), opened, true, nil, true)
	require.EqualError(t, err, "memory://test has no files to repair; import or collect a damaged day again")

	folder := filepath.Join(t.TempDir(), "ledger")
	w, err := parquet.OpenForWriting(folder, ledger.Options{})
	require.NoError(t, err)
	defer w.Close()
	found, err := check(t.Context(), w)
	require.NoError(t, err)
	require.True(t, found.OK())
}
