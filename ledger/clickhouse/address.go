package clickhouse

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"microspend/internal/lazyregexp"
	"microspend/internal/secretfile"
)

// The schemes of a ledger's name.
const (
	Scheme    = "clickhouse"  // HTTP
	SchemeTLS = "clickhouses" // HTTPS
)

// The environment variables that credentials come from. A name or a command line would show them to everybody.
const (
	UserVariable         = "MICROSPEND_CLICKHOUSE_USER"          // "default" without it
	PasswordVariable     = "MICROSPEND_CLICKHOUSE_PASSWORD"      // none without it
	PasswordFileVariable = "MICROSPEND_CLICKHOUSE_PASSWORD_FILE" // a file that nobody else may read, in its place
)

// maxPassword is the longest password file that is read, in bytes.
const maxPassword = 4096

// address says where a ledger lies, and who asks.
type address struct {
	endpoint       url.URL // of the HTTP interface
	database       string
	cluster        string // "" for a single server
	user, password string
	name           string
}

// names are what databases and clusters may be called: they are a part of statements, where nothing else may be.
var names = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// parseAddress reads the name of a ledger, clickhouse://host[:8123]/database[?cluster=name], or clickhouses:// for TLS
// on port 8443. One with credentials is refused, and not repeated.
func parseAddress(name string, environment func(string) string) (*address, error) {
	const form = "; it is clickhouse://host:8123/database"
	u, err := url.Parse(name)
	if err != nil { // whose text has the name, perhaps with a password
		return nil, errors.New("the ledger's address cannot be read" + form)
	}
	if u.User != nil {
		return nil, fmt.Errorf(
			"the ledger's address must not have credentials, as names are shown and logged; put them into %s and %s, or %s",
			UserVariable,
			PasswordVariable,
			PasswordFileVariable,
		)
	}
	a := &address{
		database: strings.Trim(u.Path, "/"),
		user:     environment(UserVariable),
		password: environment(PasswordVariable),
	}
	scheme, port := "http", "8123"
	if u.Scheme == SchemeTLS {
		scheme, port = "https", "8443"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	for key, values := range u.Query() {
		if key != "cluster" || len(values) != 1 {
			return nil, fmt.Errorf("unknown parameter %q in the ledger's address; there is cluster", key)
		}
		a.cluster = values[0]
	}
	switch {
	case u.Hostname() == "":
		return nil, errors.New("the ledger's address has no host" + form)
	case !names.MatchString(a.database):
		return nil, fmt.Errorf("%q is not the name of a database: letters, digits and underscores%s", a.database, form)
	case u.Query().Has("cluster") && !names.MatchString(a.cluster):
		return nil, fmt.Errorf("%q is not the name of a cluster: letters, digits and underscores", a.cluster)
	case u.Fragment != "":
		return nil, errors.New("the ledger's address has a fragment" + form)
	}
	if a.user == "" {
		a.user = "default"
	}
	if path := environment(PasswordFileVariable); path != "" && a.password == "" {
		password, err := secretfile.Read(path, maxPassword)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", PasswordFileVariable, err)
		}
		a.password = string(password)
	}
	host := net.JoinHostPort(u.Hostname(), port)
	a.endpoint = url.URL{Scheme: scheme, Host: host, Path: "/"}
	a.name = u.Scheme + "://" + host + "/" + a.database
	if a.cluster != "" {
		a.name += "?cluster=" + a.cluster
	}
	return a, nil
}

// getenv is what credentials are read by.
var getenv = os.Getenv
