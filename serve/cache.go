package serve

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"microspend/internal/webserver"
)

// answer is a response body, ready in both encodings, or what writes one that is too large to be kept.
type answer struct {
	kind          string // Content-Type
	body, gzipped []byte
	tag           string // of the body
	version       string // of the ledger
	made          time.Time
	used          uint64 // by the cache's count of uses, when last

	stream  func(io.Writer) error // writes the body; nil where it is there already
	release func()                // gives back what the stream holds, once nobody writes it any more
}

func (a *answer) size() int { return len(a.body) + len(a.gzipped) }

func newAnswer(kind string, body []byte, version string, now time.Time) (*answer, error) {
	var gzipped bytes.Buffer
	w := gzip.NewWriter(&gzipped)
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &answer{
		kind: kind, body: body, gzipped: gzipped.Bytes(), tag: hex.EncodeToString(sum[:12]), version: version, made: now,
	}, nil
}

// send writes the answer, or 304 if the client has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	if a.stream != nil {
		a.sendStream(w, r)
		return
	}
	header, body, tag := w.Header(), a.body, `"`+a.tag+`"`
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = a.gzipped, `"`+a.tag+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", tag)
	if matchesTag(r.Header.Get("If-None-Match"), tag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have disconnected
	}
}

// sendStream writes the body as it is made. A client that stops reading ends it, and one that gets only a part of it is
// told so by a connection that breaks off.
func (a *answer) sendStream(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Vary", "Accept-Encoding")
	header.Set("Content-Type", a.kind)
	var to io.Writer = w
	var zipped *gzip.Writer
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		zipped, _ = gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is valid
		to = zipped
	}
	// The time to build the answer does not count, as the body has yet to be written.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(webserver.WriteTimeout))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	err := a.stream(whileWanted{r.Context(), to})
	if err == nil && zipped != nil {
		err = zipped.Close()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // which net/http takes to break the connection off
	}
}

// whileWanted is a writer that fails once nobody waits for what is written.
type whileWanted struct {
	ctx context.Context
	io.Writer
}

// Write implements [io.Writer].
func (w whileWanted) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// acceptsGzip parses as much of Accept-Encoding as matters here.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		quality, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(quality, 64)
		return err == nil && q > 0
	}
	return false
}

func matchesTag(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == tag || part == "*" {
			return true
		}
	}
	return false
}

// Limits of what is cached and built.
const (
	maxAnswers       = 128
	maxCacheBytes    = 64 << 20
	maxAge           = 5 * time.Minute // so that forecasts and "today" stay current
	concurrentBuilds = 2               // each uses all processors
	maxWaiting       = 64              // different answers that may wait to be built
	buildTimeout     = time.Minute

	// keptRows is how many rows an answer of spend may have to be kept. One with more, which has some 10 MB, is written as
	// it is made.
	keptRows = 20_000
	// streamed is how many times the largest answer may be held at a time for clients that are reading.
	streamed = 2
)

var errBusy = errors.New("too many requests; try again later")

// cache keeps recently used answers, and builds each only once however many clients ask for it.
type cache struct {
	now     func() time.Time
	turns   chan struct{} // one for each that is being built
	waiting chan struct{} // one for each that is being built or waits to be

	mutex   sync.Mutex
	flights map[string]*flight
	answers map[string]*answer
	uses    uint64
	bytes   int
}

// flight is an answer that is being built, or is written to those who asked for it.
type flight struct {
	id      string
	clients int // who wait for the answer or write it
	cancel  context.CancelFunc
	done    chan struct{} // closed when there is an answer or an error
	answer  *answer
	err     error
}

func newCache(now func() time.Time) *cache {
	return &cache{
		now: now, turns: make(chan struct{}, concurrentBuilds), waiting: make(chan struct{}, maxWaiting),
		flights: map[string]*flight{}, answers: map[string]*answer{},
	}
}

// get returns the answer for a key at a version of the ledger, cached or newly built. Building ends when the last
// client that asked has disconnected. The caller must call release once it has written the answer.
func (c *cache) get(
	ctx context.Context, key, version string, build func(context.Context) (*answer, error),
) (a *answer, release func(), err error) {
	if a := c.have(key, version); a != nil {
		return a, func() {}, nil
	}
	f := c.join(ctx, key, version, build)
	select {
	case <-ctx.Done():
		c.leave(f)
		return nil, nil, ctx.Err()
	case <-f.done:
		if f.err != nil {
			c.leave(f)
			return nil, nil, f.err
		}
		return f.answer, func() { c.leave(f) }, nil
	}
}

// join is the flight for an answer, which it begins unless somebody has.
func (c *cache) join(
	ctx context.Context, key, version string, build func(context.Context) (*answer, error),
) *flight {
	id := version + "\x00" + key
	c.mutex.Lock()
	defer c.mutex.Unlock()
	f, ok := c.flights[id]
	if !ok {
		f = &flight{id: id, done: make(chan struct{})}
		ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
		c.flights[id] = f
		go func() {
			a, err := c.fly(ctx, key, version, build)
			c.land(f, a, err)
		}()
	}
	f.clients++
	return f
}

// fly builds an answer when it is its turn.
func (c *cache) fly(
	ctx context.Context, key, version string, build func(context.Context) (*answer, error),
) (a *answer, err error) {
	defer func() {
		if fault := recover(); fault != nil { // it would end the process, as this goroutine is none of net/http's
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return nil, errBusy
	}
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a := c.have(key, version); a != nil {
		return a, nil
	}
	ctx, stop := context.WithTimeout(ctx, buildTimeout)
	defer stop()
	if a, err = build(ctx); err == nil && a.stream == nil {
		c.keep(key, a)
	}
	return a, err
}

// land hands on what a flight has built. Who asks from now on finds it in the cache, or begins another flight.
func (c *cache) land(f *flight, a *answer, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	f.answer, f.err = a, err
	if c.flights[f.id] == f {
		delete(c.flights, f.id)
	}
	close(f.done)
	f.settle()
}

// leave is called by each client of a flight that needs it no more.
func (c *cache) leave(f *flight) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if f.clients--; f.clients == 0 {
		f.cancel()
		if c.flights[f.id] == f { // nobody may join what is canceled
			delete(c.flights, f.id)
		}
		f.settle()
	}
}

// settle releases what an answer holds if nobody needs it.
func (f *flight) settle() {
	if f.clients == 0 && f.answer != nil && f.answer.release != nil {
		f.answer.release()
		f.answer.release = nil
	}
}

// have returns the cached answer if it is current, and nil otherwise.
func (c *cache) have(key, version string) *answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	a, ok := c.answers[key]
	if !ok || a.version != version || c.now().Sub(a.made) > maxAge {
		return nil
	}
	c.uses++
	a.used = c.uses
	return a
}

func (c *cache) keep(key string, a *answer) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.drop(key)
	if a.size() > maxCacheBytes/4 {
		return
	}
	c.uses++
	a.used = c.uses
	c.answers[key] = a
	c.bytes += a.size()
	for c.bytes > maxCacheBytes || len(c.answers) > maxAnswers {
		// So few answers are kept that looking at each costs less than a list in the order of use would.
		c.drop(slices.MinFunc(slices.Collect(maps.Keys(c.answers)), func(a, b string) int {
			return cmp.Compare(c.answers[a].used, c.answers[b].used)
		}))
	}
}

func (c *cache) drop(key string) {
	if a, ok := c.answers[key]; ok {
		c.bytes -= a.size()
		delete(c.answers, key)
	}
}
