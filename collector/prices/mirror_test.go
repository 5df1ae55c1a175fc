package prices

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakepricelist"
	"microspend/internal/outbound"
)

// TestMirrorFaults is about files that cannot be read: none of them leaves anything of its region.
func TestMirrorFaults(t *testing.T) {
	const ec2 = "offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
	is := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ec2) }
	for _, tc := range []struct {
		name, want, reason string
		before             func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool
	}{
		{
			"another host", "is a redirect to \"http://elsewhere.example\", which is not followed", "a mirror is one host",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						http.Redirect(w, r, "http://elsewhere.example/x", http.StatusFound)
					}
					return is(r)
				}
			},
		},
		{
			"always busy", "answered \"503 Service Unavailable\" (after 4 tries)", "tries have an end",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					return is(r)
				}
			},
		},
		{
			"come back tomorrow", "and asks to wait 24h0m0s", "a wait beyond patience is not waited for",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Retry-After", "86400")
						w.WriteHeader(http.StatusTooManyRequests)
					}
					return is(r)
				}
			},
		},
		{
			"huge", "more than any price list", "a length beyond bounds is not read",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Content-Length", "9000000000")
						w.WriteHeader(http.StatusOK)
					}
					return is(r)
				}
			},
		},
		{
			"HTML", "HTML or XML, perhaps an error page", "an error page with 200",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						_, _ = w.Write([]byte("<html>hello</html>"))
					}
					return is(r)
				}
			},
		},
		{
			"another offer", "this is the offer file of \"AWSLambda\"", "a mirror that mixes up files",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						s.Send(w, r, s.File("offers/v1.0/aws/AWSLambda/current/us-east-1/index.json"))
					}
					return is(r)
				}
			},
		},
		{
			"truncated at rest", "ends in the middle of the price list", "the mirror's own file is half",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						text := s.File(ec2)
						s.Send(w, r, text[:len(text)/2])
					}
					return is(r)
				}
			},
		},
		{
			"silent", "was cut after", "a server that sends nothing more is given up",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Content-Length", "1000")
						_, _ = w.Write([]byte("{"))
						w.(http.Flusher).Flush()
						<-r.Context().Done()
					}
					return is(r)
				}
			},
		},
		{
			"always another file", "the file changed while it was being read", "no mixture of two files counts",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, n int) bool {
					if is(r) {
						s.Plain = true
						text := s.File(ec2)
						w.Header().Set("ETag", "\""+strings.Repeat("a", n)+"\"")
						w.Header().Set("Content-Length", "100000000")
						_, _ = w.Write(text[:len(text)/2])
						panic(http.ErrAbortHandler)
					}
					return is(r)
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1"))
			server.Before = tc.before(server)
			s := store{t.TempDir()}
			result := s.run(t, web(t, server.URL), Request{Regions: []string{"us-east-1"}})
			require.True(t, result.Any(Failed), tc.reason)
			i := slices.IndexFunc(result.Outcomes, func(o Outcome) bool { return o.Status == Failed })
			require.ErrorContains(t, result.Outcomes[i].Err, tc.want)
			require.Empty(t, s.files(t), "all of a region or nothing")
		})
	}
}

// TestATroubledWayToTheMirror gets the same prices over connections that are cut, throttled and compressed.
func TestATroubledWayToTheMirror(t *testing.T) {
	list := fakepricelist.Standard("us-east-1")
	quiet := fakepricelist.Serve(t, list)
	want := store{t.TempDir()}
	want.run(t, web(t, quiet.URL), Request{})
	const ec2 = "offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
	for name, plain := range map[string]bool{"plain": true, "gzip": false} {
		t.Run(name, func(t *testing.T) {
			server := fakepricelist.Serve(t, list)
			server.Plain = plain
			ranged := 0
			server.Before = func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch {
				case n == 1: // each file is refused at first
					w.Header().Set("Retry-After", "0")
					w.WriteHeader([]int{429, 500, 502, 503}[len(r.URL.Path)%4])
					return true
				case strings.HasSuffix(r.URL.Path, ec2) && n < 5: // and cut three times
					if r.Header.Get("Range") != "" {
						ranged++
					}
					cut := &cutWriter{ResponseWriter: w, left: 700}
					defer func() {
						if cut.left <= 0 {
							panic(http.ErrAbortHandler)
						}
					}()
					server.Send(cut, r, server.File(ec2))
					return true
				}
				return false
			}
			s := store{t.TempDir()}
			result := s.run(t, web(t, server.URL), Request{})
			require.NoError(t, result.Stopped)
			require.Equal(t, 2, ranged, "it is taken up where it was cut")
			for name, text := range want.files(t) {
				if strings.HasPrefix(name, "fetched/") {
					continue // the ETag of what is compressed is another
				}
				require.Equal(t, text, s.files(t)[name], name)
			}
		})
	}
}

