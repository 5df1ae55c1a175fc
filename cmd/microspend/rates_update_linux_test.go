package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakepricelist"
)

// largeMirror serves an EC2 offer file that is made as it is sent, so that only its reader could hold it.
func largeMirror(t *testing.T, size int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/AmazonEC2/current/us-east-1/index.json") {
			http.NotFound(w, r)
			return
		}
		_ = fakepricelist.WriteLarge(w, "us-east-1", size)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestUpdateInFlatMemory measures the program itself: eight times as large a file takes it no more memory than an
// eighth. RATES_MB=300 makes the large file as large as AWS's.
func TestUpdateInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 45 MB")
	}
	large := int64(40)
	if text := os.Getenv("RATES_MB"); text != "" {
		given, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		large = given
	}
	peak := func(mb int64) int64 {
		dir := t.TempDir()
		cmd := exec.Command("microspend", "rates", "update", "--service", "ec2,ebs", "--region", "us-east-1", "--from",
			largeMirror(t, mb<<20), "--rates-dir", dir)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.FileExists(t, filepath.Join(dir, "prices", "ec2", "us-east-1", "ec2.yaml"))
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		require.True(t, ok)
		t.Logf("%d MB: %.1f s, %d MiB at most", mb, time.Since(start).Seconds(), usage.Maxrss>>10)
		return usage.Maxrss >> 10
	}
	small := peak(large / 8)
	require.Less(t, peak(large), small+24, "MiB")
}
