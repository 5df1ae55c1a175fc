package parquet

import (
	"sync"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/require"
)

// Whoever asks who is writing learns it, and keeps no writer out, however often it asks.
func TestHolder(t *testing.T) {
	dir := t.TempDir()
	reader, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	_, held, err := reader.Holder()
	require.NoError(t, err)
	require.False(t, held, "there is no ledger")
	w, err := OpenForWriting(dir, ledger.Options{Command: "microspend collect"})
	require.NoError(t, err)
	holder, held, err := reader.Holder()
	require.NoError(t, err)
	require.True(t, held)
	require.Regexp(t, `^pid \d+ on .*, command "microspend collect", since `, holder)
	require.NoError(t, w.Close())
	_, held, err = reader.Holder()
	require.NoError(t, err)
	require.False(t, held)

	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _, _ = reader.Holder()
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for range 100 {
		w, err := OpenForWriting(dir, ledger.Options{})
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	close(stop)
	wait.Wait()
}
