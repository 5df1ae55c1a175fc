package prices

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"microspend/internal/outbound"
)

// AWS is where AWS publishes its Price List. It needs no credentials.
const AWS = "https://pricing.us-east-1.amazonaws.com"

// Patience bounds how long a mirror may take. The zero value of a field is its default.
type Patience struct {
	File    time.Duration // for one file, all tries together; 30 minutes
	Stall   time.Duration // without a byte, after which a connection is given up; 1 minute
	Pause   time.Duration // before the second try, doubled before each later one; 1 second
	Longest time.Duration // of any pause; a Retry-After beyond it ends the tries; 2 minutes
	Tries   int           // one after another without a byte; 6
}

func (p Patience) orDefaults() Patience {
	return Patience{
		File: cmp.Or(p.File, 30*time.Minute), Stall: cmp.Or(p.Stall, time.Minute), Pause: cmp.Or(p.Pause, time.Second),
		Longest: cmp.Or(p.Longest, 2*time.Minute), Tries: cmp.Or(p.Tries, 6),
	}
}

// Web is a mirror behind a URL.
type Web struct {
	base     *url.URL
	client   *http.Client
	patience Patience
	now      func() time.Time
}

// NewWeb is the mirror at an https or http URL, below which are the folders offers and savingsPlan.
func NewWeb(base string, patience Patience, now func() time.Time) (*Web, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%.100q is not the URL of a mirror, such as %s", base, AWS)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the URL of a mirror has no user, query or fragment: %.100q", u.Redacted())
	}
	patience = patience.orDefaults()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // the length and the ranges are those of what is transferred
	transport.ResponseHeaderTimeout = patience.Stall
	return &Web{u, outbound.Client(transport, patience.File), patience, now}, nil
}

func (w *Web) String() string { return w.base.String() }

// Folders implements Mirror: a server does not list them.
func (w *Web) Folders(string) []string { return nil }

// Open implements Mirror.
func (w *Web) Open(ctx context.Context, path string, known Validators) (*File, error) {
	ctx, cancel := context.WithTimeout(ctx, w.patience.File)
	body := &webBody{web: w, ctx: ctx, cancel: cancel, url: w.base.JoinPath(path).String(), watch: watchOf(ctx)}
	if err := body.start(known); err != nil {
		cancel()
		if missing, ok := errors.AsType[*MissingError](err); ok {
			missing.Mirror, missing.Path = w.String(), path
		}
		return nil, err
	}
	file := &File{body, body.is, max(body.size, 0)}
	if body.gzipped {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", body.url, err), body.Close())
		}
		file.ReadCloser = gunzip{unzipped, body}
	}
	return file, nil
}

// gunzip reads what was compressed for the way, and closes what it came by.
type gunzip struct {
	*gzip.Reader
	body io.Closer
}

func (g gunzip) Close() error { return errors.Join(g.Reader.Close(), g.body.Close()) }

// webBody is an answer's body that is taken up again where it was cut.
type webBody struct {
	web     *Web
	ctx     context.Context
	cancel  context.CancelFunc
	url     string
	watch   Watch
	is      Validators
	gzipped bool

	size    int64 // of the whole, -1 where it is not known
	read    int64
	body    io.ReadCloser
	stalled *time.Timer
	drop    context.CancelFunc // ends the request that is under way
	fails   int                // tries since the last byte
	resumed int
}

// maxResumes is how often one file is taken up again, whatever was read in between.
const maxResumes = 50

func (b *webBody) start(known Validators) error {
	resp, err := b.try(func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "gzip")
		if known.ETag != "" {
			r.Header.Set("If-None-Match", known.ETag)
		}
		if known.LastModified != "" {
			r.Header.Set("If-Modified-Since", known.LastModified)
		}
	})
	if err != nil {
		return err
	}
	switch encoding := resp.Header.Get("Content-Encoding"); {
	case resp.StatusCode == http.StatusNotModified && known != (Validators{}):
		return b.end(ErrUnchanged)
	case resp.StatusCode != http.StatusOK:
		return b.end(&StatusError{b.url, resp.Status})
	case encoding != "" && encoding != "identity" && encoding != "gzip":
		return b.end(fmt.Errorf("%s is encoded as %.40q, which was not asked for", b.url, encoding))
	case resp.ContentLength > maxTransfer:
		return b.end(fmt.Errorf("%s has %d bytes, more than any price list", b.url, resp.ContentLength))
	default:
		b.gzipped = encoding == "gzip"
	}
	b.is = Validators{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}
	b.size = resp.ContentLength
	return nil
}

// maxTransfer bounds what a server may say that it is going to send.
const maxTransfer = 4 << 30

func (b *webBody) end(err error) error { return errors.Join(err, b.Close()) }

// try makes a request until it has an answer that is worth reading, and makes its body the one that is read.
func (b *webBody) try(prepare func(*http.Request)) (*http.Response, error) {
	for {
		ctx, drop := context.WithCancel(b.ctx)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, http.NoBody)
		if err != nil {
			drop()
			return nil, err
		}
		request.Header.Set("User-Agent", "microspend")
		prepare(request)
		resp, err := b.web.client.Do(request)
		if err == nil {
			var again bool
			if again, err = b.judge(resp); err == nil {
				b.body, b.drop = resp.Body, drop
				b.stalled = time.AfterFunc(b.web.patience.Stall, drop)
				return resp, nil
			} else if !again {
				drop()
				return nil, err
			}
		}
		drop()
		if b.ctx.Err() != nil {
			return nil, b.overdue(err)
		}
		if err := b.pause(err); err != nil {
			return nil, err
		}
	}
}

