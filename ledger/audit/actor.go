package audit

import (
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"microspend/internal/lazyregexp"
)

// Actor is who did something: a process and whose it was.
type Actor struct {
	Command []string `json:"command,omitempty"` // its arguments, without secrets: see [Redact]
	User    string   `json:"user,omitempty"`    // the operating system's name of the user; may be ""
	UID     string   `json:"uid,omitempty"`
	Host    string   `json:"host,omitempty"`
	PID     int      `json:"pid,omitempty"`
	Version string   `json:"version,omitempty"` // of the program; may be ""
	Commit  string   `json:"commit,omitempty"`  // that it was built from; "+changes" follows where the checkout had some
}

// ThisProcess is who runs this program, as the operating system says: the environment's USER is whatever its user
// likes.
func ThisProcess() Actor {
	a := Actor{PID: os.Getpid()}
	if len(os.Args) > 0 {
		a.Command = Redact(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...))
	}
	if u, err := user.Current(); err == nil {
		a.User, a.UID = u.Username, u.Uid
	}
	a.Host, _ = os.Hostname()
	if info, ok := debug.ReadBuildInfo(); ok {
		a.Version = info.Main.Version
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if a.Commit = settings["vcs.revision"]; a.Commit != "" && settings["vcs.modified"] == "true" {
			a.Commit += "+changes"
		}
	}
	return a
}

const redacted = "***"

var (
	secretName = lazyregexp.New(`(?i)(token|secret|passw|credential|proof|api-?key|(^|[-_])key$)`)
	// A name that ends so is of a file, or tells how a secret is used, and not the secret.
	notSecret = lazyregexp.New(`(?i)[-_](file|dir|path|env|name|id)$`)
)

// Redact returns a command line in which the values of flags that are secrets by their names, and user names,
// passwords and queries of URLs, are replaced by ***.
func Redact(args []string) []string {
	out := slices.Clone(args)
	for i := range out {
		name, value, hasValue := strings.Cut(out[i], "=")
		isFlag := strings.HasPrefix(name, "-")
		switch {
		case !secretName.MatchString(strings.TrimLeft(name, "-")) || notSecret.MatchString(name):
			out[i] = redactURL(out[i], name, value, hasValue)
		case hasValue: // also of the form NAME=value, as an argument
			out[i] = name + "=" + redacted
		case isFlag && i+1 < len(out) && !strings.HasPrefix(out[i+1], "-"):
			out[i+1] = redacted
		}
	}
	return out
}

// redactURL removes what may be a secret from a URL that an argument, or the value of a flag, is.
func redactURL(arg, name, value string, hasValue bool) string {
	text, before := arg, ""
	if hasValue && strings.HasPrefix(name, "-") {
		text, before = value, name+"="
	}
	if !strings.Contains(text, "://") {
		return arg
	}
	u, err := url.Parse(text)
	if err != nil {
		return before + redacted
	}
	if u.User != nil {
		u.User = url.User("redacted")
	}
	if u.RawQuery != "" {
		u.RawQuery = "redacted"
	}
	u.Fragment = ""
	return before + u.String()
}
