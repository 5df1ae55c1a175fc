package serve

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// answer is a response body, ready in both encodings.
type answer struct {
	kind          string // Content-Type
	body, gzipped []byte
	tag           string // of the body
	version       string // of the ledger
	made          time.Time
}

func newAnswer(kind string, body []byte, version string, now time.Time) (*answer, error) {
	var gzipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&gzipped, gzip.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &answer{kind, body, gzipped.Bytes(), hex.EncodeToString(sum[:12]), version, now}, nil
}

// send writes the answer, or 304 if the client has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
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
)

var errBusy = errors.New("too many requests; try again later")

// cache keeps recently used answers, and builds each only once however many clients ask for it.
type cache struct {
	now     func() time.Time
	flights singleflight.Group
	turns   chan struct{} // one for each that is being built
	waiting chan struct{} // one for each that is being built or waits to be

	mutex   sync.Mutex
	answers map[string]*list.Element // of kept
	order   *list.List               // most recently used first
	bytes   int
}

type kept struct {
	key string
	*answer
}

func newCache(now func() time.Time) *cache {
	return &cache{
		now: now, turns: make(chan struct{}, concurrentBuilds), waiting: make(chan struct{}, maxWaiting),
		answers: map[string]*list.Element{}, order: list.New(),
	}
}

// get returns the answer for a key at a version of the ledger, cached or newly built. Building continues when the
// client that asked disconnects, as others may be waiting for the answer too.
func (c *cache) get(
	ctx context.Context, key, version string, build func(context.Context) (*answer, error),
) (*answer, error) {
	if a := c.have(key, version); a != nil {
		return a, nil
	}
	result := c.flights.DoChan(version+"\x00"+key, func() (any, error) {
		select {
		case c.waiting <- struct{}{}:
			defer func() { <-c.waiting }()
		default:
			return nil, errBusy
		}
		c.turns <- struct{}{}
		defer func() { <-c.turns }()
		if a := c.have(key, version); a != nil {
			return a, nil
		}
		making, stop := context.WithTimeout(context.WithoutCancel(ctx), buildTimeout)
		defer stop()
		a, err := build(making)
		if err != nil {
			return nil, err
		}
		c.keep(key, a)
		return a, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case made := <-result:
		if made.Err != nil {
			return nil, made.Err
		}
		return made.Val.(*answer), nil
	}
}

// have returns the cached answer if it is current, and nil otherwise.
func (c *cache) have(key, version string) *answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, ok := c.answers[key]
	if !ok {
		return nil
	}
	a := element.Value.(kept).answer
	if a.version != version || c.now().Sub(a.made) > maxAge {
		return nil
	}
	c.order.MoveToFront(element)
	return a
}

func (c *cache) keep(key string, a *answer) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.drop(key)
	if len(a.body)+len(a.gzipped) > maxCacheBytes/4 {
		return
	}
	c.answers[key] = c.order.PushFront(kept{key, a})
	c.bytes += len(a.body) + len(a.gzipped)
	for c.bytes > maxCacheBytes || c.order.Len() > maxAnswers {
		c.drop(c.order.Back().Value.(kept).key)
	}
}

func (c *cache) drop(key string) {
	if element, ok := c.answers[key]; ok {
		a := c.order.Remove(element).(kept)
		c.bytes -= len(a.body) + len(a.gzipped)
		delete(c.answers, key)
	}
}
