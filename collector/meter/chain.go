package meter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
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

// newChain leads to an application's own hooks: it asks the application the same, and gives its answer as it is.
func newChain(base *url.URL, timeout time.Duration, say func(format string, args ...any)) http.Handler {
	proxy := &httputil.ReverseProxy{
		// No proxy, and no connection that is kept: one from before a snapshot would be dead.
		Transport: &http.Transport{
			DisableKeepAlives:      true,
			DisableCompression:     true,
			Proxy:                  nil,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Upgrade") // a hook is answered, not taken over
			r.Out.Header.Del("Connection")
			r.Out.Header.Set(hopHeader, "1")
		},
		ModifyResponse: readWhole,
		ErrorHandler: func(w http.ResponseWriter, request *http.Request, err error) {
			say("the application's hook %s: %v", strings.TrimPrefix(request.URL.Path, HookPath), err)
			failed(w, request, err)
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Header.Get(hopHeader) != "" {
			refuse(w, http.StatusLoopDetected, "the chain of hooks leads back to the meter")
			return
		}
		ctx, cancel := context.WithTimeout(request.Context(), timeout)
		defer cancel()
		proxy.ServeHTTP(w, request.WithContext(ctx))
	})
}

// readWhole reads an answer to its end, so that one that is cut off is none.
func readWhole(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxChainAnswer+1))
	_ = response.Body.Close()
	if err == nil && len(text) > maxChainAnswer {
		err = errors.New("the answer is longer than 1 MiB")
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	return err
}

// failed answers for an application that cannot be asked. Where it does not listen yet, the service tries the hook
// ready again; any other hook is a bad gateway.
func failed(w http.ResponseWriter, request *http.Request, err error) {
	var dial *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		refuse(w, http.StatusGatewayTimeout, "the application's hook did not answer in time")
	case strings.HasSuffix(request.URL.Path, "/ready") && errors.As(err, &dial) && dial.Op == "dial":
		refuse(w, http.StatusServiceUnavailable, "the application does not listen yet")
	default:
		refuse(w, http.StatusBadGateway, "the application's hook could not be asked")
	}
}
