package meter

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxWaiting is how many connections may be open without a request being answered on them. One more costs the oldest
	// its place, so that whoever holds connections and says nothing keeps nobody out, and memory stays small: a connection
	// takes some 20 KB.
	maxWaiting = 192

	// leastPlace is how long a connection has its place in any case. Whoever comes again and again is accepted no faster
	// than the places are left, which is 1,280 times a second: a request that is sent at once is read before that, and has
	// waited for a thousand others for 0.8 s.
	leastPlace = 150 * time.Millisecond

	// longestTurn is how long a connection keeps its place because the meter has not come to read from it. A machine that
	// is that busy reads from others no sooner.
	longestTurn = time.Second

	// crowded is how many connections may wait before those that were answered are closed, so that a client does not find
	// out with its next request that it lost its place.
	crowded = maxWaiting / 2
)

// connections are a server's: those that wait for a request, oldest first. A connection that is answered is not among
// them, and is never closed for another's sake.
type connections struct {
	mu      sync.Mutex
	waiting list.List // of *connection
}

// connection is one of them.
type connection struct {
	*net.TCPConn
	all      *connections
	place    *list.Element // among those that wait; nil where it does not
	since    time.Time     // when it took that place
	answered int           // how many requests on it are being answered: one, or several of HTTP/2
	closed   bool
	reading  atomic.Bool // whether it is waited for what comes next
}

func (c *connection) Read(p []byte) (int, error) {
	c.reading.Store(true)
	defer c.reading.Store(false)
	return c.TCPConn.Read(p)
}

// listener gives out the connections that a listener accepts.
type listener struct {
	net.Listener
	all *connections
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	for rest := l.all.makeRoom(); rest > 0; rest = l.all.makeRoom() {
		time.Sleep(rest)
	}
	c := &connection{TCPConn: conn.(*net.TCPConn), all: l.all}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.wait()
	return c, nil
}

// makeRoom closes the connections that have waited longest, until there is room for one more. It returns how long the
// oldest has a right to its place yet, where there is none before.
func (a *connections) makeRoom() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.waiting.Len() >= maxWaiting {
		oldest := a.waiting.Front().Value.(*connection)
		if rest := leastPlace - time.Since(oldest.since); rest > 0 {
			return rest
		}
		if !oldest.reading.Load() && time.Since(oldest.since) < longestTurn {
			return time.Millisecond // what it has sent is not looked at yet
		}
		oldest.leave()
		_ = oldest.SetLinger(0) // nothing is owed to it
		_ = oldest.TCPConn.Close()
	}
	return 0
}

// wait puts a connection among those that wait. The caller holds mu.
func (c *connection) wait() {
	if !c.closed {
		c.place, c.since = c.all.waiting.PushBack(c), time.Now()
	}
}

func (c *connection) leave() {
	if c.place != nil {
		c.all.waiting.Remove(c.place)
		c.place = nil
	}
}

// Close closes a connection, which makes room for another.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.closed = true
	c.leave()
	c.all.mu.Unlock()
	return c.TCPConn.Close()
}

type connectionKey struct{}

func inContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}

// answering keeps the connection of a request, which has come whole, until the returned function is called. It reports
// whether others press for a place, so that the connection should be closed with the answer.
func answering(request *http.Request) (done func(), pressed bool) {
	c, ok := request.Context().Value(connectionKey{}).(*connection)
	if !ok {
		return func() {}, false
	}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.answered++
	c.leave()
	return func() {
		c.all.mu.Lock()
		defer c.all.mu.Unlock()
		if c.answered--; c.answered == 0 {
			c.wait()
		}
	}, c.all.waiting.Len() >= crowded
}
