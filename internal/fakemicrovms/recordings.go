package fakemicrovms

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Recordings is a folder of requests and replies as the snapshot tests of AWS's own SDK for Go record them, outside of
// this repository: NAME.request and NAME.response.
type Recordings struct {
	t      testing.TB
	folder string
}

// RecordingsAt are the recordings for a package that lies below the repository's root. The test is skipped where there
// are none.
func RecordingsAt(t testing.TB, root string) Recordings {
	t.Helper()
	folder := filepath.Join(root, "..", "shared", "data", "microvm-api")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("AWS's recordings of the MicroVM API are not here: %v", err)
	}
	return Recordings{t, folder}
}

// Request is a recorded request: method, path and query as on the wire, headers, body.
type Request struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
}

// Request reads one.
func (r Recordings) Request(name string) Request {
	r.t.Helper()
	line, header, body := r.read(name + ".request")
	method, target, found := strings.Cut(line, " ")
	require.True(r.t, found, "%s: %s", name, line)
	path, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	require.NoError(r.t, err)
	return Request{method, path, values, header, body}
}

// Reply is a recorded reply.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Reply reads one.
func (r Recordings) Reply(name string) Reply {
	r.t.Helper()
	line, header, body := r.read(name + ".response")
	status, err := strconv.Atoi(line)
	require.NoError(r.t, err, name)
	return Reply{status, header, body}
}

// Names are those of the recordings of a kind: request or response.
func (r Recordings) Names(kind string) (names []string) {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.folder, "*."+kind))
	require.NoError(r.t, err)
	require.NotEmpty(r.t, files)
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), "."+kind))
	}
	return names
}

// read splits a file into its first line, its headers, and its body: what is left, without blank lines around it.
func (r Recordings) read(file string) (line string, header http.Header, body string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.folder, file))
	require.NoError(r.t, err)
	header = http.Header{}
	line, rest, _ := strings.Cut(string(text), "\n")
	for {
		field, after, found := strings.Cut(strings.TrimLeft(rest, "\n"), "\n")
		name, value, isField := strings.Cut(field, ": ")
		if !found || !isField || strings.HasPrefix(field, "{") {
			break
		}
		header.Set(name, value)
		rest = after
	}
	return line, header, strings.TrimSpace(rest)
}
