package fakepricelist

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server serves files like AWS's: with an ETag, ranges and 304, compressed for whoever takes that.
type Server struct {
	URL string

	mu    sync.Mutex
	files map[string][]byte
	count map[string]int // answers with a body, by path
	// Before, if set, may answer a request in the server's place; it reports whether it did. n counts the requests for a
	// path, from 1.
	Before func(w http.ResponseWriter, r *http.Request, n int) bool
	asked  map[string]int
	Plain  bool // never compresses
}

// Serve starts a server of a list's files.
func Serve(t testing.TB, list *List) *Server {
	s := &Server{files: list.Files(), count: map[string]int{}, asked: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Replace serves another list from now on.
func (s *Server) Replace(list *List) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = list.Files()
}

// File is a file as it is served.
func (s *Server) File(path string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[path]
}

// Sent counts the answers that had a body, of paths that contain a text.
func (s *Server) Sent(containing string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, count := range s.count {
		if strings.Contains(path, containing) {
			n += count
		}
	}
	return n
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	s.mu.Lock()
	s.asked[path]++
	n, before := s.asked[path], s.Before
	text, ok := s.files[path]
	s.mu.Unlock()
	if before != nil && before(w, r, n) {
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.Send(w, r, text)
}

// Send answers with a text as with a file.
func (s *Server) Send(w http.ResponseWriter, r *http.Request, text []byte) {
	sum := sha256.Sum256(text)
	tag := hex.EncodeToString(sum[:6])
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && !s.Plain {
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = z.Write(text)
		_ = z.Close()
		text, tag = zipped.Bytes(), tag+"-gzip"
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("ETag", fmt.Sprintf("%q", tag))
	if r.Header.Get("If-None-Match") != fmt.Sprintf("%q", tag) {
		s.mu.Lock()
		s.count[strings.TrimPrefix(r.URL.Path, "/")]++
		s.mu.Unlock()
		if w.Header().Get("Content-Encoding") != "" && r.Header.Get("Range") == "" { // ServeContent leaves it out then
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
