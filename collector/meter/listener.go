package meter

import (
	"io"
	"log"
	"net"
	"sync"
)

// limitConnections serves so many connections at a time; further ones wait to be accepted.
func limitConnections(l net.Listener, n int) net.Listener {
	return &limitedListener{l, make(chan struct{}, n)}
}

type limitedListener struct {
	net.Listener
	slots chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{Conn: conn, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

type limitedConn struct {
	net.Conn
	free func()
}

func (c *limitedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// discardLog keeps quiet about clients that hang up or send what is not HTTP.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
