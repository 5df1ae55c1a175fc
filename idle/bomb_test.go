package idle_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/idle"
)

// 40 kB of gzip were 20 million requests, which took most of a gigabyte.
func TestAFewBytesAreNotMillionsOfRequests(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, "time\n")
	for range 20 {
		_, _ = io.WriteString(w, strings.Repeat("0\n", 1_000_000))
	}
	require.NoError(t, w.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := idle.ReadRequests(idle.Named{Name: "trace.csv.gz", Reader: &packed})
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "trace.csv.gz: there are more than 2 requests to each of its")
	require.Less(t, after.HeapSys-before.HeapSys, uint64(256<<20))

	plain := "time\n" + strings.Repeat("0\n", 750_000) + strings.Repeat("9\n", 750_000)
	trace, err := idle.ReadRequests(idle.Named{Name: "trace.csv", Reader: strings.NewReader(plain)})
	require.NoError(t, err)
	require.EqualValues(t, 1_500_000, trace.Requests, "a file that is as long as its rows is read")
}
