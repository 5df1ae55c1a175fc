// Package webserver is what the program's HTTP servers have in common: whom they answer, how much a client may cost
// them, and how they end.
//
// A server on a loopback address answers requests that name a loopback host, so that no page of another site can make a
// browser ask it (DNS rebinding). Any other address needs a token. Slow clients, idle ones and crowds lock nobody out:
// requests have deadlines, and of too many connections those go first that have sent no complete request for longest.
package webserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options configure a server. The zero value of everything is a sensible default.
type Options struct {
	Token   string       // "" requires none, which only a loopback address may do; see [CheckToken]
	Hosts   []string     // accepted in addition to those of the loopback; without a token only
	AddHost string       // the flag that adds one, for the message; "" where there is none
	Policy  string       // Content-Security-Policy of answers; "" allows nothing
	Logger  *slog.Logger // nil logs nothing

	Connections int           // maximum open at a time; 0 means 256
	Drain       time.Duration // how long a shutdown waits for requests in flight; 0 means 10 s
}

// Server answers requests.
type Server struct {
	options     Options
	connections *connections
}

// New returns a server. A token that is too weak is an error.
func New(options Options) (*Server, error) {
	if options.Token != "" {
		if err := CheckToken(options.Token); err != nil {
			return nil, err
		}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	options.Policy = cmp.Or(options.Policy, "default-src 'none'")
	options.Connections = cmp.Or(options.Connections, 256)
	options.Drain = cmp.Or(options.Drain, 10*time.Second)
	return &Server{options, newConnections(options.Connections, time.Now)}, nil
}

// WriteTimeout is how long an answer may take, its building included.
const WriteTimeout = 90 * time.Second

// Limits of a request.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// Connections counts those that are open, and the idle ones that were closed because there were too many.
func (s *Server) Connections() (open, evicted int) { return s.connections.count() }

// Listen listens on an address. It refuses one that other machines can reach unless there is a token.
func (s *Server) Listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return listener, s.mayListen(listener)
}

func (s *Server) mayListen(listener net.Listener) error {
	if s.options.Token != "" || isLoopback(listener.Addr()) {
		return nil
	}
	_ = listener.Close()
	return fmt.Errorf("%s is reachable from other machines, which requires a token", listener.Addr())
}

// Serve answers on a listener until the context ends, then calls ending, waits for requests in flight and returns nil.
// It refuses the listeners that [Server.Listen] would not make.
func (s *Server) Serve(ctx context.Context, listener net.Listener, handler http.Handler, ending func()) error {
	if err := s.mayListen(listener); err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.connections.serving(s.guard(isLoopback(listener.Addr())).wrap(handler)),
		ErrorLog:          slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: WriteTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ConnContext: s.connections.context, ConnState: s.connections.state,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending()
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Drain)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Shutdown(draining) }()
	for {
		s.connections.closeIdle()
		select {
		case err := <-ended:
			if errors.Is(err, context.DeadlineExceeded) {
				s.options.Logger.Warn("some requests did not finish in time and were cut off")
				err = server.Close()
			}
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *Server) guard(local bool) guard {
	g := guard{token: s.options.Token, policy: s.options.Policy, addHost: s.options.AddHost}
	if local && g.token == "" {
		g.hosts = slices.Clone(loopbackHosts)
		for _, host := range s.options.Hosts {
			g.hosts = append(g.hosts, strings.ToLower(host))
		}
	}
	return g
}
