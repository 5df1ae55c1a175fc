package serve_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/serve"
)

// broken are requests that are none, or go wrong in the middle.
var broken = []string{
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x00\x00\x00\x00",
	strings.Repeat("A", 70_000),
	"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
	"GET http://evil/ HTTP/1.1\r\nHost: evil\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nx",
	"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
	"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("y", 40_000) + "\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

// crowd is clients that do everything but ask and go.
type crowd struct {
	stop chan struct{}
	wait sync.WaitGroup
}

// slow opens connections that send a byte of a header now and then, and comes back when it is thrown out.
func (c *crowd) slow(address string) {
	c.wait.Go(func() {
		for {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
			}
			for err == nil {
				select {
				case <-c.stop:
					_ = conn.Close()
					return
				case <-time.After(50 * time.Millisecond):
					_, err = conn.Write([]byte("a"))
				}
			}
			select {
			case <-c.stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// deaf asks for the page and does not read it.
func (c *crowd) deaf(address string) {
	c.wait.Go(func() {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer conn.Close()
		for range 50 {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				break
			}
		}
		<-c.stop
	})
}

func (c *crowd) broken(address string, n int) {
	c.wait.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-c.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				continue
			}
			_ = conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
			_, _ = io.WriteString(conn, broken[(i+n)%len(broken)])
			_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
			_ = conn.Close()
		}
	})
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse + stats.StackInuse
}

// TestCrowd lets 100 slow clients, some that do not listen, and a stream of broken requests at a server, of as many
// connections as it usually has and of fewer than there are clients: everyone else is still answered, memory stays
// flat, and the shutdown does not wait for them.
func TestCrowd(t *testing.T) {
	t.Run("usual", func(t *testing.T) { crowded(t, 0) })
	t.Run("full", func(t *testing.T) { crowded(t, 60) })
}

func crowded(t *testing.T, most int) {
	r := start(t, serve.Options{Connections: most, Drain: 2 * time.Second})
	address := strings.TrimPrefix(r.base, "http://")
	ask := func() (time.Duration, error) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/", nil)
		if err != nil {
			return 0, err
		}
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err == nil && (response.StatusCode != http.StatusOK ||
			!strings.HasSuffix(strings.TrimSpace(string(body)), "</html>")) {
			err = fmt.Errorf("status %d, %d bytes", response.StatusCode, len(body))
		}
		return time.Since(began), err
	}
	_, err := ask()
	require.NoError(t, err)

	c := &crowd{stop: make(chan struct{})}
	for range 100 {
		c.slow(address)
	}
	for range 10 {
		c.deaf(address)
	}
	for n := range 8 {
		c.broken(address, n)
	}
	time.Sleep(time.Second)
	early := heap()
	longest := time.Duration(0)
	until := time.Now().Add(4 * time.Second)
	answered := 0
	for ; time.Now().Before(until); answered++ {
		took, err := ask()
		require.NoError(t, err, "everyone else is answered")
		longest = max(longest, took)
	}
	late := heap()
	t.Logf("%d answers among the crowd, the slowest after %s; memory %d KiB, then %d KiB", answered, longest, early>>10,
		late>>10)
	require.Less(t, longest, 10*time.Second)
	require.Greater(t, answered, 3)
	require.Less(t, float64(late), 1.5*float64(early)+8<<20, "memory stays flat")
	if most > 0 {
		_, _, text := r.get(t, "/metrics")
		require.Regexp(t, `(?m)^microspend_http_connections_evicted_total [1-9]`, text)
		require.Regexp(t, `(?m)^microspend_http_connections ([1-5]?[0-9]|60)$`, text)
	}

	began := time.Now()
	require.NoError(t, r.stop())
	require.Less(t, time.Since(began), 5*time.Second, "the shutdown does not wait for those who never ask")
	close(c.stop)
	c.wait.Wait()
}

// TestShutdownDrains begins to read an answer, stops the server, and reads the rest.
func TestShutdownDrains(t *testing.T) {
	r := start(t, serve.Options{Drain: 20 * time.Second})
	// more than the buffers between hold
	const all = "/api/v1/spend?by=microvm,image,region,day,component,week,month,tenant"
	_, _, want := r.get(t, all)
	require.Greater(t, len(want), 2<<20)
	conn, response := r.begin(t, all)
	defer conn.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	require.Eventually(t, func() bool { return strings.Contains(r.log.String(), "shutting down") }, 5*time.Second,
		5*time.Millisecond)
	time.Sleep(300 * time.Millisecond)
	select {
	case <-stopped:
		t.Fatal("the server is gone while an answer is under way")
	default:
	}
	body, err := io.ReadAll(response)
	require.NoError(t, err, "what had begun is sent to its end")
	require.Equal(t, want, string(body))
	require.NoError(t, <-stopped)
	_, err = net.DialTimeout("tcp", strings.TrimPrefix(r.base, "http://"), time.Second)
	require.Error(t, err, "nobody new is let in")
}

// TestManyDifferentAnswers asks for more pages than are kept, at once.
func TestManyDifferentAnswers(t *testing.T) {
	r := start(t, serve.Options{})
	before := heap()
	var wait sync.WaitGroup
	busy, done := 0, 0
	var mutex sync.Mutex
	for n := range 150 {
		wait.Go(func() {
			status, header, _ := r.get(t, fmt.Sprintf("/api/v1/spend?min=%d", n+1))
			mutex.Lock()
			defer mutex.Unlock()
			switch status {
			case http.StatusOK:
				done++
			case http.StatusServiceUnavailable:
				busy++
				if header.Get("Retry-After") == "" {
					t.Error("no word on when to come back")
				}
			default:
				t.Errorf("status %d", status)
			}
		})
	}
	wait.Wait()
	t.Logf("%d answered, %d sent away", done, busy)
	require.GreaterOrEqual(t, done, 64)
	require.Less(t, heap(), before+64<<20)
	status, _, _ := r.get(t, "/")
	require.Equal(t, http.StatusOK, status)
}
