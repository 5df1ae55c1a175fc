package meter

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"microspend/internal/secretfile"
)

// guard tells the service's hooks from what else comes to their port. Whoever runs in the MicroVM can call it, and the
// recorder lives with that; but a page in a browser there, a proxy that is talked into a path of its own, or an
// application's port behind the meter's are not to be reached by way of it.
type guard struct {
	hosts  []string // names that the hooks may be called by besides those of mayBeCalled; "*" is any
	secret string   // that begins the path; "" without
}

const notAHook = "not a lifecycle hook"

// maxHookName is longer than the name of any hook.
const maxHookName = 64

// hook is the name of the hook that a request calls, or the status and the reason for which it is refused.
func (g guard) hook(request *http.Request) (name string, status int, why string) {
	path, ours := request.URL.Path, true
	if g.secret != "" {
		given, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		ours = subtle.ConstantTimeCompare([]byte(given), []byte(g.secret)) == 1
		path = "/" + rest
	}
	name, below := strings.CutPrefix(path, HookPath)
	switch {
	// What is written in another way than it is read may be read in yet another by an application behind.
	case !ours, !below, request.URL.EscapedPath() != request.URL.Path, !isHookName(name):
		return "", http.StatusNotFound, notAHook
	case len(request.Header.Values("Origin")) > 0, len(request.Header.Values("Sec-Fetch-Site")) > 0:
		return "", http.StatusForbidden, "hooks are not called by web pages"
	case !g.mayBeCalled(request.Host):
		return "", http.StatusForbidden, "hooks are not called by that host name; see --hook-host"
	case request.Method != http.MethodPost:
		return "", http.StatusMethodNotAllowed, "hooks are called with POST"
	}
	return name, 0, ""
}

// isHookName reports whether a hook can be called so: one segment of a path, in which nothing leads elsewhere.
func isHookName(name string) bool {
	return name != "" && len(name) <= maxHookName && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// mayBeCalled reports whether the hooks may be called by a host name. AWS does not document which the service uses. An
// address, a name without a dot and a name that only AWS or this network can give are nobody else's; any other name can
// be made to lead here by whoever owns it (DNS rebinding).
func (g guard) mayBeCalled(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostPort, "["), "]")
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return true
	}
	for _, domain := range []string{".localhost", ".internal", ".amazonaws.com"} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return slices.Contains(g.hosts, "*") || slices.Contains(g.hosts, host)
}

// parseHookHosts reads names with commas between them.
func parseHookHosts(text string) (hosts []string, err error) {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
		if name == "" {
			continue
		}
		if strings.ContainsAny(name, "/: ") || strings.Contains(name, "*") && name != "*" {
			return nil, fmt.Errorf("%.60q is neither a host name nor *", name)
		}
		hosts = append(hosts, name)
	}
	return hosts, nil
}

const (
	shortestSecret = 16
	longestSecret  = 128
)

// readHookSecret reads the secret that begins the hooks' path: letters, digits, - and _. Errors have nothing of it.
func readHookSecret(path string) (string, error) {
	text, err := secretfile.Read(path, longestSecret+2)
	if err != nil {
		return "", err
	}
	if len(text) < shortestSecret || len(text) > longestSecret ||
		bytes.ContainsFunc(text, func(r rune) bool { return !isHookName(string(r)) }) {
		return "", fmt.Errorf("not a secret of %d to %d letters, digits, - and _", shortestSecret, longestSecret)
	}
	return string(text), nil
}
