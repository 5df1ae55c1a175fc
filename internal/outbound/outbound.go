// Package outbound makes the HTTP clients of whatever connects to others.
//
// Nothing here follows a redirect. No service that is asked uses them, and whoever can make one, as a proxy or a wrong
// endpoint can, would get what is sent along: net/http drops Authorization on the way to another host, but not
// X-Amz-Security-Token or a token in a header of its own.
package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Client is a client that gives a redirect as the answer that it is. The timeout is of one request, to the last byte of
// its answer.
func Client(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RedirectError is a redirect that was not followed.
type RedirectError struct {
	Host string // where it leads, with its scheme
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf(
		"the answer is a redirect to %.200q, which is not followed; check the endpoint and the proxy",
		e.Host,
	)
}

// RetryableError implements what the AWS SDK's retryers look for: another try would be redirected again.
func (*RedirectError) RetryableError() bool { return false }

// Proxy is for a transport below a client that is not ours to configure, as the AWS SDK's is, which follows 307 and 308
// to any host. A transport asks for its proxy before it connects, so that a request that follows a redirect ends with a
// [*RedirectError] before anything is sent. So does one over plain
// HTTP that must not be, with a [*PlainError]. Other requests go by the proxy that the next function names.
func Proxy(next func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if r.Response != nil { // net/http sets it when it follows a redirect, and only then
			return nil, &RedirectError{Host: r.URL.Scheme + "://" + r.URL.Host}
		}
		if err := Encrypted(r.URL); err != nil {
			return nil, err
		}
		return next(r)
	}
}

// PlainError is a request over plain HTTP that was not made.
type PlainError struct{ Host string }

func (e *PlainError) Error() string {
	return fmt.Sprintf(
		"credentials are not sent over plain http to %.200q; use https, or an address of this machine such as "+
			"127.0.0.1",
		e.Host,
	)
}

// RetryableError implements what the AWS SDK's retryers look for.
func (*PlainError) RetryableError() bool { return false }

// agents are the link-local addresses of AWS's own agents, which give credentials to containers on ECS (the first) and
// EKS, and to instances (the last two).
func agents() []string {
	return []string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "169.254.169.254", "fd00:ec2::254"}
}

// Encrypted refuses, with a [*PlainError], a URL by which credentials must not be sent: over plain HTTP they may only
// go to this machine, by the name localhost or a loopback address, and to AWS's agents. That is also the rule of AWS's
// SDKs for credentials of containers. No other name is looked up: who answers for it may change.
func Encrypted(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	if u.Scheme == "https" || host == "localhost" ||
		ip != nil && (ip.IsLoopback() || slices.Contains(agents(), ip.String())) {
		return nil
	}
	return &PlainError{u.Host}
}
