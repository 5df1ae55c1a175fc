package tabular

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// 1 MB of gzip may come to 256 MiB and 256 times its size, and not to the 1 GiB that it can be made to.
func TestGzipIsHeldToItsSize(t *testing.T) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	line := []byte(strings.Repeat("2026-10-01T00:00:00Z,300,eu-west-1,mvm-1\n", 1<<15))
	written := int64(0)
	for written < 1<<30 {
		n, err := w.Write(line)
		require.NoError(t, err)
		written += int64(n)
	}
	require.NoError(t, w.Close())
	size := int64(packed.Len())
	require.Less(t, freeUnpacked+mostFor*size, written, "or the test tests nothing")

	start := time.Now()
	in, err := Decode(bytes.NewReader(packed.Bytes()))
	require.NoError(t, err)
	read, err := io.Copy(io.Discard, in)
	require.ErrorIs(t, err, errTooDense)
	require.LessOrEqual(t, read, freeUnpacked+mostFor*size)
	require.Less(t, time.Since(start), 30*time.Second)
}

func TestGzipOfAnOrdinaryTableIsReadWhole(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	text := strings.Repeat("2026-10-01T00:00:00Z,300,eu-west-1,mvm-1\n", 1000)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	in, err := Decode(&packed)
	require.NoError(t, err)
	got, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
}
