package serve

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"microspend/report/html"
)

// LeastToken is how many bytes a token must have.
const LeastToken = 16

// CheckToken refuses tokens that can be guessed, or that cannot be sent in a header.
func CheckToken(token string) error {
	if len(token) < LeastToken {
		return fmt.Errorf("the token has %d characters; give at least %d, such as those of openssl rand -hex 32", len(token), LeastToken)
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("the token has a character that no header can hold; use letters and digits")
		}
	}
	return nil
}

const (
	cookieName = "microspend"
	// mostQueryBytes bounds what has to be parsed; a hundred names of tenants fit.
	mostQueryBytes = 8 << 10
)

// guard decides who is answered.
type guard struct {
	token string   // "" where none is needed
	hosts []string // that a request may name; none means any
}

// wrap puts the guard before everything else.
func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Content-Security-Policy", html.Policy()+"; frame-ancestors 'none'")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "interest-cohort=(), browsing-topics=()")
		header.Set("Cache-Control", "private, no-cache")
		switch {
		case !g.knowsHost(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "this server does not answer for that host; --host adds one")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD; this server only reads")
		case r.ContentLength != 0:
			refuse(w, http.StatusRequestEntityTooLarge, "a request has no body here")
		case len(r.URL.RawQuery) > mostQueryBytes:
			refuse(w, http.StatusRequestURITooLong, "the query is too long")
		case g.token == "" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
			next.ServeHTTP(w, r)
		default:
			g.authorize(w, r, next)
		}
	})
}

func (g guard) authorize(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if scheme, given, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "Bearer") &&
		same(strings.TrimSpace(given), g.token) {
		next.ServeHTTP(w, r)
		return
	}
	if cookie, err := r.Cookie(cookieName); err == nil && same(cookie.Value, g.session()) && !r.URL.Query().Has("token") {
		next.ServeHTTP(w, r)
		return
	}
	if query := r.URL.Query(); len(query["token"]) == 1 && same(query.Get("token"), g.token) {
		// Once is enough: from here on a cookie says it, and the token is in no history and no log.
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: g.session(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		query.Del("token")
		w.Header().Set("Location", (&url.URL{Path: path(r.URL), RawQuery: query.Encode()}).String())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="microspend"`)
	refuse(w, http.StatusUnauthorized, "a token is needed: Authorization: Bearer, or once ?token=")
}

// path is an address's path with one slash at its front, as two would name another host.
func path(address *url.URL) string { return "/" + strings.TrimLeft(address.Path, `/\`) }

// session is what the cookie holds: derived from the token, so that it outlives a restart, and of no use to find the token.
func (g guard) session() string {
	mac := hmac.New(sha256.New, []byte(g.token))
	mac.Write([]byte("microspend session"))
	return hex.EncodeToString(mac.Sum(nil))
}

// same compares secrets in a time that does not depend on where they differ, nor on how long they are.
func same(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// knowsHost says whether a request's Host is one that the server answers for, whatever its port.
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

// loopbackHosts are the names that a request to a loopback address may have in its Host.
var loopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

// IsLoopback says whether an address can be reached from this machine only.
func IsLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// refuse answers with a sentence.
func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Connection", "close") // who is refused starts over
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}