// cutWriter ends a connection after a number of bytes.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if len(p) >= w.left {
		_, _ = w.ResponseWriter.Write(p[:max(w.left, 0)])
		w.left = 0
		w.ResponseWriter.(http.Flusher).Flush()
		return 0, errors.New("cut")
	}
	w.left -= len(p)
	return w.ResponseWriter.Write(p)
}

// A file that is published anew while it is read is read from its beginning, as a whole.
func TestAFileThatChangesIsReadAnew(t *testing.T) {
	old, next := fakepricelist.Standard("us-east-1"), fakepricelist.Standard("us-east-1")
	next.Product("AmazonEC2", "us-east-1", "T4GMEDIUM").Tiers[0].Price = "0.0400000000"
	server := fakepricelist.Serve(t, old)
	server.Before = func(w http.ResponseWriter, r *http.Request, n int) bool {
		const ec2 = "/offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
		if r.URL.Path != ec2 || n > 1 {
			return false
		}
		defer server.Replace(next)
		cut := &cutWriter{ResponseWriter: w, left: 900}
		server.Send(cut, r, server.File(ec2[1:]))
		panic(http.ErrAbortHandler)
	}
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{Regions: []string{"us-east-1"}}, "ec2", "ebs")
	require.NoError(t, result.Stopped)
	require.False(t, result.Any(Failed))
	require.Equal(t, "0.04", s.listed(t, "us-east-1", "ec2", "hourly", "us-east-1", "t4g.medium"))
}

// TestAMirrorOfOneFile is the least that the layout asks for, in a folder and behind a URL.
func TestAMirrorOfOneFile(t *testing.T) {
	whole, folder := fakepricelist.Standard("us-west-2"), t.TempDir()
	const file = "offers/v1.0/aws/AWSLambda/current/us-west-2/index.json"
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, file), whole.Files()[file], 0o644))
	server := fakepricelist.Serve(t, whole)
	server.Before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Path != "/"+file {
			http.NotFound(w, r)
		}
		return r.URL.Path != "/"+file
	}
	for _, mirror := range []Mirror{Folder(folder), web(t, server.URL)} {
		s := store{t.TempDir()}
		got := statuses(s.run(t, mirror, Request{}))
		require.Equal(t, Unchanged, got["us-west-2 microvm"], mirror)
		require.Equal(t, NotListed, got["us-west-2 ec2"], mirror)
		require.Contains(t, s.files(t), "us-west-2@2026-09-19.yaml")
	}
}

// TestPathsStayOnTheMirror refuses an index that sends its reader elsewhere.
func TestPathsStayOnTheMirror(t *testing.T) {
	for _, path := range []string{
		"https://elsewhere.example/x.json", "//elsewhere.example/x.json", "/../secret", "/offers/../../secret", "offers/x", "/", "/a//b", "/a b",
		"/offers/%2e%2e/x",
	} {
		_, err := within(path)
		require.Error(t, err, path)
	}
	inside, err := within("/offers/v1.0/aws/AWSLambda/current/region_index.json")
	require.NoError(t, err)
	require.Equal(t, "offers/v1.0/aws/AWSLambda/current/region_index.json", inside)
	for _, url := range []string{"ftp://a/b", "https://", "https://user:secret@a/", "https://a/?x=1", "/folder"} {
		_, err := NewWeb(url, Patience{}, time.Now)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestRedirectIsAnOutboundError(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1"))
	server.Before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusMovedPermanently)
		return true
	}
	_, err := store{t.TempDir()}.updater(t, web(t, server.URL)).Run(context.Background(), Request{})
	_, redirected := errors.AsType[*outbound.RedirectError](err)
	require.True(t, redirected, "%v", err)
}
