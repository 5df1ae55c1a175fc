package serve

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"slices"
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
	used          uint64 // by the cache's count of uses, when last
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
	answers map[string]*answer
	uses    uint64
	bytes   int
}

func newCache(now func() time.Time) *cache {
	return &cache{
		now: now, turns: make(chan struct{}, concurrentBuilds), waiting: make(chan struct{}, maxWaiting),
		answers: map[string]*answer{},
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
