package collector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

// A run notes that it has begun before it does anything else, and how it ended, in a file that is only written in
// place.
func TestAttempt(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.options.Ledger.Folder, ".collect", "memory", attemptName)
	w.source.hook = func(context.Context, Target, Batch) {
		a, err := ReadAttempt(w.t.Context(), w.ledger(), "memory")
		require.NoError(t, err)
		assert.Equal(t, Attempt{Began: noon}, a)
	}
	w.run()
	w.source.hook = nil
	a, err := ReadAttempt(w.t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.Equal(t, Attempt{Began: noon, Ended: noon}, a)
	before, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, attemptBytes, before.Size())

	// The state cannot be written, as on a full disk.
	state := filepath.Join(w.options.Ledger.Folder, ".collect", "memory", stateName)
	require.NoError(t, os.Remove(state))
	require.NoError(t, os.MkdirAll(filepath.Join(state, "x"), 0o700))
	w.after(time.Hour)
	a, err = ReadAttempt(w.t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.Equal(t, noon.Add(time.Hour), a.Ended)
	assert.Contains(t, a.Error, "its state cannot be kept: ")
	after, err := os.Stat(path)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))

	l, err := w.options.Ledger.OpenForWriting(t.Context(), ledger.Options{})
	require.NoError(t, err)
	c := w.runner().collection(t.Context(), &Summary{Began: noon})
	c.writer, c.folder = l, filepath.Dir(path)
	c.attempt(t.Context())(errors.New(strings.Repeat("\x01", 10_000)))
	require.NoError(t, l.Close())
	a, err = ReadAttempt(w.t.Context(), w.ledger(), "memory")
	require.NoError(t, err)
	assert.NotEmpty(t, a.Error)
	assert.EqualValues(t, attemptBytes, after.Size())
}
