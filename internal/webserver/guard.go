package webserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// MinTokenBytes is the minimum length of a token.
const MinTokenBytes = 16

// CheckToken rejects tokens that are short enough to guess or cannot be sent in a header.
func CheckToken(token string) error {
	if len(token) < MinTokenBytes {
		return fmt.Errorf("the token has %d characters; use at least %d, as from openssl rand -hex 32", len(token),
			MinTokenBytes)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the token has a character that is not allowed in a header; use letters and digits")
	}
	return nil
}

const (
	cookieName = "microspend"
	// maxQueryBytes limits what has to be parsed; a hundred tenant names fit.
	maxQueryBytes = 8 << 10
)

// guard decides which requests are answered.
type guard struct {
	token string   // "" if none is required
	hosts []string // accepted in Host; none means any
	// policy is what answers may load and run; see Content-Security-Policy.
	policy  string
	addHost string // the flag that accepts another host; "" where there is none
}

// wrap guards a handler.
func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Content-Security-Policy", g.policy+"; frame-ancestors 'none'")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "interest-cohort=(), browsing-topics=()")
		header.Set("Cache-Control", "private, no-cache")
		switch {
		case !g.knowsHost(r.Host):
			Refuse(w, http.StatusMisdirectedRequest, g.unknownHost())
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			Refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD are supported")
		case r.ContentLength != 0:
			Refuse(w, http.StatusRequestEntityTooLarge, "requests must not have a body")
		case len(r.URL.RawQuery) > maxQueryBytes:
			Refuse(w, http.StatusRequestURITooLong, "the query is too long")
		case g.token == "" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
			next.ServeHTTP(w, r)
		default:
			g.authorize(w, r, next)
		}
	})
}

func (g guard) authorize(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if scheme, given, found := strings.Cut(r.Header.Get("Authorization"), " "); found &&
		strings.EqualFold(scheme, "Bearer") && same(strings.TrimSpace(given), g.token) {
		next.ServeHTTP(w, r)
		return
	}
	if cookie, err := r.Cookie(cookieName); err == nil && same(cookie.Value, g.session()) && !r.URL.Query().Has("token") {
		next.ServeHTTP(w, r)
		return
	}
	if query := r.URL.Query(); len(query["token"]) == 1 && same(query.Get("token"), g.token) {
		// From here on a cookie identifies the client, so that the token ends up in no history and no log.
		http.SetCookie(w, &http.Cookie{
			Name: cookieName, Value: g.session(), Path: "/", HttpOnly: true,
			SameSite: http.SameSiteStrictMode,
		})
		query.Del("token")
		w.Header().Set("Location", (&url.URL{Path: path(r.URL), RawQuery: query.Encode()}).String())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="microspend"`)
	Refuse(w, http.StatusUnauthorized, "token required: Authorization: Bearer, or ?token= once")
}

// path is a URL's path with a single leading slash, as two would name another host.
func path(address *url.URL) string { return "/" + strings.TrimLeft(address.Path, `/\`) }

// session is the cookie's value: derived from the token, so that it survives a restart but does not reveal the token.
func (g guard) session() string {
	mac := hmac.New(sha256.New, []byte(g.token))
	mac.Write([]byte("microspend session"))
	return hex.EncodeToString(mac.Sum(nil))
}

// same compares secrets in a time that depends neither on where they differ nor on their lengths.
func same(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// knowsHost reports whether a request's Host is one that the server answers for, whatever its port.
func (g guard) knowsHost(host string) bool {
	if len(g.hosts) == 0 {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	return slices.Contains(g.hosts, host)
}

func (g guard) unknownHost() string {
	if g.addHost == "" {
		return "unknown host"
	}
	return "unknown host; add it with " + g.addHost
}

// loopbackHosts are the values of Host accepted on a loopback address.
var loopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

// isLoopback reports whether an address is reachable from this machine only.
func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Refuse answers with an error.
func Refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Connection", "close") // a rejected client starts over
	PlainText(w, status, sentence)
}

// PlainText answers with a line of text.
func PlainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
