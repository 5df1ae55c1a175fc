package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Options are what a server takes from outside. Load must be given; the zero value of all else will do.
type Options struct {
	// Load reads the configuration and opens the ledger. It is called at the start, where an error is an error, and whenever
	// one of the files has changed, where an error is logged and the inputs before are kept.
	Load func() (Inputs, error)

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil keeps quiet

	Token string   // "" needs none, which only a loopback address may; see [CheckToken]
	Hosts []string // that requests may name beside those of the loopback; without a token only

	Refresh     time.Duration // how often the files are looked at; 0 stands for 5 s
	Connections int           // the most at a time; 0 stands for 256
	Series      int           // the most combinations of tenant, image and region in metrics; 0 stands for 1,000
	Drain       time.Duration // how long a shutdown waits for answers under way; 0 stands for 10 s
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Refresh == 0 {
		o.Refresh = 5 * time.Second
	}
	if o.Connections == 0 {
		o.Connections = 256
	}
	if o.Series == 0 {
		o.Series = 1000
	}
	if o.Drain == 0 {
		o.Drain = 10 * time.Second
	}
	return o
}

// Server answers. Make one with [New].
type Server struct {
	options     Options
	current     atomic.Pointer[snapshot]
	ready       atomic.Bool
	cache       *cache
	metrics     *metrics
	connections *connections
}

// New reads the inputs for the first time.
func New(options Options) (*Server, error) {
	options = options.withDefaults()
	if options.Token != "" {
		if err := CheckToken(options.Token); err != nil {
			return nil, err
		}
	}
	s := &Server{options: options, cache: newCache(options.Now), connections: newConnections(options.Connections, time.Now)}
	s.metrics = newMetrics(options.Series, s.connections)
	inputs, err := options.Load()
	if err != nil {
		return nil, err
	}
	s.current.Store(&snapshot{inputs, inputs.fingerprint()})
	return s, nil
}

// The deadlines and sizes of a request.
const (
	mostHeaderTime  = 5 * time.Second
	mostReadTime    = 10 * time.Second
	mostWriteTime   = 90 * time.Second // making an answer is part of it
	mostIdleTime    = time.Minute
	mostHeaderBytes = 16 << 10
)

// Serve answers on a listener until the context ends, then lets what is under way come to its end, and returns nil. An
// address that others can reach needs a token.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	local := IsLoopback(listener.Addr())
	if !local && s.options.Token == "" {
		_ = listener.Close()
		return fmt.Errorf("%s can be reached from elsewhere, which needs a token", listener.Addr())
	}
	server := &http.Server{
		Handler: s.handler(local), ErrorLog: slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: mostHeaderTime, ReadTimeout: mostReadTime, WriteTimeout: mostWriteTime, IdleTimeout: mostIdleTime,
		MaxHeaderBytes: mostHeaderBytes, ConnContext: s.connections.context, ConnState: s.connections.state,
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); s.watch(watching) }()
	defer func() { stop(); <-watched }()

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.ready.Store(false)
	s.options.Logger.Info("shutting down: waiting for answers under way")
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Drain)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Shutdown(draining) }()
	for {
		s.connections.closeIdle()
		select {
		case err := <-ended:
			if errors.Is(err, context.DeadlineExceeded) {
				s.options.Logger.Warn("some answers were still under way and are cut off")
				err = server.Close()
			}
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// handler is everything that answers requests.
func (s *Server) handler(local bool) http.Handler {
	g := guard{token: s.options.Token}
	if local && g.token == "" {
		g.hosts = slices.Clone(loopbackHosts)
		for _, host := range s.options.Hosts {
			g.hosts = append(g.hosts, strings.ToLower(host))
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.metrics.observe("page", http.HandlerFunc(s.page)))
	mux.Handle("GET /api/v1/spend", s.metrics.observe("spend", http.HandlerFunc(s.spend)))
	mux.Handle("GET /metrics", s.metrics.observe("metrics", s.metrics.handler()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.ready.Load() {
			plainText(w, http.StatusOK, "ready")
		} else {
			plainText(w, http.StatusServiceUnavailable, "not ready")
		}
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return s.connections.serving(g.wrap(mux))
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// watch looks at the files again and again, and has everything ready before anyone asks.
func (s *Server) watch(ctx context.Context) {
	s.prepare(ctx)
	ticker := time.NewTicker(s.options.Refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if s.refresh() {
				s.prepare(ctx)
			}
		}
	}
}

// refresh reads the inputs again where a file has changed, and says whether it did.
func (s *Server) refresh() bool {
	before := s.current.Load()
	version := before.fingerprint()
	if version == before.version {
		return false
	}
	inputs, err := s.options.Load()
	if err != nil {
		s.metrics.failed()
		s.options.Logger.Error("the configuration or the ledger cannot be read; what was read before is served on", "error", err)
		// Not before it changes again: the same fault every few seconds helps nobody.
		s.current.Store(&snapshot{before.Inputs, version})
		return false
	}
	s.current.Store(&snapshot{inputs, inputs.fingerprint()})
	return true
}

// prepare makes the metrics and the page that is asked for most.
func (s *Server) prepare(ctx context.Context) {
	at := s.current.Load()
	if err := s.metrics.update(ctx, at.Inputs, s.options.Now()); err != nil && ctx.Err() == nil {
		s.metrics.failed()
		s.options.Logger.Error("the metrics could not be brought up to date", "error", err)
	}
	if _, err := s.pageFor(ctx, at, readQuery("")); err != nil && ctx.Err() == nil {
		s.options.Logger.Error("the page could not be made", "error", err)
	}
	if ctx.Err() == nil {
		s.ready.Store(true)
	}
}
