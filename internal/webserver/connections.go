package webserver

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections tracks a server's connections, and closes idle ones when there are too many: a client that connects and
// never sends a request must not keep out one that does. Each gets a grace period to send one; if all are that young,
// new connections wait in order of arrival, so that a crowd that keeps reconnecting cannot push out a client that is
// about to send its request.
type connections struct {
	most int
	now  func() time.Time

	mutex   sync.Mutex
	open    map[net.Conn]*connection
	evicted int
	closing bool // new connections no longer wait
}

// connection is the state of one. It is serving from when a complete request has been received until it is answered;
// net/http's own states do not tell, as its "active" begins with the first byte.
type connection struct {
	since   time.Time // the last change
	serving bool
}

// stuckAfter is how long a request may take before its connection can be closed to make room: no answer takes that
// long to build, so the client is not reading it.
const stuckAfter = 10 * time.Second

func newConnections(most int, now func() time.Time) *connections {
	return &connections{most: most, now: now, open: map[net.Conn]*connection{}}
}

// gracePeriod is how long a connection without a request is kept when others want its place.
const gracePeriod = 500 * time.Millisecond

type connectionKey struct{}

// context is the http.Server.ConnContext, which is called first for a new connection. It waits for a place, and so
// holds up all later connections, which the kernel queues meanwhile.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	for !c.room() {
		time.Sleep(5 * time.Millisecond)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	mine := &connection{since: c.now()}
	c.open[conn] = mine
	return context.WithValue(ctx, connectionKey{}, mine)
}

// room makes room for one more connection if it can, and reports whether there is.
func (c *connections) room() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.open) < c.most || c.closing || c.evict()
}

// state is the http.Server.ConnState. A connection is idle again only when its answer has been sent completely, which
// is after the handler has returned.
func (c *connections) state(conn net.Conn, state http.ConnState) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	case http.StateIdle:
		if mine, ok := c.open[conn]; ok {
			mine.since, mine.serving = c.now(), false
		}
	case http.StateNew, http.StateActive:
	}
}

// evict closes the connection that has been idle longest, or else one that is stuck, and reports whether there was one.
func (c *connections) evict() bool {
	var (
		victim net.Conn
		best   *connection
	)
	for conn, state := range c.open {
		if patience := c.now().Sub(state.since); patience < gracePeriod || (state.serving && patience < stuckAfter) {
			continue
		}
		if best == nil || (best.serving && !state.serving) ||
			(best.serving == state.serving && state.since.Before(best.since)) {
			victim, best = conn, state
		}
	}
	if best == nil {
		return false
	}
	c.evicted++
	delete(c.open, victim)
	_ = victim.Close() // whatever state it is in
	return true
}

// serving marks a connection as serving once a complete request has been received.
func (c *connections) serving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mine, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			c.mutex.Lock()
			mine.since, mine.serving = c.now(), true
			c.mutex.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// closeIdle closes all connections that serve no request, so that a shutdown waits only for those that do.
func (c *connections) closeIdle() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.closing = true
	for conn, state := range c.open {
		if !state.serving {
			delete(c.open, conn)
			_ = conn.Close()
		}
	}
}

func (c *connections) count() (open, evicted int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.open), c.evicted
}
