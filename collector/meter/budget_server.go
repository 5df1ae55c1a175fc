package meter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
)

const (
	// BudgetPath is where the budget is served.
	BudgetPath = "/v1/budget"

	// DefaultBudgetAddress is where, by default. It is no port of the hooks: the service calls those from outside, and
	// nobody outside is told what a tenant spends.
	DefaultBudgetAddress = "127.0.0.1:9471"
)

// budgetServer answers what may still be spent.
type budgetServer struct{ budget func() Budget }

// serveBudget serves the budget until the meter has ended. While the address cannot be had it is tried again: that
// nobody can ask is no reason for an application not to run.
func (m *meter) serveBudget(ctx context.Context, address string) {
	server := newServer(budgetServer{m.hooks.budget})
	server.SetKeepAlivesEnabled(false) // agents ask now and then
	defer server.Close()
	m.working.Go(func() {
		<-m.ended
		_ = server.Close()
	})
	var listening net.ListenConfig
	for said := false; ; {
		asked, err := listening.Listen(ctx, "tcp", address)
		if err == nil {
			if said {
				m.hooks.say("the budget can be asked for at %s", address)
			}
			err = server.Serve(listener{asked, &connections{}})
		}
		if errors.Is(err, http.ErrServerClosed) {
			return
		}
		if !said {
			m.hooks.say("the budget cannot be asked for: %v: trying again", err)
			said = true
		}
		if !m.pause(listenRetry) {
			return
		}
	}
}

func (s budgetServer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	deadline(http.NewResponseController(w), bodyPatience) // there is no body to wait for
	switch {
	case !localHost(request.Host):
		// A page in a browser of the MicroVM must not read it by a name that leads here.
		refuse(w, http.StatusForbidden, "only localhost is served")
		return
	case request.URL.Path != BudgetPath:
		refuse(w, http.StatusNotFound, "not "+BudgetPath)
		return
	case request.Method != http.MethodGet && request.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "the budget is asked for with GET")
		return
	}
	text, err := json.Marshal(s.budget())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(text, '\n')) // who asked may be gone
}

// localHost reports whether a request was addressed to this machine by a name that leads nowhere else.
func localHost(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// parseBudgetAddress checks that nobody outside the MicroVM is answered. "none" is no address.
func parseBudgetAddress(text, hooksPort string) (string, error) {
	if text == "none" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%.60q is neither an address such as %s nor none", text, DefaultBudgetAddress)
	case !localHost(text) || host == "":
		return "", fmt.Errorf("%.60s can be reached from outside the MicroVM; use 127.0.0.1 or [::1]", text)
	case port == hooksPort:
		return "", errors.New("port " + port + " is that of the hooks")
	}
	return text, nil
}
