package collectplans

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// wire carries calls to a fake without a network in between, and has them fail. Which call fails and how is drawn from
// what is asked, so that it does not depend on the order in which goroutines ask.
type wire struct {
	plan    *plan
	handler http.Handler

	mu     sync.Mutex
	dead   bool // the run was left behind: nothing is answered any more
	run    int
	mood   float64
	asked  map[uint64]uint64 // how often the same was asked in this run
	calls  int
	faults int
	random *rand.Rand        // of the call that the fake is answering
	failed bool              // whether that call fails some way already
	chains map[string]*chain // by the token of a next page: the pages it belongs to

	rewrite func(*http.Request, []byte) []byte // changes a reply; nil changes none

	empty []byte // an object without members, in the service's protocol
}

type byteFault uint8

const (
	dropped byteFault = iota // before anything was answered
	cut                      // in the middle
	blank                    // a reply without a body
	garbage
	bare    // an object without members
	slow    // bytes that come one by one
	endless // a reply that is as long as the caller reads
	circle  // pages that lead to each other for ever

	byteFaults = iota
)

var errDead = errors.New("the network is down")

func (w *wire) begin(run int, mood float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run, w.mood, w.asked, w.calls, w.faults = run, mood, map[uint64]uint64{}, 0, 0
	w.chains = map[string]*chain{}
}

// fails draws whether the call that is answered fails, and notes that it does.
func (w *wire) fails(chance float64) bool {
	if w.failed || w.random.Float64() >= chance {
		return false
	}
	w.failed = true
	w.faults++
	return true
}

// Do implements aws.HTTPClient.
func (w *wire) Do(r *http.Request) (response *http.Response, err error) {
	w.plan.event()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body)) // which a server's requests always have
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if w.dead || w.calls > mostCalls {
		return nil, errDead
	}
	w.seedFor(r, body)
	of := w.chainOf(r, body)
	if of.circling && len(of.pages) > 1 {
		of.next++
		return w.replied(of.pages[of.next%len(of.pages)])
	}
	var reply *http.Response
	if w.fails(w.mood / 2) {
		fault := byteFault(w.random.IntN(byteFaults))
		of.circling = of.circling || fault == circle
		reply, err = w.broken(r, fault)
	} else {
		reply, err = w.answer(r)
	}
	return w.chained(of, reply, err)
}

// chain is a listing's pages that were handed out, each of which leads on.
type chain struct {
	pages    []page
	circling bool // from now on they lead to each other
	next     int
}

type page struct {
	header http.Header
	body   []byte
}

func (w *wire) replied(p page) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: p.header.Clone(),
		Body: io.NopCloser(bytes.NewReader(p.body)), ContentLength: int64(len(p.body)),
	}, nil
}

// chainOf finds the pages that a request goes on with; a new chain where it is for a first page.
func (w *wire) chainOf(r *http.Request, body []byte) *chain {
	if token := r.URL.Query().Get("nextToken"); token != "" {
		if of := w.chains[r.URL.Path+token]; of != nil {
			return of
		}
	}
	for token, of := range w.chains {
		if bytes.Contains(body, []byte(token)) {
			return of
		}
	}
	return &chain{}
}

// chained notes a page that leads on.
func (w *wire) chained(of *chain, reply *http.Response, err error) (*http.Response, error) {
	if err != nil || reply.StatusCode != http.StatusOK || reply.ContentLength < 0 {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		reply.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
		return reply, nil
	}
	reply.Body = io.NopCloser(bytes.NewReader(body))
	if token := tokenIn(body); token != "" {
		of.pages = append(of.pages, page{reply.Header, body})
		if reply.Request != nil && reply.Request.Method == http.MethodGet {
			token = reply.Request.URL.Path + token
		}
		w.chains[token] = of
	}
	return reply, nil
}

// tokenIn finds the token of the next page in a reply, whether that is CBOR or JSON; "" where there is none.
func tokenIn(body []byte) string {
	_, rest, found := bytes.Cut(body, []byte("extToken"))
	if !found {
		return ""
	}
	if text, is := bytes.CutPrefix(rest, []byte(`":"`)); is {
		token, _, _ := bytes.Cut(text, []byte(`"`))
		return string(token)
	}
	const text, byteLength = 0x60, 0x78 // CBOR: a text, its length in the low bits or in the next byte
	switch {
	case len(rest) > 2 && rest[0] == byteLength && len(rest) >= 2+int(rest[1]):
		return string(rest[2 : 2+int(rest[1])])
	case len(rest) > 1 && rest[0]&0xe0 == text && len(rest) >= 1+int(rest[0]&0x1f):
		return string(rest[1 : 1+int(rest[0]&0x1f)])
	}
	return ""
}

// seedFor draws what goes wrong with this call from what it asks for, and how often that was asked before.
func (w *wire) seedFor(r *http.Request, body []byte) {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, r.Method+r.URL.String()+r.Header.Get("X-Amz-Target")+strconv.Itoa(w.run))
	_, _ = hash.Write(body)
	key := hash.Sum64()
	w.asked[key]++
	w.random, w.failed = rand.New(rand.NewPCG(w.plan.seed^key, w.asked[key])), false
}

func (w *wire) answer(r *http.Request) (response *http.Response, err error) {
	defer func() {
		switch fault := recover(); fault {
		case nil:
		case http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
		default:
			panic(fault)
		}
	}()
	recorder := httptest.NewRecorder()
	r.Host = r.URL.Host
	w.handler.ServeHTTP(recorder, r)
	if w.rewrite != nil && recorder.Code == http.StatusOK {
		recorder.Body = bytes.NewBuffer(w.rewrite(r, recorder.Body.Bytes()))
		recorder.Header().Set("Content-Length", strconv.Itoa(recorder.Body.Len()))
	}
	response = recorder.Result()
	response.Request = r
	return response, nil
}

// broken answers a call whose reply is broken.
func (w *wire) broken(r *http.Request, fault byteFault) (*http.Response, error) {
	if fault == dropped {
		return nil, io.ErrUnexpectedEOF
	}
	reply, err := w.answer(r)
	if err != nil || reply.StatusCode != http.StatusOK {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	switch fault {
	case cut:
		reply.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), failing{io.ErrUnexpectedEOF}))
		return reply, nil
	case blank:
		body = nil
	case garbage:
		body = pick(w.random, []byte("<html>"), []byte{0xbf, 0x61}, []byte(`{"`), body[:len(body)/2])
	case bare:
		body = w.empty
	case slow:
		reply.Body = io.NopCloser(&slowly{r.Context(), body})
		return reply, nil
	case endless:
		reply.Body, reply.ContentLength = io.NopCloser(&bomb{left: bombBytes, with: body}), -1
		return reply, nil
	}
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return reply, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// slowly gives a byte a time, without taking long.
type slowly struct {
	ctx  context.Context
	left []byte
}

func (s *slowly) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	if len(s.left)%1024 == 0 {
		time.Sleep(100 * time.Microsecond)
	}
	p[0], s.left = s.left[0], s.left[1:]
	return 1, nil
}

// bombBytes is far more than any reply has.
const bombBytes = 200 << 20

// bomb is what a small reply that was packed unpacks to.
type bomb struct {
	left int
	with []byte
}

func (b *bomb) Read(p []byte) (int, error) {
	if len(b.with) > 0 {
		n := copy(p, b.with[:1])
		b.with = nil
		return n, nil
	}
	if b.left <= 0 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	b.left -= len(p)
	return len(p), nil
}