// judge closes an answer that is not a file, and reports whether another try may get one.
func (b *webBody) judge(resp *http.Response) (again bool, err error) {
	status := resp.StatusCode
	if status < 300 || status == http.StatusNotModified || status == http.StatusRequestedRangeNotSatisfiable {
		return false, nil
	}
	_ = resp.Body.Close()
	switch {
	case status < 400:
		host := resp.Header.Get("Location")
		if to, err := resp.Location(); err == nil {
			host = to.Scheme + "://" + to.Host
		}
		return false, fmt.Errorf("%s: %w", b.url, &outbound.RedirectError{Host: host})
	case status == http.StatusNotFound || status == http.StatusGone || status == http.StatusForbidden:
		return false, &MissingError{Why: resp.Status}
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return true, &busyError{StatusError{b.url, resp.Status}, b.retryAfter(resp.Header.Get("Retry-After"))}
	}
	return false, &StatusError{b.url, resp.Status}
}

// busyError is an answer that says to come back later.
type busyError struct {
	StatusError
	after time.Duration
}

// retryAfter reads a header that gives seconds or a time; 0 where it gives neither.
func (b *webBody) retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(b.web.now()), 0)
	}
	return 0
}

// pause waits before another try, or says why there is none.
func (b *webBody) pause(cause error) error {
	b.fails++
	patience := b.web.patience
	if b.fails >= patience.Tries {
		return fmt.Errorf("%w (after %d tries)", cause, b.fails)
	}
	wait := min(patience.Pause<<(b.fails-1), patience.Longest)
	wait = wait/2 + rand.N(wait/2+1) // several that were turned away together do not come back together
	if busy, ok := errors.AsType[*busyError](cause); ok && busy.after > 0 {
		if wait = busy.after; wait > patience.Longest {
			return fmt.Errorf("%w and asks to wait %s", cause, wait.Round(time.Second))
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-b.ctx.Done():
		return b.overdue(cause)
	case <-timer.C:
		return nil
	}
}

// overdue says what was waited for when the time for a file was over.
func (b *webBody) overdue(cause error) error {
	if errors.Is(b.ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s was not read within %s: %w", b.url, b.web.patience.File, cmp.Or(cause, b.ctx.Err()))
	}
	return b.ctx.Err()
}

func (b *webBody) Read(p []byte) (int, error) {
	for {
		n, err := b.body.Read(p)
		if n > 0 {
			b.stalled.Reset(b.web.patience.Stall)
			b.fails = 0
			b.read += int64(n)
			b.watch(b.read, max(b.size, 0))
			return n, nil // an error comes again
		}
		if err == nil {
			continue
		}
		whole := b.size < 0 || b.read == b.size
		if errors.Is(err, io.EOF) && whole {
			return 0, io.EOF
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err := b.resume(err); err != nil {
			return 0, err
		}
	}
}

// resume takes a body up where it was cut.
func (b *webBody) resume(cause error) error {
	b.stalled.Stop()
	b.drop()
	_ = b.body.Close()
	cause = fmt.Errorf("%s was cut after %d bytes: %w", b.url, b.read, cause)
	if b.ctx.Err() != nil {
		return b.overdue(cause)
	}
	same := cmp.Or(strongETag(b.is.ETag), b.is.LastModified)
	if same == "" || b.size < 0 {
		return fmt.Errorf("%w; %w", cause, errCut)
	}
	if b.resumed++; b.resumed > maxResumes {
		return fmt.Errorf("%w, the %dth time", cause, b.resumed)
	}
	if err := b.pause(cause); err != nil {
		return err
	}
	resp, err := b.try(func(r *http.Request) {
		if b.gzipped {
			r.Header.Set("Accept-Encoding", "gzip")
		} else {
			r.Header.Set("Accept-Encoding", "identity")
		}
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", b.read))
		r.Header.Set("If-Range", same)
	})
	if err != nil {
		return err
	}
	now := Validators{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}
	if now.ETag == "" && resp.StatusCode == http.StatusPartialContent {
		now.ETag = b.is.ETag // If-Range has compared it
	}
	encoded := resp.Header.Get("Content-Encoding") == "gzip"
	switch expected := fmt.Sprintf("bytes %d-%d/%d", b.read, b.size-1, b.size); {
	case now.ETag != b.is.ETag || now.LastModified != b.is.LastModified && now.LastModified != "" || encoded != b.gzipped:
		return fmt.Errorf("%s: %w", b.url, ErrChanged)
	case resp.StatusCode == http.StatusPartialContent && resp.Header.Get("Content-Range") == expected:
		return nil
	case resp.StatusCode == http.StatusOK && resp.ContentLength == b.size:
		return b.skip()
	}
	return fmt.Errorf("%s: %w", b.url, ErrChanged)
}

// skip reads past what was read before, from a server that knows no ranges.
func (b *webBody) skip() error {
	for left := b.read; left > 0; {
		n, err := io.CopyN(io.Discard, b.body, min(left, 1<<20))
		if err != nil {
			return fmt.Errorf("%s: %w; %w", b.url, err, errCut)
		}
		b.stalled.Reset(b.web.patience.Stall)
		left -= n
	}
	return nil
}

// errCut says that a file has to be read anew, as nothing says that its rest would be the same file's.
var errCut = errors.New("it cannot be taken up there")

// strongETag is an ETag that promises the same bytes, "" for one that doesn't.
func strongETag(tag string) string {
	if strings.HasPrefix(tag, "W/") {
		return ""
	}
	return tag
}

// Close implements io.Closer.
func (b *webBody) Close() error {
	defer b.cancel()
	if b.body == nil {
		return nil
	}
	b.stalled.Stop()
	b.drop()
	return b.body.Close()
}
