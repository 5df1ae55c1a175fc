package serve

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections keeps account of a server's connections, and closes those that do nothing when there are too many: a client
// that connects and never asks must not keep out one that does. Each has some time to ask before that; where all are that
// young, who comes next waits for a place, in the order of coming, so that a crowd that comes again and again cannot push
// out one that is about to ask.
type connections struct {
	most int
	now  func() time.Time

	mutex   sync.Mutex
	open    map[net.Conn]*connection
	evicted int
	closing bool // nobody waits for a place any more
}

// connection is one of them. It is serving from when a request has come in whole until it is answered; net/http's own
// states do not tell that, as its "active" begins with the first byte.
type connection struct {
	since   time.Time // of the last change
	serving bool
}

// stuck is how long a request may take before its connection can be closed for others: no answer takes that long to make,
// so that the client does not read it.
const stuck = 10 * time.Second

func newConnections(most int, now func() time.Time) *connections {
	return &connections{most: most, now: now, open: map[net.Conn]*connection{}}
}

// courtesy is how long a connection is left alone before it must have sent a request to stay when others want its place.
const courtesy = 500 * time.Millisecond

type connectionKey struct{}

// context is for http.Server.ConnContext: the first that is heard of a connection. It waits for a place, and holds up all
// that come after, which the kernel keeps in a queue meanwhile.
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

// room makes room for one more, if it can, and says whether there is.
func (c *connections) room() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.open) < c.most || c.closing || c.evict()
}

// state is for http.Server.ConnState. A connection is idle again only when its answer has been sent to the end, which is
// after the handler has returned.
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

// evict closes the connection that has done nothing for longest, or else one that is stuck, and says whether there was
// one.
func (c *connections) evict() bool {
	var (
		victim net.Conn
		best   *connection
	)
	for conn, state := range c.open {
		if patience := c.now().Sub(state.since); patience < courtesy || (state.serving && patience < stuck) {
			continue
		}
		if best == nil || (best.serving && !state.serving) || (best.serving == state.serving && state.since.Before(best.since)) {
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

// serving marks the connection of a request as soon as the request has come in whole.
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

// closeIdle closes all connections without a request, so that a shutdown waits only for those with one.
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
