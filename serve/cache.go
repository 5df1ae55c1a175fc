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

// answer is something to send, ready in both encodings.
type answer struct {
	kind        string // Content-Type
	body, small []byte // as it is, and compressed
	tag         string // of the body
	version     string // of the ledger
	made        time.Time
}

func newAnswer(kind string, body []byte, version string, now time.Time) (*answer, error) {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.DefaultCompression)
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
	return &answer{kind, body, small.Bytes(), hex.EncodeToString(sum[:12]), version, now}, nil
}

// send writes the answer, or that the client has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	header, body, tag := w.Header(), a.body, `"`+a.tag+`"`
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = a.small, `"`+a.tag+`-gzip"`
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
		_, _ = w.Write(body) // the client may have gone
	}
}

// acceptsGzip reads Accept-Encoding as far as it matters here.
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

// The bounds of what is kept and of what is made at once.
const (
	mostAnswers     = 128
	mostAnswerBytes = 64 << 20
	fresh           = 5 * time.Minute // after which forecasts and "today" are worked out anew
	atOnce          = 2               // answers made at the same time; each uses all processors
	mostWaiting     = 64              // and how many different ones may wait to be made
	mostMaking      = time.Minute
)

var errBusy = errors.New("too many different answers are being made; try again")

// cache keeps the answers made last, and makes each one once, however many ask for it.
type cache struct {
	now     func() time.Time
	flights singleflight.Group
	turns   chan struct{} // one for each that is being made
	waiting chan struct{} // one for each that is being made or waits to be

	mutex   sync.Mutex
	answers map[string]*list.Element // of kept
	order   *list.List               // the one used last in front
	bytes   int
}

type kept struct {
	key string
	*answer
}

func newCache(now func() time.Time) *cache {
	return &cache{
		now: now, turns: make(chan struct{}, atOnce), waiting: make(chan struct{}, mostWaiting),
		answers: map[string]*list.Element{}, order: list.New(),
	}
}

// get gives the answer to a question at a state of the ledger, from what is kept or made anew. Making goes on when who
// asked has gone, as others may be waiting for it too.
func (c *cache) get(ctx context.Context, key, version string, build func(context.Context) (*answer, error)) (*answer, error) {
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
		making, stop := context.WithTimeout(context.WithoutCancel(ctx), mostMaking)
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

// have is an answer that is still good; nil if there is none.
func (c *cache) have(key, version string) *answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, ok := c.answers[key]
	if !ok {
		return nil
	}
	a := element.Value.(kept).answer
	if a.version != version || c.now().Sub(a.made) > fresh {
		return nil
	}
	c.order.MoveToFront(element)
	return a
}

func (c *cache) keep(key string, a *answer) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.drop(key)
	if len(a.body)+len(a.small) > mostAnswerBytes/4 {
		return
	}
	c.answers[key] = c.order.PushFront(kept{key, a})
	c.bytes += len(a.body) + len(a.small)
	for c.bytes > mostAnswerBytes || c.order.Len() > mostAnswers {
		c.drop(c.order.Back().Value.(kept).key)
	}
}

func (c *cache) drop(key string) {
	if element, ok := c.answers[key]; ok {
		a := c.order.Remove(element).(kept)
		c.bytes -= len(a.body) + len(a.small)
		delete(c.answers, key)
	}
}
