package meter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// DefaultChainTimeout is how long an application's hook is waited for: as long as the service can be set to wait, less
	// what the meter itself takes. Where the service waits for less, it hangs up, and the meter stops waiting too.
	DefaultChainTimeout = 59 * time.Second

	maxChainAnswer = 1 << 20

	// hopHeader marks what the meter forwards, so that a chain that leads back to it ends.
	hopHeader = "X-Microspend-Meter"
)

// chain leads to an application's own hooks.
type chain struct {
	base    *url.URL
	timeout time.Duration
	client  *http.Client
	say     func(format string, args ...any)
}

// parseChain reads a port, or a URL such as http://127.0.0.1:9001.
func parseChain(text string) (*url.URL, error) {
	if port, err := strconv.Atoi(text); err == nil {
		if port < 1 || port > 65_535 {
			return nil, fmt.Errorf("%s is not a port", text)
		}
		return &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", text)}, nil
	}
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "http" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" ||
		base.User != nil {
		return nil, fmt.Errorf("%.80q is neither a port nor a URL such as http://127.0.0.1:9001", text)
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	return base, nil
}

func newChain(base *url.URL, timeout time.Duration, say func(format string, args ...any)) *chain {
	return &chain{base: base, timeout: timeout, say: say, client: &http.Client{
		// No proxy, and no connection that is kept: one from before a snapshot would be dead.
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// forward asks the application the same, and returns its answer as it is. An application that does not listen yet is
// asked again by the service where the hook is ready; any other that cannot be had is a bad gateway.
func (c *chain) forward(request *http.Request, body []byte) answer {
	if request.Header.Get(hopHeader) != "" {
		return plain(http.StatusLoopDetected, "the chain of hooks leads back to the meter")
	}
	ctx, cancel := context.WithTimeout(request.Context(), c.timeout)
	defer cancel()
	target := *c.base
	target.Path += request.URL.Path
	target.RawQuery = request.URL.RawQuery
	forwarded, err := http.NewRequestWithContext(ctx, request.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		return plain(http.StatusBadGateway, err.Error())
	}
	forwarded.Header = passedOn(request.Header)
	forwarded.Header.Set(hopHeader, "1")
	forwarded.Host = request.Host
	response, err := c.client.Do(forwarded)
	if err != nil {
		return c.failed(request, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxChainAnswer+1))
	if err != nil {
		return c.failed(request, err)
	}
	if len(text) > maxChainAnswer {
		return c.failed(request, errors.New("the answer is longer than 1 MiB"))
	}
	return answer{response.StatusCode, passedOn(response.Header), text}
}

func (c *chain) failed(request *http.Request, err error) answer {
	c.say("the application's hook %s: %v", strings.TrimPrefix(request.URL.Path, HookPath), err)
	var dial *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return plain(http.StatusGatewayTimeout, "the application's hook did not answer in time")
	case strings.HasSuffix(request.URL.Path, "/ready") && errors.As(err, &dial) && dial.Op == "dial":
		return plain(http.StatusServiceUnavailable, "the application does not listen yet")
	default:
		return plain(http.StatusBadGateway, "the application's hook could not be asked")
	}
}

// passedOn are the headers that are not about one connection alone.
func passedOn(header http.Header) http.Header {
	kept := header.Clone()
	for _, named := range header.Values("Connection") {
		for name := range strings.SplitSeq(named, ",") {
			kept.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range []string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Content-Length",
	} {
		kept.Del(name)
	}
	return kept
}
