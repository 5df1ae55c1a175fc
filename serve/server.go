package serve

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"microspend/internal/webserver"
	"microspend/report/html"
	"microspend/spend"
)

// Options configure a server. Load is required; the zero value of everything else is a sensible default.
type Options struct {
	// Load reads the configuration and opens the ledger. It is called once by [New], which fails if it does, and again
	// whenever one of the files has changed; an error is then logged and the previous inputs stay in use.
	Load func(context.Context) (Inputs, error)

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil logs nothing

	Token string   // "" requires none, which only a loopback address may do; see [webserver.CheckToken]
	Hosts []string // accepted in addition to those of the loopback; without a token only

	Refresh     time.Duration // how often to check the files for changes; 0 means 5 s
	Connections int           // maximum open at a time; 0 means 256
	Series      int           // maximum combinations of tenant, image and region in metrics; 0 means 1,000
	Rows        int           // maximum rows of a JSON answer, of which two are in memory at a time; 0 means 200,000
	Drain       time.Duration // how long a shutdown waits for requests in flight; 0 means 10 s
}

// WithDefaults fills in the defaults of what is zero.
func (o Options) WithDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Refresh = cmp.Or(o.Refresh, 5*time.Second)
	o.Connections = cmp.Or(o.Connections, 256)
	o.Series = cmp.Or(o.Series, 1000)
	o.Rows = cmp.Or(o.Rows, 200_000)
	o.Drain = cmp.Or(o.Drain, 10*time.Second)
	return o
}

// Server answers requests. Create one with [New].
type Server struct {
	options Options
	current atomic.Pointer[snapshot]
	ready   atomic.Bool
	cache   *cache
	held    *semaphore.Weighted // rows of answers that are being written
	metrics *metrics
	web     *webserver.Server
}

// New creates a server and loads its inputs.
func New(ctx context.Context, options Options) (*Server, error) {
	options = options.WithDefaults()
	web, err := webserver.New(webserver.Options{
		Token: options.Token, Hosts: options.Hosts, AddHost: "--host", Policy: html.Policy(), Logger: options.Logger,
		Connections: options.Connections, Drain: options.Drain,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: options, cache: newCache(options.Now),
		web: web, held: semaphore.NewWeighted(int64(streamed * options.Rows)),
	}
	s.metrics = newMetrics(options.Series, web)
	inputs, err := options.Load(ctx)
	if err != nil {
		return nil, err
	}
	s.current.Store(&snapshot{inputs, inputs.fingerprint(ctx)})
	return s, nil
}

// Listen listens on an address. It refuses one that other machines can reach unless there is a token.
func (s *Server) Listen(address string) (net.Listener, error) { return s.web.Listen(address) }

// Serve answers on a listener until the context ends, then waits for requests in flight and returns nil. It refuses the
// listeners that [Server.Listen] would not make.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); s.watch(watching) }()
	defer func() { stop(); <-watched }()
	return s.web.Serve(ctx, listener, s.routes(), func() {
		s.ready.Store(false)
		s.options.Logger.Info("shutting down: waiting for requests in flight")
	})
}

// routes is the handler of all requests.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.handler("page", s.pageFor, webserver.Refuse, "period", "from", "to", "tz", "tenant", "group"))
	parameters := []string{"period", "from", "to", "tz", "by", "depth", "sort", "top", "min", "previous", "unit_cost", "strict"}
	for _, d := range spend.NamedDimensions() {
		parameters = append(parameters, d.String())
	}
	mux.Handle("GET /api/v1/spend", s.handler("spend", s.spendFor, refuseJSON, parameters...))
	mux.Handle("GET /metrics", s.metrics.observe("metrics", s.metrics.handler()))
	mux.HandleFunc(
		"GET /healthz",
		func(w http.ResponseWriter, _ *http.Request) { webserver.PlainText(w, http.StatusOK, "ok") },
	)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.ready.Load() {
			webserver.PlainText(w, http.StatusOK, "ready")
		} else {
			webserver.PlainText(w, http.StatusServiceUnavailable, "not ready")
		}
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})

	return mux
}

// watch checks the files for changes, and prepares the answers before anyone asks for them.
func (s *Server) watch(ctx context.Context) {
	s.prepare(ctx)
	ticker := time.NewTicker(s.options.Refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if s.refresh(ctx) {
				s.prepare(ctx)
			}
		}
	}
}

// refresh reloads the inputs if a file has changed, and reports whether it did.
func (s *Server) refresh(ctx context.Context) bool {
	before := s.current.Load()
	version := before.fingerprint(ctx)
	if version == before.version {
		return false
	}
	inputs, err := s.options.Load(ctx)
	if err != nil {
		s.metrics.failed()
		s.options.Logger.Error("cannot read the configuration or the ledger; still serving the previous state", "error", err)
		// Wait until it changes again: logging the same error every few seconds helps nobody.
		s.current.Store(&snapshot{before.Inputs, version})
		return false
	}
	s.current.Store(&snapshot{inputs, inputs.fingerprint(ctx)})
	return true
}

// prepare updates the metrics and builds the page that is requested most.
func (s *Server) prepare(ctx context.Context) {
	at := s.current.Load()
	if err := s.metrics.update(ctx, at.Inputs, s.options.Now()); err != nil && ctx.Err() == nil {
		s.metrics.failed()
		s.options.Logger.Error("cannot update the metrics", "error", err)
	}
	_, release, err := s.pageFor(ctx, at, readQuery(""))
	switch {
	case err == nil:
		release()
	case ctx.Err() == nil:
		s.options.Logger.Error("cannot build the page", "error", err)
	}
	if ctx.Err() == nil {
		s.ready.Store(true)
	}
}
