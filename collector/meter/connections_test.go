//go:build unix

package meter

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/racing"
)

// TestHeldConnections: whoever holds connections, sends half of something, or comes again and again, does not delay a
// hook, and does not make the meter large.
func TestHeldConnections(t *testing.T) {
	header := "POST " + HookPath + "ready HTTP/1.1\r\nHost: x\r\n"
	for _, tc := range []struct {
		name, sends string
	}{
		{"silent", ""},
		{"half a header", header},
		{"half a body", header + "Content-Length: 60000\r\n\r\n" + strings.Repeat("x", 50_000)},
		{"HTTP/2 and nothing more", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"},
		{"idle after a hook", header + "Content-Length: 0\r\n\r\n"},
	} {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, again %t", tc.name, again), func(t *testing.T) {
				p := startProcess(t, 0)
				host := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), HookPath)
				before := p.resident()
				stop := make(chan struct{})
				var holders sync.WaitGroup
				for range 256 {
					holders.Go(func() {
						for held := false; !held; {
							held = hold(host, tc.sends, stop) || !again
						}
					})
				}
				defer holders.Wait()
				defer close(stop)
				time.Sleep(300 * time.Millisecond)
				for range 10 {
					requireAnswered(t, p)
					time.Sleep(10 * time.Millisecond)
				}
				if grown := p.resident() - before; runtime.GOOS == "linux" && !racing.Enabled {
					require.Less(t, grown, int64(24<<20))
				}
			})
		}
	}
}

// requireAnswered calls the run hook. A connection that a loaded machine has not written to in time may be taken for
// one that is held, so it may be called again; the fault that this guards against took 14 seconds.
func requireAnswered(t *testing.T, p *process) {
	t.Helper()
	begin := time.Now()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		response, err := http.Post(p.url+"run", "application/json", strings.NewReader(`{"microvmId":"m"}`))
		require.NoError(c, err)
		response.Body.Close()
		require.Equal(c, http.StatusOK, response.StatusCode)
	}, 5*time.Second, 10*time.Millisecond)
	require.Less(t, time.Since(begin), 5*time.Second)
}

// hold holds a connection until it is closed or all are to stop, and reports whether they are.
func hold(host, sends string, stop chan struct{}) (stopped bool) {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return false
	}
	defer conn.Close()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.WriteString(conn, sends)
		_, _ = io.Copy(io.Discard, conn)
	}()
	select {
	case <-stop:
		return true
	case <-closed:
		select {
		case <-stop:
			return true
		default:
			return false
		}
	}
}

// resident is the memory of the process, in bytes; 0 where the system does not tell.
func (p *process) resident() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	number, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	kib, err := strconv.ParseInt(number, 10, 64)
	require.NoError(p.t, err)
	return kib << 10
}
